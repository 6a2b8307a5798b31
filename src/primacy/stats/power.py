"""How many object sets would settle an estimate that is still inconclusive."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy.special import nctdtr, stdtrit

_LARGEST = 10_000_000


class ClustersNeeded(NamedTuple):
    """Numbers of clusters: to `detect` an effect, and to show `equivalence`; None where no number up to 10^7
    would."""

    detect: int | None
    equivalence: int | None


def clusters_needed(
    se: float,
    n_clusters: int,
    margin: float,
    *,
    effect: float | None = None,
    true_effect: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> ClustersNeeded:
    """Clusters of the present kind that reach `power`, from the standard error seen with K of them.

    The between-cluster standard deviation is taken as se x sqrt(K), so a standard error with k clusters as
    that over sqrt(k). Detection is the two-sided t test (noncentral t, Cohen 1988); equivalence is the pair
    of one-sided t tests (Phillips 1990, with the usual non-central-t bound that is exact to three digits for
    powers above one half).

    Args:
        se: observed standard error.
        n_clusters: K behind it, at least 2.
        margin: equivalence margin, positive.
        effect: size to detect; the margin if not given.
        true_effect: where the truth is assumed to lie when equivalence is asked for.
        power: probability of success to reach.
        alpha: size of the two-sided test, and of each one-sided test.

    Returns:
        ClustersNeeded, each at least 2; both None where `se` is NaN.
    """
    if not math.isfinite(se) or n_clusters < 2:
        return ClustersNeeded(None, None)
    spread = se * math.sqrt(n_clusters)
    size = margin if effect is None else abs(effect)
    return ClustersNeeded(
        _smallest(lambda k: detection_power(size, spread / math.sqrt(k), k, alpha=alpha), power),
        _smallest(lambda k: equivalence_power(true_effect, margin, spread / math.sqrt(k), k, alpha=alpha), power),
    )


def detection_power(effect: float, se: float, n_clusters: int, *, alpha: float = 0.05) -> float:
    """Power of the two-sided t test on K-1 degrees of freedom when the true value is `effect`."""
    if se == 0:
        return 1.0 if effect != 0 else alpha
    df = n_clusters - 1
    t = stdtrit(df, 1 - alpha / 2)
    shift = abs(effect) / se
    return float(1 - nctdtr(df, shift, t) + nctdtr(df, shift, -t))


def equivalence_power(true_effect: float, margin: float, se: float, n_clusters: int, *, alpha: float = 0.05) -> float:
    """Power of two one-sided t tests on K-1 degrees of freedom when the true value is `true_effect`."""
    if se == 0:
        return 1.0 if abs(true_effect) < margin else 0.0
    df = n_clusters - 1
    t = stdtrit(df, 1 - alpha)
    above, below = (margin + true_effect) / se, (margin - true_effect) / se
    return max(0.0, float(1 - nctdtr(df, above, t) - nctdtr(df, below, t)))


def _smallest(power_at: Callable[[int], float], wanted: float) -> int | None:
    low, high = 2, 2
    while power_at(high) < wanted:
        low, high = high, high * 2
        if high > _LARGEST:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power_at(middle) >= wanted else (middle + 1, high)
    return high
