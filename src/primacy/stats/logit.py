"""Conditional logit by Newton's method: the engine below `choice.py` and `image_choice.py`.

A trial offers n alternatives; alternative j wins with probability softmax(x_j . theta). Each alternative's
features are few and sparse (one level of each factor, one value of each covariate), so they are held as
column numbers and values and every sum is a `bincount`: no dense design matrix of (T x n, D) is ever built.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primacy.errors import DesignError
from primacy.stats.resample import Floats

Ints = NDArray[np.int64]

_BLOCK_CELLS = 4_000_000
_MAX_STEPS = 60
_STEP_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Features:
    """Sparse features of T trials x n alternatives.

    `columns` (F, T, n) int64, which parameter each of F terms switches on, `size` standing for none (a
    reference level); `values` (F, T, n) what it is multiplied with; `penalty` (size, size) inverse prior
    covariance. `present` (T, n): which alternatives a trial offers, where trials differ in it; None for all. The
    others never win, whatever their features say.
    """

    columns: Ints
    values: Floats
    size: int
    penalty: Floats
    present: NDArray[np.bool_] | None = None

    def block(self, rows: slice) -> Features:
        """The features of some trials."""
        present = None if self.present is None else self.present[rows]
        return Features(self.columns[:, rows], self.values[:, rows], self.size, self.penalty, present)


class LogitFit(NamedTuple):
    """Estimates `theta` (D,), the negative Hessian `information` (D, D) with the prior in it, the log
    likelihood (without the prior), whether the steps vanished, and whether the data alone identify all
    parameters."""

    theta: Floats
    information: Floats
    log_likelihood: float
    converged: bool
    identified: bool


def factor(levels: Ints, n_levels: int, prior_sd: float | None) -> Features:
    """Features of one factor with its first level as reference; levels (T, n) in 0..n_levels-1.

    The prior is on the effects' deviations from their mean, so it does not depend on which level is the
    reference.
    """
    size = n_levels - 1
    columns = np.where(levels == 0, size, levels - 1).astype(np.int64)[None]
    centring = np.eye(size) - 1 / n_levels
    return Features(columns, np.ones(columns.shape), size, centring * _precision(prior_sd))


def covariate(values: Floats, prior_sd: float | None) -> Features:
    """Features of one covariate (T, n), which the caller has standardised."""
    return Features(np.zeros((1, *values.shape), dtype=np.int64), values[None], 1, np.eye(1) * _precision(prior_sd))


def join(first: Features, second: Features) -> Features:
    """Both sets of features of the same trials side by side; the parameters of `first` come first."""
    size = first.size + second.size
    left = np.where(first.columns == first.size, size, first.columns)
    penalty = np.zeros((size, size))
    penalty[: first.size, : first.size] = first.penalty
    penalty[first.size :, first.size :] = second.penalty
    return Features(
        np.concatenate([left, second.columns + first.size]),
        np.concatenate([first.values, second.values]),
        size,
        penalty,
        second.present if first.present is None else first.present,
    )


def utilities(features: Features, theta: Floats) -> Floats:
    """x . theta, (T, n); -inf for an alternative that is not offered."""
    padded = np.append(theta, 0.0)
    utility = np.einsum("ftn,ftn->tn", padded[features.columns], features.values)
    return utility if features.present is None else np.where(features.present, utility, -np.inf)


def softmax(utility: Floats) -> Floats:
    """Winning probabilities over the last axis."""
    weights = np.exp(utility - utility.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def fit(features: Features, credit: Floats) -> LogitFit:
    """Maximise the penalised log likelihood for `credit` (T, n), rows summing to 1 and 0 where nothing is offered.

    Raises:
        DesignError: without a prior, and the data leave some parameter undetermined.
    """
    theta = np.zeros(features.size)
    identified = _full_rank(_information(features, theta))
    if not identified and not features.penalty.any():
        raise DesignError(
            "the conditional logit is not identified: some effects cannot be told apart in this design",
            hint="Give a finite prior_sd, or a design in which the object sets overlap.",
        )
    objective = _objective(features, credit, theta)
    converged = features.size == 0
    for _ in range(_MAX_STEPS):
        if converged:
            break
        curvature = _information(features, theta) + features.penalty
        step = _solve(curvature, _gradient(features, credit, theta))
        theta, objective, moved = _line_search(features, credit, theta, step, objective)
        converged = bool(moved and np.abs(step).max() <= _STEP_TOLERANCE * (1 + np.abs(theta).max()))
        if not moved:
            break
    information = _information(features, theta) + features.penalty
    likelihood = objective + float(theta @ features.penalty @ theta) / 2
    return LogitFit(theta, information, likelihood, converged, identified)


def cluster_scores(features: Features, credit: Floats, theta: Floats, clusters: Ints) -> Floats:
    """Gradient of the log likelihood summed within clusters, (K, D); clusters (T,) in 0..K-1."""
    return feature_sums(features, credit - softmax(utilities(features, theta)), clusters)


def feature_sums(features: Features, weights: Floats, clusters: Ints) -> Floats:
    """Sum over trials and alternatives of weight (T, n) x features, within clusters, (K, D)."""
    width = features.size + 1
    n_clusters = int(clusters.max(initial=-1)) + 1
    total = np.zeros(n_clusters * width)
    for columns, values in zip(features.columns, features.values, strict=True):
        cells = clusters[:, None] * width + columns
        total += np.bincount(cells.ravel(), (weights * values).ravel(), minlength=len(total))
    return total.reshape(n_clusters, width)[:, :-1]


def leave_out_scores(features: Features, credit: Floats, result: LogitFit, clusters: Ints) -> Floats:
    """`cluster_scores` corrected for each cluster's own pull on the fit, (K, D): (1 - I_g A^-1)^-1 s_g.

    With s_g the cluster's score, I_g its information and A the whole, A^-1 times this is how far theta moves, in one
    Newton step, when the cluster is left out (CR3; Bell & McCaffrey 2002). Plain scores are too small where parameters
    are many for the number of clusters, as category effects are.
    """
    scores = cluster_scores(features, credit, result.theta, clusters)
    inverse = _solve(result.information, np.eye(features.size))
    chance = softmax(utilities(features, result.theta))
    order = np.argsort(clusters, kind="stable")
    starts = np.searchsorted(clusters[order], np.arange(len(scores) + 1))
    for g, (start, stop) in enumerate(pairwise(starts)):
        used, information = _own_information(features, chance, order[start:stop])
        pull = np.eye(len(used)) - information @ inverse[np.ix_(used, used)]
        scores[g, used] = _solve(pull, scores[g, used])
    return scores


def _own_information(features: Features, chance: Floats, rows: Ints) -> tuple[Ints, Floats]:
    """The parameters that some trials depend on, q of them, and these trials' information about them, (q, q)."""
    columns, values = features.columns[:, rows], features.values[:, rows]
    used, place = np.unique(columns, return_inverse=True)
    place = place.reshape(columns.shape)
    n_rows, n = chance[rows].shape
    dense = np.zeros((n_rows, n, len(used)))
    for f in range(len(columns)):
        np.add.at(dense, (np.arange(n_rows)[:, None], np.arange(n), place[f]), values[f])
    dense = dense[..., used < features.size]
    weighted = dense * chance[rows][..., None]
    mean = weighted.sum(axis=1)
    information = np.einsum("tnq,tnr->qr", weighted, dense) - mean.T @ mean
    return used[used < features.size], information


