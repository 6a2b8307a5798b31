"""Accuracies of linear heads with intervals: what TOC and IOC have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from primacy.probes.toc import TocResult
from primacy.results.record import Estimate
from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED
from primacy.stats.intervals import Interval, Intervals, share_intervals
from primacy.stats.resample import Draws, cluster_draws


class HeadColumns(NamedTuple):
    """Accuracies as columns of one resampling: the h heads of each encoder in turn, then whatever else was given.

    `limits` and `counts` (scored trials) are by column; `names` are the encoders.
    """

    draws: Draws
    limits: Intervals
    counts: np.ndarray
    names: tuple[str, ...]

    def records(
        self, results: Mapping[str, TocResult], n_objects: int, labels: Sequence[tuple[str, str]], cell: Cell
    ) -> dict[str, list[Estimate]]:
        """Accuracies of all encoders, and after those of the audited one the group `chance`; `labels` are the group and
        level of each head."""
        metric, heads = "probe_accuracy", len(labels)
        records = {
            name: [
                cell.record(
                    n_objects, metric, *label, self.limits.at(at), float(self.counts[at]), int(self.draws.support[at])
                )
                for at, label in enumerate(labels, start=i * heads)
            ]
            for i, name in enumerate(self.names)
        }
        own = results[AUDITED]
        clusters = len(np.unique(own.test_sets))
        for (_, level), chance, n in zip(labels, own.chance, own.n_scored, strict=True):
            limits = Interval(float(chance), float(chance), float(chance))
            records[AUDITED].append(cell.record(n_objects, metric, "chance", level, limits, float(n), clusters))
        return records


def head_columns(
    results: Mapping[str, TocResult], further: Sequence[np.ndarray], cell: Cell, *, rng: np.random.Generator
) -> HeadColumns:
    """Resample the test clusters of `results`, all encoders together.

    Args:
        results: per encoder, on one split of the same trials; key "encoder" is the audited one.
        further: more columns of credit (n_test, h), NaN where not scored.
        cell: for the level.
        rng: of the cluster resampling.
    """
    stacked = np.concatenate([*(result.correct for result in results.values()), *further], axis=1)
    scored = np.isfinite(stacked)
    sets, cluster = np.unique(results[AUDITED].test_sets, return_inverse=True)
    draws = cluster_draws(
        _by_cluster(np.where(scored, stacked, 0.0), cluster, len(sets)),
        _by_cluster(scored.astype(float), cluster, len(sets)),
        rng=rng,
    )
    limits = share_intervals(draws.value, draws.draws, cell.level, n_clusters=draws.support)
    return HeadColumns(draws, limits, scored.sum(axis=0), tuple(results))


def _by_cluster(values: np.ndarray, cluster: np.ndarray, n_clusters: int) -> np.ndarray:
    """Sum the rows of `values` (m, M) by cluster: (K, M)."""
    return np.stack([np.bincount(cluster, weights=column, minlength=n_clusters) for column in values.T], axis=1)
