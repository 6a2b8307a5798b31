"""From texts to vectors: each text is encoded once, kept as soon as its turn comes, and never held twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice

import numpy as np

from primacy.encoders._pieces import pieces
from primacy.encoders.base import Encoder, EncodesInPieces
from primacy.encoders.store import EmbeddingStore
from primacy.errors import StoreError, UsageError
from primacy.identity import text_key

SHARD_TEXTS = 32_768
"""So many new vectors make a shard of the store,"""
SHARD_SECONDS = 10.0
"""or those of so much work, whichever is reached first; a killed process loses no more than that and the piece that the
encoder was at."""

_AT_A_TIME = 2048  # keys that are asked of the store, so that its answers never stand beside the whole output

Progress = Callable[[int, int], None]


def embed_texts(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    store: EmbeddingStore | None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Embed `texts`, asking the encoder only for distinct ones that `store` does not hold.

    What is missing goes to the encoder in order of first occurrence: all of it at once where the encoder works in
    pieces, else a chunk at a time (see `_pieces.CHUNK`). The vectors are put into the store as they come, `SHARD_TEXTS`
    or `SHARD_SECONDS` of work at a time, and what has come is also put when the encoder fails or the user interrupts.
    So whatever ends the process, a second call goes on from there. What the store holds for a text does not depend on
    how the texts were cut into shards. Memory: the output, some 200 bytes a text beside it, and what the encoder takes.

    Args:
        encoder: anything with `encode_text` (or `encode_pieces`) and `fingerprint`.
        texts: any strings; duplicates and empty ones are welcome. A sequence with `take(rows)` is asked for its
            strings only as they are needed, and never for a list of all.
        store: where vectors are kept; None encodes everything anew.
        progress: called with (distinct texts done, distinct texts in all), first with what the store held, then for
            every piece. Without a store, an encoder that works in pieces is given duplicates too, and they count.

    Returns:
        float32 (len(texts), dim). Without any text, dim is the store's, or 0 where that is not known.

    Raises:
        UsageError: `texts` is one string or holds something else than strings.
        EncoderError: the encoder returned something that is not an embedding of its texts.
        StoreError: the store is another encoder's, or cannot be read or written.
    """
    _check(encoder, texts, store)
    report = progress or _ignore
    everything = np.arange(len(texts))
    if store is None and isinstance(encoder, EncodesInPieces):
        # Such an encoder shares what texts have in common by itself; to find duplicates would take longer.
        keys, origin = np.empty((0, 32), dtype=np.uint8), everything
    else:
        keys = _keys(texts)
        origin = _first_occurrence(keys)
    distinct = np.flatnonzero(origin == everything)
    out = _Output(len(texts), keys, store)
    missing = distinct[~out.fetch(distinct)]
    done = len(distinct) - len(missing)
    report(done, len(distinct))
    if len(missing):
        if store is not None:
            store.prepare()
        with closing(pieces(encoder, _take(texts, missing))) as stream:
            try:
                for rows, vectors in stream:
                    out.add(missing[rows], vectors)
                    done += len(rows)
                    report(done, len(distinct))
            finally:
                out.keep()
    return out.copied(np.flatnonzero(origin != everything), origin)


class _Output:
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
        for start in range(0, len(rows), _AT_A_TIME):
            part = rows[start : start + _AT_A_TIME]
            hits = self._store.get(self._keys[part])
            found[start : start + _AT_A_TIME] = hits.found
            if len(hits.vectors):
                self._write(part[hits.found], hits.vectors)
        self._since = time.monotonic()
        return found

    def add(self, rows: np.ndarray, vectors: np.ndarray) -> None:
        """Fill `rows` with new vectors, and keep what is new once it is enough for a shard."""
        if self._store is not None and not self._new:
            self._store.check_dimension(vectors.shape[1])
        self._write(rows, vectors)
        self._new.append(rows)
        if sum(map(len, self._new)) >= SHARD_TEXTS or time.monotonic() - self._since >= SHARD_SECONDS:
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
        for start in range(0, len(rows), _AT_A_TIME):
            part = rows[start : start + _AT_A_TIME]
            self._array[part] = self._array[origin[part]]
        return self._array

    def _write(self, rows: np.ndarray, vectors: np.ndarray) -> None:
        if self._array is None:
            self._array = np.empty((self._n, vectors.shape[1]), dtype=np.float32)
        self._array[rows] = vectors


def _check(encoder: Encoder, texts: Sequence[str], store: EmbeddingStore | None) -> None:
    if store is not None and store.fingerprint != encoder.fingerprint:
        raise StoreError(f"the store holds vectors of {store.fingerprint}, the encoder is {encoder.fingerprint}")
    if store is not None and store.modality != "text":
        raise StoreError(f"the store holds vectors of modality {store.modality!r}, expected 'text'")
    if isinstance(texts, str):
        raise UsageError("expected a list of texts, got one string", hint="Put it into a list: [text].")
    for i, text in enumerate(() if hasattr(texts, "take") else texts):
        if not isinstance(text, str):
            raise UsageError(f"text {i} is of type {type(text).__name__}, expected str")


def _keys(texts: Sequence[str]) -> np.ndarray:
    """Content keys, uint8 (len(texts), 32); the strings of a lazy sequence are made and dropped on the way."""
    keys = np.empty((len(texts), 32), dtype=np.uint8)
    strings, start = iter(texts), 0
    while block := b"".join(map(text_key, islice(strings, _AT_A_TIME))):
        stop = start + len(block) // 32
        keys[start:stop] = np.frombuffer(block, dtype=np.uint8).reshape(-1, 32)
        start = stop
    return keys


def _first_occurrence(keys: np.ndarray) -> np.ndarray:
    """For each of n keys the row of the first that is equal to it, int64 (n,)."""
    # As byte strings, which numpy sorts; that it takes trailing zeros for padding is harmless, as all have 32 bytes.
    _, first, place = np.unique(keys.view("S32").ravel(), return_index=True, return_inverse=True)
    return first[place]


def _take(texts: Sequence[str], rows: np.ndarray) -> Sequence[str]:
    if len(rows) == len(texts):
        return texts
    take = getattr(texts, "take", None)
    return [texts[i] for i in rows.tolist()] if take is None else take(rows)


def _ignore(done: int, total: int) -> None:
    """The progress of a caller who did not ask for it."""
