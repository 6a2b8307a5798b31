"""The exact conditional likelihood of binary outcomes given their sum in each stratum, in time linear in the rows.

With probabilities p_i of logit x_i . beta + a, the sum S of a stratum is Poisson-binomial, and the likelihood given
S = m is prod p_i^y_i (1 - p_i)^(1 - y_i) / P(S = m), whatever the intercept a. P(S = m) is the mean, over points t of
the unit circle, of exp(-i t m) prod (1 - p_i + p_i exp(i t)) (Hong 2013, Computational Statistics & Data Analysis 59,
41-51), and its derivatives are means of tilted moments over the same points. With a chosen so that E S = m the
integrand is a bell of width 1/sd(S): n + 1 points are exact, and for a large stratum some thirty give all digits,
where the usual recursion (Gail, Lubin & Rubinstein 1981, Biometrika 68, 703-707) takes n m steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit, logit

from primacy.stats.resample import Floats

Ints = NDArray[np.int64]
Complex = NDArray[np.complex128]

# what is left out of any mean over the circle is below exp(-45) = 3e-20
_NEGLIGIBLE = 45.0
_BLOCK_CELLS = 500_000
_INTERCEPT_TOLERANCE = 1e-6
_INTERCEPT_STEPS = 100


class Table(NamedTuple):
    """Rows in the order of their strata: y (N,) of 0 and 1, x (N, P); stratum s has rows `starts[s]:starts[s + 1]`.

    No stratum is empty, and in each y takes both values. Small strata first makes the blocks even.
    """

    y: Floats
    x: Floats
    starts: Ints

    @property
    def sizes(self) -> Ints:
        """Rows of each stratum, (S,)."""
        return np.diff(self.starts)

    def sums(self, values: Floats) -> Floats:
        """Sums of values (N,) or (N, P) within strata."""
        return np.add.reduceat(values, self.starts[:-1], axis=0)

    def spread(self, values: Floats) -> Floats:
        """Values of strata (S, ...) at their rows (N, ...)."""
        return np.repeat(values, self.sizes, axis=0)


class Tilt(NamedTuple):
    """Probabilities `p` (N,) with intercepts (S,) such that they sum to the outcomes of each stratum; `centred` (N, P)
    covariates minus their mean in the stratum, weighted with p (1 - p)."""

    intercepts: Floats
    p: Floats
    centred: Floats


class Likelihood(NamedTuple):
    """Log conditional likelihood, its gradient (P,), and its negative Hessian `information` (P, P)."""

    value: float
    gradient: Floats
    information: Floats


def tilt(table: Table, beta: Floats, intercepts: Floats | None = None) -> Tilt:
    """The intercepts that make expected and observed sums equal, from a guess of them or from none."""
    utility = table.x @ beta
    observed, sizes = table.sums(table.y), table.sizes
    base = logit(observed / sizes)
    low = base - np.maximum.reduceat(utility, table.starts[:-1])
    high = base - np.minimum.reduceat(utility, table.starts[:-1])
    at = np.clip((low + high) / 2 if intercepts is None else intercepts, low, high)
    for _ in range(_INTERCEPT_STEPS):
        p = expit(utility + table.spread(at))
        excess = table.sums(p) - observed
        if np.abs(excess).max() <= _INTERCEPT_TOLERANCE:
            break
        low, high = np.where(excess < 0, at, low), np.where(excess > 0, at, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = at - excess / table.sums(p * (1 - p))
        at = np.where((newton >= low) & (newton <= high), newton, (low + high) / 2)
    weights = p * (1 - p)
    total = np.maximum(table.sums(weights), np.finfo(float).tiny)
    mean = table.sums(weights[:, None] * table.x) / total[:, None]
    return Tilt(at, p, table.x - table.spread(mean))


def likelihood(table: Table, beta: Floats, at: Tilt) -> Likelihood:
    """The conditional likelihood at `beta`, with `at` the tilt for it."""
    utility = table.x @ beta + table.spread(at.intercepts)
    value = float(table.y @ utility - np.logaddexp(0, utility).sum())
    gradient = table.y @ at.centred
    n_terms = table.x.shape[1]
    information = np.zeros((n_terms, n_terms))
    for block in _blocks(table, at):
        circle, total = _circle(block)
        value -= float(np.log(total / block.n_points).sum())
        moments, curvatures = block.moments()
        # the sums over the circle are real: points t and -t are conjugate
        means = np.einsum("sk,psk->ps", circle, moments).real / total
        gradient -= means.sum(axis=1)
        products = np.einsum("sk,psk,qsk->pqs", circle, moments, moments).real
        own = np.einsum("sk,pqsk->pqs", circle, curvatures).real
        information += ((products + own) / total).sum(axis=2) - means @ means.T
    return Likelihood(value, gradient, information)


def conditional_probabilities(table: Table, at: Tilt) -> Floats:
    """P(y_i = 1 | sum of the stratum), (N,)."""
    result = np.empty(len(table.y))
    for block in _blocks(table, at):
        circle, total = _circle(block)
        for chunk in block.chunks():
            weights = np.repeat(circle / total[:, None], chunk.sizes, axis=0)
            result[chunk.rows] = (weights * chunk.tilted).sum(axis=1).real
    return result


class _Chunk(NamedTuple):
    """Some rows of a block, `sizes` (S',) of each of its strata, and there, (rows, K): `factors` 1 - p + p exp(i t)
    and `tilted` probabilities p exp(i t) / factor."""

    rows: slice
    sizes: Ints
    factors: Complex
    tilted: Complex


class _Block(NamedTuple):
    """Strata `first` to `last` - 1, with K points t of the upper half circle each: `points` exp(i t) (S', K),
    `weights` (S', K) the points' weights x exp(-i t m), and `n_points` (S',) in the whole circle."""

    table: Table
    at: Tilt
    first: int
    last: int
    points: Complex
    weights: Complex
    n_points: Ints

    def chunks(self) -> Iterator[_Chunk]:
        """The block's rows; more than one chunk only where it holds a single, large stratum."""
        starts = self.table.starts
        start, stop = int(starts[self.first]), int(starts[self.last])
        step = stop - start
        if self.last == self.first + 1:
            step = max(1, _BLOCK_CELLS // self.points.shape[1])
        for left in range(start, stop, step):
            rows = slice(left, min(left + step, stop))
            sizes = np.diff(np.minimum(np.maximum(starts[self.first : self.last + 1], rows.start), rows.stop))
            points = np.repeat(self.points, sizes, axis=0)
            p = self.at.p[rows, None]
            factors = 1 + p * (points - 1)
            yield _Chunk(rows, sizes, factors, p * points / factors)

    def moments(self) -> tuple[Complex, Complex]:
        """Sums over each stratum of tilted x, (P, S', K), and of tilted (1 - tilted) x x', (P, P, S', K)."""
        n_terms = self.at.centred.shape[1]
        first = np.zeros((n_terms, *self.points.shape), dtype=complex)
        second = np.zeros((n_terms, *first.shape), dtype=complex)
        for chunk in self.chunks():
            x = self.at.centred[chunk.rows]
            variance = chunk.tilted - chunk.tilted**2
            for i in range(n_terms):
                first[i] += _stratum_sums(x[:, i], chunk.tilted, chunk.sizes)
                for j in range(i + 1):
                    second[i, j] += _stratum_sums(x[:, i] * x[:, j], variance, chunk.sizes)
        for i in range(n_terms):
            second[:i, i] = second[i, :i]
        return first, second


def _circle(block: _Block) -> tuple[Complex, Floats]:
    """Each point's share of P(S = m), (S', K), and their real sum (S',), n_points x P(S = m)."""
    product = np.ones(block.points.shape, dtype=complex)
    for chunk in block.chunks():
        starts = np.cumsum(chunk.sizes) - chunk.sizes
        product *= np.multiply.reduceat(chunk.factors, starts, axis=0)
    circle = block.weights * product
    return circle, circle.real.sum(axis=1)


def _blocks(table: Table, at: Tilt) -> Iterator[_Block]:
    n_points, n_used = _n_points(table.sizes, table.sums(at.p * (1 - at.p)))
    observed = np.rint(table.sums(table.y)).astype(np.int64)
    cells = np.cumsum(table.sizes * n_used)
    cuts = np.flatnonzero(np.diff(cells // _BLOCK_CELLS)) + 1
    for first, last in zip([0, *cuts], [*cuts, len(n_used)], strict=True):
        k = np.arange(n_used[first:last].max())
        whole = n_points[first:last, None]
        points = np.exp(2j * np.pi * k / whole)
        # k m modulo the circle in integers, which loses no digits
        turned = np.exp(-2j * np.pi * ((k * observed[first:last, None]) % whole) / whole)
        doubled = np.where(k == 0, 1.0, 2.0) * (k < n_used[first:last, None])
        yield _Block(table, at, first, last, points, doubled * turned, whole[:, 0])


def _n_points(sizes: Ints, variance: Floats) -> tuple[Ints, Ints]:
    """Points on the circle, odd, and how many of the upper half, with t = 0, are worth taking, (S,) each.

    M points give P(S = m) + P(S = m + M) + P(S = m - M) + ...: by Bernstein's inequality P(|S - m| >= t) is below 2
    exp(-t^2 / 2 / (variance + t / 3)). At angle t the integrand is below exp(-2 variance sin(t/2)^2).
    """
    third = _NEGLIGIBLE / 3
    reach = np.ceil(third + np.sqrt(third**2 + 2 * _NEGLIGIBLE * variance))
    half = np.minimum((sizes + 1) // 2, (reach / 2 + 1).astype(np.int64))
    n_points = 2 * half + 1
    sine = np.sqrt(np.minimum(1.0, _NEGLIGIBLE / 2 / np.maximum(variance, _NEGLIGIBLE / 2)))
    widest = np.arcsin(sine) / np.pi * n_points
    return n_points, np.minimum(half, widest.astype(np.int64) + 1) + 1


def _stratum_sums(weights: Floats, values: Complex, sizes: Ints) -> Complex:
    """Sums within strata of weights (rows,) x values (rows, K)."""
    rows = np.concatenate([[0], np.cumsum(sizes)])
    matrix = csr_array((weights, np.arange(len(weights)), rows), shape=(len(sizes), len(weights)))
    return np.ascontiguousarray(matrix @ values.view(float)).view(complex)
