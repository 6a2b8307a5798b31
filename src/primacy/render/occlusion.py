"""Where an occluder must stand for a target to be seen by a given share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from primacy.errors import RenderError

_TOLERANCE = 0.03


def tolerance(height: int, pixels: int) -> float:
    """How far a seen share may be off: 3 points, or half a column of the target where that is more.

    An occluder stands at whole pixels, and each step sideways hides or frees up to one column of a small target.

    Args:
        height: of the target's bounding box in pixels.
        pixels: of its whole silhouette.
    """
    return max(_TOLERANCE, height / pixels / 2)


def overlap(solid: np.ndarray, x: int, y: int, other: np.ndarray, other_x: int, other_y: int) -> int:
    """Pixels that two silhouettes, bool (h, w) with their upper left corners at (x, y), have in common."""
    rows, columns = _common(solid, x, y, other, other_x, other_y)
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return 0
    mine = solid[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    its = other[rows.start - other_y : rows.stop - other_y, columns.start - other_x : columns.stop - other_x]
    return int(np.count_nonzero(mine & its))


def without(solid: np.ndarray, x: int, y: int, others: Iterable[tuple[np.ndarray, int, int]]) -> np.ndarray:
    """What is left of a silhouette behind others, bool (h, w)."""
    left = solid.copy()
    for other, other_x, other_y in others:
        rows, columns = _common(solid, x, y, other, other_x, other_y)
        if rows.stop > rows.start and columns.stop > columns.start:
            its = other[rows.start - other_y : rows.stop - other_y, columns.start - other_x : columns.stop - other_x]
            left[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x] &= ~its
    return left


def stand(seen: Callable[[int], float], wanted: float, off: float, first: int, near: int, far: int) -> int:
    """The place, of those between `near` and `far`, where the seen share comes to what is wanted.

    `first` is kept if it will do. Else the shares are bisected; where they do not rise steadily from `near` to `far`
    and that finds nothing, every place is tried.

    Args:
        seen: share of the target that is seen with the occluder at a place in pixels.
        wanted: share, 0 to 1.
        off: by how much it may be missed.
        first: where the scene has it.
        near: where it hides most.
        far: where it hides least; on either side of `near`.

    Raises:
        RenderError: no place comes that near; it names what can be had.
    """
    if min(near, far) <= first <= max(near, far) and abs(seen(first) - wanted) <= off / 10:
        return first
    step = 1 if far >= near else -1
    low, high = 0, abs(far - near)
    while low < high:
        middle = (low + high) // 2
        if seen(near + step * middle) < wanted:
            low = middle + 1
        else:
            high = middle
    places = [near + step * d for d in (low - 1, low) if 0 <= d <= abs(far - near)]
    best = min(places, key=lambda place: abs(seen(place) - wanted))
    if abs(seen(best) - wanted) <= off:
        return best
    shares = [(abs(seen(near + step * d) - wanted), d) for d in range(abs(far - near) + 1)]
    missed, d = min(shares)
    if missed <= off:
        return near + step * d
    reached = [seen(near + step * d) for _, d in shares]
    raise RenderError(
        f"is to be seen by {wanted:.2f}, but its occluder can only bring it to {min(reached):.2f} to {max(reached):.2f}"
    )


def _common(solid: np.ndarray, x: int, y: int, other: np.ndarray, other_x: int, other_y: int) -> tuple[slice, slice]:
    return (
        slice(max(y, other_y), min(y + solid.shape[0], other_y + other.shape[0])),
        slice(max(x, other_x), min(x + solid.shape[1], other_x + other.shape[1])),
    )
