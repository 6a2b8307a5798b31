"""Presets that vary how often or how well one object is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primacy.design.scenes.presets.preset import rotations
from primacy.design.scenes.slots import SLOTS, Slot
from primacy.design.scenes.spots import Arrangement, Spot

if TYPE_CHECKING:
    from primacy.design.scenes.request import SceneRequest

CONTRASTS = (1.0, 0.5, 0.25, 0.125)
VISIBILITIES = (1.0, 0.75, 0.5, 0.25)
SIDES = ("left", "right")
_PLACES = 8
_STRIDE = 3  # coprime to the number of places: objects dealt one after another do not stand side by side


def most_copies(n: int) -> int:
    """Most copies of the target among n categories: as many as the others leave places for.

    One place stays empty where there are no others: eight copies of one object look alike in every rotation.
    """
    return min(_PLACES + 1 - n, _PLACES - 1)


def count(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each category as the target, shown 1, 2, ... times among the others; a further copy moves no other object."""
    arrangements = []
    for target in range(n):
        others = [(target + j) % n for j in range(1, n)]
        for copies in range(1, most_copies(n) + 1):
            step = n if request.copies == "different" else 0
            dealt = [(target, "target"), *((member, "other") for member in others)]
            dealt += [(target + step * copy, "target") for copy in range(1, copies)]
            for turn in range(_PLACES):
                at = sorted(((turn + _STRIDE * j) % _PLACES, *one) for j, one in enumerate(dealt))
                spots = tuple(Spot(member, SLOTS[_PLACES][place], role=role) for place, member, role in at)
                arrangements.append(Arrangement(spots, {"copies": copies}))
    return arrangements


def contrast(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each object as the target, at each slot, at each contrast; the others keep theirs."""
    return [
        Arrangement(
            tuple(
                Spot(member, slot, role="target", contrast=level) if member == target else Spot(member, slot)
                for member, slot in zip(row, SLOTS[n], strict=True)
            ),
            {"contrast": level},
        )
        for target in range(n)
        for level in CONTRASTS
        for row in rotations(n)
    ]


def occlusion(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each of two objects behind the other, hidden from either side, at each visibility.

    The occluder's place is a name only: `scenes.occlusion` computes where it stands.
    """
    arrangements = []
    for target in range(2):
        for side in SIDES:
            for visibility in VISIBILITIES:
                hidden = Spot(target, Slot("centre", 0.5, 0.5), 1 / request.area_ratio, "behind", "target", visibility)
                front = Spot(1 - target, Slot(f"front-{side}", 0.5, 0.5), 1.0, "front", "occluder")
                spots = (front, hidden) if side == "left" else (hidden, front)
                arrangements.append(Arrangement(spots, {"visibility": visibility, "side": side}))
    return arrangements
