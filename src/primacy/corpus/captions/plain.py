"""Captions in plain text files, one a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from primacy.corpus.captions.block import Rows
from primacy.corpus.captions.columns import Chosen, Columns
from primacy.corpus.captions.lines import line_lists
from primacy.corpus.faults import Faults
from primacy.errors import UsageError


def open_plain(path: Path, columns: Columns) -> Chosen:
    """No columns.

    Raises:
        UsageError: the user asks for some.
    """
    for name in columns:
        if name is not None:
            raise UsageError(f"{path.name} is plain text and has no column {name!r}", hint="Leave the option out.")
    return Chosen("", "", "", "")


def read_plain(path: Path, faults: Faults, rows: int) -> Iterator[Rows]:
    """Its lines, at most `rows` at a time; as `line_lists`."""
    row = 1
    for lines in line_lists(path, faults):
        for start in range(0, len(lines), rows):
            some = pa.array(lines[start : start + rows], pa.binary())
            yield Rows(pa.array(np.arange(row, row + len(some))), some)
            row += len(some)
