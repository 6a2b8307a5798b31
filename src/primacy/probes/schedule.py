"""The published TOC head: a fixed number of Adam steps (docs/paper.md 3), kept for `--protocol paper`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from primacy.probes.linear import Convergence, Features, Labels, LinearHead, Trainer


@dataclass(frozen=True)
class PublishedSchedule(Trainer):
    """One linear layer trained by Adam on cross-entropy over shuffled batches, from raw vectors, for fixed epochs.

    The published setting is the default: learning rate 1e-3, batches of 32, 10 epochs (20 for SimCO), no penalty.
    Start values are those of `torch.nn.Linear` (uniform within 1 / sqrt(d)); `seed` decides them and the shuffles.
    Nothing says that such a head has converged: `Convergence.residual` is the norm of the gradient of the unpenalised
    mean cross-entropy relative to its norm at weights zero, and `converged` means that it fell below 1e-3.
    """

    seed: int
    epochs: int = 10
    batch: int = 32
    learning_rate: float = 1e-3

    def path(self, features: Features, y: np.ndarray, n_classes: int) -> list[LinearHead]:
        """The one head of the last epoch. Classes that never occur keep what training gave them."""
        import torch

        Labels.of(y, n_classes)
        X, target = torch.from_numpy(np.asarray(features.X, np.float32)), torch.from_numpy(np.asarray(y, np.int64))
        generator = torch.Generator().manual_seed(self.seed)
        bound = X.shape[1] ** -0.5
        weight = torch.empty(n_classes, X.shape[1]).uniform_(-bound, bound, generator=generator).requires_grad_()
        bias = torch.empty(n_classes).uniform_(-bound, bound, generator=generator).requires_grad_()
        adam = torch.optim.Adam([weight, bias], lr=self.learning_rate)
        steps = 0
        with _one_thread():
            for _ in range(self.epochs):
                for rows in torch.randperm(len(X), generator=generator).split(self.batch):
                    adam.zero_grad()
                    torch.nn.functional.cross_entropy(X[rows] @ weight.T + bias, target[rows]).backward()
                    adam.step()
                    steps += 1
        W, b = weight.detach().numpy().T.astype(np.float64), bias.detach().numpy().astype(np.float64)
        zero = _gradient_norm(features.X, y, np.zeros_like(W), np.zeros_like(b))
        residual = _gradient_norm(features.X, y, W, b) / (zero or 1.0)
        return [LinearHead(W, b, 0.0, Convergence(residual < 1e-3, residual, steps))]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Steps this small only wait for a second thread, on a busy machine twenty times as long as they work."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _gradient_norm(X: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray) -> float:
    from scipy.special import softmax

    error = softmax(X @ W + b, axis=1)
    error[np.arange(len(y)), y] -= 1
    return float(np.hypot(np.linalg.norm(X.T @ error), np.linalg.norm(error.sum(axis=0))) / len(y))
