"""Windows of a photo that show the same object small and large: geometry only.

A ladder of windows shrinks towards a point of the target that keeps its place in the frame. So the target grows, is
never cut, and stands where it stood: its size changes and its slot does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

TARGET, STAYS = "target", "stays"
"""Roles in a ladder: what grows, and the others that every window of the ladder shows."""

MAX_SHARE = 0.5
"""Largest share of a window that a target's pixels may take."""


class Window(NamedTuple):
    """A rectangle of a picture: left, top, width and height, in whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def at(self) -> tuple[slice, slice]:
        """Its rows and columns, to index arrays with."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def scaled(self, source: tuple[int, int], target: tuple[int, int]) -> Window:
        """The same part of a picture of other size, to the nearest pixel, at least one pixel wide and high.

        Args:
            source: width and height of the picture that it is a window of.
            target: those of the other.
        """
        x, width = _rescaled(self.x, self.width, source[0], target[0])
        y, height = _rescaled(self.y, self.height, source[1], target[1])
        return Window(x, y, width, height)


def _rescaled(start: int, extent: int, source: int, target: int) -> tuple[int, int]:
    extent = max(1, round(extent * target / source))
    return min(round(start * target / source), target - extent), extent


def square(width: int, height: int, x: float | None = None, y: float | None = None) -> Window:
    """The largest square of a frame of width x height pixels, its centre as near to (x, y) as the frame allows.

    Without a point it is the centre square.
    """
    side = min(width, height)
    left = (width - side) / 2 if x is None else x - side / 2
    top = (height - side) / 2 if y is None else y - side / 2
    return Window(int(min(max(round(left), 0), width - side)), int(min(max(round(top), 0), height - side)), side, side)


def smallest_scale(base: Window, box: Window, pixels: int, *, min_side: int) -> float:
    """How far `base` can shrink around the middle of `box` (inside `base`) without cutting it: a factor of its sides.

    The other limits: the target takes at most `MAX_SHARE` of the window, and the window is at least `min_side` pixels
    wide and high.

    Args:
        base: the largest window.
        box: the target's bounding box, in the pixels that `base` is in.
        pixels: how many pixels the target has.
        min_side: smallest side of a window.
    """
    needed = [(pixels / (base.width * base.height) / MAX_SHARE) ** 0.5, min_side / min(base.width, base.height)]
    for start, size, low, extent in (
        (box.x, box.width, base.x, base.width),
        (box.y, box.height, base.y, base.height),
    ):
        middle = start + size / 2 - low
        needed += [size / 2 / middle, size / 2 / (extent - middle)]
    return min(1.0, max(needed))


def shrunk(base: Window, box: Window, scale: float) -> Window:
    """`base` scaled by `scale` about the middle of `box`; it holds `box` where `scale` >= `smallest_scale`."""
    width, height = max(1, round(base.width * scale)), max(1, round(base.height * scale))
    middle_x, middle_y = box.x + box.width / 2, box.y + box.height / 2
    x = middle_x - (middle_x - base.x) / base.width * width
    y = middle_y - (middle_y - base.y) / base.height * height
    return Window(
        _placed(x, width, (base.x, base.width), (box.x, box.width)),
        _placed(y, height, (base.y, base.height), (box.y, box.height)),
        width,
        height,
    )


def _placed(start: float, size: int, base: tuple[int, int], box: tuple[int, int]) -> int:
    """`start` as a whole pixel; rounding neither cuts the box, as far as it fits, nor leaves the base."""
    at = min(round(start), box[0])
    if size >= box[1]:
        at = max(at, box[0] + box[1] - size)
    return int(min(max(at, base[0]), base[0] + base[1] - size))


def ladder(base: Window, box: Window, smallest: float, steps: int) -> list[Window]:
    """`steps` windows from `base` to that of scale `smallest`, in equal ratios of the target's share."""
    return [shrunk(base, box, float(scale)) for scale in np.geomspace(1, smallest, steps)]


def smallest_that(holds: Callable[[float], bool], low: float, *, precision: float = 0.01) -> float | None:
    """The smallest scale from `low` to 1 for which `holds`, which must go on to hold for all larger ones.

    By bisection on the log scale to a ratio of 1 + `precision`; None where it does not hold even for 1.
    """
    if holds(low):
        return low
    if not holds(1.0):
        return None
    high = 1.0
    while high / low > 1 + precision:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
