"""Presets that vary size, and the one that varies nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primacy.design.scenes.presets.preset import rotations
from primacy.design.scenes.slots import SLOTS, Slot
from primacy.design.scenes.spots import Arrangement, Spot

if TYPE_CHECKING:
    from primacy.design.scenes.request import SceneRequest

_STEPS = range(-3, 4)
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
            ratio = round(request.area_ratio ** (step / 3), 6)
            areas = [round((request.area_ratio**-0.5) * ratio**power, 9) for power in (0.5, -0.5)]
            for row in rotations(n):
                spots = tuple(
                    Spot(member, slot, areas[0], _level(step), "target")
                    if member == target
                    else Spot(member, slot, areas[1], _level(-step))
                    for member, slot in zip(row, SLOTS[n], strict=True)
                )
                arrangements.append(Arrangement(spots, {"ratio": ratio}))
    return arrangements


def _level(step: int) -> str:
    return "large" if step > 0 else "small" if step < 0 else "equal"


def _one_large(row: list[int], slots: tuple[Slot, ...], large: int, ratio: float) -> Arrangement:
    spots = tuple(
        Spot(member, slot, 1.0, "large") if place == large else Spot(member, slot, 1 / ratio, "small")
        for place, (member, slot) in enumerate(zip(row, slots, strict=True))
    )
    return Arrangement(spots, {"ratio": ratio, "large_slot": slots[large].name})
