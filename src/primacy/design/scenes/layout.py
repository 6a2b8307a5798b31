"""Does it fit? The largest area at which every object of a set stays in the frame and clear of the others.

Boxes grow with the square root of the area, so each object and each pair of objects gives a limit in closed form and
the smallest of them holds: nothing has to be searched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from primacy.design.scenes.spots import Arrangement, Spot
from primacy.errors import DesignError

MARGIN = 0.02
"""Least distance of a box from the edge of the frame, in fractions of the frame."""
GAP = 0.03
"""Least distance of two boxes, across or down."""
FLOOR = 0.0003
"""Least area of an object, share of the image: 15 pixels of 224 x 224."""
_SETS_AT_ONCE = 4096


def slack(camera_jitter: float) -> float:
    """By how much boxes are taken to be larger than measured: silhouettes are known from the middle of the frame and
    one elevation, perspective and a moved camera change them a little."""
    return 1.05 + 0.01 * camera_jitter


def largest_area(arrangements: Sequence[Arrangement], boxes: np.ndarray) -> np.ndarray:
    """The largest base area of each set at which all of `arrangements` fit.

    Args:
        arrangements: scenes of every set.
        boxes: float64 (K, M, 2), width and height of each member's box at an area of 1, in frames.

    Returns:
        float64 (K,), 0 where nothing fits.
    """
    layouts = {tuple((s.member, s.slot, s.area) for s in a.spots): a.spots for a in arrangements}
    limit = np.full(len(boxes), np.inf)
    for start in range(0, len(boxes), _SETS_AT_ONCE):
        part = slice(start, start + _SETS_AT_ONCE)
        for spots in layouts.values():
            limit[part] = np.minimum(limit[part], _limits(spots, boxes[part]).min(axis=1))
    return np.maximum(limit, 0) ** 2


def _limits(spots: Sequence[Spot], boxes: np.ndarray) -> np.ndarray:
    """Square roots of the largest area, (K, E + P): by the frame for each of E objects, then for each of P pairs."""
    centres = np.array([(s.slot.x, s.slot.y) for s in spots])
    half = boxes[:, [s.member for s in spots]] * np.sqrt([s.area for s in spots])[:, None] / 2
    by_frame = ((np.minimum(centres, 1 - centres) - MARGIN) / half).min(axis=-1)
    one, other = np.triu_indices(len(spots), 1)
    apart = np.abs(centres[one] - centres[other]) - GAP
    by_pair = (apart / (half[:, one] + half[:, other])).max(axis=-1)
    return np.concatenate([by_frame, by_pair], axis=1)


def settle_area(largest: np.ndarray, wanted: float) -> np.ndarray:
    """Base areas: what is wanted, or the largest that fits, rounded down to 10^-6."""
    return np.floor(np.minimum(largest, wanted) * 1e6 + 1e-9) / 1e6


def tightest(arrangements: Sequence[Arrangement], boxes: np.ndarray) -> list[Spot]:
    """The object, or the pair of objects, that leaves the least room in any arrangement of one set, boxes (M, 2)."""
    found = [(a.spots, _limits(a.spots, boxes[None])[0]) for a in arrangements]
    spots, limits = min(found, key=lambda pair: pair[1].min())
    pairs = zip(*np.triu_indices(len(spots), 1), strict=True)
    return [*([spot] for spot in spots), *([spots[i], spots[j]] for i, j in pairs)][int(limits.argmin())]


def refuse_tiny(wanted: float, least: float) -> None:
    """Refuse a base area of which the share `least`, that of the smallest objects, is below `FLOOR`.

    Raises:
        DesignError: it is.
    """
    if wanted * least < FLOOR:
        raise DesignError(
            f"an area of {wanted:.3g} of the image leaves the smallest objects {wanted * least:.2g} of it,"
            f" expected at least {FLOOR:g}",
            hint="Ask for a larger area or a smaller ratio of areas.",
        )


def refuse_crowded(largest: np.ndarray, least: float, culprits: Callable[[int], Sequence[tuple[str, str]]]) -> None:
    """Refuse sets in which an object would have to be smaller than `FLOOR` to fit.

    Args:
        largest: the largest base area of each set, float64 (K,).
        least: the smallest objects' share of the base area.
        culprits: gives names and slots of the objects that limit a set.

    Raises:
        DesignError: naming the objects that need the room, and the largest area that they can have.
    """
    worst = int(largest.argmin())
    if (room := float(largest[worst])) * least < FLOOR:
        found = " beside ".join(f"{name} ({slot})" for name, slot in culprits(worst))
        raise DesignError(
            f"no room for {found}: the largest objects of this set can cover {room:.2g} of the image at most, which"
            f" leaves the smallest {room * least:.2g}, expected at least {FLOOR:g}",
            hint="Ask for fewer objects or a smaller ratio of areas, or leave that category out.",
        )
