"""From texts to vectors: each distinct text is encoded once, in fixed chunks, and kept at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from primacy.encoders.base import Encoder, checked_vectors
from primacy.encoders.store import EmbeddingStore
from primacy.errors import EncoderError, StoreError, UsageError
from primacy.identity import text_key

CHUNK = 2048

Progress = Callable[[int, int], None]


class _Distinct(NamedTuple):
    texts: list[str]  # in order of first occurrence
    place: np.ndarray  # int64 (n,): text i of the input is texts[place[i]]


def embed_texts(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    store: EmbeddingStore | None,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> np.ndarray:
    """Embed `texts`, asking the encoder only for distinct ones that `store` does not hold.

    What is missing is encoded in order of first occurrence, `chunk` texts at a time, and each chunk is on the
    disk before the next begins: whatever ends the process, a second call goes on from there with the same
    chunks, and so with the same bits.

    Args:
        encoder: anything with `encode_text` and `fingerprint`.
        texts: any strings; duplicates and empty ones are welcome.
        store: where vectors are kept; None encodes everything anew.
        chunk: distinct texts per call of the encoder and per shard.
        progress: called with (distinct texts done, distinct texts in all), first with what the store held.

    Returns:
        float32 (len(texts), dim). Without any text, dim is the store's, or 0 where that is not known.

    Raises:
        UsageError: `texts` is one string or holds something else than strings, or `chunk` is below 1.
        EncoderError: the encoder returned something that is not an embedding.
        StoreError: the store is another encoder's, or cannot be read or written.
    """
    if chunk < 1:
        raise UsageError(f"chunk is {chunk}, expected at least 1")
    _check_store(encoder, store)
    distinct = _distinct(texts)
    report = progress or _ignore
    if store is None:
        vectors = _encode_all(encoder, distinct.texts, chunk, report)
    else:
        vectors = _encode_missing(encoder, distinct.texts, store, chunk, report)
    return vectors if len(distinct.texts) == len(texts) else vectors[distinct.place]


def _check_store(encoder: Encoder, store: EmbeddingStore | None) -> None:
    if store is None:
        return
    if store.fingerprint != encoder.fingerprint:
        raise StoreError(f"the store holds vectors of {store.fingerprint}, the encoder is {encoder.fingerprint}")
    if store.modality != "text":
        raise StoreError(f"the store holds vectors of modality {store.modality!r}, expected 'text'")


def _distinct(texts: Sequence[str]) -> _Distinct:
    if isinstance(texts, str):
        raise UsageError("expected a list of texts, got one string", hint="Put it into a list: [text].")
    number: dict[str, int] = {}
    place = np.empty(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise UsageError(f"text {i} is of type {type(text).__name__}, expected str")
        place[i] = number.setdefault(text, len(number))
    return _Distinct(list(number), place)


def _ignore(done: int, total: int) -> None:
    """The progress of a caller who did not ask for it."""


def _encode(encoder: Encoder, texts: list[str]) -> np.ndarray:
    return checked_vectors(encoder.encode_text(texts), len(texts), type(encoder).__name__)


def _encode_all(encoder: Encoder, texts: list[str], chunk: int, report: Progress) -> np.ndarray:
    report(0, len(texts))
    out = np.empty((0, 0), dtype=np.float32)
    for start in range(0, len(texts), chunk):
        vectors = _encode(encoder, texts[start : start + chunk])
        if not len(out):
            out = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
        if out.shape[1] != vectors.shape[1]:
            raise EncoderError(f"the encoder returned dimension {out.shape[1]}, then {vectors.shape[1]}")
        out[start : start + chunk] = vectors
        report(start + len(vectors), len(texts))
    return out


def _encode_missing(
    encoder: Encoder, texts: list[str], store: EmbeddingStore, chunk: int, report: Progress
) -> np.ndarray:
    keys = [text_key(text) for text in texts]
    found, kept = store.get(keys)
    missing = np.flatnonzero(~found)
    done = len(texts) - len(missing)
    report(done, len(texts))
    if not len(missing):
        return kept if len(texts) else np.empty((0, store.dim or 0), dtype=np.float32)
    store.prepare()
    out = np.empty((0, 0), dtype=np.float32)
    for start in range(0, len(missing), chunk):
        at = missing[start : start + chunk]
        vectors = store.put([keys[i] for i in at], _encode(encoder, [texts[i] for i in at]))
        if not len(out):
            out = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
            if len(kept):
                out[found] = kept
        out[at] = vectors
        done += len(at)
        report(done, len(texts))
    return out
