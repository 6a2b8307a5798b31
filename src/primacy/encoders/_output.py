"""The array that embedding fills and the store that keeps it: one for texts and pictures."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from primacy.encoders.base import Encoder
from primacy.encoders.store import EmbeddingStore
from primacy.errors import StoreError

SHARD_ROWS = 32_768
"""So many new vectors make a shard of the store,"""
SHARD_SECONDS = 10.0
"""or those of so much work, whichever is reached first; a killed process loses no more than that and the piece that the
encoder was at."""

AT_A_TIME = 2048
"""Keys that are asked of the store, so that its answers never stand beside the whole output."""

Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """The progress of a caller who did not ask for it."""


def check_store(store: EmbeddingStore, encoder: Encoder, modality: str) -> None:
    """Make sure that `store` is for the vectors of `encoder` and of `modality`.

    Raises:
        StoreError: it is for others.
    """
    if store.fingerprint != encoder.fingerprint:
        raise StoreError(f"the store holds vectors of {store.fingerprint}, the encoder is {encoder.fingerprint}")
    if store.modality != modality:
        raise StoreError(f"the store holds vectors of modality {store.modality!r}, expected {modality!r}")


def first_occurrence(keys: np.ndarray) -> np.ndarray:
    """For each of n keys the row of the first that is equal to it, int64 (n,)."""
    # As byte strings, which numpy sorts; that it takes trailing zeros for padding is harmless, as all have 32 bytes.
    _, first, place = np.unique(keys.view("S32").ravel(), return_index=True, return_inverse=True)
    return first[place]


class Output:
    """The array that is returned, filled as vectors come, and which of its rows are still to be kept."""

    def __init__(self, n: int, keys: np.ndarray, store: EmbeddingStore | None) -> None:
        self._n, self._keys, self._store = n, keys, store
        self._array: np.ndarray | None = None
        self._new: list[np.ndarray] = []
        self._since = time.monotonic()

    def fetch(self, rows: np.ndarray) -> np.ndarray:
        """Fill those of `rows` that the store holds; bool (len(rows),), which these are."""
        found = np.zeros(len(rows), dtype=bool)
        if self._store is None:
            return found
        for start in range(0, len(rows), AT_A_TIME):
            part = rows[start : start + AT_A_TIME]
            hits = self._store.get(self._keys[part])
            found[start : start + AT_A_TIME] = hits.found
            if len(hits.vectors):
                self.write(part[hits.found], hits.vectors)
        if not self._new:
            self._since = time.monotonic()
        return found

    def write(self, rows: np.ndarray, vectors: np.ndarray) -> None:
        """Fill `rows` with vectors that are kept already."""
        if self._array is None:
            self._array = np.empty((self._n, vectors.shape[1]), dtype=np.float32)
        self._array[rows] = vectors

    def add(self, rows: np.ndarray, vectors: np.ndarray) -> None:
        """Fill `rows` with new vectors, and keep what is new once it is enough for a shard."""
        if self._store is not None and not self._new:
            self._store.check_dimension(vectors.shape[1])
        self.write(rows, vectors)
        self._new.append(rows)
        if sum(map(len, self._new)) >= SHARD_ROWS or time.monotonic() - self._since >= SHARD_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Put into the store what is not there yet."""
        if self._store is not None and self._array is not None and self._new:
            rows = np.concatenate(self._new)
            try:
                self._store.put(self._keys[rows], self._array, rows)
            except StoreError:
                self._new.clear()  # what could not be written now is not tried again on the way out
                raise
        self._new.clear()
        self._since = time.monotonic()

    def copied(self, rows: np.ndarray, origin: np.ndarray) -> np.ndarray:
        """The whole array, `rows` filled with the vectors of the rows `origin[rows]`."""
        if self._array is None:
            dim = self._store.dim if self._store is not None else None
            return np.empty((0, dim or 0), dtype=np.float32)
        for start in range(0, len(rows), AT_A_TIME):
            part = rows[start : start + AT_A_TIME]
            self._array[part] = self._array[origin[part]]
        return self._array
