"""Embedding for one encoder of a run: its store, its share of memory, its progress and its time."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from primacy.design.text import TextTrials, TrialBlock, blocks
from primacy.encoders.base import Encoder
from primacy.encoders.embed import embed_texts
from primacy.encoders.store import EmbeddingStore
from primacy.errors import UsageError
from primacy.listener import Listener

BLOCK = 1024
"""Captions scored at a time, and the least that is embedded at a time; it never sets a result."""

DEFAULT_MEMORY = 10**9
LEAST_MEMORY = 5 * 10**7
CAPTION_BYTES = 1500
"""Memory of a caption in flight beside its vector: ids, key, tokens and what sorting these takes.

From 40,000 to 160,000 captions of four objects, peak resident memory grew by 420 bytes a caption with an open_clip
causal tower, 510 with transformers CLIP, 120 with sentence-transformers and 970 with a tower that takes the full
context. Captions of 77 tokens take more.
"""
BLOCKS_BESIDE = 6
"""Blocks of vectors that are read, written or scored while a window stands in memory."""
KEY_BYTES = 80
"""Memory of a cached vector in the index of the store, at the most: 40, and as much again while the index grows."""


def check_memory(memory: float) -> None:
    """Refuse a budget, in bytes, that is no number or too small to work with.

    Raises:
        UsageError: it is below `LEAST_MEMORY`, infinite or NaN.
    """
    if not LEAST_MEMORY <= memory < math.inf:
        raise UsageError(
            f"memory is {memory / 1e9:g} GB, expected at least {LEAST_MEMORY / 1e9:g}",
            hint="It bounds what a run holds of captions and vectors; 1 (GB) is the default.",
        )


def window_captions(memory: float, dim: int, indexed: int = 0) -> int:
    """Captions that `memory` bytes allow to be in flight at a time: whole blocks, at least one.

    Args:
        memory: the budget.
        dim: numbers a vector.
        indexed: vectors that the index of the store will hold.
    """
    beside = KEY_BYTES * indexed + BLOCKS_BESIDE * BLOCK * 4 * dim
    return max(1, int(memory - beside) // (4 * dim + CAPTION_BYTES) // BLOCK) * BLOCK


class Embedder:
    """Embeds texts with one encoder through the cache (None: without), `memory` bytes of them at a time."""

    def __init__(self, encoder: Encoder, cache: Path | None, listener: Listener, memory: float) -> None:
        self.encoder, self._listener, self._memory = encoder, listener, memory
        self._store = None if cache is None else EmbeddingStore.for_encoder(cache, encoder)
        self._dim = 0  # not known yet
        self.seconds = 0.0
        self.captions = 0

    @property
    def kept(self) -> int:
        """Vectors of this encoder in the cache."""
        return 0 if self._store is None else len(self._store)

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (len(texts), d), all at once."""
        start, before = time.perf_counter(), 0

        def report(done: int, total: int) -> None:
            # What the encoder is not asked for, a duplicate or a text of the cache, is done at the first report.
            nonlocal before
            captions = done + len(texts) - total
            self._listener.advance(captions - before)
            before = captions

        vectors = embed_texts(self.encoder, texts, store=self._store, progress=report)
        self._dim = vectors.shape[1]
        self.seconds += time.perf_counter() - start
        self.captions += len(texts)
        return vectors

    def trials(self, trials: TextTrials) -> Iterator[tuple[TrialBlock, np.ndarray]]:
        """Blocks of `BLOCK` trials with the vectors of their captions, float32 (m, d), in the design's order.

        Captions are embedded a window at a time, as many as the memory allows: the more an encoder that works in
        pieces sees at once, the more they share.
        """
        for window in blocks(trials, self.window(len(trials))):
            vectors = self.texts(window.texts)
            for start in range(0, len(vectors), BLOCK):
                at = slice(start, start + BLOCK)
                block = TrialBlock(window.trial_ids[at], window.clusters[at], window.objects[at], window.texts[at])
                yield block, vectors[at].copy()  # a view in the caller's hands would keep the window in memory
            del vectors  # before the next window is embedded

    def window(self, captions: int) -> int:
        """How many of `captions` are embedded at a time: whole blocks, so that these are the same for any memory."""
        if not self._dim:
            return BLOCK
        indexed = 0 if self._store is None else self.kept + captions
        return min(window_captions(self._memory, self._dim, indexed), math.ceil(captions / BLOCK) * BLOCK)

    def close(self) -> None:
        """Let go of the index of cached vectors, which of a design of millions is large."""
        self._store = None
