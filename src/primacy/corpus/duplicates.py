"""Caption ids that come twice in a corpus, found in bounded memory."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from primacy.files import TEMPORARY_PREFIX

_HELD = 8_000_000  # ids that are compared at a time, 16 bytes each


def repeated(ids: Iterator[pl.Series], count: int, folder: Path, *, held: int | None = None) -> NDArray[np.int64]:
    """Numbers of the rows, ascending, whose id an earlier row has.

    Ids are compared by 64-bit hashes: among N different ids, two are taken for one with probability N^2 / 2^65, which
    is one in seven for two billion. Hashes are spread over files by their first bits, and each file is sorted.

    Args:
        ids: the ids in order, strings without nulls.
        count: how many.
        folder: where the files may lie meanwhile.
        held: ids in memory at a time [8 million].
    """
    bits = max(0, (count - 1) // (held or _HELD)).bit_length()
    name = f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-ids"
    files = [folder / f"{name}-{k}" for k in range(2**bits)]
    try:
        _spread(ids, files, bits)
        found = [_repeats(path) for path in files]
    finally:
        for path in files:
            path.unlink(missing_ok=True)
    return np.sort(np.concatenate(found)).astype(np.int64)


def _spread(ids: Iterator[pl.Series], files: list[Path], bits: int) -> None:
    """Write hash and row of each id to the file of the hash's first bits."""
    row = 0
    with ExitStack() as stack:
        streams = [stack.enter_context(path.open("wb")) for path in files]
        for some in ids:
            hashes = some.hash().to_numpy()
            pairs = np.column_stack([hashes, np.arange(row, row + len(some), dtype=np.uint64)])
            row += len(some)
            file = (hashes >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(some), dtype=np.int64)
            ends = np.cumsum(np.bincount(file, minlength=len(files)))
            pieces = np.split(pairs[np.argsort(file, kind="stable")], ends[:-1])
            for stream, piece in zip(streams, pieces, strict=True):
                piece.tofile(stream)


def _repeats(path: Path) -> NDArray[np.uint64]:
    """Rows of a file whose hash an earlier row has."""
    pairs = np.fromfile(path, dtype=np.uint64).reshape(-1, 2)
    hashes, rows = pairs[np.argsort(pairs[:, 0], kind="stable")].T
    return rows[1:][hashes[1:] == hashes[:-1]]
