"""Multinomial logistic heads, run to their optimum: our preconditioned L-BFGS, and scikit-learn as the truth.

Both minimise, over weights W (d, k) and biases b (k,),

    mean over classes of the mean cross-entropy of that class's sentences  +  penalty / 2 * ||W||^2

on centred vectors divided by their root mean variance (`Features.scale`), so the penalty has no unit. Biases are free.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from primacy.errors import DesignError
from primacy.probes.linear import Convergence, Features, Labels, LinearHead, Trainer

PENALTIES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True)
class Logistic(Trainer):
    """L-BFGS on the problem above, each penalty started from the optimum of the one before it.

    The search runs in the eigenbasis of the total covariance, scaled by 1 / sqrt(variance / k + penalty), in which the
    Hessian at weights zero is about the identity; that moves no optimum. `Convergence.residual` is the largest
    entry of the gradient of the problem as stated above, in the eigenbasis; converged at or below `tolerance`.
    """

    penalties: tuple[float, ...] = PENALTIES
    tolerance: float = 1e-6
    max_iterations: int = 2000

    def path(self, features: Features, y: np.ndarray, n_classes: int) -> list[LinearHead]:
        """One head per penalty; see the class."""
        labels = Labels.of(y, n_classes)
        Z = features.coordinates()
        variance = features.values / (features.scale**2 or 1.0)
        theta = np.zeros((Z.shape[1] + 1, len(labels.seen)))
        heads = []
        for penalty in self.penalties:
            step = np.append(1 / np.sqrt(variance / len(labels.seen) + penalty), np.sqrt(len(labels.seen)))
            theta, convergence = self._minimise(_Objective(Z, labels, penalty), theta, step[:, None])
            weight, bias = features.spread(theta[:-1], theta[-1], labels)
            heads.append(LinearHead(weight, bias, penalty, convergence))
        return heads

    def _minimise(self, objective: _Objective, start: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, Convergence]:
        from scipy.optimize import minimize

        def scaled(flat: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = objective(step * flat.reshape(start.shape))
            return value, (step * gradient).ravel()

        options = {
            "maxiter": self.max_iterations,
            "maxfun": 2 * self.max_iterations,
            "maxcor": 20,
            "ftol": 0.0,  # only the gradient decides
            "gtol": self.tolerance * min(1.0, float(step.min())),
        }
        found = minimize(scaled, (start / step).ravel(), jac=True, method="L-BFGS-B", options=options)
        theta = step * found.x.reshape(start.shape)
        residual = float(np.abs(objective(theta)[1]).max())
        return theta, Convergence(residual <= self.tolerance, residual, int(found.nit))


@dataclass(frozen=True)
class _Objective:
    """The penalised loss and its gradient at theta (d + 1, k), biases in the last row."""

    Z: np.ndarray
    labels: Labels
    penalty: float

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        labels, rows = self.labels, np.arange(len(self.Z))
        weight = (1 / (len(labels.seen) * labels.counts))[labels.ids]  # sums to one, each class alike
        logits = self.Z @ theta[:-1] + theta[-1]
        logits -= logits.max(axis=1, keepdims=True)
        true = logits[rows, labels.ids]
        np.exp(logits, out=logits)
        total = logits.sum(axis=1)
        loss = float(weight @ (np.log(total) - true)) + self.penalty / 2 * float(np.sum(theta[:-1] ** 2))
        logits *= (weight / total)[:, None]
        logits[rows, labels.ids] -= weight
        gradient = np.vstack([self.Z.T @ logits + self.penalty * theta[:-1], logits.sum(axis=0)])
        return loss, gradient


@dataclass(frozen=True)
class SklearnLogistic(Trainer):
    """scikit-learn's LogisticRegression (lbfgs) on the same problem: the reference that the fast heads answer to.

    `tolerance` is scikit-learn's `tol`; `Convergence.residual` is the gradient of our objective at its solution.
    """

    penalties: tuple[float, ...] = PENALTIES
    tolerance: float = 1e-6
    max_iterations: int = 20_000

    def path(self, features: Features, y: np.ndarray, n_classes: int) -> list[LinearHead]:
        """One head per penalty, each fitted afresh.

        Raises:
            DesignError: fewer than two classes in training.
        """
        labels = Labels.of(y, n_classes)
        if len(labels.seen) < 2:
            raise DesignError("scikit-learn's logistic regression needs at least two classes in training, got one")
        Z = features.coordinates()
        heads = []
        for penalty in self.penalties:
            theta, iterations = self._solve(Z, labels, penalty)
            residual = float(np.abs(_Objective(Z, labels, penalty)(theta)[1]).max())
            weight, bias = features.spread(theta[:-1], theta[-1], labels)
            done = iterations < self.max_iterations and residual <= 10 * self.tolerance
            heads.append(LinearHead(weight, bias, penalty, Convergence(done, residual, iterations)))
        return heads

    def _solve(self, Z: np.ndarray, labels: Labels, penalty: float) -> tuple[np.ndarray, int]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        two = len(labels.seen) == 2  # then it fits and penalises the difference of the two symmetric columns
        model = LogisticRegression(
            C=(2 if two else 1) / (penalty * len(Z)),
            class_weight="balanced",
            tol=self.tolerance,
            max_iter=self.max_iterations,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # said by Convergence instead
            model.fit(Z, labels.ids)
        weight, bias = model.coef_, model.intercept_
        if two:
            weight, bias = np.vstack([-weight, weight]) / 2, np.append(-bias, bias) / 2
        return np.vstack([weight.T, bias]), int(np.max(model.n_iter_))
