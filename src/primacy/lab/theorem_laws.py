"""InfoNCE of encoders that are ideal up to what they leave out: exactly, and in the limit of many dimensions.

A picture shows z, of d independent coordinates of mean 0 and variance 1. The complete text encoder returns z, the
truncated one only the first d - k coordinates. Losses are in nats, from pictures to texts: a picture among its own
text, b texts of other pictures, and m hard negatives, which agree with its own text in the kept coordinates and have
drawn the dropped ones anew. Derivations: docs/lab/theorem.md.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from math import exp, log, log1p, sqrt
from typing import Literal, NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, roots_legendre
from scipy.stats import beta, binom, chi2

Encoder = Literal["complete", "both", "text"]
"""Which towers leave the dropped coordinates out: none, both, or the text tower alone."""

Coordinates = Literal["gaussian", "signs"]
"""Law of a coordinate: standard normal, or -1 and 1 with equal chances (all vectors then have one length)."""

_ANGLES = 400
_NORMALS = 10
_LOG_T = np.arange(-42.0, 5.0, 0.3)


class Law(NamedTuple):
    """A cosine: `values` (n,) and how likely each is, `chances` (n,); float64."""

    values: NDArray[np.float64]
    chances: NDArray[np.float64]


_CERTAIN = Law(np.ones(1), np.ones(1))


def random_cosine(coordinates: Coordinates, dims: int) -> Law:
    """Cosine between independent vectors of `dims` coordinates, at least 2.

    Gaussian: Gauss-Legendre nodes over the angle, whose density goes with sin(angle)^(dims - 2).
    """
    if coordinates == "signs":
        return _shared_signs(dims, 0)
    nodes, weights = _legendre_nodes()
    angle = (nodes + 1) * np.pi / 2
    log_density = gammaln(dims / 2) - gammaln((dims - 1) / 2) + (dims - 2) * np.log(np.sin(angle))
    return Law(np.cos(angle), weights * np.exp(log_density) * np.sqrt(np.pi) / 2)


def hard_cosine(coordinates: Coordinates, dims: int, kept: int) -> Law:
    """Cosine between vectors of `dims` coordinates that agree in the first `kept`, at least 1, the others independent.

    Gaussian: with A, B and C the squared lengths of the kept part and the two others, it is
    (A + sqrt(B C) cosine of the others) / sqrt((A + B) (A + C)), each of the four mapped to a normal variable.
    """
    if coordinates == "signs":
        return _shared_signs(dims, kept)
    if kept == dims:
        return _CERTAIN
    nodes, weights = _normal_nodes()
    shared, own, fresh = chi2.ppf(nodes, kept), chi2.ppf(nodes, dims - kept), chi2.ppf(nodes, dims - kept)
    others = Law(2 * beta.ppf(nodes, (dims - kept - 1) / 2, (dims - kept - 1) / 2) - 1, weights)
    if dims - kept == 1:
        others = Law(np.array([-1.0, 1.0]), np.full(2, 0.5))
    a, b, c, cosine = np.ix_(shared, own, fresh, others.values)
    values = (a + np.sqrt(b * c) * cosine) / np.sqrt((a + b) * (a + c))
    chances = np.einsum("a,b,c,d->abcd", weights, weights, weights, others.chances)
    return Law(values.ravel(), chances.ravel())


def expected_loss(scale: float, random: Law, negatives: int, hard: Law = _CERTAIN, n_hard: int = 0) -> float:
    """E log(1 + X), where X is the sum of exp(scale (cosine - 1)) over independent negatives.

    As log(1 + x) is the integral over t > 0 of (1 - exp(-t x)) exp(-t) / t, it takes the expectation of exp(-t X)
    only, a product over the negatives. The trapezoid rule over log t is exact up to rounding.

    Args:
        scale: what cosines are multiplied by.
        random: law of the cosine with each of `negatives` random negatives.
        negatives: their number.
        hard: law of the cosine with each of `n_hard` hard negatives.
        n_hard: their number.
    """
    t = np.exp(_LOG_T)
    log_transform = negatives * _log_laplace(random, scale, t) + n_hard * _log_laplace(hard, scale, t)
    return float(np.sum(-np.expm1(log_transform) * np.exp(-t)) * (_LOG_T[1] - _LOG_T[0]))


def exact_loss(
    coordinates: Coordinates, dims: int, kept: int, scale: float, negatives: int, *, encoder: Encoder, hard: int = 0
) -> float | None:
    """The expected loss at a finite number of dimensions, at least 2 of them kept.

    Truncated in both towers, `kept` dimensions are all there are, and a hard negative is a second copy of the text.
    In the text tower alone, it is the same at a scale multiplied by the picture's cosine with its own text.

    Returns:
        The loss; None for the complete encoder on several hard negatives of Gaussian vectors, which depend on each
        other through the length of z.
    """
    if encoder == "complete":
        random = random_cosine(coordinates, dims)
        if hard > 1 and coordinates == "gaussian" and kept < dims:
            return None
        return expected_loss(scale, random, negatives, hard_cosine(coordinates, dims, kept) if hard else _CERTAIN, hard)
    random = random_cosine(coordinates, kept)
    factors, chances = _own_cosine(coordinates, dims, kept) if encoder == "text" else _CERTAIN
    losses = [expected_loss(scale * factor, random, negatives, n_hard=hard) for factor in factors]
    return float(np.dot(losses, chances))


def limit_loss(scale: float, negatives: float, *, dropped: float, encoder: Encoder, hard: int = 0) -> float:
    """The loss of the limits that all cosines have as dimensions grow, whatever the law of the coordinates.

    Args:
        scale: what cosines are multiplied by.
        negatives: random negatives.
        dropped: share of dimensions that is left out; 0 for a constant number of them.
        encoder: which towers leave them out.
        hard: hard negatives.
    """
    own = sqrt(1 - dropped) if encoder == "text" else 1.0
    distance = dropped if encoder == "complete" else 0.0
    return log1p(hard * exp(-scale * distance) + negatives * exp(-scale * own))


def limit_share(scale: float, negatives: int, gap: float, *, hard: int = 1) -> float:
    """Share of dimensions that, dropped by both towers, costs `gap` in the limit; 1 where even all cost less."""
    random = 1 + negatives * exp(-scale)
    likely = ((random + hard) * exp(-gap) - random) / hard
    return min(1.0, -log(likely) / scale) if likely > 0 else 1.0


def exact_share(coordinates: Coordinates, dims: int, scale: float, negatives: int, gap: float) -> float:
    """Largest share of `dims` coordinates that both towers can drop at a cost of at most `gap` where there are random
    negatives only; at least 2 are kept."""
    allowed = expected_loss(scale, random_cosine(coordinates, dims), negatives) + gap

    def cheap(kept: int) -> bool:
        return expected_loss(scale, random_cosine(coordinates, kept), negatives) <= allowed

    return 1 - (2 + bisect_left(range(2, dims), True, key=cheap)) / dims


def _shared_signs(dims: int, shared: int) -> Law:
    agreeing = np.arange(dims - shared + 1)
    return Law((2 * (shared + agreeing) - dims) / dims, binom.pmf(agreeing, dims - shared, 0.5))


def _own_cosine(coordinates: Coordinates, dims: int, kept: int) -> Law:
    """Cosine between a vector and itself without its last dims - kept coordinates."""
    if coordinates == "signs" or kept == dims:
        return Law(np.array([sqrt(kept / dims)]), np.ones(1))
    nodes, weights = _normal_nodes()
    return Law(np.sqrt(beta.ppf(nodes, kept / 2, (dims - kept) / 2)), weights)


@cache
def _legendre_nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return roots_legendre(_ANGLES)


@cache
def _normal_nodes() -> Law:
    """Gauss-Hermite nodes as quantiles, with their weights: a law mapped to a normal variable needs few of them."""
    nodes, weights = hermegauss(_NORMALS)
    return Law(ndtr(nodes), weights / weights.sum())


def _log_laplace(law: Law, scale: float, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """log E exp(-t exp(scale (cosine - 1))) at each t."""
    likelihood = np.exp(scale * (law.values - 1))
    missing = -np.expm1(-t[:, None] * likelihood) @ law.chances
    return np.log1p(-np.minimum(missing, 1 - 1e-16))
