"""Estimates of the TOC probe: accuracy by mention position, its learning curve and its order bias, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from primacy.probes.toc import TocResult
from primacy.results.record import CurvePoint, Estimate
from primacy.stats.effects import AUDITED, PendingEffect, contrast_effect
from primacy.stats.intervals import share_intervals
from primacy.stats.resample import cluster_draws
from primacy.stats.tor_estimates import Cell


class TocEstimates(NamedTuple):
    """Records for every encoder, the audited encoder's learning curve, and the effect first minus last."""

    records: dict[str, list[Estimate]]
    curve: list[CurvePoint]
    effects: list[PendingEffect]


def toc_estimates(results: Mapping[str, TocResult], cell: Cell, *, rng: np.random.Generator) -> TocEstimates:
    """Estimate TOC accuracies jointly for the encoder and its nulls.

    Args:
        results: per encoder, on one split of the same sentences; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    own = results[AUDITED]
    n = own.correct.shape[1]
    credits = [result.correct for result in results.values()] + [point.correct for point in own.curve]
    sets, cluster = np.unique(own.test_sets, return_inverse=True)
    stacked = np.concatenate(credits, axis=1)
    scored = np.isfinite(stacked)
    draws = cluster_draws(
        _by_cluster(np.where(scored, stacked, 0.0), cluster, len(sets)),
        _by_cluster(scored.astype(float), cluster, len(sets)),
        rng=rng,
    )
    limits = share_intervals(draws.value, draws.draws, cell.level, n_clusters=draws.support)
    counts = scored.sum(axis=0)

    def estimate(column: int, level: str) -> Estimate:
        value, low, high = limits.at(column)
        return Estimate(
            probe="toc", protocol=cell.protocol, n_objects=n, template=cell.template, metric="probe_accuracy",
            group="mention_position", level=level, value=value, ci_low=low, ci_high=high,
            n=float(counts[column]), n_clusters=int(draws.support[column]),
        )  # fmt: skip

    records = {name: [estimate(n * i + p, str(p + 1)) for p in range(n)] for i, name in enumerate(results)}
    records[AUDITED] += [_chance(own, p, cell) for p in range(n)]
    first_curve = n * len(results)
    curve = [
        CurvePoint(
            n_objects=n, position=p + 1, n_train=point.n_sentences, value=value, ci_low=low, ci_high=high,
            n=int(counts[first_curve + n * j + p]), n_clusters=int(draws.support[first_curve + n * j + p]),
        )
        for j, point in enumerate(own.curve)
        for p in range(n)
        for value, low, high in [limits.at(first_curve + n * j + p)]
    ]  # fmt: skip
    weights = {}
    for i, name in enumerate(results):
        weights[name] = np.zeros(stacked.shape[1])
        weights[name][n * i], weights[name][n * i + n - 1] = 1, -1
    effect = contrast_effect(
        draws,
        weights,
        cell.margin,
        cell.level,
        probe="toc",
        n_objects=n,
        metric="probe_accuracy",
        effect="first-last",
    )
    return TocEstimates(records, curve, [effect])


def _by_cluster(values: np.ndarray, cluster: np.ndarray, n_clusters: int) -> np.ndarray:
    """Sum the rows of `values` (m, M) by cluster: (K, M)."""
    return np.stack([np.bincount(cluster, weights=column, minlength=n_clusters) for column in values.T], axis=1)


def _chance(result: TocResult, p: int, cell: Cell) -> Estimate:
    chance = float(result.chance[p])
    return Estimate(
        probe="toc", protocol=cell.protocol, n_objects=result.correct.shape[1], template=cell.template,
        metric="probe_accuracy", group="chance", level=str(p + 1), value=chance, ci_low=chance, ci_high=chance,
        n=float(result.n_scored[p]), n_clusters=len(np.unique(result.test_sets)),
    )  # fmt: skip
