"""Embedding for one encoder of a run: its store, its progress and its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from primacy.design.text import TextTrials, TrialBlock, blocks
from primacy.encoders.base import Encoder
from primacy.encoders.embed import embed_texts
from primacy.encoders.store import EmbeddingStore

BLOCK = 1024
"""Captions embedded and scored at a time; it sets the grain of progress and of resuming, never a result."""


class Listener(Protocol):
    """Told how a run goes on."""

    def stage(self, name: str, total: int) -> None:
        """A stage of `total` captions begins."""
        ...

    def advance(self, captions: int) -> None:
        """So many more captions are done."""
        ...


class Silent:
    """A listener that does nothing."""

    def stage(self, name: str, total: int) -> None:
        """Nothing."""

    def advance(self, captions: int) -> None:
        """Nothing."""


class Embedder:
    """Embeds texts with one encoder through the cache (None: without)."""

    def __init__(self, encoder: Encoder, cache: Path | None, listener: Listener) -> None:
        self.encoder, self._listener = encoder, listener
        self._store = None if cache is None else EmbeddingStore.for_encoder(cache, encoder)
        self.seconds = 0.0
        self.captions = 0

    def texts(self, texts: list[str]) -> np.ndarray:
        """float32 (len(texts), d); embedded `BLOCK` texts at a time."""
        return np.concatenate([self._block(texts[at : at + BLOCK]) for at in range(0, len(texts), BLOCK)])

    def trials(self, trials: TextTrials) -> Iterator[tuple[TrialBlock, np.ndarray]]:
        """Blocks of trials with the vectors of their captions."""
        for block in blocks(trials, BLOCK):
            yield block, self._block(block.texts)

    def _block(self, texts: list[str]) -> np.ndarray:
        start = time.perf_counter()
        vectors = embed_texts(self.encoder, texts, store=self._store)
        self.seconds += time.perf_counter() - start
        self.captions += len(texts)
        self._listener.advance(len(texts))
        return vectors
