"""Tests that agree with the intervals: two-sided p-values, Holm's adjustment, equivalence.

All rest on one statistic, value / standard error against t with K-1 degrees of freedom, the same as
`intervals.interval`: p < 0.05 if and only if the 95 % interval excludes zero, and a p-value can be as small
as the data warrant (a counted share of B draws never falls below 1/B, which would leave Holm's adjustment
nothing to work on).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from primacy.stats.intervals import standard_error, without_rounding
from primacy.stats.resample import Floats


def two_sided_p(value: ArrayLike, draws: ArrayLike, *, n_clusters: ArrayLike) -> Floats:
    """p-value of "the true value is zero", the inversion of `intervals.interval`.

    Where the draws have no spread, an exact zero has p = 1 and any other value the p of a t statistic of
    sqrt(K): K clusters that all agree, each counted as one observation.

    Args:
        value: estimate or estimates, () or (M,).
        draws: (B,) or (B, M).
        n_clusters: K, int or (M,).

    Returns:
        p of the shape of `value`; NaN where K < 2 or the value is NaN.
    """
    return two_sided_p_from(value, standard_error(draws, n_clusters=n_clusters), n_clusters=n_clusters)


def two_sided_p_from(value: ArrayLike, se: ArrayLike, *, n_clusters: ArrayLike) -> Floats:
    """`two_sided_p` of values whose standard errors are already known."""
    value, se = without_rounding(value, se), np.asarray(se, dtype=float)
    k = np.asarray(n_clusters, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se == 0, np.where(value == 0, 0.0, np.sqrt(k)), np.abs(value) / se)
    p = 2 * stdtr(np.maximum(k - 1, 1), -t)
    return np.where(np.isnan(value) | np.isnan(se), np.nan, p)


def equivalence(value: ArrayLike, draws: ArrayLike, margin: float, *, n_clusters: ArrayLike) -> Floats:
    """p-value of two one-sided tests (TOST) for "the true value lies within -margin..+margin".

    p < alpha if and only if the 1 - 2 alpha interval lies strictly inside the margin (Schuirmann 1987).

    Args:
        value: estimate or estimates, () or (M,).
        draws: (B,) or (B, M).
        margin: positive, in the unit of the value.
        n_clusters: K, int or (M,).

    Returns:
        p of the shape of `value`: 0 or 1 where the draws have no spread; NaN where K < 2 or the value is NaN.
    """
    return equivalence_from(value, standard_error(draws, n_clusters=n_clusters), margin, n_clusters=n_clusters)


def equivalence_from(value: ArrayLike, se: ArrayLike, margin: float, *, n_clusters: ArrayLike) -> Floats:
    """`equivalence` of values whose standard errors are already known."""
    value, se = without_rounding(value, se), np.asarray(se, dtype=float)
    room = margin - np.abs(value)
    k = np.asarray(n_clusters, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se == 0, np.where(room > 0, np.inf, -np.inf), room / se)
    p = stdtr(np.maximum(k - 1, 1), -t)
    return np.where(np.isnan(value) | np.isnan(se), np.nan, p)


def holm(p_values: ArrayLike) -> Floats:
    """Holm's step-down adjustment of a family of p-values; NaNs stay NaN and are not counted in the family.

    Source: Holm 1979. Controls the family-wise error under any dependence.
    """
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
