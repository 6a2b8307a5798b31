"""What the contract asks of one way into an encoder, texts or pictures; the public checks are in `primacy.testing`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np


class Side(NamedTuple):
    """One way into the encoder: its method, its input, and how messages speak of both."""

    call: Callable[[list[Any]], Any]
    method: str
    things: str
    inputs: list[Any]
    names: list[str]

    def of(self, rows: Sequence[int]) -> Side:
        """The same with other inputs."""
        return self._replace(inputs=[self.inputs[i] for i in rows], names=[self.names[i] for i in rows])


def check_side(side: Side, tolerance: float, found: list[str]) -> tuple[np.ndarray | None, float]:
    """The vectors of all inputs (None where they are none) and the largest difference between batches."""
    base = encoded(side, side.method, found)
    if base is None:
        return None, 0.0
    error = _batch_violations(side, base, tolerance, found)
    _edge_violations(side, base, tolerance, found)
    return base, error


def encoded(side: Side, what: str, found: list[str]) -> np.ndarray | None:
    """The array for the inputs, a copy, or None after adding what is wrong with it to `found`."""
    given, n = list(side.inputs), len(side.inputs)
    try:
        array = side.call(given)
    except Exception as error:
        found.append(f"{what}: raises {type(error).__name__}: {error}")
        return None
    if given != side.inputs:
        found.append(f"{what}: changes the list that it is given")
    if not isinstance(array, np.ndarray):
        found.append(f"{what}: returns {type(array).__name__}, expected a numpy array")
    elif array.ndim != 2 or len(array) != n or array.shape[1] == 0:
        found.append(f"{what}: shape {array.shape} for {n} {side.things}, expected ({n}, dim)")
    elif array.dtype != np.float32:
        found.append(f"{what}: dtype {array.dtype}, expected float32")
    elif not np.isfinite(array).all():
        bad = side.names[int(np.argmin(np.isfinite(array).all(axis=1)))]
        found.append(f"{what}: NaN or infinity, first for {bad}")
    else:
        return array.copy()
    return None


def _batch_violations(side: Side, base: np.ndarray, tolerance: float, found: list[str]) -> float:
    again = encoded(side, "second call", found)
    if again is not None and not np.array_equal(again, base):
        found.append(f"determinism: the same {side.things} twice give different arrays")
    rows = [encoded(side.of([i]), f"{name} alone", found) for i, name in enumerate(side.names)]
    alone = [row for row in rows if row is not None]
    error = 0.0
    if len(alone) == len(side.inputs):
        error = compare(np.concatenate(alone), base, side.names, tolerance, "batch size: alone and among others", found)
    turned = encoded(side.of(range(len(base))[::-1]), "reversed order", found)
    if turned is not None:
        compare(turned[::-1], base, side.names, tolerance, "order: reversed", found)
    return error


def _edge_violations(side: Side, base: np.ndarray, tolerance: float, found: list[str]) -> None:
    empty = encoded(side.of([]), "empty list", found)
    if empty is not None and empty.shape != (0, base.shape[1]):
        found.append(f"empty list: shape {empty.shape}, expected (0, {base.shape[1]})")
    order = [0, len(base) - 1, 0, 0]
    twice = encoded(side.of(order), "duplicates", found)
    if twice is not None:
        compare(twice, base[order], side.of(order).names, tolerance, "duplicates", found)


def compare(
    seen: np.ndarray, expected: np.ndarray, names: list[str], tolerance: float, what: str, found: list[str]
) -> float:
    """The largest difference relative to the vector's length; said in `found` where it exceeds `tolerance`."""
    if seen.shape != expected.shape:
        found.append(f"{what}: dimension {seen.shape[1:]} instead of {expected.shape[1:]}")
        return float("nan")
    length = np.maximum(np.linalg.norm(expected, axis=1), np.finfo(np.float32).tiny)
    error = np.linalg.norm(seen - expected, axis=1) / length
    worst = int(error.argmax())
    if error[worst] > tolerance:
        found.append(f"{what}: vectors differ by {error[worst]:.1e} (allowed {tolerance:.0e}), most for {names[worst]}")
    return float(error[worst])
