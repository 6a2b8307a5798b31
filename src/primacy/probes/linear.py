"""Linear heads on frozen vectors: what every head has in common, and the closed-form one.

A `Trainer` is a frozen configuration. `trainer.path(features, y, n_classes)` fits one head per regularisation value;
`features` holds ONE eigendecomposition of the covariance of the training vectors, shared by all positions, all
regularisation values and all trainers. `trainer.fit(X, y, n_classes)` is the same for a single value.

All converged heads weigh classes equally (uniform prior), so vectors that carry nothing give tied scores, and a
constant encoder comes out at exactly one over the number of classes. A class without a training sentence gets the
score minus infinity.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from primacy.errors import DesignError, UsageError

_BLOCK = 16_384  # rows converted to float64 at a time


class Convergence(NamedTuple):
    """Did the fit reach its optimum? `residual` is unit-free and each trainer says what it measures."""

    converged: bool
    residual: float
    iterations: int


@dataclass(frozen=True)
class LinearHead:
    """A fitted head: scores = X @ weight + bias, weight float64 (d, n_classes), bias float64 (n_classes,)."""

    weight: np.ndarray
    bias: np.ndarray
    penalty: float
    convergence: Convergence

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Scores float64 (m, n_classes) of X (m, d); minus infinity for a class that was not in training."""
        return X @ self.weight + self.bias


