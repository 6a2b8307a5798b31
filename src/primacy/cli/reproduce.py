"""`primacy reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from primacy.cli import options as o
from primacy.cli.interrupt import resumable
from primacy.errors import UsageError

_NEEDED = {
    "captions": "Give an official COCO captions file (.json or .json.gz).",
    "photos": "Give a folder or .zip of photos, and with --instances their COCO instances file.",
}


def reproduce(
    table: Annotated[str, typer.Argument(help="table1 to table6, figure3 or protocols.")],
    encoders: Annotated[str, typer.Option(help="Encoders, comma-separated [default: the table's]")] = "",
    sets: Annotated[str | None, typer.Option(help="Object sets, or 'all' as published [default: the table's]")] = None,
    captions: o.Captions = None,
    scenes: Annotated[str | None, typer.Option(help="Where pictures come from [default: the table's]")] = None,
    image_sets: Annotated[int | None, typer.Option(help="Object sets of scenes [default: the table's]")] = None,
    photos: o.Photos = None,
    instances: o.Instances = None,
    seed: o.Seed = 0,
    device: o.DeviceName = "auto",
    out: o.Out = Path("runs"),
    cache: o.Cache = None,
    no_cache: o.NoCache = False,
    memory: o.Memory = 1.0,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    as_json: o.AsJson = False,
) -> None:
    """Print a table of the paper beside our own runs of it."""
    from primacy.cli.progress import progress
    from primacy.report.reproduction import render_markdown, render_reproduction
    from primacy.results.record import RunResult
    from primacy.results.spec import AuditSpec
    from primacy.run.audit import audit
    from primacy.run.reproduce import load_table
    from primacy.run.reproduce import reproduce as run_table

    given = {"captions": captions, "photos": photos}
    for name in load_table(table).needs:
        if given[name] is None:
            raise UsageError(f"{table} needs --{name}", hint=_NEEDED[name])
    overrides: dict[str, Any] = {"seed": seed}
    if sets is not None:
        overrides["sets"] = "all" if sets == "all" else o.numbers(sets, "sets")[0]
    if captions is not None:
        overrides["captions"] = captions
    pictures = {"scenes": scenes, "sets": image_sets, "photos": photos, "instances": instances}
    overrides["images"] = {name: value for name, value in pictures.items() if value is not None}
    folder = o.cache_or_none(cache, no_cache)
    with resumable(folder), progress(hidden=as_json) as listener:

        def run(spec: AuditSpec) -> RunResult:
            return audit(spec, out=out, cache=folder, device=device, memory=memory * 1e9, listener=listener).result

        reproduction = run_table(table, o.split_list(encoders), run, overrides)
    if as_json:
        typer.echo(reproduction.model_dump_json(indent=1))
    elif markdown:
        typer.echo(render_markdown(reproduction))
    else:
        render_reproduction(reproduction)
