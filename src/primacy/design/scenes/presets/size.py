"""Presets that vary size, and the one that varies nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primacy.design.scenes.presets.preset import rotations
from primacy.design.scenes.slots import GRID, SLOTS, Slot
from primacy.design.scenes.spots import Arrangement, Spot

if TYPE_CHECKING:
    from primacy.design.scenes.request import SceneRequest

_STEPS = range(-3, 4)
_INNER_GRID = tuple(Slot(name, round(0.06 + 0.88 * x, 2), round(0.06 + 0.88 * y, 2)) for name, x, y in GRID)
"""Nine slots further in than the grid's: two objects need no more room, and thin ones can be half as large again."""
_DIAGONAL = ("upper-left", "upper", "lower", "lower-right")
"""Half of the outer slots: two corners, two edges, each with its opposite, so that this half lies no further out."""
_PUBLISHED = {2: 0, 3: 1, 4: 1, 5: 2}
"""Slot of the large object in the published images, counted from 0 (docs/scenes.md)."""


def equal(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each object at each slot once, all of one area."""
    return [
        Arrangement(tuple(Spot(member, slot) for member, slot in zip(row, SLOTS[n], strict=True)))
        for row in rotations(n)
    ]


def one_large(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each rotation with the large object at each slot."""
    return [_one_large(row, SLOTS[n], large, request.area_ratio) for row in rotations(n) for large in range(n)]


def paper(request: SceneRequest, n: int) -> list[Arrangement]:
    """One scene a set, the large object always in the same slot."""
    names = [slot.name for slot in SLOTS[n]]
    large = _PUBLISHED[n] if request.large_slot is None else names.index(request.large_slot)
    return [_one_large(list(range(n)), SLOTS[n], large, request.area_ratio)]


def size_ladder(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each object as the target, at each slot, at seven ratios of its area to that of each other object.

    The geometric mean of the two areas stays the same, so that no scene holds objects too small to be drawn, as would
    happen if the others kept theirs.
    """
    arrangements = []
    for target in range(n):
        for step in _STEPS:
            ratio, areas = _rung(request, step)
            for row in rotations(n):
                spots = tuple(
                    Spot(member, slot, areas[0], _level(step), "target")
                    if member == target
                    else Spot(member, slot, areas[1], _level(-step))
                    for member, slot in zip(row, SLOTS[n], strict=True)
                )
                arrangements.append(Arrangement(spots, {"ratio": ratio}))
    return arrangements


def pair_ladder(request: SceneRequest, n: int) -> list[Arrangement]:
    """Two objects, one in the centre and one in each of eight outer slots, both ways round, at the ladder's ratios.

    No picture comes twice, so each has one of its objects as the target. At every ratio the target stands in the centre
    beside four outer slots, and in the other four itself; which four alternates from rung to rung.
    """
    centre = next(slot for slot in _INNER_GRID if slot.name == "centre")
    arrangements = []
    for step in _STEPS:
        ratio, (own, others) = _rung(request, step)
        for outer in _INNER_GRID:
            if outer == centre:
                continue
            centred = (outer.name in _DIAGONAL) == (step % 2 == 0)
            place, opposite = (centre, outer) if centred else (outer, centre)
            for member in range(2):
                target = Spot(member, place, own, _level(step), "target")
                spots = (target, Spot(1 - member, opposite, others, _level(-step)))
                factors = {"ratio": ratio, "centred": "target" if centred else "other"}
                arrangements.append(Arrangement(tuple(sorted(spots, key=lambda s: _INNER_GRID.index(s.slot))), factors))
    return arrangements


def _rung(request: SceneRequest, step: int) -> tuple[float, tuple[float, float]]:
    """Ratio of areas at a step of the ladder, and the areas of the target and of each other object."""
    ratio = round(request.area_ratio ** (step / 3), 6)
    own, others = (round((request.area_ratio**-0.5) * ratio**power, 9) for power in (0.5, -0.5))
    return ratio, (own, others)


def _level(step: int) -> str:
    return "large" if step > 0 else "small" if step < 0 else "equal"


def _one_large(row: list[int], slots: tuple[Slot, ...], large: int, ratio: float) -> Arrangement:
    spots = tuple(
        Spot(member, slot, 1.0, "large") if place == large else Spot(member, slot, 1 / ratio, "small")
        for place, (member, slot) in enumerate(zip(row, slots, strict=True))
    )
    return Arrangement(spots, {"ratio": ratio, "large_slot": slots[large].name})