@dataclass(frozen=True)
class Features:
    """Training vectors X (N, d) with the eigendecomposition of their covariance.

    mean float64 (d,); values float64 (d,) ascending, >= 0; axes float64 (d, d), eigenvectors in columns;
    scale: root mean variance per dimension (0 for a constant encoder), the unit in which penalties are stated.
    """

    X: np.ndarray
    mean: np.ndarray
    values: np.ndarray
    axes: np.ndarray
    scale: float

    @classmethod
    def of(cls, X: np.ndarray) -> Features:
        """Prepare X (N, d), any float dtype, finite.

        Raises:
            DesignError: X is empty or not two-dimensional.
        """
        if X.ndim != 2 or 0 in X.shape:
            raise DesignError(f"a linear probe needs vectors of shape (N, d), got {X.shape}")
        origin = X[0].astype(np.float64)  # subtracted first: equal rows then give a covariance of exactly zero
        mean = sum((block - origin).sum(axis=0) for block in _blocks(X)) / len(X)
        covariance = sum((c := block - origin - mean).T @ c for block in _blocks(X)) / len(X)
        values, axes = np.linalg.eigh(covariance)
        values = np.maximum(values, 0.0)
        return cls(X, origin + mean, values, axes, float(np.sqrt(values.mean())))

    def coordinates(self) -> np.ndarray:
        """The training vectors in the eigenbasis, centred, in units of `scale`: float64 (N, d)."""
        turned = np.concatenate([(b - self.mean) @ self.axes for b in _blocks(self.X)])
        return turned / (self.scale or 1.0)

    def spread(self, turned: np.ndarray, bias: np.ndarray, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
        """Weight and bias over all classes and raw vectors, from those (d, k), (k,) on `coordinates()`."""
        weight = np.zeros((len(self.mean), labels.n_classes))
        weight[:, labels.seen] = self.axes @ turned / (self.scale or 1.0)
        full = np.full(labels.n_classes, -np.inf)
        full[labels.seen] = bias - self.mean @ weight[:, labels.seen]
        return weight, full


class Labels(NamedTuple):
    """Class ids of the training sentences, compressed to the k classes that occur."""

    seen: np.ndarray  # (k,) the class ids that occur, ascending
    ids: np.ndarray  # (N,) 0..k-1, places in `seen`
    counts: np.ndarray  # (k,)
    n_classes: int

    @classmethod
    def of(cls, y: np.ndarray, n_classes: int) -> Labels:
        """Compress y (N,) of ids in 0..n_classes-1.

        Raises:
            DesignError: no label, or one outside 0..n_classes-1.
        """
        if len(y) == 0 or y.min() < 0 or y.max() >= n_classes:
            raise DesignError(f"labels must be ids in 0..{n_classes - 1} and at least one")
        seen, index, counts = np.unique(y, return_inverse=True, return_counts=True)
        return cls(seen, index, counts, n_classes)


class Trainer(ABC):
    """How to fit heads: one per regularisation value."""

    @abstractmethod
    def path(self, features: Features, y: np.ndarray, n_classes: int) -> list[LinearHead]:
        """Fit y (N,) of class ids on `features`; one head per value, strongest regularisation first."""

    def fit(self, X: np.ndarray, y: np.ndarray, n_classes: int) -> LinearHead:
        """Fit one head on X (N, d) and y (N,).

        Raises:
            UsageError: the trainer is configured with several regularisation values, so there is no *one* head.
        """
        heads = self.path(Features.of(X), y, n_classes)
        if len(heads) != 1:
            raise UsageError(
                f"{type(self).__name__} has {len(heads)} penalties, fit needs exactly one",
                hint="Give penalties=(value,), or use path() and choose on a validation part.",
            )
        return heads[0]


@dataclass(frozen=True)
class Discriminant(Trainer):
    """Linear discriminant analysis with uniform class priors and a ridge on the pooled within-class covariance W.

    score_k(x) = m_k' S x - m_k' S m_k / 2,  S = (W + penalty * v * I)^-1,  v = mean variance of a vector coordinate.

    W differs by position but W = T - M'PM, with T the total covariance, M (k, d) the centred class means and P the
    class frequencies. So T's eigendecomposition serves every position and penalty, and each head costs one (k, k) solve
    (Woodbury identity). Equal to scikit-learn's LinearDiscriminantAnalysis(solver="lsqr", shrinkage=s) for
    balanced classes and penalty = s / (1 - s) * trace(W) / trace(T), up to the factor 1 - s.

    `Convergence.residual`: largest entry of (W + penalty v I) C - M' relative to that of M'; converged below 1e-6.
    """

    penalties: tuple[float, ...] = (1.0, 1e-1, 1e-2, 1e-3, 1e-5, 1e-7)

    def path(self, features: Features, y: np.ndarray, n_classes: int) -> list[LinearHead]:
        """One head per penalty; see the class."""
        labels = Labels.of(y, n_classes)
        unit = features.scale or 1.0
        means = (_class_means(features, labels) @ features.axes).T / unit
        heads = []
        for penalty in self.penalties:
            turned, residual = _discriminant(features.values / unit**2, means, labels, penalty)
            weight, bias = features.spread(turned, -0.5 * np.einsum("dk,dk->k", means, turned), labels)
            heads.append(LinearHead(weight, bias, penalty, Convergence(residual < 1e-6, residual, 1)))
        return heads


def _discriminant(values: np.ndarray, means: np.ndarray, labels: Labels, penalty: float) -> tuple[np.ndarray, float]:
    """C (d, k) with (diag(values) + penalty I - means P means') C = means, and its relative residual."""
    if not values.any():  # a constant encoder: nothing to tell classes by
        return np.zeros_like(means), 0.0
    ridge = (values + penalty)[:, None]
    share = labels.counts / labels.counts.sum()
    inner = np.diag(1 / share) - means.T @ (means / ridge)
    turned = (np.linalg.solve(inner, (means / ridge).T) / share[:, None]).T
    missed = ridge * turned - means @ (share[:, None] * (means.T @ turned)) - means
    return turned, float(np.abs(missed).max() / max(np.abs(means).max(), np.finfo(float).tiny))


def _class_means(features: Features, labels: Labels) -> np.ndarray:
    """Means (k, d) of the classes, relative to the mean of all training vectors."""
    from scipy.sparse import csr_array

    n, k = len(labels.ids), len(labels.seen)
    total = np.zeros((k, features.X.shape[1]))
    for start, block in zip(range(0, n, _BLOCK), _blocks(features.X), strict=True):
        index = labels.ids[start : start + _BLOCK]
        member = csr_array((np.ones(len(index)), (index, np.arange(len(index)))), shape=(k, len(index)))
        total += member @ (block - features.mean)
    return total / labels.counts[:, None]


def _blocks(X: np.ndarray) -> Iterator[np.ndarray]:
    return (X[start : start + _BLOCK].astype(np.float64) for start in range(0, len(X), _BLOCK))


def argmax_credit(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Credit float64 (m,) of naming class y (m,) by the largest of scores (m, n_classes): 1, 0, or 1/t in a tie of t.

    Scores within 1e-9 of the row's largest (relative to its size, at least 1) count as tied.
    """
    best = scores.max(axis=1, keepdims=True)
    tied = scores >= best - 1e-9 * np.maximum(1.0, np.abs(best))
    return tied[np.arange(len(y)), y] / tied.sum(axis=1)
