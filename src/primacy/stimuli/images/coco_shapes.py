"""Shapes of annotated things, as COCO writes them, drawn onto a grid of pixels.

A pixel belongs to a shape when its centre does. Every annotated thing covers at least one pixel, so that small ones
do not vanish on a coarse grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Box = tuple[float, float, float, float]
_MAX_DIGITS = 12  # of five bits each in a compressed run length: more than any picture needs


@dataclass(frozen=True, eq=False)
class Polygons:
    """Outlines of one thing's parts: float64 (k, 2) arrays of x, y in pixels of the annotated picture, k >= 3."""

    parts: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class RunLengths:
    """A mask of height x width pixels as int64 lengths of runs of 0, 1, 0, ... down the columns."""

    height: int
    width: int
    counts: np.ndarray


Shape = Polygons | RunLengths


def uncompressed_counts(text: str) -> np.ndarray:
    """Run lengths int64 of COCO's compressed text form.

    Each number is written in digits of five bits, lowest first, from the character "0" on; the sixth bit says that
    more follow, the highest of the last digit is the sign. From the fourth on, numbers are differences from the last
    but one.

    Raises:
        ValueError: characters outside the code, or a number that does not end.
    """
    codes = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero(codes & 32 == 0)
    starts = np.concatenate([[0], ends + 1])
    digits = np.diff(starts)
    strange = (codes < 0) | (codes >= 64)
    if strange.any():
        raise ValueError(f"character {text[int(np.argmax(strange))]!r} does not belong in compressed run lengths")
    if starts[-1] != len(codes):
        raise ValueError("the last of the compressed run lengths does not end")
    if (digits > _MAX_DIGITS).any():
        raise ValueError(f"a number of the compressed run lengths has more than {_MAX_DIGITS} digits")
    if not len(ends):
        return np.zeros(0, dtype=np.int64)
    place = np.arange(len(codes)) - np.repeat(starts[:-1], digits)
    counts = np.add.reduceat((codes & 31) << (5 * place), starts[:-1])
    counts -= np.where(codes[ends] & 16, 1 << (5 * digits), 0)
    for parity in (1, 2):
        counts[parity::2] = np.cumsum(counts[parity::2])
    return counts


def drawn(shape: Shape | None, box: Box, picture: tuple[int, int], grid: tuple[int, int]) -> np.ndarray:
    """The pixels of a thing on a grid: bool (grid height, grid width).

    Args:
        shape: its outline or mask; None where only the box is known.
        box: x, y, width, height in pixels of the annotated picture.
        picture: width and height of the annotated picture.
        grid: width and height of the grid that stands for the whole picture.
    """
    scale = np.array(grid) / np.array(picture)
    out = np.zeros(grid[::-1], dtype=bool)
    if isinstance(shape, Polygons):
        for part in shape.parts:
            _fill(out, part.astype(np.float64) * scale)
    elif isinstance(shape, RunLengths):
        out |= _sampled(shape, grid)
    if shape is None or not out.any():
        x, y = (_span(box[axis], box[axis + 2], scale[axis], grid[axis], shape is None) for axis in (0, 1))
        out[y, x] = True
    return out


def _span(low: float, extent: float, scale: float, size: int, all_of_it: bool) -> slice:
    """Pixels from edge to edge, each edge rounded to the nearest; where that is none, or not all of it is wanted, the
    pixel that the middle lies in."""
    start = min(max(math.floor(low * scale + 0.5), 0), size)
    stop = min(max(math.floor((low + extent) * scale + 0.5), 0), size)
    if not all_of_it or stop <= start:
        start = min(max(math.floor((low + extent / 2) * scale), 0), size - 1)
        stop = start + 1
    return slice(start, stop)


def _sampled(runs: RunLengths, grid: tuple[int, int]) -> np.ndarray:
    """What the mask says at each pixel's centre; looked up among the runs, so that no mask is too large to unpack."""
    column = ((np.arange(grid[0]) + 0.5) * runs.width / grid[0]).astype(np.int64)
    row = ((np.arange(grid[1]) + 0.5) * runs.height / grid[1]).astype(np.int64)
    run = np.searchsorted(np.cumsum(runs.counts), column * runs.height + row[:, None], side="right")
    return run % 2 == 1


def _fill(out: np.ndarray, points: np.ndarray) -> None:
    """Add to `out` the pixels whose centres lie inside the closed outline `points` (k, 2), by the even-odd rule."""
    left, top = np.clip(np.floor(points.min(axis=0)), 0, out.shape[::-1]).astype(np.int64)
    right, bottom = np.clip(np.ceil(points.max(axis=0)), 0, out.shape[::-1]).astype(np.int64)
    width, height = int(right - left), int(bottom - top)
    if width <= 0 or height <= 0:
        return
    x, y = (points - (left, top)).T
    x_next, y_next = np.roll(x, -1), np.roll(y, -1)
    # An edge meets the rows whose centres lie between its ends; crossings left of a pixel's centre flip it.
    first = np.clip(np.ceil(np.minimum(y, y_next) - 0.5), 0, height).astype(np.int64)
    rows_met = np.clip(np.ceil(np.maximum(y, y_next) - 0.5), 0, height).astype(np.int64) - first
    edge = np.repeat(np.arange(len(x)), rows_met)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(rows_met) - rows_met, rows_met) + first[edge]
    at = x[edge] + (row + 0.5 - y[edge]) * ((x_next - x)[edge] / (y_next - y)[edge])
    column = np.clip(np.ceil(at - 0.5), 0, width).astype(np.int64)
    flips = np.bincount(row * (width + 1) + column, minlength=height * (width + 1)).reshape(height, width + 1)
    out[top:bottom, left:right] |= np.cumsum(flips, axis=1)[:, :width] % 2 == 1
