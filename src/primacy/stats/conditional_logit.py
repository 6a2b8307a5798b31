"""Conditional logistic regression: binary outcomes given their sum in each stratum, with clustered observations.

What strata differ in, known or not, drops out exactly, however small they are, where intercepts for them would bias
the coefficients (by a factor of 2 for matched pairs). Source: Breslow & Day 1980, Statistical Methods in Cancer
Research I, chapter 7. The likelihood is in `conditional_likelihood.py`.

It takes the observations of a stratum to be independent. Captions of one image are not: put into one stratum together
they are taken for more than they are, and the coefficients come out too large, however many strata there are (by a
factor of up to 2 for strata of two images). So each cluster gives a stratum one observation at a time, in up to five
rounds that go through its observations evenly; each round is a stratum of its own, and the sum of all likelihoods is
maximised (within-cluster resampling: Hoffman, Sen & Weinberg 2001, Biometrika 88, 1121-1134; Follmann, Proschan &
Leifer 2003, Biometrics 59, 420-429). The covariance is a sandwich of scores summed by cluster over rounds and strata
(Liang & Zeger 1986, Biometrika 73, 13-22).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from primacy.errors import UsageError
from primacy.stats.compare import two_sided_p_from
from primacy.stats.conditional_likelihood import Table, conditional_probabilities, likelihood, tilt
from primacy.stats.intervals import Interval, standard_error_limits
from primacy.stats.resample import Floats

Ints = NDArray[np.int64]

_MAX_ROUNDS = 5
_MAX_STEPS = 100
_STEP_TOLERANCE = 1e-8
_COLLINEAR = 1e-9
_SEPARATED = 1e-10


@dataclass(frozen=True, eq=False)
class ConditionalFit:
    """Coefficients (P,), in logits per unit of each covariate.

    `covariance` (P, P) is robust to correlation within clusters; `information` (P, P) is the mean negative Hessian of a
    round: its inverse is the covariance where each cluster has one observation in a stratum and one in all. `n`
    observations in `n_strata` strata, of `n_clusters` clusters, carry information; `n_dropped` observations are of
    strata that do not. `problem` is "", or says why there is no estimate; all numbers are then NaN.
    """

    coefficients: Floats
    covariance: Floats
    information: Floats
    n: int
    n_strata: int
    n_dropped: int
    n_clusters: int
    problem: str

    @property
    def converged(self) -> bool:
        """Whether there is an estimate."""
        return not self.problem

    @property
    def standard_errors(self) -> Floats:
        """Of the coefficients, (P,)."""
        return np.sqrt(np.diag(self.covariance))

    def odds_ratio(self, term: int, level: float = 0.95, *, per: float = 1.0) -> Interval:
        """Odds ratio of one covariate, per `per` of its units: exp(per x (coefficient +- t(K-1) x se))."""
        value, se = self.coefficients[term] * per, self.standard_errors[term] * abs(per)
        limits = standard_error_limits([value], [se], level, n_clusters=self.n_clusters).at(0)
        with np.errstate(over="ignore"):
            return Interval(*(float(np.exp(limit)) for limit in limits))

    def p(self, term: int) -> float:
        """Two-sided p of "the coefficient is 0", t(K-1), which agrees with `odds_ratio`."""
        value, se = self.coefficients[term], self.standard_errors[term]
        return float(two_sided_p_from(value, se, n_clusters=self.n_clusters))


def fit_conditional_logit(y: ArrayLike, x: ArrayLike, strata: ArrayLike, clusters: ArrayLike) -> ConditionalFit:
    """Maximise the exact conditional likelihood of `y` given its sum in each stratum, an observation a cluster.

    Strata in which all y are equal, no covariate varies, or all observations are of one cluster carry nothing.

    Args:
        y: (N,) of 0 and 1.
        x: (N, P) covariates, finite.
        strata: (N,) integers, any numbers.
        clusters: (N,) integers, any numbers; observations of one cluster may depend on each other, in one stratum
            and across several. Within a cluster, the order of rows must not depend on y.

    Returns:
        ConditionalFit, without an estimate where no stratum carries information, covariates are collinear within
        strata, or the likelihood has no maximum (a combination of covariates separates the outcomes).

    Raises:
        UsageError: the shapes do not fit, y is not 0 or 1, or a covariate is not finite.
    """
    y, x = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    strata, clusters = np.asarray(strata), np.asarray(clusters)
    _check(y, x, strata, clusters)
    stratum, cluster = (np.unique(labels, return_inverse=True)[1] for labels in (strata, clusters))
    rounds = _rounds(stratum, cluster)
    table, rows = _table(y, x, rounds, stratum)
    scale = np.sqrt((table.x**2).mean(axis=0)) if len(rows) else np.ones(x.shape[1])
    scale = np.where(scale > 0, scale, 1.0)
    maximum = _maximise(table._replace(x=table.x / scale))
    coefficients, information = maximum.beta / scale, maximum.information * scale[:, None] * scale
    used, of_cluster = np.unique(cluster[rows], return_inverse=True)
    covariance = np.full(information.shape, np.nan)
    if not maximum.problem:
        covariance = _sandwich(table, coefficients, information, of_cluster)
    informative = np.unique(stratum[rows])
    n = int(np.isin(stratum, informative).sum())
    counts = (n, len(informative), len(y) - n, len(used))
    return ConditionalFit(coefficients, covariance, information / len(rounds), *counts, maximum.problem)


class _Maximum(NamedTuple):
    """The maximum of the likelihood, or NaN and what the problem is."""

    beta: Floats
    information: Floats
    problem: str


def _maximise(table: Table) -> _Maximum:
    """Newton's method on covariates of unit size, with steps halved until the likelihood does not fall."""
    n_terms = table.x.shape[1]
    none = np.full(n_terms, np.nan), np.full((n_terms, n_terms), np.nan)
    if not len(table.y) or not n_terms:
        return _Maximum(*none, "no stratum in which outcomes and covariates vary")
    beta = np.zeros(n_terms)
    at = tilt(table, beta)
    here = likelihood(table, beta, at)
    start = np.sqrt(np.diag(here.information))
    if not (start > 0).all() or np.linalg.eigvalsh(here.information / np.outer(start, start))[0] < _COLLINEAR:
        return _Maximum(*none, "covariates are collinear within strata, or one varies in none")
    root = np.linalg.inv(np.linalg.cholesky(here.information))
    for _ in range(_MAX_STEPS):
        # the information left in the worst direction, as a share of that at 0: it vanishes on the way to infinity
        if np.linalg.eigvalsh(root @ here.information @ root.T)[0] < _SEPARATED:
            return _Maximum(*none, "a combination of covariates separates the outcomes within strata")
        step = np.linalg.solve(here.information, here.gradient)
        if np.abs(step).max() <= _STEP_TOLERANCE * (1 + np.abs(beta).max()):
            return _Maximum(beta, here.information, "")
        slack = 1e-12 * (1 + abs(here.value))
        for _ in range(_MAX_STEPS):
            at = tilt(table, beta + step, at.intercepts)
            there = likelihood(table, beta + step, at)
            if there.value >= here.value - slack:
                break
            step = step / 2
        beta, here = beta + step, there
    return _Maximum(*none, f"no maximum after {_MAX_STEPS} steps")


