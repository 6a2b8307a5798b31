"""Tables of others in parquet files, with the columns that are expected of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from primacy.errors import CorpusError, UsageError, first_line
from primacy.files import os_errors_as


def read_columns(path: Path, schema: pl.Schema, what: str) -> pl.DataFrame:
    """The columns of `schema` from a parquet file, in its order and types; other columns are not read.

    Integers become text where text is expected, and numbers other numbers where nothing is lost but digits.

    Args:
        path: the file.
        schema: names and types; text, numbers, truth values, or lists of just that type.
        what: what the file should be, with its article, for the message.

    Raises:
        UsageError: unreadable, or not parquet.
        CorpusError: columns are missing, or of types that cannot become the expected ones.
    """
    hint = f"Expected {what}: " + ", ".join(f"{name} ({kind})" for name, kind in schema.items()) + "."
    try:
        # pyarrow, because a damaged file can make the reader of polars panic
        with os_errors_as(UsageError, f"cannot read {path}"), pq.ParquetFile(path) as file:
            missing = [name for name in schema if name not in file.schema_arrow.names]
            if missing:
                has = ", ".join(file.schema_arrow.names)[:200]
                raise CorpusError(f"{path.name} has no column {', '.join(missing)}; it has {has}", hint=hint)
            table = file.read(columns=schema.names())
            table.validate(full=True)
        frame = pl.DataFrame({name: table.column(name) for name in schema})
        wrong = [
            f"{name} ({frame[name].dtype})" for name, kind in schema.items() if not _becomes(frame[name].dtype, kind)
        ]
        if wrong:
            raise CorpusError(f"{path.name} has columns of other types: {', '.join(wrong)}", hint=hint)
        return frame.cast(schema)
    except (pa.ArrowException, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{path.name} cannot be read: {first_line(error)}", hint=hint) from None


def has_columns(path: Path, names: tuple[str, ...]) -> bool:
    """Whether this is a parquet file with columns of these names; False as well where it cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            return set(names) <= set(file.schema_arrow.names)
    except (pa.ArrowException, UnicodeDecodeError, OSError):
        return False


def _becomes(found: pl.DataType, expected: pl.DataType) -> bool:
    if expected == pl.String:
        return found in (pl.String, pl.Categorical, pl.Null) or isinstance(found, pl.Enum) or found.is_integer()
    if expected.is_float():
        return found.is_numeric() or found == pl.Null
    return found.is_integer() if expected.is_integer() else found == expected
