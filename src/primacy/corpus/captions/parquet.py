"""Captions in parquet files, a range of row groups at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from primacy.corpus.captions.block import Rows
from primacy.corpus.captions.columns import Chosen, Columns, choose
from primacy.errors import CorpusError, UsageError, first_line

_PIECE_ROWS = 500_000
_BUFFER = 1_000_000  # bytes of a column that are read ahead; without it a whole row group is held


def open_parquet(path: Path, columns: Columns) -> list[tuple[int, tuple[int, int], Chosen]]:
    """Pieces of half a million rows or one row group: rows before it, its row groups from and up to, the columns.

    A file without row groups is one piece of none.

    Raises:
        CorpusError: no parquet file.
        UsageError: a column is not there, in doubt, or of a type that is no text.
    """
    with _file(path) as file:
        schema, sizes = file.schema_arrow, [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    strings = [field.name for field in schema if _is_text(field.type)]
    chosen = choose(path.name, schema.names, columns, strings=strings)
    if chosen.text not in strings:
        raise UsageError(
            f"column {chosen.text!r} of {path.name} holds {schema.field(chosen.text).type}, expected strings",
            hint=f"Columns of strings: {', '.join(strings) or 'none'}.",
        )
    for name in chosen.there:
        if pa.types.is_nested(schema.field(name).type):
            raise UsageError(f"column {name!r} of {path.name} holds {schema.field(name).type}, expected ids")
    pieces, first, row = [], 0, 0
    held = 0
    for k, size in enumerate(sizes):
        held += size
        if held >= _PIECE_ROWS or k == len(sizes) - 1:
            pieces.append((row, (first, k + 1), chosen))
            first, row, held = k + 1, row + held, 0
    return pieces or [(0, (0, 0), chosen)]  # a file without rows is one of the corpus as well


def read_parquet(path: Path, groups: tuple[int, int], columns: Chosen, first_row: int, rows: int) -> Iterator[Rows]:
    """The rows of a piece, at most `rows` at a time.

    Raises:
        CorpusError: the file is damaged.
    """
    with _file(path) as file, _damage_named(path):
        # Threads are the workers' business, and rows of a batch must not depend on them.
        batches = file.iter_batches(rows, row_groups=list(range(*groups)), columns=columns.there, use_threads=False)
        for batch in batches:
            numbers = pa.array(np.arange(first_row + 1, first_row + 1 + len(batch)))
            first_row += len(batch)
            yield Rows(numbers, *(_binary(batch.column(name)) if name else None for name in columns))


def _binary(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):  # whole numbers become so where some were missing; those are no numbers now
        values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    if not _is_text(values.type):
        values = values.cast(pa.string())
    return values.cast(pa.binary())


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    strings = (types.is_string, types.is_large_string, types.is_string_view)
    return any(is_it(kind) for is_it in (*strings, types.is_binary, types.is_large_binary, types.is_binary_view))


def _file(path: Path) -> pq.ParquetFile:
    with _damage_named(path):
        return pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(
            f"cannot read {path} as parquet: {first_line(error)}", hint="Fetch the file again, or leave it out."
        ) from error
