"""Token sequences, sorted so that those that begin alike stand together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class TokenSequences(NamedTuple):
    """What a tower reads: `ids` integer (n, L), padded on the right with anything, and `lengths` int64 (n,), the
    positions up to and with the one at which the tower is pooled."""

    ids: np.ndarray
    lengths: np.ndarray


class SortedSequences(NamedTuple):
    """Sequences in lexicographic order: row k is sequence order[k], and its first `shared[k]` tokens are those of
    row k - 1. A sequence that is the beginning of another stands before it."""

    ids: np.ndarray
    lengths: np.ndarray
    order: np.ndarray
    shared: np.ndarray

    @property
    def added(self) -> np.ndarray:
        """Prefixes that each row has and the row above has not, int64 (n,)."""
        return self.lengths - self.shared


def sort_sequences(sequences: TokenSequences) -> SortedSequences:
    """Sort, and measure the longest common prefix of neighbours.

    Args:
        sequences: n sequences; every length is between 1 and L.

    Raises:
        ValueError: a length is outside of 1..L.
    """
    ids, lengths = np.asarray(sequences.ids, dtype=np.int32), np.asarray(sequences.lengths, dtype=np.int64)
    if not len(lengths):
        return SortedSequences(ids, lengths, lengths, lengths)
    if not (lengths.min() >= 1 and lengths.max() <= ids.shape[1]):
        raise ValueError(f"lengths are between {lengths.min()} and {lengths.max()}, expected 1 to {ids.shape[1]}")
    ids = ids[:, : int(lengths.max())]
    ids = np.where(np.arange(ids.shape[1]) < lengths[:, None], ids, -1)  # -1 sorts before every token
    order = np.lexsort(ids.T[::-1])
    ids, lengths = ids[order], lengths[order]
    shared = np.zeros(len(ids), dtype=np.int64)
    differs = ids[1:] != ids[:-1]
    first = np.where(differs.any(axis=1), differs.argmax(axis=1), ids.shape[1])
    shared[1:] = np.minimum(first, np.minimum(lengths[1:], lengths[:-1]))
    return SortedSequences(ids, lengths, order, shared)


def count_nodes(sequences: TokenSequences) -> int:
    """Distinct non-empty prefixes of the sequences: the states that any exact encoder has to compute."""
    return int(sort_sequences(sequences).added.sum())


def cut(sequences: SortedSequences, nodes: int) -> Iterator[slice]:
    """Cut the sorted sequences into runs whose prefix trees have at most `nodes` nodes each.

    A run begins with a whole sequence: what it shares with the run before is computed again. A single sequence
    longer than `nodes` is a run of its own.
    """
    total = np.cumsum(sequences.added)
    start = 0
    while start < len(total):
        room = total[start] + nodes - sequences.lengths[start]
        stop = max(start + 1, int(np.searchsorted(total, room, side="right")))
        yield slice(start, stop)
        start = stop
