"""Whether a tower taken from a model gives that model's own vectors."""

from __future__ import annotations

import numpy as np

from primacy.encoders.prefix_tree.execute import encode
from primacy.encoders.prefix_tree.sequences import TokenSequences
from primacy.encoders.prefix_tree.towers import CausalTower

TOLERANCE = {"fp32": 1e-5, "fp16": 5e-3, "bf16": 3e-2}
"""Largest relative error (norm of the difference over norm) of a vector, by precision."""

CHECK_CAPTIONS = (
    "",
    "a photo of a cat",
    "a photo of a cat and a dog",  # begins as the one before
    "a photo of a cat and a cat",
    "a dog and a cup, and a very long train",
    "word " * 100,  # beyond every context
)
"""Captions that share beginnings, repeat an object, are empty or too long."""


def agrees(tower: CausalTower, sequences: TokenSequences, own: np.ndarray, precision: str) -> bool:
    """Whether the prefix tree of `sequences` (n) gives the model's `own` vectors, float32 (n, dim), within
    `TOLERANCE[precision]`."""
    found = encode(tower, sequences)
    error = np.linalg.norm(found - own, axis=1) / np.linalg.norm(own, axis=1)
    return bool((error <= TOLERANCE[precision]).all())
