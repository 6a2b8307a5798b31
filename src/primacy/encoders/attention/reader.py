"""Reads the attention of a torch tower, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from primacy.encoders.attention.base import AttentionMaps
from primacy.encoders.attention.explicit import ExplicitAttention
from primacy.encoders.attention.passes import Rows, relevance
from primacy.encoders.attention.towers import Tower
from primacy.errors import EncoderError

_CELLS = 50_000_000  # attention weights in memory at one time: 200 MB
_CLOSE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}


class TowerReader:
    """Reader of one tower, as `checked_reader` gives it; see `AttentionReader`."""

    def __init__(self, tower: Tower, block_heads: int, query_heads: int) -> None:
        self._tower, self._block_heads = tower, block_heads
        self.layers = ("pool",) if tower.pooled else tuple(str(layer) for layer in range(tower.blocks))
        self.heads, self.grid = query_heads, tower.grid

    def read(self, prepared: Sequence[Any], targets: np.ndarray | None = None) -> AttentionMaps:
        """Maps of one batch (see `AttentionReader`), computed in parts so that memory does not grow with it."""
        if targets is not None and (targets.ndim != 2 or len(targets) != len(prepared)):
            raise EncoderError(
                f"targets of shape {targets.shape} for {len(prepared)} pictures, expected one vector each"
            )
        layers = 2 if targets is None else 2 * self._tower.blocks  # with gradients, every layer and its slope
        rows = max(1, _CELLS // (layers * self._block_heads * self._tower.tokens**2))
        parts = [
            self._part(prepared[at : at + rows], None if targets is None else targets[at : at + rows])
            for at in range(0, len(prepared), rows)
        ]
        weights = _joined([part.weights for part in parts], (len(self.layers), self.heads, *self.grid))
        rollout = _joined([part.rollout for part in parts], self.grid)
        slopes = [part.gradient for part in parts if part.gradient is not None]
        gradient = None if targets is None else _joined(slopes, self.grid)
        for found in (weights, rollout, gradient):
            if found is not None and not np.isfinite(found).all():
                raise EncoderError("the attention of the image tower holds NaN or infinity")
        return AttentionMaps(weights, rollout, gradient)

    def _part(self, prepared: Sequence[Any], targets: np.ndarray | None) -> AttentionMaps:
        pixels = self._pixels(prepared)
        rows = Rows(self._tower)
        if targets is None:
            with torch.inference_mode(), ExplicitAttention(rows.take):
                self._tower.encode(pixels)
            return AttentionMaps(self._map(rows.by_layer()), self._map(rows.rollout()), None)
        weights: list[torch.Tensor] = []

        def take(seen: torch.Tensor) -> torch.Tensor:
            if not seen.requires_grad:  # the first layer's: nothing before it has a gradient
                seen.requires_grad_()
            weights.append(seen)
            return rows.take(seen)

        # Outside inference mode, or nothing could be differentiated; the tower's own weights stay without gradients.
        with torch.inference_mode(mode=False), torch.enable_grad():
            with ExplicitAttention(take):
                vectors = self._tower.encode(pixels).float()
            wanted = torch.as_tensor(targets, dtype=torch.float32).to(vectors.device)
            if wanted.shape != vectors.shape:
                raise EncoderError(f"targets of dimension {wanted.shape[1]}, expected {vectors.shape[1]}")
            cosines = torch.nn.functional.cosine_similarity(vectors, wanted)
            slopes = torch.autograd.grad(cosines.sum(), weights)
        with torch.inference_mode():
            found = relevance(self._tower, weights, slopes)
        return AttentionMaps(self._map(rows.by_layer()), self._map(rows.rollout()), self._map(found))

    def _pixels(self, prepared: Sequence[Any]) -> torch.Tensor:
        tower = self._tower
        pixels = torch.stack([torch.as_tensor(picture) for picture in prepared])
        if tuple(pixels.shape[1:]) != (3, *tower.size):
            raise EncoderError(f"prepared pictures of shape {tuple(pixels.shape[1:])}, expected {(3, *tower.size)}")
        return pixels.to(device=tower.weight.device, dtype=tower.weight.dtype)

    def _map(self, rows: torch.Tensor) -> np.ndarray:
        """Rows (..., patches) as float32 (..., gh, gw)."""
        return rows.detach().float().cpu().numpy().reshape(*rows.shape[:-1], *self.grid)


def checked_reader(tower: Tower) -> TowerReader | str:
    """A reader, once the tower has been seen to compute as expected on a test picture; else why it does not."""
    pixels = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 3, *tower.size), dtype=np.float32))
    pixels = pixels.to(device=tower.weight.device, dtype=tower.weight.dtype)
    shapes: list[tuple[int, ...]] = []

    def look(weights: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(weights.shape[1:]))
        return weights

    with torch.inference_mode():
        own = tower.encode(pixels).float()
        with ExplicitAttention(look):
            explicit = tower.encode(pixels).float()
    square = (tower.tokens, tower.tokens)
    if len(shapes) != tower.calls or any(shape[1:] != square for shape in shapes[: tower.blocks]):
        return (
            f"its image tower makes {len(shapes)} calls of torch's attention, expected {tower.calls} of {tower.tokens}"
            " tokens: it computes attention in a way of its own"
        )
    if tower.pooled and shapes[-1][2] != tower.tokens - tower.unpooled:
        return f"its pooling query attends to {shapes[-1][2]} tokens, expected {tower.tokens - tower.unpooled}"
    apart = float((explicit - own).norm() / own.norm())
    if not apart <= _CLOSE[tower.weight.dtype]:
        return f"attention computed step by step does not give its embedding (relative difference {apart:.1e})"
    return TowerReader(tower, shapes[0][0], shapes[-1][0])


def _joined(parts: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty((0, *shape), dtype=np.float32)
