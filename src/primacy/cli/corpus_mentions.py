"""`primacy corpus mentions`."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primacy.cli import options as o
from primacy.cli.corpus_faults import fault_records, name_faults
from primacy.cli.corpus_options import (
    Address,
    EngineName,
    ExtractorName,
    IdColumn,
    ImageColumn,
    LexiconFile,
    Quiet,
    SourceColumn,
    Strict,
    TextColumn,
    Workers,
)
from primacy.cli.interrupt import stopped_with
from primacy.errors import UsageError

if TYPE_CHECKING:
    from primacy.corpus.tally import Tally

_STOPPED = "Stopped. What was finished is kept; the same command goes on from there."
_TOP = 15  # categories that are shown; the file has them all


def mentions(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Captions: COCO .json, .parquet, .csv, .tsv, .jsonl, .txt (all but .parquet also .gz), folders of"
            " such, or patterns: 'part-{000..127}.parquet'."
        ),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", help="Parquet file of mentions to write.")],
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
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of finished parts, which is kept [default: OUTPUT.parts, removed at the end]"),
    ] = None,
    strict: Strict = False,
    as_json: o.AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find which categories captions mention, in which order, and write a row a caption. Goes on where it stopped."""
    from primacy.cli.progress import progress
    from primacy.corpus.captions import Columns, open_captions
    from primacy.corpus.engine import Engine, extract_mentions
    from primacy.corpus.extract import ExtractorSpec
    from primacy.corpus.faults import Faults
    from primacy.files import remove_temporaries
    from primacy.folder_lock import alone

    spec = ExtractorSpec(extractor, vocabulary, lexicon, device=device)
    pieces = open_captions(files, Columns(text_column, image_column, id_column, source_column))
    if out.resolve() in {piece.path.resolve() for piece in pieces}:
        raise UsageError(f"{out} is one of the files of captions", hint="Choose another --output.")
    faults = Faults()
    parts = work or out.with_name(f"{out.name}.parts")
    try:
        with stopped_with(_STOPPED), progress(hidden=as_json or quiet, noun="pieces") as bars, alone(parts, bars):
            remove_temporaries(parts)  # of a killed run
            place = Engine(engine, workers, address)
            found = extract_mentions(pieces, spec, folder=parts, engine=place, listener=bars, faults=faults)
            if strict:
                faults.refuse()
            tally = found.write(out, {"vocabulary": vocabulary})
            if work is None:
                for path in (*found.parts, *found.records):
                    path.unlink(missing_ok=True)
    finally:
        if work is None:
            _remove_unused(parts)
    if as_json:
        record = tally.record() | {"faults": fault_records(faults)}
        typer.echo(json.dumps(record, indent=1, ensure_ascii=False))
        return
    name_faults(faults)
    if not quiet:
        _tell(tally, out)


def _remove_unused(folder: Path) -> None:
    from primacy.folder_lock import LOCK

    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [LOCK]:
            (folder / LOCK).unlink()
            folder.rmdir()


def _tell(tally: Tally, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("category", "captions", "of all"):
        table.add_column(title, justify="left" if title == "category" else "right")
    for name, count in tally.top[:_TOP]:
        table.add_row(Text(name), f"{count:,}", f"{count / tally.captions:.1%}")
    console.print(table)
    if len(tally.top) > _TOP:
        console.print(f"and {len(tally.top) - _TOP} more categories")
    cut = f", {tally.censored:,} lists cut short" if tally.censored else ""
    console.print(
        f"{tally.captions:,} captions, {tally.mentioning:,} with a mention ({tally.mentioning / tally.captions:.1%}),"
        f" {tally.mentions / tally.captions:.2f} mentions a caption{cut}",
        soft_wrap=True,
    )
    console.print(f"Mentions: {out}", soft_wrap=True, markup=False)
