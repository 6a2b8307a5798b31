"""What a pass of a tower leaves behind: the query's rows and a product of whole layers, never the layers themselves."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from primacy.encoders.attention.towers import Tower


class _Product:
    """The product of layers' matrices from the patches to the query, M_L ... M_2 M_1, taken as they come."""

    def __init__(self, tower: Tower) -> None:
        self._tower, self._product = tower, torch.empty(0)

    def block(self, matrix: torch.Tensor) -> None:
        """Take the next block's matrix (n, tokens, tokens), without what passes the layer by: I is added here."""
        through = matrix + torch.eye(matrix.shape[-1], device=matrix.device)
        self._product = through @ self._product if len(self._product) else through

    def pool(self, row: torch.Tensor) -> None:
        """Take the pooling query's row (n, 1, its keys)."""
        self._product = row @ self._product[:, self._tower.unpooled :]

    def on_patches(self) -> torch.Tensor:
        """The query's row, (n, patches)."""
        return self._product[:, 0, self._tower.prefix :]


class Rows:
    """The query's attention on patches by layer and head, and rollout.

    Rollout (Abnar & Zuidema 2020, section 3): with A the mean of a block's heads, R <- (A + I)/2 R, from R = I; a
    pooling query has the row A R.
    """

    def __init__(self, tower: Tower) -> None:
        self._tower, self._calls = tower, 0
        self._rows: list[torch.Tensor] = []
        self._rollout = _Product(tower)

    def take(self, weights: torch.Tensor) -> torch.Tensor:
        """Take the weights (n, heads, queries, keys) of the next call of attention; gives them back."""
        tower, seen = self._tower, weights.detach()
        self._calls += 1
        if self._calls <= tower.blocks:
            # A + I here, and all halves at the end.
            self._rollout.block(seen.mean(dim=1))
            if not tower.pooled:
                self._rows.append(seen[:, :, 0, tower.prefix :].clone())
        elif self._calls == tower.blocks + tower.pooled:
            self._rollout.pool(seen[:, :, :1].mean(dim=1))
            self._rows.append(seen[:, :, 0, tower.prefix - tower.unpooled :].clone())
        return weights

    def by_layer(self) -> torch.Tensor:
        """(n, L, heads, patches)."""
        return torch.stack(self._rows, dim=1)

    def rollout(self) -> torch.Tensor:
        """(n, patches)."""
        return self._rollout.on_patches() / 2**self._tower.blocks


def relevance(tower: Tower, weights: Sequence[torch.Tensor], slopes: Sequence[torch.Tensor]) -> torch.Tensor:
    """Gradient x attention on patches (Chefer, Gur & Wolf 2021, equations 5 and 6), (n, patches).

    With B the mean over a block's heads of max(gradient * attention, 0): R <- R + B R, from R = I; a pooling query has
    the row B R.

    Args:
        tower: where they come from.
        weights: attention (n, heads, queries, keys) of each call.
        slopes: the gradient by each.
    """
    product = _Product(tower)
    for call, (attention, slope) in enumerate(zip(weights, slopes, strict=True), start=1):
        helping = (attention.detach() * slope).clamp(min=0).mean(dim=1)
        if call <= tower.blocks:
            product.block(helping)
        elif call == tower.blocks + tower.pooled:
            product.pool(helping[:, :1])
    return product.on_patches()
