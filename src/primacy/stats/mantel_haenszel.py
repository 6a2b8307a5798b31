"""Mantel and Haenszel's common odds ratio over strata, and what an odds ratio is worth in bits.

The estimate is consistent both for few large strata and for many sparse ones (Mantel & Haenszel 1959, JNCI 22,
719-748; Breslow 1981, Biometrika 68, 73-84), so strata with two observations are kept. Its interval is the
jackknife's over groups of clusters, on the log scale (`jackknife.jackknife_ratio_intervals`).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from primacy.errors import UsageError
from primacy.stats.jackknife import Replicates
from primacy.stats.resample import Floats

_BLOCK_CELLS = 2_000_000


def odds_ratio(first: ArrayLike, larger: ArrayLike, strata: ArrayLike, groups: ArrayLike, n_groups: int) -> Replicates:
    """Common odds ratio of two binary variables with strata held fixed, and the same without each group of clusters.

    Sum over strata of (both x neither / n) over sum of (first alone x larger alone / n), n the stratum's size.

    Args:
        first: (N,) in 0..1, e.g. whether a pair's category of lower index is mentioned first.
        larger: (N,) in 0..1, e.g. whether that category is the larger one; 0.5 counts half in either column (a tie).
        strata: (N,) integers, any numbers.
        groups: (N,) group of each row's cluster, 0 to n_groups - 1.
        n_groups: G.

    Returns:
        Replicates of one odds ratio; infinite where the lower sum is 0, NaN where both are. A group counts if it
        holds a row of a stratum that bears on the whole estimate.

    Raises:
        UsageError: the arrays differ in length, a value is not in 0..1, or a group not in range.
    """
    first, larger = np.asarray(first, dtype=float), np.asarray(larger, dtype=float)
    strata, groups = np.asarray(strata), np.asarray(groups)
    _check(first, larger, strata, groups, n_groups)
    strata, first, larger, groups = _informative(strata, first, larger, groups)
    n_strata = int(strata.max(initial=-1)) + 1
    sums = np.zeros((2, n_groups + 1))
    order = np.argsort(strata, kind="stable")
    step = max(1, min(n_strata, _BLOCK_CELLS // (n_groups + 1)))
    bounds = np.searchsorted(strata[order], np.arange(0, n_strata + step, step))
    for block, (start, stop) in enumerate(pairwise(bounds)):
        rows = order[start:stop]
        cells = groups[rows] * step + (strata[rows] - block * step)
        sums += _concordance(first[rows], larger[rows], cells, (n_groups, step))
    value = _ratio(*sums)
    held = (np.bincount(groups, minlength=n_groups) > 0)[:, None]
    return Replicates(value[-1:], value[:-1, None], held)


def plackett_joint(p: ArrayLike, q: ArrayLike, odds_ratio: ArrayLike) -> Floats:
    """The joint distribution (..., 2, 2) of two binary variables with P(1) = p and q and a given odds ratio.

    [..., i, j] is the probability that the first is i and the second j. Odds ratios 0 and infinity are the two
    extremes that the margins allow. Source: Plackett 1965, JASA 60, 516-522.
    """
    p, q, ratio = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (p, q, odds_ratio)))
    above = ratio > 1
    with np.errstate(divide="ignore"):
        ratio = np.where(above, 1 / ratio, ratio)
    # by the symmetry (second -> 1 - second, ratio -> 1 / ratio) no root below loses digits
    second = np.where(above, 1 - q, q)
    both = _both(p, second, ratio)
    alone = np.maximum(p - both, 0.0)
    other = np.maximum(second - both, 0.0)
    neither = np.maximum(1 - p - other, 0.0)
    joint = np.stack([np.stack([neither, other], axis=-1), np.stack([alone, both], axis=-1)], axis=-2)
    return np.where(above[..., None, None], joint[..., ::-1], joint)


def mutual_information(p: ArrayLike, q: ArrayLike, odds_ratio: ArrayLike) -> Floats:
    """Bits that one of two binary variables tells about the other, from margins and odds ratio (...), 0 to 1."""
    p, q, ratio = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (p, q, odds_ratio)))
    joint = plackett_joint(p, q, ratio)
    first = np.stack([1 - p, p], axis=-1)[..., :, None]
    second = np.stack([1 - q, q], axis=-1)[..., None, :]
    bits = rel_entr(joint, first * second).sum(axis=(-2, -1)) / np.log(2)
    return np.maximum(bits, 0.0)


def _both(p: Floats, q: Floats, ratio: Floats) -> Floats:
    """P(both) for odds ratios of at most 1: the root of its quadratic in the form that has no cancellation."""
    spread = 1 - (p + q) * (1 - ratio)
    root = np.sqrt(spread**2 + 4 * ratio * (1 - ratio) * p * q)
    positive = spread > 0
    small = np.divide(2 * ratio * p * q, spread + root, out=np.zeros(p.shape), where=positive)
    large = np.divide(root - spread, 2 * (1 - ratio), out=np.zeros(p.shape), where=~positive)
    return np.where(positive, small, large)


def _concordance(first: Floats, larger: Floats, cells: NDArray[np.int64], shape: tuple[int, int]) -> Floats:
    """Both sums of the estimate over one block of strata, (2, G + 1), without each group and (last) of everything."""
    tables = []
    for weight in (first * larger, (1 - first) * (1 - larger), first * (1 - larger), (1 - first) * larger):
        by_group = np.bincount(cells, weight, minlength=shape[0] * shape[1]).reshape(shape)
        total = by_group.sum(axis=0)
        tables.append(np.concatenate([total - by_group, total[None]]))
    size = sum(tables)
    size = np.where(size > 0, size, 1.0)
    return np.stack([(tables[0] * tables[1] / size).sum(axis=1), (tables[2] * tables[3] / size).sum(axis=1)])


def _informative(
    strata: NDArray[np.int64], first: Floats, larger: Floats, groups: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, Floats, NDArray[np.int64]]:
    """The rows of strata in which both variables vary, with strata renumbered from 0."""
    _, index = np.unique(strata, return_inverse=True)
    size = np.bincount(index)
    varies = np.ones(len(size), dtype=bool)
    for variable in (first, larger):
        total = np.bincount(index, variable)
        varies &= (total > 0) & (total < size)
    rows = varies[index]
    return (np.cumsum(varies) - 1)[index[rows]], first[rows], larger[rows], groups[rows]


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return above / below


def _check(first: Floats, larger: Floats, strata: NDArray[np.int64], groups: NDArray[np.int64], n_groups: int) -> None:
    if not first.shape == larger.shape == strata.shape == groups.shape or first.ndim != 1:
        raise UsageError(
            f"first {first.shape}, larger {larger.shape}, strata {strata.shape} and groups {groups.shape} do not fit",
            hint="Give four arrays of one length.",
        )
    if not len(first):
        return
    if not all(np.all((values >= 0) & (values <= 1)) for values in (first, larger)):
        raise UsageError("a value outside 0..1 in `first` or `larger`", hint="Give 0 or 1, or 0.5 for a tie.")
    if not 0 <= groups.min() <= groups.max() < n_groups:
        raise UsageError(
            f"groups from {groups.min()} to {groups.max()}, expected 0 to {n_groups - 1}",
            hint="Number the groups from 0.",
        )
