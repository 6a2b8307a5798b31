"""Areas, boxes and centroids, measured from masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Measured:
    """Of n objects in a mask of S x S pixels, in mask order.

    `pixels` int64 (n,) seen pixels; `area` float64 (n,) the same as a share of the image; `box` int64 (n, 4): x, y,
    width, height in pixels, zeros where nothing is seen; `centroid` float64 (n, 2): x, y in fractions of the frame, NaN
    where nothing is seen.
    """

    pixels: np.ndarray
    area: np.ndarray
    box: np.ndarray
    centroid: np.ndarray


def measure(mask: np.ndarray, n: int) -> Measured:
    """Measure the objects 1..n of `mask`, uint8 (S, S)."""
    height, width = mask.shape
    pixels = np.bincount(mask.ravel(), minlength=n + 1)[1 : n + 1].astype(np.int64)
    box = np.zeros((n, 4), dtype=np.int64)
    centroid = np.full((n, 2), np.nan)
    for k in range(n):
        if not pixels[k]:
            continue
        seen = mask == k + 1
        columns, rows = seen.sum(axis=0), seen.sum(axis=1)
        x, y = np.flatnonzero(columns), np.flatnonzero(rows)
        box[k] = x[0], y[0], x[-1] - x[0] + 1, y[-1] - y[0] + 1
        centroid[k] = (
            (columns @ (np.arange(width) + 0.5)) / pixels[k] / width,
            (rows @ (np.arange(height) + 0.5)) / pixels[k] / height,
        )
    return Measured(pixels, pixels / mask.size, box, centroid)
