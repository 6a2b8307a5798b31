"""The part of a picture that boxes cover together, exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Region(NamedTuple):
    """A part of a picture: its area, and the integrals of x and of y over it (area times centroid), in pixels."""

    area: float
    x: float
    y: float


def clipped(box: tuple[float, float, float, float], width: int, height: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom, inside the picture, of a box given as x, y, width, height."""
    x, y, wide, high = box
    return min(max(x, 0), width), min(max(y, 0), height), min(max(x + wide, 0), width), min(max(y + high, 0), height)


def union_of_boxes(edges: NDArray[np.float64]) -> Region:
    """Union of n boxes, `edges` (n, 4): left, top, right, bottom, with left <= right and top <= bottom.

    A line sweeps over the edges from left to right; between two of them the covered height is constant. O(n^2) time
    and O(n) memory.
    """
    left, top, right, bottom = edges.T
    if len(edges) == 1:
        area = (right[0] - left[0]) * (bottom[0] - top[0])
        return Region(float(area), float(area * (left[0] + right[0]) / 2), float(area * (top[0] + bottom[0]) / 2))
    xs, ys = np.unique([left, right]), np.unique([top, bottom])
    heights, middles = np.diff(ys), (ys[1:] + ys[:-1]) / 2
    first, last = np.searchsorted(ys, top), np.searchsorted(ys, bottom)
    covers = np.zeros(len(heights), dtype=np.int64)
    at = np.concatenate([np.searchsorted(xs, left), np.searchsorted(xs, right)])
    order = np.argsort(at, kind="stable")
    n, event = len(edges), 0
    area = x = y = 0.0
    for column, width in enumerate(np.diff(xs)):
        while event < 2 * n and at[order[event]] == column:
            box = order[event] % n
            covers[first[box] : last[box]] += 1 if order[event] < n else -1
            event += 1
        covered = heights * (covers > 0)
        slab = float(width * covered.sum())
        area += slab
        x += slab * float(xs[column] + xs[column + 1]) / 2
        y += float(width * (covered @ middles))
    return Region(area, x, y)
