"""Tiny recipes, and scenes as they were drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from primacy.encoders._torch import Placement
from primacy.lab.read_spec import checked_spec
from primacy.lab.scenes import SceneBatch
from primacy.lab.spec import LabSpec

TINY: dict[str, Any] = {
    "model": {
        "side": 16, "dim": 8,
        "image": {"width": 16, "layers": 1, "heads": 1},
        "text": {"width": 16, "layers": 1, "heads": 1},
    },
    "scenes": {"library": "simco", "objects": {1: 1, 2: 1, 3: 1}},
    "train": {"samples": 256, "batch": 16},
}  # fmt: skip


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with nested `changes`; a field that maps names to weights is replaced as a whole."""
    found = dict(base)
    for name, value in changes.items():
        nested = isinstance(value, dict) and isinstance(base.get(name), dict) and name not in ("objects", "templates")
        found[name] = merged(base[name], value) if nested else value
    return found


@pytest.fixture
def tiny() -> Callable[..., LabSpec]:
    """Makes a recipe of seconds, with changes."""
    return lambda **changes: checked_spec(merged(TINY, changes), "test")


@pytest.fixture
def cpu() -> Placement:
    return Placement(torch.device("cpu"), torch.float32, "fp32")


@pytest.fixture
def planted_scenes() -> Callable[..., SceneBatch]:
    """Makes scenes without pictures: n of 30 categories each, of random areas and places."""

    def make(count: np.ndarray, seed: int = 0) -> SceneBatch:
        rng = np.random.default_rng(seed)
        size, n = len(count), int(count.max())
        there = np.arange(n) < count[:, None]
        objects = np.where(there, np.stack([rng.permutation(30)[:n] for _ in count]), -1)
        area = np.where(there, rng.uniform(0.01, 0.2, (size, n)), np.nan)
        centre = np.where(there[..., None], rng.uniform(0.1, 0.9, (size, n, 2)), np.nan)
        return SceneBatch(np.zeros((size, 1, 1, 3), np.uint8), objects, area, centre)

    return make
