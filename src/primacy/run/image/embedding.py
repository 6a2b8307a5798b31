"""Pictures embedded for one encoder of a run: through its store, with progress and time taken."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from primacy.encoders.base import Encoder
from primacy.encoders.embed_images import embed_images
from primacy.encoders.store import EmbeddingStore
from primacy.listener import Listener
from primacy.stimuli.images.base import PictureSource


class PictureEmbedder:
    """Embeds pictures with one encoder through the cache (None: without)."""

    def __init__(self, encoder: Encoder, cache: Path | None, listener: Listener) -> None:
        self.encoder, self._listener = encoder, listener
        self._store = None if cache is None else EmbeddingStore.for_encoder(cache, encoder, "image")
        self.seconds = 0.0
        self.pictures = 0

    def pictures_of(self, source: PictureSource, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """float32 (len(rows), d): the vectors of these pictures of `source`."""
        start, before = time.perf_counter(), 0

        def report(done: int, total: int) -> None:
            nonlocal before
            pictures = done + len(rows) - total
            self._listener.advance(pictures - before)
            before = pictures

        vectors = embed_images(self.encoder, source, [int(r) for r in rows], store=self._store, progress=report)
        self.seconds += time.perf_counter() - start
        self.pictures += len(rows)
        return vectors
