"""Presets that vary place alone, and the gallery of single objects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from primacy.design.scenes.slots import GRID, Slot
from primacy.design.scenes.spots import Arrangement, Spot

if TYPE_CHECKING:
    from primacy.design.scenes.request import SceneRequest

RING = 0.32
DISTANCES = (0.0, 0.08, 0.16, 0.24, RING)
_FEWEST_ANGLES = 6
_SCALES = 4


def slots(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each object at each of nine slots once; objects keep their order and, around the grid, their distance."""
    places = [member * len(GRID) // n for member in range(n)]
    return [
        _in_order(
            [(at, Spot(member, GRID[at])) for member, place in enumerate(places) for at in [(place + step) % len(GRID)]]
        )
        for step in range(len(GRID))
    ]


def centre_distance(request: SceneRequest, n: int) -> list[Arrangement]:
    """Each object as the target, moving out from the centre in several directions to its place on a ring.

    The others stand on the ring, where n objects would be evenly spaced. The number of directions is a multiple of
    n - 1, so that each of the others stands in each place beside the target equally often.
    """
    around = max(n - 1, 1)
    directions = around * math.ceil(_FEWEST_ANGLES / around)
    arrangements = []
    for target in range(n):
        for distance in DISTANCES:
            for direction in range(directions):
                angle = 360 * direction / directions
                placed = [(angle, Spot(target, _polar(distance, angle), role="target"))]
                for j in range(1, n):
                    at = (angle + 360 * j / n) % 360
                    other = (target + 1 + (j + direction) % (n - 1)) % n
                    placed.append((at, Spot(other, _polar(RING, at))))
                factors = {"distance": distance, "direction": round(angle, 6)}
                arrangements.append(_in_order(placed, factors))
    return arrangements


def singles(request: SceneRequest, n: int) -> list[Arrangement]:
    """One object alone: four areas, nine slots, all yaws (a set's members are the yaws)."""
    return [
        Arrangement(
            (Spot(member, slot, round(request.area_ratio ** (-step / 3), 9), "single", "target"),), {"scale": step}
        )
        for step in range(_SCALES)
        for slot in GRID
        for member in range(len(request.yaws))
    ]


def _polar(distance: float, angle: float) -> Slot:
    """A place at `angle` degrees counter-clockwise from the right."""
    turn = math.radians(angle)
    name = f"{distance:g} at {angle:g}" if distance else "centre"
    return Slot(name, round(0.5 + distance * math.cos(turn), 6), round(0.5 - distance * math.sin(turn), 6))


def _in_order(placed: list[tuple[float, Spot]], factors: Mapping[str, float | int | str] | None = None) -> Arrangement:
    spots = tuple(spot for _, spot in sorted(placed, key=lambda pair: pair[0]))
    return Arrangement(spots, factors or {})
