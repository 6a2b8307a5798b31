"""Intervals from cluster-resampled draws (`resample.cluster_draws`): shares, contrasts and ratios.

Coverage of nominal 95 % intervals in %, from 2,000 simulated data sets per cell (Monte-Carlo error 0.5): K
clusters of 24 trials whose true shares vary between clusters (beta or Dirichlet) with the given
within-cluster correlation (`bench/interval_coverage.py`).

    within-cluster correlation                      0.1                         0.4
    clusters K                     10    20    50   200        10    20    50   200
    share 0.25, percentile       90.6  91.7  94.5  94.1      89.4  92.3  94.5  94.8
    share 0.25, t                94.4  93.7  95.4  94.2      92.2  93.8  95.2  95.0
    share 0.25, share_interval   95.0  94.2  95.6  94.4      94.6  94.8  95.2  95.1
    share 0.95, percentile       83.4  89.2  92.4  94.0      70.6  80.8  90.7  93.0
    share 0.95, t                85.4  89.8  92.2  94.2      71.2  81.0  90.4  92.6
    share 0.95, share_interval   92.5  92.8  93.7  94.6      89.0  87.2  92.6  92.8
    contrast 0, percentile       92.2  92.6  93.8  94.3      90.4  92.4  93.6  95.0
    contrast 0, basic            92.0  92.4  93.7  94.1      90.6  92.2  93.5  95.1
    contrast 0, interval         95.8  95.0  94.2  94.4      95.6  94.8  94.4  95.3
    contrast 0.4, percentile     90.8  92.5  94.4  95.0      89.8  93.0  94.6  94.2
    contrast 0.4, interval       94.4  94.6  95.1  95.6      93.9  95.0  95.0  94.6
    4 shares at once, t          85.6  90.5  93.6  94.1      71.4  84.6  89.0  93.4
    4 shares at once, Wilson     92.4  93.2  94.2  94.5      86.5  92.2  93.4  94.6

So shares get `share_intervals` (Wilson limits), contrasts and unbounded metrics get `interval` (t). What no
method mends is a share near 0 or 1 with strongly correlated trials and few clusters (0.95, correlation 0.4, K
= 20: two or three clusters hold all the losses); read such intervals as too narrow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtrit

from primacy.stats.resample import Draws, Floats

_ROUNDING = 1e-12


class Interval(NamedTuple):
    """A value with its confidence limits; NaN limits where there is no interval (fewer than two clusters)."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """True where both limits lie on the same side of zero; False for NaN limits."""
        return self.low > 0 or self.high < 0


class Intervals(NamedTuple):
    """Values (M,) with their confidence limits `low` (M,) and `high` (M,)."""

    value: Floats
    low: Floats
    high: Floats

    def at(self, column: int) -> Interval:
        """The interval of one column."""
        return Interval(float(self.value[column]), float(self.low[column]), float(self.high[column]))


def standard_error(draws: ArrayLike, *, n_clusters: ArrayLike) -> Floats:
    """Standard error of each column of `draws` ((B,) or (B, M)): their standard deviation x sqrt(K / (K-1)).

    NaN draws (an empty denominator) are left out. Exactly 0 where the draws differ by rounding only; NaN
    where K < 2 or fewer than two draws are finite.
    """
    draws = np.asarray(draws, dtype=float)
    k = np.asarray(n_clusters, dtype=float)
    finite = np.isfinite(draws)
    count = finite.sum(axis=0)
    filled = np.where(finite, draws, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled.sum(axis=0) / count
        squares = np.where(finite, (filled - mean) ** 2, 0.0).sum(axis=0)
        se = np.sqrt(squares / (count - 1)) * np.sqrt(k / (k - 1))
    scale = np.maximum(1.0, np.abs(filled).max(axis=0, initial=0.0))
    se = np.where(se <= _ROUNDING * scale, 0.0, se)
    return np.where((k < 2) | (count < 2), np.nan, se)


def without_rounding(value: ArrayLike, se: ArrayLike) -> Floats:
    """`value` with rounding noise about zero removed where the standard error is exactly 0."""
    value, se = np.asarray(value, dtype=float), np.asarray(se, dtype=float)
    return np.where((se == 0) & (np.abs(value) <= _ROUNDING), 0.0, value)


def interval(
    value: float,
    draws: ArrayLike,
    level: float = 0.95,
    *,
    n_clusters: int,
    bounds: tuple[float, float] | None = None,
) -> Interval:
    """Confidence interval of one contrast or unbounded metric: value +- t(K-1) x standard error.

    The t form was chosen by simulated coverage (table at the head of this file): percentile and basic
    intervals cover 2-5 points less at K <= 20. Its p-value is `compare.two_sided_p`. For shares use
    `share_intervals`.

    Args:
        value: point estimate.
        draws: (B,) resampled estimates.
        level: confidence level.
        n_clusters: K.
        bounds: smallest and largest possible value, (-1, 1) for a difference of shares. Limits are clipped to
            them, and where every cluster sits exactly on a bound (no spread left to estimate) the limit is
            Wilson's with each cluster as one observation.

    Returns:
        Interval; zero width where the draws do not vary inside the bounds (a constant encoder), NaN limits
        for K < 2.
    """
    column = np.asarray(draws, dtype=float)[:, None]
    return intervals([value], column, level, n_clusters=n_clusters, bounds=bounds).at(0)


def intervals(
    value: ArrayLike,
    draws: ArrayLike,
    level: float = 0.95,
    *,
    n_clusters: ArrayLike,
    bounds: tuple[float, float] | None = None,
) -> Intervals:
    """`interval` for M columns at once: value (M,), draws (B, M), n_clusters int or (M,)."""
    se = standard_error(draws, n_clusters=n_clusters)
    return standard_error_limits(value, se, level, n_clusters=n_clusters, bounds=bounds)


def standard_error_limits(
    value: ArrayLike,
    se: ArrayLike,
    level: float,
    *,
    n_clusters: ArrayLike,
    bounds: tuple[float, float] | None = None,
) -> Intervals:
    """value +- t(K-1) x se for estimates (M,) whose standard errors (M,) are already known; `bounds` as `interval`."""
    value, se = without_rounding(value, se), np.asarray(se, dtype=float)
    t = _t_quantile(level, n_clusters)
    low, high = value - t * se, value + t * se
    if bounds is not None:
        unit = bounds[1] - bounds[0]
        share = (value - bounds[0]) / unit
        at_bound = (se == 0) & ((share <= _ROUNDING) | (share >= 1 - _ROUNDING))
        score = _score_limits(np.clip(share, 0, 1), np.asarray(n_clusters, dtype=float), t)
        low = np.where(at_bound, bounds[0] + unit * score[0], np.maximum(low, bounds[0]))
        high = np.where(at_bound, bounds[0] + unit * score[1], np.minimum(high, bounds[1]))
    return Intervals(value, low, high)


def share_intervals(value: ArrayLike, draws: ArrayLike, level: float = 0.95, *, n_clusters: ArrayLike) -> Intervals:
    """Confidence intervals of M shares: value (M,), draws (B, M), n_clusters int or (M,).

    Wilson's score limits on n_eff = p(1-p)/se^2 trials, t(K-1) quantile.

    Stays inside 0..1 and covers near 0 and 1, where value +- t x se does not (table at the head of this
    file). Where no cluster differs from 0 (or from 1) each cluster counts as one observation; where all agree
    on another value (a constant encoder) the width is 0.
    """
    return share_limits(value, standard_error(draws, n_clusters=n_clusters), level, n_clusters=n_clusters)


def share_limits(value: ArrayLike, se: ArrayLike, level: float = 0.95, *, n_clusters: ArrayLike) -> Intervals:
    """`share_intervals` of shares (M,) whose standard errors (M,) are already known."""
    value, se = np.asarray(value, dtype=float), np.asarray(se, dtype=float)
    at_bound = (value <= _ROUNDING) | (value >= 1 - _ROUNDING)
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = np.where(at_bound, np.asarray(n_clusters, dtype=float), value * (1 - value) / se**2)
    low, high = _score_limits(np.clip(value, 0, 1), n_eff, _t_quantile(level, n_clusters))
    exact = (se == 0) & ~at_bound
    undefined = np.isnan(se) | np.isnan(value)
    low, high = np.where(exact, value, low), np.where(exact, value, high)
    return Intervals(value, np.where(undefined, np.nan, low), np.where(undefined, np.nan, high))


def ratio_interval(draws: Draws, first: int, last: int, level: float = 0.95) -> Interval:
    """Interval of column `first` over column `last` (the paper's "first : last"), built on the log scale.

    The standard error of the log ratio is the delta method's, from the paired draws of both columns. NaN
    where either value is 0: the ratio then has no finite interval, and the shares themselves should be shown.
    """
    a, b = draws.value[first], draws.value[last]
    if not (a > 0 and b > 0):
        return Interval(np.nan, np.nan, np.nan)
    relative = draws.draws[:, first] / a - draws.draws[:, last] / b
    clusters = int(min(draws.support[first], draws.support[last]))
    log_ratio = interval(np.log(a / b), relative, level, n_clusters=clusters)
    return Interval(*(float(np.exp(x)) for x in log_ratio))


def simultaneous_level(draws: ArrayLike, level: float = 0.95, *, n_clusters: int) -> float:
    """The level per column at which intervals of all M columns of `draws` (B, M) cover jointly with `level`.

    From the `level` quantile, over draws, of the largest standardised deviation. Columns without spread do
    not count.
    """
    draws = np.asarray(draws, dtype=float)
    se = standard_error(draws, n_clusters=n_clusters)
    moving = np.isfinite(se) & (se > 0)
    if not moving.any():
        return level
    standardised = np.abs(draws[:, moving] - np.nanmean(draws[:, moving], axis=0)) / se[moving]
    largest = standardised.max(axis=1)
    critical = float(np.quantile(largest[np.isfinite(largest)], level))
    return max(level, float(2 * ndtr(critical) - 1))


def _t_quantile(level: float, n_clusters: ArrayLike) -> Floats:
    k = np.asarray(n_clusters, dtype=float)
    return np.where(k < 2, np.nan, stdtrit(np.maximum(k - 1, 1), (1 + level) / 2))


def _score_limits(share: ArrayLike, n: ArrayLike, quantile: ArrayLike) -> tuple[Floats, Floats]:
    share = np.asarray(share, dtype=float)
    with np.errstate(invalid="ignore"):
        q2 = np.square(quantile) / np.asarray(n, dtype=float)
        centre = (share + q2 / 2) / (1 + q2)
        half = np.sqrt(share * (1 - share) * q2 + q2**2 / 4) / (1 + q2)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
