"""Captions in JSON lines, an object a line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from primacy.corpus.captions.block import Rows
from primacy.corpus.captions.columns import Chosen, Columns, choose
from primacy.corpus.captions.lines import line_lists
from primacy.corpus.faults import Faults
from primacy.errors import UsageError
from primacy.stimuli.bounded_json import load_bytes

_LOOKED_AT = 100  # lines that show which keys there are


def open_json_lines(path: Path, columns: Columns) -> Chosen:
    """Columns are the keys of its first lines.

    Raises:
        CorpusError: the file cannot be read.
        UsageError: there is no object, or a key is not there or in doubt.
    """
    first = next(line_lists(path, Faults()), [])[:_LOOKED_AT]
    objects = [entry for line in first if (entry := _object(line)) is not None]
    if not objects:
        raise UsageError(f"the first lines of {path.name} hold no JSON object, expected one a line")
    keys = list(dict.fromkeys(key for entry in objects for key in entry))
    strings = [key for key in keys if all(isinstance(entry.get(key, ""), str) for entry in objects)]
    return choose(path.name, keys, columns, strings=strings)


def read_json_lines(path: Path, columns: Chosen, faults: Faults, rows: int) -> Iterator[Rows]:
    """Its objects, at most `rows` at a time.

    Args:
        path: the file.
        columns: keys of captions, ids, images and sources.
        faults: lines that are no objects, and what `line_lists` adds.
        rows: most at a time.

    Raises:
        CorpusError: the file cannot be read.
    """
    row = 0
    for lines in line_lists(path, faults):
        for start in range(0, len(lines), rows):
            numbers, held = [], []
            for line in lines[start : start + rows]:
                row += 1
                entry = _object(line)
                if entry is not None:
                    numbers.append(row)
                    held.append(entry)
                elif line.strip():
                    faults.add("lines that are no JSON object (left out)", [f"{path.name}, line {row}"])
            yield Rows(pa.array(numbers, pa.int64()), *(_column(held, name) for name in columns))


def _column(held: list[dict[str, Any]], name: str) -> pa.Array | None:
    return pa.array([as_bytes(entry.get(name)) for entry in held], pa.binary()) if name else None


def as_bytes(value: Any) -> bytes | None:
    """UTF-8 of a string or number of a JSON file, 139.0 as 139; None for what is neither."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value) if value.is_integer() else value
    return str(value).encode() if isinstance(value, int | float) else None


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        entry = load_bytes(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
