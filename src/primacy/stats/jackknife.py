"""Delete-a-group jackknife: sums, ratios and functions of them over clusters that are dealt into groups.

Whole clusters (images, with all captions of theirs) belong to one group. A statistic is computed on everything and
once more with each group left out; the spread of the latter gives its standard error, for any smooth statistic, at a
cost that does not depend on the number of clusters. With one cluster a group it is the ordinary jackknife. Sources:
Shao & Tu 1995, The Jackknife and Bootstrap; Kott 2001, Journal of Official Statistics 17, 521-526.

Coverage of nominal 95 % intervals in %, from simulated corpora (`bench/corpus_intervals.py`) of images with one to five
captions that are partly alike, 500 per cell (Monte-Carlo error 1.0) and 200 for 1,600 images (1.5). `effect`: of
size, in logits; share: of pairs of mentions whose larger is first; odds ratio: Mantel and Haenszel's,
where it has an interval.

    images                                     100          400        1,600
    effect                                   0   0.5      0   0.5      0   0.5
    share, jackknife                      94.6  95.6   96.2  94.4   96.0  96.0
    odds ratio, jackknife                100.0  99.1   97.0  98.2   97.5  97.0
    conditional logit, sandwich           93.6  94.6   95.4  95.8   94.5  95.5
    the same, captions as independent     77.0  77.8   73.8  71.6   74.0  68.0

The jackknife of the odds ratio is too wide where most strata have two or three images: leaving out either image of a
stratum takes the whole of it away. Of 100 images it gives no interval in 29 to 37 % of the corpora.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from primacy.errors import UsageError
from primacy.stats.intervals import Intervals, share_limits, standard_error_limits
from primacy.stats.resample import Floats

_ROUNDING = 1e-12


class Replicates(NamedTuple):
    """M statistics of everything, and of everything but one group.

    `value` (M,); `left_out` (G, M), row g without group g; `held` (G, M) bool, whether a group holds anything of the
    statistic. A group that does not is no replicate of it.
    """

    value: Floats
    left_out: Floats
    held: NDArray[np.bool_]

    @property
    def support(self) -> NDArray[np.int64]:
        """Groups that hold something of each statistic, (M,): its degrees of freedom are one fewer."""
        return self.held.sum(axis=0, dtype=np.int64)

    def map(self, function: Callable[[Floats], Floats]) -> Replicates:
        """The statistics `function` makes of these, from (..., M) arrays to (..., M') arrays.

        A group counts for all of the new ones if it holds anything of any of the old ones. Where the function is
        not defined it should give NaN (or an infinity), without a warning.
        """
        value, left_out = function(self.value), function(self.left_out)
        held = np.broadcast_to(self.held.any(axis=1, keepdims=True), left_out.shape)
        return Replicates(value, left_out, held)

    def columns(self, which: slice | list[int]) -> Replicates:
        """Some of the statistics."""
        return Replicates(self.value[which], self.left_out[:, which], self.held[:, which])


def joined(*parts: Replicates) -> Replicates:
    """Statistics side by side that leave out the same groups, so that a function of them all can be taken."""
    return Replicates(
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.left_out for part in parts], axis=1),
        np.concatenate([part.held for part in parts], axis=1),
    )


def sum_replicates(values: ArrayLike, groups: ArrayLike, n_groups: int) -> Replicates:
    """Sums over rows, and the same without each group.

    Args:
        values: (N,) or (N, M), a row a cluster or any part of one (a caption, a pair).
        groups: (N,) group of each row, 0 to n_groups - 1; all rows of one cluster have the same.
        n_groups: G.

    Returns:
        Replicates of M sums; a group holds something of a sum where any of its values is not 0.

    Raises:
        UsageError: the shapes do not fit, or a group is not in range.
    """
    values, groups = np.asarray(values, dtype=float), np.asarray(groups)
    if values.ndim == 1:
        values = values[:, None]
    _check(values, groups, n_groups)
    sums, rows = _group_sums(values, groups, n_groups), _group_sums((values != 0).astype(float), groups, n_groups)
    total, n_rows = sums.sum(axis=0), rows.sum(axis=0)
    # nothing left is exactly 0, whatever rounding says
    return Replicates(total, np.where(rows < n_rows, total - sums, 0.0), rows > 0)


def ratio_replicates(numerators: ArrayLike, denominators: ArrayLike, groups: ArrayLike, n_groups: int) -> Replicates:
    """Ratios of sums (shares, means) over rows, and the same without each group.

    Args:
        numerators: (N,) or (N, M).
        denominators: (N,) or (N, 1), shared by all, or (N, M); counts or weights, not negative.
        groups: (N,) group of each row, 0 to n_groups - 1.
        n_groups: G.

    Returns:
        Replicates of M ratios, NaN where the denominators left sum to 0; a group holds something of a ratio where it
        holds any of its denominator.

    Raises:
        UsageError: the shapes do not fit, or a group is not in range.
    """
    above = sum_replicates(numerators, groups, n_groups)
    below = sum_replicates(denominators, groups, n_groups)
    if below.value.shape not in (above.value.shape, (1,)):
        raise UsageError(
            f"{len(below.value)} columns of denominators do not fit {len(above.value)} of numerators",
            hint="Give one column of denominators for all, or one for each column of numerators.",
        )
    return Replicates(
        _ratio(above.value, below.value),
        _ratio(above.left_out, below.left_out),
        np.broadcast_to(below.held, above.held.shape),
    )


def standard_error(replicates: Replicates) -> Floats:
    """sqrt((G-1)/G x sum of (left out - their mean)^2), (M,), over the G groups that hold something of a statistic.

    Exactly 0 where the replicates differ by rounding only. NaN where fewer than two groups hold anything, where the
    value is not finite, and where it is not finite without some group: a statistic that one group alone makes
    possible has no standard error.
    """
    count = replicates.held.sum(axis=0)
    left_out = np.where(replicates.held, replicates.left_out, 0.0)
    defined = np.isfinite(replicates.value) & np.isfinite(left_out).all(axis=0) & (count >= 2)
    left_out = np.where(defined, left_out, 0.0)
    count = np.maximum(count, 2)
    mean = left_out.sum(axis=0) / count
    squares = np.where(replicates.held, (left_out - mean) ** 2, 0.0).sum(axis=0)
    # rounding in a left-out sum grows with the number of groups when it becomes an error of the whole
    noise = _ROUNDING * np.maximum(1.0, np.abs(left_out).max(axis=0, initial=0.0)) * count
    se = np.sqrt((count - 1) / count * squares)
    return np.where(defined, np.where(se <= noise, 0.0, se), np.nan)


def jackknife_intervals(
    replicates: Replicates, level: float = 0.95, *, bounds: tuple[float, float] | None = None
) -> Intervals:
    """value +- t(G-1) x standard error, for differences, means and unbounded statistics.

    With `bounds` (smallest and largest possible value) limits are clipped to them, and where every group sits
    exactly on a bound the limit is Wilson's with each group as one observation.
    """
    se = standard_error(replicates)
    return standard_error_limits(replicates.value, se, level, n_clusters=replicates.support, bounds=bounds)


def jackknife_share_intervals(replicates: Replicates, level: float = 0.95) -> Intervals:
    """Intervals of shares of 1: Wilson's limits on n_eff = p(1-p)/se^2 trials, t(G-1) (`intervals.share_limits`)."""
    return share_limits(replicates.value, standard_error(replicates), level, n_clusters=replicates.support)


def jackknife_ratio_intervals(replicates: Replicates, level: float = 0.95) -> Intervals:
    """Intervals of positive statistics, such as odds ratios, on the log scale: exp(log value +- t(G-1) x se).

    NaN limits where the value, or the value without one group, is 0 or infinite.
    """
    log = replicates.map(_log)
    low, high = (np.exp(limit) for limit in jackknife_intervals(log, level)[1:])
    return Intervals(replicates.value, low, high)


def _check(values: Floats, groups: NDArray[np.int64], n_groups: int) -> None:
    if values.ndim != 2 or groups.shape != (len(values),):
        raise UsageError(
            f"values {values.shape} and groups {groups.shape} do not fit",
            hint="Give (N,) or (N, M) values and (N,) groups, a row a cluster or part of one.",
        )
    if len(groups) and not 0 <= groups.min() <= groups.max() < n_groups:
        raise UsageError(
            f"groups from {groups.min()} to {groups.max()}, expected 0 to {n_groups - 1}",
            hint="Number the groups from 0.",
        )


def _group_sums(values: Floats, groups: NDArray[np.int64], n_groups: int) -> Floats:
    columns = [np.bincount(groups, column, minlength=n_groups) for column in values.T]
    return np.stack(columns, axis=1) if columns else np.zeros((n_groups, 0))


def _ratio(above: Floats, below: Floats) -> Floats:
    below = np.broadcast_to(below, above.shape)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)


def _log(values: Floats) -> Floats:
    return np.log(values, out=np.full(values.shape, np.nan), where=values > 0)
