"""`primacy stimuli describe`, `verify`, `browse` and `export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from primacy.cli import options as o
from primacy.cli.interrupt import stopped_with
from primacy.errors import UnknownNameError

if TYPE_CHECKING:
    from primacy.stimuli.verify import Finding

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of rendered scenes.")]

_FORMATS = ("coco", "published")
_SHOWN = 50  # findings that are printed; --json has them all

app = typer.Typer(
    help="Look at, check and export a folder of rendered scenes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def describe(folder: Folder, as_json: o.AsJson = False) -> None:
    """Say what is in the folder: counts, balance, measured areas, visibility, hashes."""
    from primacy.stimuli.dataset import open_dataset
    from primacy.stimuli.describe import describe as examine

    found = examine(open_dataset(folder))
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else _told(found))


@app.command()
def verify(
    folder: Folder,
    as_json: o.AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print what is wrong, nothing else.")] = False,
) -> None:
    """Hash every file and measure every mask again; exit status 1 where something is missing, altered or extra."""
    from primacy.cli.progress import progress
    from primacy.stimuli.dataset import open_dataset
    from primacy.stimuli.verify import verify as check

    dataset = open_dataset(folder)
    with stopped_with("Stopped."), progress(hidden=as_json or quiet, noun="scenes") as listener:
        findings = check(dataset, listener)
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings], indent=1, ensure_ascii=False))
    else:
        _print_findings(findings)
        if not findings and not quiet:
            typer.echo(f"{len(dataset):,} scenes are what was rendered.")
    if findings:
        raise typer.Exit(1)


@app.command()
def browse(folder: Folder) -> None:
    """Write browse.html into the folder: every scene with its objects, masks to lay over, filters."""
    from primacy.stimuli.browse import write_page
    from primacy.stimuli.dataset import open_dataset

    typer.echo(f"Open in a browser: {write_page(open_dataset(folder))}")


@app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="coco: a JSON file; published: a new folder.")],
    to: Annotated[str, typer.Option(help="coco (instances JSON) or published (folders of a_b_c.png).")] = "coco",
    name: Annotated[str | None, typer.Option(help="published: first word of the folders [default: ComCO, ...]")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
) -> None:
    """Write the scenes in a format that others read."""
    if to not in _FORMATS:
        raise UnknownNameError("export format", to, _FORMATS)
    from primacy.cli.progress import progress
    from primacy.stimuli.dataset import open_dataset

    dataset = open_dataset(folder)
    with stopped_with("Stopped."), progress(hidden=quiet, noun="scenes") as listener:
        if to == "coco":
            from primacy.stimuli.coco import export_coco

            images, objects = export_coco(dataset, out, listener)
            told = f"{images:,} images, {objects:,} objects written to {out}"
        else:
            from primacy.stimuli.published import export_published

            told = f"{export_published(dataset, out, name, listener):,} images written to {out}"
    if not quiet:
        typer.echo(told)


def _print_findings(findings: list[Finding]) -> None:
    for finding in findings[:_SHOWN]:
        typer.echo(f"{finding.kind:<8} {finding.what}  {finding.detail}")
    if len(findings) > _SHOWN:
        typer.echo(f"... and {len(findings) - _SHOWN:,} more (--json lists all)")


def _told(found: dict[str, Any]) -> str:
    """The description for people."""
    error, hashes = found["area_error"], found["hashes"]
    lines = [
        f"scenes       {found['images']:,} drawn of {found['scenes']:,}, in {found['sets']:,} sets",
        f"objects      {found['objects']:,}, of {len(found['categories'])} categories and {found['assets']} instances",
        *(f"{label:<12} {_counts(found[key])}" for label, key in _COUNTED),
        "",
        *_areas(found["size_levels"]),
        "",
        f"area error   {error['off']:,} objects more than {100 * error['tolerance']:g} % and {error['tolerance_px']:g}"
        f" pixel off what was asked for; from {_percent(error['relative']['q00'])} to"
        f" {_percent(error['relative']['q100'])}, median {_percent(error['relative']['q50'])}",
        f"visibility   median {_share(found['visibility']['q50'])}, least {_share(found['visibility']['q00'])};"
        f" {found['visibility']['hidden']:,} objects not seen at all",
        f"balance      {found['balance']['text']}",
        f"drawn by     {hashes['renderer']} {hashes['renderer_fingerprint'][:16]}, Primacy {hashes['primacy_version']}",
        f"content      {hashes['content']}",
    ]
    return "\n".join(lines)


_COUNTED = (
    ("designs", "designs"), ("a scene", "n_objects"), ("slots", "slots"), ("roles", "roles"), ("yaws", "yaws"),
    ("categories", "categories"),
)  # fmt: skip


def _areas(levels: dict[str, Any]) -> list[str]:
    lines = [f"{'area, % of the image':<24}{'asked':>8}{'seen':>8}{'5 %':>8}{'95 %':>8}{'objects':>10}"]
    for level, some in levels.items():
        asked, seen = some["requested_area"]["q50"], some["area"]
        cells = "".join(f"{100 * value:8.2f}" for value in (asked, seen["q50"], seen["q05"], seen["q95"]))
        lines.append(f"{level or '(no level)':<24}{cells}{some['objects']:>10,}")
    return lines


def _counts(counts: dict[str, int]) -> str:
    """Names with counts; one count for all where they agree."""
    if len(counts) > 12:
        return f"{len(counts)}, each {min(counts.values()):,} to {max(counts.values()):,} times"
    return ", ".join(f"{name or '(none)'} {count:,}" for name, count in counts.items())


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.1f} %"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f} %"
