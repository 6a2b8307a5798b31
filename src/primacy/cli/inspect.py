"""`primacy ls`, `primacy show` and `primacy doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from primacy.cli import options as o
from primacy.errors import UnknownNameError

_KINDS = (
    "encoders", "probes", "vocabularies", "templates", "nulls", "designs", "experiments", "recipes", "runs",
)  # fmt: skip
Kind = Annotated[str, typer.Argument(help=f"One of {', '.join(_KINDS)}.")]


def ls(kind: Kind, out: o.Out = Path("runs"), as_json: o.AsJson = False) -> None:
    """List what there is of a kind."""
    if kind not in _KINDS:
        raise UnknownNameError("kind", kind, _KINDS)
    rows = _rows(kind, out)
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    if not rows:
        typer.echo(f"No {kind} in {out}." if kind == "runs" else f"No {kind}.")
        return
    widths = {key: max(len(str(row[key])) for row in rows) for key in list(rows[0])[:-1]}
    for row in rows:
        cells = [str(row[key]).ljust(width) for key, width in widths.items()]
        typer.echo("  ".join([*cells, str(list(row.values())[-1])]).rstrip())


def show(
    run: Annotated[str, typer.Argument(help="Run id (or its beginning), or the path of a run folder.")],
    out: o.Out = Path("runs"),
    figure: Annotated[Path | None, typer.Option(help="Save the winner-share figure as a PNG file instead.")] = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Show a finished run again."""
    from primacy.errors import RunError
    from primacy.results.store import find_run

    folder = find_run(out, run)
    result = folder.result()
    if result is None:
        raise RunError(
            f"run {folder.path.name} is not complete",
            hint="Give its command again: it goes on where it stopped.",
        )
    if figure is not None:
        from primacy.report.figures import save_png

        save_png(result, figure)
        typer.echo(f"figure written to {figure}")
        return
    from primacy.cli.present import present

    present(folder, result, as_json=as_json, quiet=quiet)


def doctor(cache: o.Cache = None, as_json: o.AsJson = False) -> None:
    """Say what is installed, what can be loaded, and whether the cache is sound."""
    from primacy.run.doctor import examine

    findings = examine(o.cache_folder(cache))
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding.status:<8} {finding.what:<24} {finding.detail}")
    if any(finding.status == "problem" for finding in findings):
        raise typer.Exit(1)


def _rows(kind: str, out: Path) -> list[dict[str, Any]]:
    if kind == "runs":
        from primacy.results.store import list_runs

        return [summary._asdict() for summary in list_runs(out)]
    from primacy.run import catalogue

    return getattr(catalogue, kind)()
