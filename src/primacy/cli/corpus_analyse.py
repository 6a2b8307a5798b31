"""`primacy corpus analyse`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primacy.cli import options as o
from primacy.cli.corpus_options import (
    Address,
    EngineName,
    ExtractorName,
    IdColumn,
    ImageColumn,
    LexiconFile,
    SourceColumn,
    Strict,
    TextColumn,
    Workers,
)
from primacy.cli.interrupt import stopped_with
from primacy.errors import UsageError

if TYPE_CHECKING:
    from primacy.results.corpus import CorpusResult

SET_ASIDE = "person"
_STOPPED = "Stopped. Mentions that were found are kept in the cache; the same command goes on from there."


def analyse(
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CAPTIONS]...", help="Further files, as a shell makes them of --captions *.parquet."),
    ] = None,
    captions: Annotated[
        list[str] | None,
        typer.Option(
            help="Captions: COCO .json, .parquet, .csv, .tsv, .jsonl, .txt (all but .parquet also .gz), a folder of"
            " such, or a pattern."
        ),
    ] = None,
    mentions: Annotated[
        Path | None, typer.Option(help="In place of captions: a file that `primacy corpus mentions` wrote.")
    ] = None,
    areas: Annotated[
        Path | None,
        typer.Option("--areas", "--instances", help="COCO instances file, or areas as a parquet file."),
    ] = None,
    typical: Annotated[
        str | None,
        typer.Option(help="Without areas: typical sizes of categories, coco or a file (docs/corpus-areas.md)."),
    ] = None,
    against: Annotated[Path | None, typer.Option(help="A second file of areas, to compare the first with.")] = None,
    measure: Annotated[str, typer.Option(help="Area of a category: union, largest or sum.")] = "union",
    set_aside: Annotated[
        str, typer.Option(help="Category that three of the slices leave out, '' for none.")
    ] = SET_ASIDE,
    vocabulary: o.VocabularyName = "coco80",
    extractor: ExtractorName = "lexicon",
    lexicon: LexiconFile = None,
    text_column: TextColumn = None,
    image_column: ImageColumn = None,
    id_column: IdColumn = None,
    source_column: SourceColumn = None,
    device: o.DeviceName = "auto",
    engine: EngineName = "local",
    address: Address = None,
    workers: Workers = 1,
    margin: Annotated[float, typer.Option(help="Excess of a share over chance that does not matter.")] = 0.02,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    out: o.Out = Path("runs"),
    figures: Annotated[Path | None, typer.Option(help="Folder to write the figures into, as PNG.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder of found mentions [default: the user's cache]")] = None,
    strict: Strict = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Does the order of mention in captions tell which object is larger, and is there more to it than category?"""
    from primacy.cli.progress import progress
    from primacy.corpus.about import Sizes
    from primacy.corpus.analyse import analyse_corpus
    from primacy.corpus.captions import Columns, open_captions
    from primacy.corpus.engine import Engine, extract_mentions
    from primacy.corpus.extract import ExtractorSpec
    from primacy.corpus.faults import Faults
    from primacy.corpus.order import OrderOptions
    from primacy.corpus.said import said_by, said_in
    from primacy.corpus.tables import MEASURES
    from primacy.design.vocabulary import load_vocabulary
    from primacy.errors import UnknownNameError

    files = [*(captions or []), *(more or [])]
    columns = Columns(text_column, image_column, id_column, source_column)
    spec = ExtractorSpec(extractor, vocabulary, lexicon, device=device)
    if bool(files) == (mentions is not None):
        what = "both captions and --mentions are given" if files else "nothing to read: no captions and no --mentions"
        raise UsageError(what, hint="Give one of the two.")
    if mentions is not None and (spec, columns) != (ExtractorSpec(device=device), Columns()):
        raise UsageError(
            "a file of mentions was made with a vocabulary and an extractor of its own",
            hint="Leave out --vocabulary, --extractor, --lexicon and columns, or give the captions.",
        )
    if measure not in MEASURES:
        raise UnknownNameError("measure", measure, MEASURES)
    sizes = Sizes(areas, typical, measure, against)
    sizes.check()
    options = OrderOptions(level=level, margin=margin, seed=seed, set_aside=set_aside)
    faults = Faults()
    with stopped_with(_STOPPED), progress(hidden=as_json or quiet) as listener:
        said = None if mentions is None else said_in(mentions)
        categories = load_vocabulary(vocabulary).names if said is None else said.categories
        if set_aside not in ("", SET_ASIDE, *categories):
            raise UnknownNameError("category to set aside", set_aside, categories)
        if said is None:
            pieces = open_captions(files, columns)
            folder = o.cache_folder(cache) / "mentions"
            found = extract_mentions(
                pieces, spec, folder=folder, engine=Engine(engine, workers, address), listener=listener, faults=faults
            )
            said = said_by(found, pieces, vocabulary)
        result = analyse_corpus(said, sizes, options, faults=faults, strict=strict, listener=listener)
    _show(result, out, figures, as_json=as_json, quiet=quiet)


def _show(result: CorpusResult, out: Path, figures: Path | None, *, as_json: bool, quiet: bool) -> None:
    from primacy.corpus.write_result import write_result

    written = write_result(result, out, command=shlex.join(["primacy", *sys.argv[1:]]), figures=figures)
    if as_json:
        typer.echo(result.model_dump_json(indent=1))
        return
    from rich.console import Console

    from primacy.report.corpus_coverage import fault_sentence
    from primacy.report.corpus_terminal import corpus_verdict_line, render_corpus

    if quiet:
        for fault in result.faults:
            typer.echo(f"primacy: {fault_sentence(fault)}", err=True)
        for verdict in result.verdicts:
            typer.echo(corpus_verdict_line(verdict))
        return
    render_corpus(result, Console())
    for path in written:
        typer.echo(f"Written: {path}")
