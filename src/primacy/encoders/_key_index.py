"""Sorted index from 32-byte content keys to places in shards: 40 bytes a key, no Python object per key."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Places(NamedTuple):
    """Where keys lie: three arrays of one length."""

    found: np.ndarray  # bool
    shard: np.ndarray  # int32, 0 where not found
    row: np.ndarray  # int32, 0 where not found


class _Segment(NamedTuple):
    keys: np.ndarray  # S32, sorted, distinct
    shard: np.ndarray
    row: np.ndarray


class KeyIndex:
    """A few sorted segments of geometrically growing length, so that adding stays cheap."""

    def __init__(self) -> None:
        self._segments: list[_Segment] = []

    def __len__(self) -> int:
        """Number of distinct keys."""
        return sum(len(segment.keys) for segment in self._segments)

    def find(self, keys: np.ndarray) -> Places:
        """Look up `keys`, uint8 (n, 32)."""
        wanted = _as_strings(keys)
        found = np.zeros(len(wanted), dtype=bool)
        shard, row = np.zeros(len(wanted), dtype=np.int32), np.zeros(len(wanted), dtype=np.int32)
        for segment in self._segments:
            at = np.searchsorted(segment.keys, wanted)
            at[at == len(segment.keys)] = 0
            hit = segment.keys[at] == wanted
            shard[hit], row[hit] = segment.shard[at[hit]], segment.row[at[hit]]
            found |= hit
        return Places(found, shard, row)

    def add(self, keys: np.ndarray, shard: np.ndarray, row: np.ndarray) -> None:
        """Enter `keys`, uint8 (n, 32), with their places; a key that is known keeps its place."""
        fresh, first = np.unique(_as_strings(keys), return_index=True)
        new = ~self.find(keys[first]).found
        if not new.any():
            return
        self._segments.append(_Segment(fresh[new], shard[first[new]], row[first[new]]))
        while len(self._segments) > 1 and 2 * len(self._segments[-1].keys) >= len(self._segments[-2].keys):
            newer, older = self._segments.pop(), self._segments.pop()
            self._segments.append(_merged(older, newer))


def _as_strings(keys: np.ndarray) -> np.ndarray:
    # S32 rather than V32: numpy sorts and searches byte strings. That it takes trailing zero bytes for
    # padding is harmless here, as every key has all 32.
    return np.ascontiguousarray(keys).view("S32").reshape(len(keys))


def _merged(a: _Segment, b: _Segment) -> _Segment:
    """Both in one, made column by column: twice the larger segment is the most that stands in memory."""
    from_b = np.zeros(len(a.keys) + len(b.keys), dtype=bool)
    from_b[np.searchsorted(a.keys, b.keys) + np.arange(len(b.keys))] = True
    return _Segment(*(_interleaved(*columns, from_b) for columns in zip(a, b, strict=True)))


def _interleaved(a: np.ndarray, b: np.ndarray, from_b: np.ndarray) -> np.ndarray:
    out = np.empty(len(from_b), dtype=a.dtype)
    out[from_b], out[~from_b] = b, a
    return out
