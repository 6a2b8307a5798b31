"""`primacy lab`: small CLIPs trained under dials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primacy.cli import options as o
from primacy.cli.experiment import experiment
from primacy.cli.interrupt import stopped_with
from primacy.cli.place import training_place
from primacy.cli.theorem import theorem

if TYPE_CHECKING:
    from primacy.lab.trained import Trained

app = typer.Typer(
    name="lab",
    help="Train small CLIPs under dials, to see what causes a bias.",
    no_args_is_help=True,
    add_completion=False,
)

app.command()(experiment)
app.command()(theorem)

_STOPPED = "Stopped. The same command goes on from what was last saved, a minute ago at most."


@app.command()
def train(
    recipe: Annotated[
        str, typer.Argument(help="TOML file of a recipe (docs/lab/training.md), or a shipped one's name.")
    ],
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the run [default: lab-runs/ and the recipe's name]")
    ] = None,
    device: o.DeviceName = "auto",
    precision: Annotated[str, typer.Option(help="fp32, or bf16 to compute in it where that is faster.")] = "fp32",
    workers: Annotated[int, typer.Option(min=0, help="Processes that draw scenes ahead; 0: drawn in between.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the training step [default: all CPUs]")] = None,
    as_json: o.AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Train a small CLIP, or go on where an earlier call stopped, and score it on what it has not seen."""
    place = training_place(device, precision)
    from primacy.cli.progress import progress
    from primacy.lab.read_spec import read_spec
    from primacy.lab.trained import train_and_score

    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    spec = read_spec(recipe)
    folder = out or Path("lab-runs") / Path(recipe).stem
    with stopped_with(_STOPPED), progress(hidden=as_json or quiet, noun="scenes") as listener:
        trained = train_and_score(spec, folder, place, recipe=recipe, workers=workers, listener=listener)
    if as_json:
        typer.echo(json.dumps(trained.record(), indent=1))
    else:
        _tell(trained, folder)


def _tell(trained: Trained, folder: Path) -> None:
    for s in trained.scores.scores:
        limits = f"[{s.ci_low:.1%}, {s.ci_high:.1%}]"
        typer.echo(f"{s.name:<24} {s.value:6.1%} {limits} of {s.n:,} scenes, {s.candidates} candidates")
    speed = trained.summary.samples_per_second
    rate = f", {speed:,.0f} a second" if speed else ""
    typer.echo(f"Model: {trained.model} ({trained.scores.samples:,} scenes{rate})\nNext: primacy audit lab:{folder}")
