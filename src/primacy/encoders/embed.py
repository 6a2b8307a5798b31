"""From texts to vectors: each text is encoded once, kept as soon as its turn comes, and never held twice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import islice

import numpy as np

from primacy.encoders._output import AT_A_TIME, Output, Progress, check_store, first_occurrence, no_progress
from primacy.encoders._pieces import pieces
from primacy.encoders.base import Encoder, EncodesInPieces
from primacy.encoders.store import EmbeddingStore
from primacy.errors import UsageError
from primacy.identity import text_key


def embed_texts(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    store: EmbeddingStore | None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Embed `texts`, asking the encoder only for distinct ones that `store` does not hold.

    What is missing goes to the encoder in order of first occurrence: all of it at once where the encoder works in
    pieces, else a chunk at a time (see `_pieces.CHUNK`). The vectors are put into the store as they come, a shard
    at a time (see `_output`), and what has come is also put when the encoder fails or the user interrupts.
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
    report = progress or no_progress
    everything = np.arange(len(texts))
    if store is None and isinstance(encoder, EncodesInPieces):
        # Such an encoder shares what texts have in common by itself; to find duplicates would take longer.
        keys, origin = np.empty((0, 32), dtype=np.uint8), everything
    else:
        keys = _keys(texts)
        origin = first_occurrence(keys)
    distinct = np.flatnonzero(origin == everything)
    out = Output(len(texts), keys, store)
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


def _check(encoder: Encoder, texts: Sequence[str], store: EmbeddingStore | None) -> None:
    if store is not None:
        check_store(store, encoder, "text")
    if isinstance(texts, str):
        raise UsageError("expected a list of texts, got one string", hint="Put it into a list: [text].")
    for i, text in enumerate(() if hasattr(texts, "take") else texts):
        if not isinstance(text, str):
            raise UsageError(f"text {i} is of type {type(text).__name__}, expected str")


def _keys(texts: Sequence[str]) -> np.ndarray:
    """Content keys, uint8 (len(texts), 32); the strings of a lazy sequence are made and dropped on the way."""
    keys = np.empty((len(texts), 32), dtype=np.uint8)
    strings, start = iter(texts), 0
    while block := b"".join(map(text_key, islice(strings, AT_A_TIME))):
        stop = start + len(block) // 32
        keys[start:stop] = np.frombuffer(block, dtype=np.uint8).reshape(-1, 32)
        start = stop
    return keys


def _take(texts: Sequence[str], rows: np.ndarray) -> Sequence[str]:
    if len(rows) == len(texts):
        return texts
    take = getattr(texts, "take", None)
    return [texts[i] for i in rows.tolist()] if take is None else take(rows)
