"""What attention maps are, and what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """Attention of the query that makes the embedding (class token or pooling query) on the patches of n pictures.

    `weights` float32 (n, L, H, gh, gw) by layer and head; what they lack to 1 lies on the class token and other tokens
    that are no patch. `rollout` float32 (n, gh, gw), likewise. `gradient` float32 (n, gh, gw), not normalised, 0 or
    more; None where no targets were given.
    """

    weights: np.ndarray
    rollout: np.ndarray
    gradient: np.ndarray | None

    def __len__(self) -> int:
        return len(self.weights)


class AttentionReader(Protocol):
    """Reads attention maps of one encoder, a batch at a time; it keeps nothing between batches.

    `layers` are the names of the layers, first to last ("0".."11"; "pool" alone where a pooling query makes the
    embedding), `heads` their number of heads, `grid` the patches (gh, gw) of a framed picture.
    """

    layers: tuple[str, ...]
    heads: int
    grid: tuple[int, int]

    def read(self, prepared: Sequence[Any], targets: np.ndarray | None = None) -> AttentionMaps:
        """Maps of one batch.

        Args:
            prepared: what the encoder's `prepare_image` gave for each picture.
            targets: (n, d) vectors of any length; with them, `gradient` is that of the cosine between the embedding of
                picture i and targets[i].

        Raises:
            EncoderError: targets of another shape, or maps that are not finite.
        """
        ...


@runtime_checkable
class GivesAttention(Protocol):
    """An encoder of the user's own that can read its attention."""

    def image_attention(self) -> AttentionReader:
        """The reader."""
        ...
