"""Reading one piece of a corpus, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from primacy.corpus.captions.block import CaptionBlock, Rows, tidy
from primacy.corpus.captions.delimited import read_delimited
from primacy.corpus.captions.files import CaptionFile
from primacy.corpus.captions.json_lines import read_json_lines
from primacy.corpus.captions.official import read_official
from primacy.corpus.captions.parquet import read_parquet
from primacy.corpus.captions.plain import read_plain
from primacy.corpus.faults import Faults

BLOCK_ROWS = 65_536
"""Captions that are read at a time."""


def read_blocks(file: CaptionFile, faults: Faults, *, rows: int = BLOCK_ROWS) -> Iterator[CaptionBlock]:
    """Captions of a piece in its order; no block is empty.

    Args:
        file: the piece.
        faults: what is wrong with it is added; complete when the last block has come.
        rows: most captions a block; the captions do not depend on it.

    Raises:
        CorpusError: the file cannot be read.
        UsageError: it is no COCO captions file, though its name ends in .json.
    """
    for some in read_rows(file, faults, rows=rows):
        block = tidy(some, file.label, faults)
        if len(block.texts):
            yield block


def read_rows(file: CaptionFile, faults: Faults, *, rows: int = BLOCK_ROWS) -> Iterator[Rows]:
    """Rows of a piece as the file has them, before any is left out (`tidy`); as `read_blocks`."""
    return _READERS[file.format](file, faults, rows)


_READERS: dict[str, Callable[[CaptionFile, Faults, int], Iterator[Rows]]] = {
    "coco": lambda file, faults, rows: read_official(file.path, file.columns, faults, rows),
    "delimited": lambda file, faults, rows: read_delimited(file.path, file.columns, faults, rows),
    "json lines": lambda file, faults, rows: read_json_lines(file.path, file.columns, faults, rows),
    "parquet": lambda file, _, rows: read_parquet(file.path, file.groups, file.columns, file.first_row, rows),
    "plain": lambda file, faults, rows: read_plain(file.path, faults, rows),
}
