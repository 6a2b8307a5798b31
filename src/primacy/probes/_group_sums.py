"""Sums over the trials of each cluster, by metric, group and level: what estimates of pictures are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MAX_GROUPS = 20_000
"""Beyond this many clusters, sums are kept for random groups of clusters, so that memory stays bounded. Intervals then
resample groups, which are as independent as the clusters in them (random groups, Wolter 2007, chapter 2)."""


class Key(NamedTuple):
    """What a sum is about, as in the records."""

    metric: str
    group: str
    level: str


def cluster_rows(clusters: np.ndarray, n_clusters: int, n_rows: int) -> np.ndarray:
    """Row of each cluster 0..n_clusters-1 among n_rows: its own, or its group's where there are fewer rows, by a
    multiplicative hash (neighbours in the list part)."""
    if n_clusters <= n_rows:
        return clusters
    hashed = clusters.astype(np.uint64) * np.uint64(2654435761) % np.uint64(2**32) % np.uint64(n_rows)
    return hashed.astype(np.int64)


class GroupSums:
    """Numerators and denominators (K,) of ratios, one pair for each key; keys appear as levels are met.

    Values are added one after the other in the order of the trials, so the sums do not depend on how these were cut
    into blocks.
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self._sums: dict[Key, np.ndarray] = {}

    def __getitem__(self, key: Key) -> tuple[np.ndarray, np.ndarray]:
        numerator, denominator = self._sums[key]
        return numerator, denominator

    @property
    def keys(self) -> list[Key]:
        """All keys, in the order in which they were met."""
        return list(self._sums)

    def add(
        self,
        metric: str,
        group: str,
        levels: np.ndarray,
        rows: np.ndarray,
        values: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        """Add values and their weights, each (L,), to the level (L,) and row (L,) that each belongs to."""
        names, code = np.unique(levels, return_inverse=True)
        for i, level in enumerate(names):
            at = np.flatnonzero(code == i)
            sums = self._sums.setdefault(Key(metric, group, str(level)), np.zeros((2, self.n_rows)))
            np.add.at(sums[0], rows[at], values[at])
            np.add.at(sums[1], rows[at], weights[at])
