"""The mentions of a whole corpus, in parts on the disk, and streamed from there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from primacy.corpus.captions import BLOCK_ROWS
from primacy.corpus.parts import ARROW, part_writer
from primacy.corpus.tables import MENTIONS
from primacy.corpus.tally import Tally
from primacy.errors import CorpusError
from primacy.files import atomic_path, os_errors_as

_GROUP_ROWS = 131_072  # rows of a row group of the written table, whatever the parts were


@dataclass(frozen=True, eq=False)
class Mentions:
    """Rows of `tables.MENTIONS` in the order of the corpus.

    `extractor`, `fingerprint`, `categories`: name of what found them, what is the same for all that find the same, and
    what it looks for. `parts`: parquet files, and `records` that say that they are whole; `left_out`: int64, ascending,
    numbers of rows over all parts that do not count.
    """

    extractor: str
    fingerprint: str
    categories: tuple[str, ...]
    parts: tuple[Path, ...]
    records: tuple[Path, ...]
    left_out: NDArray[np.int64]

    def frame(self) -> pl.DataFrame:
        """All of it, in memory.

        Raises:
            CorpusError: a part is damaged.
        """
        tables = list(self.tables())
        return pl.DataFrame(pa.concat_tables(tables), schema=MENTIONS) if tables else pl.DataFrame(schema=MENTIONS)

    def tables(self, columns: Sequence[str] = ARROW.names) -> Iterator[pa.Table]:
        """Some columns of it, bit by bit.

        Raises:
            CorpusError: a part is damaged; it is removed, so that the same command makes it anew.
        """
        row = 0
        for path in self.parts:
            for table in _read(path, columns):
                first, last = np.searchsorted(self.left_out, [row, row + len(table)])
                keep = np.ones(len(table), dtype=bool)
                keep[self.left_out[first:last] - row] = False
                row += len(table)
                yield table if keep.all() else table.filter(pa.array(keep))

    def ids(self, rows: NDArray[np.int64]) -> list[str]:
        """Ids of the captions of the parts' `rows`, ascending.

        Raises:
            CorpusError: a part is damaged.
        """
        found: list[str] = []
        row = 0
        for path in self.parts if len(rows) else ():
            for table in _read(path, ["caption_id"]):
                here = rows[(rows >= row) & (rows < row + len(table))] - row
                found += table.column(0).take(pa.array(here)).to_pylist()
                row += len(table)
                if len(found) == len(rows):
                    return found
        return found

    def write(self, path: Path, about: Mapping[str, Any]) -> Tally:
        """Write it as one parquet file, bit by bit.

        The file's bytes depend on the corpus, the extractor and `about` alone. Metadata of its schema, JSON under the
        key "primacy", are `about` and the extractor; of the file, under "primacy_counts", the counts.

        Raises:
            CorpusError: a part is damaged, or the file cannot be written.
        """
        tally = Tally()
        told = json.dumps(
            {**about, "extractor": self.extractor, "extractor_fingerprint": self.fingerprint}, ensure_ascii=False
        )
        schema = ARROW.with_metadata({"primacy": told})
        with (
            os_errors_as(CorpusError, f"cannot write {path}"),
            atomic_path(path) as temporary,
            part_writer(temporary, schema) as writer,
        ):
            for table in _regrouped(self.tables(), _GROUP_ROWS):
                writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=_GROUP_ROWS)
                tally.add(table)
            writer.add_key_value_metadata({"primacy_counts": json.dumps(tally.record(), ensure_ascii=False)})
        return tally


def _read(path: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(BLOCK_ROWS, columns=list(columns), use_threads=False):
                yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowException) as error:
        path.unlink(missing_ok=True)
        raise CorpusError(
            f"a part of the mentions is damaged: {path}",
            hint="It was removed. Give the same command again: it makes this part anew and goes on.",
        ) from error


def _regrouped(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of exactly `rows`, the last aside."""
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += len(table)
        while count >= rows:
            whole = pa.concat_tables(held)
            yield whole.slice(0, rows).combine_chunks()
            held, count = [whole.slice(rows)], count - rows
    if count:
        yield pa.concat_tables(held).combine_chunks()
