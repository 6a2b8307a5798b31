"""What a design holds constant and what it does not, counted from its own trials."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from primacy.design.text import TextDesign

_STEP = 262_144


@dataclass(frozen=True)
class Balance:
    """Counts over all trials of a design.

    `position_exact`: every member of a set stands at every position equally often, so that an order-invariant encoder
    must give exactly 1/n. `per_position`: least and most often that one category stands at one position.
    `largest_first`: share of trials that mention the typically largest object first (chance 1/n; NaN where sizes are
    unknown). `mean_index`: mean vocabulary index by position (equal numbers mean that list order is no confound).
    """

    n_trials: int
    n_sets: int
    n_orders: int
    position_exact: bool
    per_position: tuple[int, int]
    largest_first: float
    mean_index: tuple[float, ...]

    def describe(self) -> str:
        """One sentence for people."""
        low, high = self.per_position
        exact = "exactly counter-balanced over positions" if self.position_exact else "NOT balanced over positions"
        largest = (
            ""
            if np.isnan(self.largest_first)
            else (
                f"; the largest object is mentioned first in {100 * self.largest_first:.1f} % of captions"
                f" (chance {100 / len(self.mean_index):.1f} %)"
            )
        )
        return (
            f"{self.n_trials:,} captions = {self.n_sets:,} sets x {self.n_orders} orders, {exact};"
            f" a category stands at a position {low:,} to {high:,} times{largest}."
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form, NaN as None."""
        return asdict(self) | {
            "per_position": list(self.per_position),
            "mean_index": list(self.mean_index),
            "largest_first": None if np.isnan(self.largest_first) else self.largest_first,
        }


def balance(design: TextDesign) -> Balance:
    """Count the balance of `design` over all of its trials, in bounded memory."""
    n, v = design.n_objects, len(design.vocabulary)
    counts = np.zeros((n, v), dtype=np.int64)
    sizes = design.vocabulary.sizes_m
    largest_first = 0.0
    for start in range(0, len(design), _STEP):
        objects = design.objects(start, start + _STEP)
        for p in range(n):
            counts[p] += np.bincount(objects[:, p], minlength=v)
        extents = sizes[objects]
        at_top = extents == extents.max(axis=1, keepdims=True)
        largest_first += float((at_top[:, 0] / np.maximum(at_top.sum(axis=1), 1)).sum())
    at_position = np.stack([np.bincount(column, minlength=n) for column in design.orders.T])
    return Balance(
        n_trials=len(design),
        n_sets=len(design.sets),
        n_orders=len(design.orders),
        position_exact=bool((at_position == at_position[0, 0]).all()),
        per_position=(int(counts.min()), int(counts.max())),
        largest_first=largest_first / len(design) if np.isfinite(sizes).all() else float("nan"),
        mean_index=tuple((counts @ np.arange(v) / len(design)).tolist()),
    )
