"""Tiny lab models of random weights, written to disk by the tests and loaded through the real path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

KNOWN = ["a", "dog", "cat", "and", "cup", "horse", "photo", "of", "the", "bus", ",", "something"]
TOWER = {"width": 32, "layers": 2, "heads": 2}


@pytest.fixture(scope="session")
def write_lab() -> Callable[..., Path]:
    """Write a model; `change` may alter its weights, further settings are of its configuration."""
    torch = pytest.importorskip("torch")
    from primacy.encoders.lab.files import LabModel, write_model
    from primacy.encoders.lab.model import LabClip, LabConfig
    from primacy.encoders.lab.words import Words

    def write(
        path: Path,
        *,
        words: list[str] | None = None,
        seed: int = 0,
        change: Callable[[Any], None] | None = None,
        samples: int = 1280,
        recipe: dict[str, Any] | None = None,
        **config: Any,
    ) -> Path:
        known = Words(KNOWN if words is None else words)
        fields = {"image": TOWER, "text": TOWER, "side": 32, "dim": 16, "context": 24} | config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = LabClip(LabConfig.model_validate(fields), len(known))
            with torch.no_grad():  # initial weights are so small that positions hardly mix
                for parameter in model.parameters():
                    parameter.add_(0.15 * torch.randn_like(parameter))
                if change is not None:
                    change(model)
        write_model(path, LabModel(model, known, {"seed": seed} if recipe is None else recipe, samples))
        return path

    return write
