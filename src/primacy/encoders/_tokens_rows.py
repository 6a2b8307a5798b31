"""Rows of token ids: from one stream to a zero-padded array, and arrays of unlike widths on top of each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def padded(stream: np.ndarray, lengths: np.ndarray, context: int, end: int) -> np.ndarray:
    """Cut a stream of ids into rows, each no longer than the context.

    Args:
        stream: ids of all rows one after another, start and end tokens included, int32 (sum of lengths,).
        lengths: ids of each row, int64 (n,), n and all lengths at least 1.
        context: most ids in a row; what is beyond is dropped from the right.
        end: the id that a shortened row ends with.

    Returns:
        int32 (n, longest row that is left), zeros behind each row.
    """
    if (long := lengths > context).any():
        within = np.arange(len(stream)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        stream = stream[within < context]
    used = np.minimum(lengths, context)
    rows = np.zeros((len(lengths), int(used.max())), dtype=np.int32)
    rows[np.arange(rows.shape[1]) < used[:, None]] = stream
    rows[long, context - 1 :] = end
    return rows


def stacked(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Arrays (n_i, L_i) on top of each other, int32 (sum of n_i, largest L_i), zeros behind the narrower ones."""
    if len(parts) == 1:
        return parts[0]
    rows = np.zeros((sum(map(len, parts)), max(part.shape[1] for part in parts)), dtype=np.int32)
    at = 0
    for part in parts:
        rows[at : at + len(part), : part.shape[1]] = part
        at += len(part)
    return rows


def without_padding(rows: np.ndarray) -> np.ndarray:
    """`rows` (n, L) without the columns at the right that are zero in every row."""
    used = np.flatnonzero(rows.any(axis=0))
    return rows[:, : int(used[-1]) + 1 if len(used) else 0]