def influence(result: LogitFit, scores: Floats) -> Floats:
    """How far each cluster moves theta, (K, D), from `leave_out_scores`."""
    return _solve(result.information, scores.T).T


def sandwich(result: LogitFit, scores: Floats) -> Floats:
    """Cluster-robust covariance of theta (D, D) from `leave_out_scores`, scaled by (K-1)/K; NaN for K < 2.

    Source: Liang & Zeger 1986; Cameron & Miller 2015, section VI.B (CR3, the jackknife).
    """
    k = len(scores)
    if k < 2:
        return np.full(result.information.shape, np.nan)
    moved = influence(result, scores)
    return moved.T @ moved * ((k - 1) / k)


def _precision(prior_sd: float | None) -> float:
    return 0.0 if prior_sd is None or np.isinf(prior_sd) else 1.0 / prior_sd**2


def _blocks(features: Features) -> Iterator[slice]:
    rows = max(1, _BLOCK_CELLS // (features.size + 1))
    trials = features.columns.shape[1]
    return (slice(start, min(start + rows, trials)) for start in range(0, trials, rows))


def _information(features: Features, theta: Floats) -> Floats:
    """Negative Hessian of the log likelihood: sum over trials of E[x x'] - E[x] E[x]' under the winning
    probabilities."""
    width = features.size + 1
    total = np.zeros((width, width))
    for rows in _blocks(features):
        part = features.block(rows)
        chance = softmax(utilities(part, theta))
        cells = np.arange(len(chance))[:, None] * width
        mean = np.zeros(len(chance) * width)
        for columns, values in zip(part.columns, part.values, strict=True):
            mean += np.bincount((cells + columns).ravel(), (chance * values).ravel(), minlength=len(mean))
            for other, weights in zip(part.columns, part.values, strict=True):
                joint = np.bincount(
                    (columns * width + other).ravel(),
                    (chance * values * weights).ravel(),
                    minlength=width * width,
                )
                total += joint.reshape(width, width)
        expected = mean.reshape(len(chance), width)
        total -= expected.T @ expected
    return total[:-1, :-1]


def _gradient(features: Features, credit: Floats, theta: Floats) -> Floats:
    one_cluster = np.zeros(len(credit), dtype=np.int64)
    return cluster_scores(features, credit, theta, one_cluster).sum(axis=0) - features.penalty @ theta


def _objective(features: Features, credit: Floats, theta: Floats) -> float:
    utility = utilities(features, theta)
    top = utility.max(axis=1, keepdims=True)
    log_total = top[:, 0] + np.log(np.exp(utility - top).sum(axis=1))
    won = credit * (utility if features.present is None else np.where(features.present, utility, 0.0))
    return float(won.sum() - log_total.sum() - theta @ features.penalty @ theta / 2)


def _line_search(
    features: Features, credit: Floats, theta: Floats, step: Floats, objective: float
) -> tuple[Floats, float, bool]:
    for halving in range(30):
        candidate = theta + step * 0.5**halving
        reached = _objective(features, credit, candidate)
        if reached >= objective - 1e-12 * abs(objective):
            return candidate, reached, True
    return theta, objective, False


def _full_rank(information: Floats) -> bool:
    eigenvalues = np.linalg.eigvalsh(information) if len(information) else np.ones(1)
    return bool(eigenvalues[0] > 1e-9 * max(eigenvalues[-1], 1e-300))


def _solve(matrix: Floats, right: Floats) -> Floats:
    if _full_rank(matrix):
        return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], dtype=np.float64)
