"""Joint resampling of ratios of sums over clusters.

Every metric of an audit is a ratio of sums over clusters (object sets), so one routine resamples them all
with the same cluster weights; contrasts of its columns are then paired by construction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from primacy.errors import UsageError

Floats = NDArray[np.float64]

BOOTSTRAP_MAX_CLUSTERS = 5_000
_BLOCK_CELLS = 4_000_000


class Draws(NamedTuple):
    """M ratios of sums with B jointly resampled versions of each.

    `value` (M,) point estimates; `draws` (B, M); `n_clusters` clusters resampled; `method` how; `support`
    (M,) int64 clusters with a non-zero denominator in each column, the count that an interval's degrees of
    freedom rest on.
    """

    value: Floats
    draws: Floats
    n_clusters: int
    method: str
    support: NDArray[np.int64]

    def contrast(self, weights: ArrayLike) -> Draws:
        """The weighted sum of columns (weights (M,)), e.g. `[1, 0, 0, -1]`, as draws of a single column."""
        weights = np.asarray(weights, dtype=float)
        used = np.flatnonzero(weights)
        w = weights[used, None]
        return self._replace(
            value=self.value[used] @ w,
            draws=self.draws[:, used] @ w,
            support=self.support[used].min(keepdims=True, initial=self.n_clusters),
        )


def cluster_draws(
    numerators: ArrayLike, denominators: ArrayLike, *, rng: np.random.Generator, n_draws: int = 2000
) -> Draws:
    """Resample M ratios of sums over clusters, all columns with the same cluster weights.

    Up to 5,000 clusters this is the cluster bootstrap (multinomial weights; Cameron & Miller 2015, section
    VI.A). Above, draws come from the multivariate normal with the linearised cluster-robust covariance,
    scaled by (K-1)/K so that both kinds have the bootstrap's variance (`standard_error` undoes that factor).

    Args:
        numerators: (K, M), one row per cluster.
        denominators: (K, M), or (K, 1) where all columns share one.
        rng: source of the draws.
        n_draws: B.

    Returns:
        Draws; a column whose denominators sum to 0 is NaN, and so is a draw in which they do.

    Raises:
        UsageError: the shapes do not fit.
    """
    numerators, denominators = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    if numerators.ndim != 2 or denominators.shape not in (numerators.shape, (len(numerators), 1)):
        raise UsageError(
            f"numerators {numerators.shape} and denominators {denominators.shape} do not fit",
            hint="Give (K, M) numerators with (K, M) or (K, 1) denominators, one row per cluster.",
        )
    n_clusters, n_columns = numerators.shape
    value = _ratio(numerators.sum(axis=0), denominators.sum(axis=0))
    support = np.broadcast_to((denominators != 0).sum(axis=0), (n_columns,)).astype(np.int64)
    if n_clusters == 0:
        return Draws(value, np.full((n_draws, n_columns), np.nan), 0, "none (no clusters)", support)
    if n_clusters <= BOOTSTRAP_MAX_CLUSTERS:
        draws, method = _bootstrap(numerators, denominators, rng, n_draws), "cluster bootstrap"
    else:
        draws, method = _linearised(numerators, denominators, value, rng, n_draws), "linearised normal"
    return Draws(value, draws, n_clusters, method, support)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    denominator = np.broadcast_to(denominator, numerator.shape)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator != 0)


def _bootstrap(num: Floats, den: Floats, rng: np.random.Generator, n_draws: int) -> Floats:
    n_clusters = len(num)
    rows = max(1, _BLOCK_CELLS // n_clusters)
    blocks = []
    for start in range(0, n_draws, rows):
        size = min(rows, n_draws - start)
        picks = rng.integers(n_clusters, size=(size, n_clusters)) + n_clusters * np.arange(size)[:, None]
        weights = np.bincount(picks.ravel(), minlength=size * n_clusters).reshape(size, n_clusters).astype(float)
        blocks.append(_ratio(weights @ num, weights @ den))
    return np.concatenate(blocks) if blocks else np.empty((0, num.shape[1]))


def _linearised(num: Floats, den: Floats, value: Floats, rng: np.random.Generator, n_draws: int) -> Floats:
    influence = _ratio(num - np.nan_to_num(value) * den, np.broadcast_to(den.sum(axis=0), num.shape))
    undefined = ~np.isfinite(influence).all(axis=0)
    influence[:, undefined] = 0.0
    # the triangular factor of a QR replaces a square root of the (often singular) covariance
    factor = np.linalg.qr(influence, mode="r")
    draws = value + rng.standard_normal((n_draws, len(factor))) @ factor
    draws[:, undefined] = np.nan
    return draws
