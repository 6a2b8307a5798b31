"""Estimates of the size-category contrast: does a big thing mentioned first win more often than a small one?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from primacy.design.size_category import LEVELS
from primacy.probes.size_category import SizeCategorySums
from primacy.results.record import Estimate
from primacy.stats.columns import Cell, Estimates
from primacy.stats.effects import AUDITED, SIZE_NULLS, PendingEffect, contrast_effect, on_own_columns
from primacy.stats.intervals import Interval, share_intervals
from primacy.stats.resample import cluster_draws


def size_estimates(sums: Mapping[str, SizeCategorySums], cell: Cell, *, rng: np.random.Generator) -> Estimates:
    """Winner share of the target by size class and position, and two contrasts.

    `big-small` is the difference at the first position, the paper's claim 1. `big-small, first against elsewhere`
    subtracts the mean difference at the other positions: what is left is size *and* order together, since an encoder
    that simply prefers big things wins with them anywhere.

    Args:
        sums: per encoder, on the same matched pairs; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    n = next(iter(sums.values())).credit.shape[2]
    width = 2 * n
    credit = np.concatenate([own.credit.reshape(-1, width) for own in sums.values()], axis=1)
    captions = next(iter(sums.values())).captions
    draws = cluster_draws(credit, np.full((len(credit), 1), float(captions)), rng=rng)
    limits = share_intervals(draws.value, draws.draws, cell.level, n_clusters=draws.support)
    shown = [f"{level}*{p + 1}" for level in LEVELS for p in range(n)]

    def record(metric: str, group: str, level: str, limits: Interval, count: int, support: int) -> Estimate:
        return Estimate(
            probe="tor", protocol=cell.protocol, n_objects=n, template=cell.template, metric=metric, group=group,
            level=level, value=limits.value, ci_low=limits.low, ci_high=limits.high, n=float(count), n_clusters=support,
        )  # fmt: skip

    per_cell = len(credit) * captions
    records = {
        name: [
            record(
                "winner_share", "size_level*mention_position", level, limits.at(at), per_cell, int(draws.support[at])
            )
            for at, level in enumerate(shown, start=i * width)
        ]
        for i, name in enumerate(sums)
    }
    effects = [
        contrast_effect(
            draws, on_own_columns(draws, weights, sums, without), cell.margin, cell.level,
            probe="tor", n_objects=n, metric="size_bias", effect=effect,
        )
        for effect, weights, without in (
            ("big-small", _first(n), SIZE_NULLS),
            ("big-small, first against elsewhere", _first_against_elsewhere(n), ()),
        )
    ]  # fmt: skip
    for effect in effects:
        for name, limit in _by_encoder(effect).items():
            records[name].append(
                record("size_bias", "size_level", effect.effect, limit, 2 * per_cell, effect.n_clusters)
            )
    return Estimates(records, effects)


def _first(n: int) -> np.ndarray:
    """Weights of big minus small at the first position, on the 2 n columns of an encoder."""
    weights = np.zeros((2, n))
    weights[:, 0] = 1, -1
    return weights.ravel()


def _first_against_elsewhere(n: int) -> np.ndarray:
    """Big minus small at the first position, less its mean over the other positions."""
    elsewhere = np.full(n, -1 / (n - 1))
    elsewhere[0] = 1
    return np.concatenate([elsewhere, -elsewhere])


def _by_encoder(effect: PendingEffect) -> dict[str, Interval]:
    return {AUDITED: effect.interval} | {null.name: null.interval for null in effect.nulls}
