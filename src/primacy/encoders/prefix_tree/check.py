"""Whether a tower taken from a model gives that model's own vectors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from primacy.encoders.prefix_tree.execute import encode
from primacy.encoders.prefix_tree.sequences import TokenSequences
from primacy.encoders.prefix_tree.towers import CausalTower

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)

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


def trusted(
    tower: CausalTower | None,
    sequences: Callable[[CausalTower], TokenSequences],
    own: Callable[[], torch.Tensor],
    precision: str,
    said: tuple[str, str],
) -> CausalTower | None:
    """The tower if it gives the model's own vectors, else None; which of the two reasons it was is logged.

    Args:
        tower: what was taken from the model, None where it has no such tower.
        sequences: `CHECK_CAPTIONS` as that tower reads them.
        own: the model's own vectors (n, dim) of them, at full context.
        precision: a key of `TOLERANCE`.
        said: the encoder, and how it encodes without a tree, for the log.
    """
    import torch

    if tower is None:
        _log.info("%s: not a causal tower of a known form; %s", *said)
        return None
    with torch.inference_mode():
        expected = own().float().cpu().numpy()
    if agrees(tower, sequences(tower), expected, precision):
        return tower
    _log.warning("%s: the prefix tree does not give the model's own vectors; %s", *said)
    return None
