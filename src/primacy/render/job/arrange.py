"""Objects brought to the place and size that a scene asks for, by looking at what the masks show."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from refused import RefusedError
from solve import Stand, View, Wanted, box_area, centre, stand

Draw = Callable[[Mapping[int, Stand]], np.ndarray]
"""Gives the mask, uint8 (S, S), of the objects numbered, standing so: 0 none, k + 1 object k."""

AREA_AIM, AREA_LIMIT = 0.02, 0.05
PLACE_AIM, PLACE_LIMIT = 0.006, 0.01
OUTSIDE = 0.01  # share of the frame by which a box may leave it
_ROUNDS = 10
_SURE = 3  # rounds that believe in the last mask; then its grid may be what is wrong, and steps are halved
_NUDGES = (0.25, -0.25, 0.5, -0.5)  # pixels: an edge along a row of the grid gains or loses all of it at once
_FEW = 3  # pixels that the grid alone may win or lose


@dataclass(frozen=True, eq=False)
class Thing:
    """An object to place: points around it (V, 3), what is wanted, a guess of the share of its box that shows it."""

    points: np.ndarray
    wanted: Wanted
    fill: float


@dataclass(frozen=True, eq=False)
class Found:
    """Where an object came to stand, and its whole silhouette, bool (S, S)."""

    stand: Stand
    whole: np.ndarray


def arrange(view: View, things: Mapping[int, Thing], draw: Draw) -> dict[int, Found]:
    """Place things where they want to be.

    Raises:
        RefusedError: one cannot be placed, or does not come within 5 % of its area and 1 % of the frame of its place.
    """
    waiting = dict(things)
    best: dict[int, tuple[float, Found]] = {}
    fills = {k: thing.fill for k, thing in things.items()}
    aims = {k: thing.wanted for k, thing in things.items()}
    for step in range(_ROUNDS):
        stands = {k: best[k][1].stand for k in things if k not in waiting}
        for k, thing in waiting.items():
            aim = aims[k] if step < _SURE else _nudged(aims[k], step - _SURE, best[k][1].whole.shape[0])
            stands[k] = stand(view, thing.points, aim, fills[k])
        wholes = silhouettes(view, {k: t.points for k, t in things.items()}, stands, draw)
        for k, thing in list(waiting.items()):
            fault, fill, aims[k] = _judge(view, thing, stands[k], aims[k], wholes[k])
            fills[k] = fill if step < _SURE else math.sqrt(fill * fills[k])
            if k not in best or fault < best[k][0]:
                best[k] = fault, Found(stands[k], wholes[k])
            if fault <= 1:
                del waiting[k]
        if not waiting:
            break
    found = {k: best[k][1] for k in things}
    for k, thing in things.items():
        refuse_misses(view, thing, found[k])
    return found


def _nudged(aim: Wanted, step: int, side: int) -> Wanted:
    by = _NUDGES[step % len(_NUDGES)] / side
    return replace(aim, x=aim.x + by, y=aim.y + by)


def silhouettes(
    view: View, points: Mapping[int, np.ndarray], stands: Mapping[int, Stand], draw: Draw
) -> dict[int, np.ndarray]:
    """Whole silhouettes, bool (S, S): what boxes keep apart is drawn in one pass."""
    boxes = {k: view.box(where.placed(points[k])) for k, where in stands.items()}
    wholes: dict[int, np.ndarray] = {}
    for group in _apart(boxes):
        mask = draw({k: stands[k] for k in group})
        wholes |= {k: mask == k + 1 for k in group}
    return wholes


def refuse_misses(view: View, thing: Thing, found: Found, *, place: bool = True) -> None:
    """Refuse a stand that does not do what is wanted; `place` says whether the place counts.

    Raises:
        RefusedError: the area is not within 5 %, the place not within 1 % of the frame, or the box leaves the frame.
    """
    wanted = thing.wanted
    box = view.box(found.stand.placed(thing.points))
    outside = max(-box[0], -box[1], box[2] - 1, box[3] - 1)
    if outside > OUTSIDE:
        raise RefusedError(f"{wanted.name} leaves the picture by {100 * outside:.0f} % of its side")
    if area_miss(found.whole, wanted.area) > AREA_LIMIT:
        raise RefusedError(
            f"{wanted.name} covers {100 * found.whole.mean():.2f} % of the picture, wanted {100 * wanted.area:.2f} %"
        )
    miss = place_miss(found.whole, wanted) if place else np.zeros(2)
    if np.abs(miss).max() > PLACE_LIMIT:
        x, y = miss
        raise RefusedError(f"{wanted.name} is {100 * x:+.1f} % right and {100 * y:+.1f} % below of where it is wanted")


def refilled(view: View, points: np.ndarray, where: Stand, whole: np.ndarray, name: str) -> float:
    """Share of its box, as far as it lies in the picture, that a silhouette fills.

    Raises:
        RefusedError: nothing of the object is in the picture.
    """
    if not whole.any():
        raise RefusedError(f"{name} has no pixel in the picture")
    return float(whole.mean()) / max(box_area(np.clip(view.box(where.placed(points)), 0, 1)), 1 / whole.size)


def _judge(view: View, thing: Thing, where: Stand, aim: Wanted, whole: np.ndarray) -> tuple[float, float, Wanted]:
    """How far off a stand is, 1 being the limit of what is aimed for; the fill and the aim to try next."""
    fill = refilled(view, thing.points, where, whole, thing.wanted.name)
    off = place_miss(whole, thing.wanted)
    fault = max(area_miss(whole, thing.wanted.area) / AREA_AIM, float(np.abs(off).max()) / PLACE_AIM)
    # Corners of leaf cards are transparent: the box that is seen may be smaller than the mesh's.
    if np.abs(off).max() > PLACE_AIM:
        aim = replace(aim, x=aim.x - float(off[0]), y=aim.y - float(off[1]))
    return fault, fill, aim


def area_miss(whole: np.ndarray, wanted: float) -> float:
    """Share by which a silhouette is too large or too small, less what the grid may account for."""
    pixels = wanted * whole.size
    return max(abs(int(whole.sum()) - pixels) - _FEW, 0.0) / pixels


def place_miss(whole: np.ndarray, wanted: Wanted) -> np.ndarray:
    """Centre of the silhouette's box less the wanted one, in fractions of the frame; less half a pixel of the grid."""
    side = whole.shape[0]
    rows, columns = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / side
    off = centre(box) - np.array([wanted.x, wanted.y])
    grid = 0.5 / side
    return np.array([math.copysign(max(abs(o) - grid, 0.0), o) for o in off])


def _apart(boxes: Mapping[int, np.ndarray]) -> list[list[int]]:
    """Boxes in as few groups as come by putting each into the first in which it touches none."""
    groups: list[list[int]] = []
    for k, box in boxes.items():
        for group in groups:
            if not any(_touch(box, boxes[other]) for other in group):
                group.append(k)
                break
        else:
            groups.append([k])
    return groups


def _touch(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((a[:2] <= b[2:]).all() and (b[:2] <= a[2:]).all())


def order(view: View, stands: Sequence[Stand]) -> list[int]:
    """Rank of each object by its distance from the camera, 0 the nearest."""
    nearest = sorted(range(len(stands)), key=lambda k: (view.depth(stands[k]), k))
    return [nearest.index(k) for k in range(len(stands))]
