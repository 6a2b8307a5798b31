"""`primacy lab theorem`: what an encoder that leaves something out loses under InfoNCE."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer

from primacy.cli import options as o
from primacy.cli.interrupt import stopped_with


def theorem(
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder of the result and its figure.")] = Path(
        "lab-runs"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random draw.")] = 0,
    as_json: o.AsJson = False,
) -> None:
    """Measure the loss that a complete and an incomplete ideal encoder have, beside its closed forms."""
    from primacy.cli.progress import progress
    from primacy.errors import RunError
    from primacy.files import atomic_write_text, os_errors_as
    from primacy.lab.theorem import measure
    from primacy.report.theorem_figure import save_theorem
    from primacy.report.theorem_tables import theorem_lines

    with os_errors_as(RunError, f"cannot write into {out}"):  # said now, not after a minute of work
        out.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=out).close()
    with stopped_with("Stopped. Nothing was kept."), progress(hidden=as_json, noun="batches") as listener:
        found = measure(seed=seed, listener=listener)
    result, figure = out / "theorem.json", out / "theorem.svg"
    with os_errors_as(RunError, f"cannot write {result}"):
        atomic_write_text(result, found.model_dump_json(indent=1) + "\n")
    save_theorem(found, figure)
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
    else:
        for line in theorem_lines(found):
            typer.echo(line)
        typer.echo(f"\n{found.seconds:.0f} s. Result: {result}, figure: {figure}")
