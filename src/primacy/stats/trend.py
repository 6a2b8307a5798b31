"""Does an effect move along a sequence of encoders that were shown the same things?

Encoders are compared cluster by cluster: an effect of each comes with what every cluster contributes to it, so the
interval of a change is that of the paired difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import kendalltau

from primacy.errors import UsageError
from primacy.stats.compare import holm, two_sided_p_from
from primacy.stats.intervals import Interval
from primacy.stats.logit import Ints
from primacy.stats.picture_model import limits, with_error
from primacy.stats.resample import Floats

MIN_TESTED = 5
"""Points from which the order of points can be significant at 5 %: of k there are k! orders, 2/4! is 0.083."""
_DIGITS = 12  # shares that differ by rounding only tie


class Influence(NamedTuple):
    """An effect of one encoder. `value`; `influence` (K,): how far it moves when a cluster is left out, row for row
    with `clusters` (K,), sorted."""

    value: float
    clusters: Ints
    influence: Floats


class Steps(NamedTuple):
    """How many of the changes from one point to the next are above zero, below it, and neither, after Holm."""

    up: int
    down: int
    unresolved: int


def share_difference(clusters: Ints, won: ArrayLike, shown: ArrayLike) -> Influence:
    """The difference of two shares, each a ratio of sums over clusters.

    Args:
        clusters: int64 (K,), sorted.
        won: (K, 2) numerators of the first and of the second share.
        shown: (K, 2) their denominators.

    Returns:
        First minus second with the exact leave-one-out influence; NaN where a denominator is 0.
    """
    won, shown = np.asarray(won, dtype=float), np.asarray(shown, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = won.sum(axis=0) / shown.sum(axis=0)
        without = (won.sum(axis=0) - won) / (shown.sum(axis=0) - shown)
    value = float(whole[0] - whole[1])
    return Influence(value, clusters, value - (without[:, 0] - without[:, 1]))


def change(first: Influence, last: Influence, level: float) -> Interval:
    """Last minus first with the cluster-robust interval of the paired difference (t, K-1 degrees of freedom).

    Raises:
        UsageError: the two do not rest on the same clusters.
    """
    value, influence = _paired(first, last)
    return limits(value, influence, level).at(0)


def steps(points: Sequence[Influence], level: float) -> Steps:
    """The changes from each point to the next, each tested at 1 - `level` with Holm's adjustment over all of them.

    Raises:
        UsageError: two neighbours do not rest on the same clusters.
    """
    found = [_paired(a, b) for a, b in pairwise(points)]
    tested = [with_error(value, influence) for value, influence in found]
    k = len(points[0].clusters) if points else 0
    p = holm([float(two_sided_p_from(value, se, n_clusters=k)[0]) for value, se in tested])
    moved = [int(np.sign(value[0])) if q < 1 - level else 0 for (value, _), q in zip(tested, p, strict=True)]
    return Steps(moved.count(1), moved.count(-1), moved.count(0))


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> tuple[float, float | None]:
    """Kendall's tau-b of x with y, and its exact permutation p-value (two-sided).

    The p-value takes every order of the points as equally likely. Checkpoints of one training are not so independent,
    hence it says that *these* points are ordered, not that another training's would be. It is None for fewer than
    `MIN_TESTED` points and where values tie; tau is NaN where all values of x or of y do.
    """
    points = [np.round(values, _DIGITS) for values in (x, y)]
    distinct = [len(np.unique(values)) for values in points]
    if min(distinct) < 2:
        return float("nan"), None
    tested = len(x) >= MIN_TESTED and distinct == [len(x), len(y)]
    found = kendalltau(*points, method="exact" if tested else "auto")
    return float(found.statistic), float(found.pvalue) if tested else None


def _paired(first: Influence, last: Influence) -> tuple[Floats, Floats]:
    if not np.array_equal(first.clusters, last.clusters):
        raise UsageError("the encoders were not shown the same clusters, so their effects cannot be paired")
    return np.array([last.value - first.value]), (last.influence - first.influence)[:, None]
