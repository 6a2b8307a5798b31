"""`primacy lab experiment`: grids of dials and seeds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primacy.cli import options as o
from primacy.cli.interrupt import stopped_with
from primacy.cli.place import training_place
from primacy.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from primacy.lab.outcome import Outcome

_COLUMN = 20  # characters of a reading in the table; its name is wrapped
_STOPPED = "Stopped. Finished models are kept; the same command goes on from there."


def experiment(
    name: Annotated[str, typer.Argument(help="A shipped experiment (see `primacy ls experiments`), or a TOML file.")],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder of models and outcomes.")] = Path("lab-runs"),
    seeds: Annotated[int | None, typer.Option(min=1, help="Models of each point [default: the experiment's]")] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="Scenes that each model sees [default: the recipe's]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Models at a time, a thread each [default: one, on all CPUs]")
    ] = None,
    ray: Annotated[bool, typer.Option("--ray", help="Train models as tasks of a Ray cluster.")] = False,
    device: o.DeviceName = "auto",
    precision: Annotated[str, typer.Option(help="fp32, or bf16 to train in it where that is faster.")] = "fp32",
    as_json: o.AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
) -> None:
    """Train and audit every model of an experiment; end in one table and one figure."""
    if ray and workers is not None:
        raise UsageError(
            "--ray and --workers contradict each other", hint="Ray has as many tasks at a time as its cluster has CPUs."
        )
    training_place("cpu" if ray else device, precision)  # what cannot be had is said before anything is trained
    from primacy.cli.progress import progress
    from primacy.lab.experiment import base_recipe, load_experiment
    from primacy.lab.outcome import make_outcome, write_outcome
    from primacy.lab.run_experiment import run_experiment
    from primacy.report.experiment_figure import save_experiment

    asked = load_experiment(name)
    recipe = base_recipe(asked, {} if samples is None else {"train.samples": samples})
    with stopped_with(_STOPPED), progress(hidden=as_json or quiet, noun="models") as listener:
        rows = run_experiment(
            asked, recipe, out / "models", seeds=seeds, workers=workers or 1, ray=ray, device=device,
            precision=precision, listener=listener,
        )  # fmt: skip
    outcome = make_outcome(Path(name).stem, asked, recipe, rows, precision=precision)
    target = out / f"{outcome.name}.json"
    write_outcome(target, outcome)
    save_experiment(outcome, target.with_suffix(".png"))
    if as_json:
        typer.echo(outcome.model_dump_json(indent=1))
    elif not quiet:
        _present(outcome)
        typer.echo(f"\nOutcome: {target}\nFigure: {target.with_suffix('.png')}")


def _present(outcome: Outcome) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from primacy.lab.outcome import cells

    console = Console(highlight=False)
    console.print(outcome.experiment.title, style="bold", markup=False)
    console.print(outcome.experiment.question, markup=False)
    found = {reading: {cell.point: cell for cell in cells(outcome, reading)} for reading in outcome.shown}
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("mean of seeds, 95 %")
    for reading in outcome.shown:
        table.add_column(reading, justify="right", max_width=_COLUMN)
    series = ""
    for point in outcome.experiment.points:
        if point.series != series:
            series = point.series
            table.add_row(Text(f"{series}:" if series else ""))
        own = [found[reading].get(point.name) for reading in outcome.shown]
        spans = ("–" if cell is None else _span(cell.value, cell.half) for cell in own)
        table.add_row(
            Text(f"  {point.label}" if series else point.label), *(Text(span, no_wrap=True) for span in spans)
        )
    console.print(table)
    _tell_contrasts(outcome, console)
    if any(math.isnan(cell.half) for own in found.values() for cell in own.values()):
        console.print("One seed: no interval.")
    for missing in (reading for reading in outcome.experiment.shows if reading not in outcome.shown):
        console.print(f"No model has the reading {missing!r}.", markup=False)
    _tell_slopes(outcome, console)


def _tell_contrasts(outcome: Outcome, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from primacy.lab.contrasts import contrasts

    found = {reading: {c.point: c for c in contrasts(outcome, reading)} for reading in outcome.shown}
    if not any(found.values()):
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(f"minus {outcome.experiment.reference}, within seeds")
    for reading in outcome.shown:
        table.add_column(reading, justify="right", max_width=_COLUMN)
    for point in outcome.experiment.points:
        own = [found[reading].get(point.name) for reading in outcome.shown]
        if any(own):
            spans = ("–" if c is None else _span(c.value, c.half) for c in own)
            table.add_row(Text(point.name), *(Text(span, no_wrap=True) for span in spans))
    console.print(table)


def _tell_slopes(outcome: Outcome, console: Console) -> None:
    from primacy.lab.outcome import slopes

    per = "a doubling of the dose" if outcome.log_doses else "a unit of dose"
    for reading in outcome.shown:
        for slope in slopes(outcome, reading):
            of = f" ({slope.series})" if slope.series else ""
            console.print(f"{reading}{of}: {_span(slope.value, slope.half)} {per}, {slope.n} models", markup=False)


def _span(value: float, half: float) -> str:
    """A mean with half its interval's width, where it has an interval."""
    return f"{value:+.3f}" if math.isnan(half) else f"{value:+.3f} ±{half:.3f}"