def _sandwich(table: Table, beta: Floats, information: Floats, clusters: Ints) -> Floats:
    """Cluster-robust covariance (P, P), times K/(K-1), of rows of clusters 0 to K-1.

    The score of a row is residual x (covariate - its weighted mean in the stratum). A row that is a share h of its
    stratum pulls the stratum's level towards itself, so its residual is too small by sqrt(1 - h) (Bell & McCaffrey
    2002, CR2) and is put right: without that, matched pairs would have half their variance.
    """
    at = tilt(table, beta)
    residuals = table.y - conditional_probabilities(table, at)
    weights = at.p * (1 - at.p)
    share = weights / np.maximum(table.spread(table.sums(weights)), np.finfo(float).tiny)
    residuals /= np.sqrt(np.maximum(1 - share, _COLLINEAR))
    scores = np.stack([np.bincount(clusters, residuals * x) for x in at.centred.T], axis=1)
    bread = np.linalg.inv(information)
    k = len(scores)
    return bread @ (scores.T @ scores) @ bread * (k / (k - 1))


def _rounds(stratum: Ints, cluster: Ints) -> Ints:
    """Rows (R, C), in each round one of each of the C combinations of stratum and cluster, in their order."""
    cell = stratum * (int(cluster.max(initial=0)) + 1) + cluster
    order = np.argsort(cell, kind="stable")
    starts = _starts(cell[order])
    sizes = np.diff(starts)
    n_rounds = min(_MAX_ROUNDS, int(sizes.max(initial=1)))
    return order[starts[:-1] + np.arange(n_rounds)[:, None] * sizes // n_rounds]


def _table(y: Floats, x: Floats, rounds: Ints, stratum: Ints) -> tuple[Table, Ints]:
    """Strata of each round that carry information, small ones first, covariates centred; and the rows (n,) in them."""
    rows = rounds.ravel()
    n_strata = int(stratum.max(initial=-1)) + 1
    own = (stratum[rounds] + n_strata * np.arange(len(rounds))[:, None]).ravel()
    order = np.lexsort((own, np.bincount(own)[own]))
    rows, own = rows[order], own[order]
    starts = _starts(own)
    varies = _varies(y[rows, None], starts)[:, 0] & _varies(x[rows], starts).any(axis=1)
    keep = np.repeat(varies, np.diff(starts))
    rows = rows[keep]
    table = Table(y[rows], x[rows], _starts(own[keep]))
    if len(rows):
        table = table._replace(x=table.x - table.spread(table.sums(table.x) / table.sizes[:, None]))
    return table, rows


def _starts(labels: Ints) -> Ints:
    """Where runs of equal labels start, and their end."""
    inner = np.flatnonzero(np.diff(labels)) + 1
    return np.concatenate([[0], inner, [len(labels)]]) if len(labels) else np.zeros(1, dtype=np.int64)


def _varies(values: Floats, starts: Ints) -> NDArray[np.bool_]:
    """Whether columns of values (N, P) vary within each run, (S, P)."""
    if len(starts) == 1:
        return np.zeros((0, values.shape[1]), dtype=bool)
    return np.minimum.reduceat(values, starts[:-1]) < np.maximum.reduceat(values, starts[:-1])


def _check(y: Floats, x: Floats, strata: Ints, clusters: Ints) -> None:
    if x.ndim != 2 or not (len(x),) == y.shape == strata.shape == clusters.shape:
        raise UsageError(
            f"y {y.shape}, x {x.shape}, strata {strata.shape} and clusters {clusters.shape} do not fit",
            hint="Give (N,) outcomes, (N, P) covariates, (N,) strata and (N,) clusters.",
        )
    if not np.isin(y, (0.0, 1.0)).all():
        raise UsageError("outcomes other than 0 and 1", hint="Leave out rows whose outcome is not known.")
    if not np.isfinite(x).all():
        raise UsageError("a covariate is not finite", hint="Leave out rows that lack a covariate.")
