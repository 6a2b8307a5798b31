"""The `primacy` command: registers the verbs and turns deliberate errors into one line."""

from __future__ import annotations

import sys

import typer

from primacy.cli.assets import app as assets
from primacy.cli.audit import audit, export
from primacy.cli.corpus import app as corpus
from primacy.cli.inspect import doctor, ls, show
from primacy.cli.lab import app as lab
from primacy.cli.progression import progression
from primacy.cli.render import render
from primacy.cli.reproduce import reproduce
from primacy.cli.stimuli import app as stimuli

app = typer.Typer(
    name="primacy",
    help="Audit which object wins the embedding when a CLIP-like encoder is shown several.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (audit, export, reproduce, render, ls, show, doctor):
    app.command()(verb)
app.command("progress")(progression)
app.add_typer(assets, name="assets")
app.add_typer(stimuli, name="stimuli")
app.add_typer(lab, name="lab")
app.add_typer(corpus, name="corpus")


@app.callback(invoke_without_command=True)
def _top(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    if version:
        from primacy import __version__

        typer.echo(f"primacy {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; a PrimacyError is one line on stderr and exit status 2.

    Ctrl-C is exit status 130: typer sees to that, and `interrupt.resumable` says what is kept.
    """
    from primacy.errors import PrimacyError

    try:
        app()
    except PrimacyError as error:
        typer.echo(f"primacy: {error}", err=True)
        if error.hint:
            typer.echo(f"  {error.hint}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away (primacy ... | head)
        sys.exit(0)
