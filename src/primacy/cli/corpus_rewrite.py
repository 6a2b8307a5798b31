"""`primacy corpus rewrite`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primacy.cli import options as o
from primacy.cli.corpus_faults import fault_records, name_faults
from primacy.cli.corpus_options import IdColumn, ImageColumn, LexiconFile, Quiet, Strict, TextColumn
from primacy.cli.interrupt import stopped_with

if TYPE_CHECKING:
    from primacy.corpus.faults import Faults
    from primacy.corpus.lexicon import Lexicon
    from primacy.corpus.rewrite.orders import Order
    from primacy.corpus.rewrite.rewriter import Tally

_FALSE = "Names were exchanged in place: what the captions say of their objects may be false."


def rewrite(
    captions: Annotated[
        list[str], typer.Argument(metavar="CAPTIONS...", help="Files, folders or patterns, as for `corpus analyse`.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The copy, in the format of its file; of several files, a folder.")
    ],
    order: Annotated[str, typer.Option(help="shuffle, rotate (in turn within an image) or smallest-first.")],
    how: Annotated[
        str, typer.Option(help="prefix (put the objects before the caption) or swap (exchange names; may be false).")
    ] = "prefix",
    areas: Annotated[
        Path | None, typer.Option(help="smallest-first: COCO instances file, or areas as a parquet file.")
    ] = None,
    typical: Annotated[
        str | None, typer.Option(help="smallest-first: typical sizes of categories, coco or a file.")
    ] = None,
    measure: Annotated[str, typer.Option(help="Area of a category: union, largest or sum.")] = "union",
    vocabulary: o.VocabularyName = "coco80",
    lexicon: LexiconFile = None,
    text_column: TextColumn = None,
    image_column: ImageColumn = None,
    id_column: IdColumn = None,
    seed: o.Seed = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace copies that are there already.")] = False,
    strict: Strict = False,
    as_json: o.AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Copy captions so that they mention their objects in another order, for training without the bias."""
    from primacy.cli.progress import progress
    from primacy.corpus.captions import Columns, open_captions
    from primacy.corpus.faults import Faults
    from primacy.corpus.lexicon import load_lexicon
    from primacy.corpus.matcher import Matcher
    from primacy.corpus.rewrite.orders import ORDERS
    from primacy.corpus.rewrite.rewriter import Rewriter
    from primacy.corpus.rewrite.run import rewrite_corpus, targets
    from primacy.corpus.rewrite.wording import HOW, worded
    from primacy.corpus.tables import MEASURES
    from primacy.design.vocabulary import load_vocabulary
    from primacy.errors import UnknownNameError

    for kind, name, known in (("order", order, ORDERS), ("way", how, HOW), ("measure", measure, MEASURES)):
        if name not in known:
            raise UnknownNameError(kind, name, known)
    faults = Faults()
    pieces = open_captions(captions, Columns(text_column, image_column, id_column))
    found = targets(pieces, output, overwrite=overwrite)
    words = load_lexicon(load_vocabulary(vocabulary), lexicon)
    chosen = _order(order, seed, words, areas, typical, measure, faults)
    if strict:
        faults.refuse()
    rewriter = Rewriter(Matcher(words), chosen, worded(how, words))
    with stopped_with("Stopped. Copies that were finished are kept."), progress(hidden=as_json or quiet) as listener:
        tally = rewrite_corpus(found, rewriter, faults=faults, strict=strict, listener=listener)
    if as_json:
        typer.echo(json.dumps(tally._asdict() | {"faults": fault_records(faults)}, indent=1, ensure_ascii=False))
        return
    name_faults(faults)
    if not quiet:
        _tell(tally, output, how)


def _order(
    name: str, seed: int, lexicon: Lexicon, areas: Path | None, typical: str | None, measure: str, faults: Faults
) -> Order:
    from primacy.corpus.areas.read import read_areas
    from primacy.corpus.areas.typical import read_typical
    from primacy.corpus.rewrite.areas import ImageAreas, TypicalAreas
    from primacy.corpus.rewrite.orders import Rotate, Shuffle, SmallestFirst
    from primacy.errors import UsageError

    if name != "smallest-first":
        if areas or typical:
            given = "--areas" if areas else "--typical"
            raise UsageError(f"{given} is for --order smallest-first", hint=f"Leave it out: --order is {name}.")
        return Shuffle(seed) if name == "shuffle" else Rotate(seed)
    categories = lexicon.categories
    if areas and not typical:
        return SmallestFirst(ImageAreas(read_areas(areas, categories, faults).table, categories, measure))
    if typical and not areas:
        return SmallestFirst(TypicalAreas(read_typical(typical, categories, faults), categories, measure))
    raise UsageError("--order smallest-first takes the areas from --areas or --typical", hint="Give one of the two.")


def _tell(tally: Tally, output: Path, how: str) -> None:
    several = tally.several
    typer.echo(f"{tally.captions:,} captions read, {several:,} with at least two objects")
    if several:
        typer.echo(
            f"in the wanted order: {tally.before:,} ({_percent(tally.before, several)}) before, {tally.after:,}"
            f" ({_percent(tally.after, several)}) in the copy"
        )
    if how == "swap":
        typer.echo(_FALSE)
    typer.echo(f"written to {output}")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %"
