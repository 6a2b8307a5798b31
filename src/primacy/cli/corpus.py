"""`primacy corpus`: caption corpora."""

from __future__ import annotations

import sys

import typer

from primacy.cli.corpus_analyse import analyse
from primacy.cli.corpus_areas import areas
from primacy.cli.corpus_mentions import mentions
from primacy.cli.corpus_rewrite import rewrite

app = typer.Typer(
    name="corpus",
    help="Caption corpora: does the order of mention tell which object is larger, beyond what the objects are?",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def _corpus() -> None:
    from primacy.files import check_utf8

    for argument in sys.argv[1:]:
        check_utf8(argument)


for verb in (analyse, mentions, areas, rewrite):
    app.command()(verb)
