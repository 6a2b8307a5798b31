"""Where an occluder stands: nearer to the camera, so lower in the picture, and aside by as much as the target is to be
seen.

Silhouettes are known by their boxes and fill alone. To guess how much one hides of another, each is taken to be a
solid rectangle of its area and its box's proportions; renderers start from the guess and find the true place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from primacy.design.scenes.layout import GAP, MARGIN
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import N_VIEWS, Shapes
from primacy.design.scenes.spots import Arrangement, Spot
from primacy.errors import DesignError

DROP = 0.12
"""How much lower the occluder's box ends than the target's, in the sum of their heights."""


LEAST_FILL, MOST_ASPECT = 0.55, 2.5
"""An object can hide another where its silhouette fills so much of its box, and is at most so many times as wide as
high or as high as wide. Then nearly all pairs reach all visibilities; a bicycle or a fork hides no three quarters of
anything near its own size."""


def able_to_hide(shapes: Shapes, request: SceneRequest) -> Shapes:
    """The objects that can hide another from every side that is asked for. Categories without any are left out.

    Raises:
        DesignError: a category asked for by name has none, or fewer than two categories are left.
    """
    views = [round(yaw / 45) % N_VIEWS for yaw in request.yaws]

    def able(asset: str) -> bool:
        seen = [shapes.silhouettes[asset][k] for k in views]
        return all(v.fill >= LEAST_FILL and 1 / MOST_ASPECT <= v.width / v.height <= MOST_ASPECT for v in seen)

    kept = {name: [a for a in assets if able(a)] for name, assets in shapes.categories.items()}
    for name in request.categories or ():
        if not kept.get(name, [name]):
            raise DesignError(
                f"{name!r} cannot hide another object: it fills less than {LEAST_FILL:.0%} of its box, or is more"
                f" than {MOST_ASPECT:g} times as long as wide",
                hint="Leave that category out, or ask for other yaws.",
            )
    left = {name: assets for name, assets in kept.items() if assets}
    if len(left) < 2:
        raise DesignError(f"{len(left)} categories can hide another object, expected at least 2")
    return replace(shapes, categories=left)


def largest_area(arrangements: Sequence[Arrangement], boxes: np.ndarray) -> np.ndarray:
    """The largest base area of each set at which occluder and target stay in the frame, side by side too.

    Args:
        arrangements: scenes of every set, a target and an occluder each.
        boxes: float64 (K, 2, 2), width and height of each member's box at an area of 1, in frames.

    Returns:
        float64 (K,).
    """
    return np.minimum.reduce([_limit(arrangement, boxes) for arrangement in arrangements]) ** 2


def _limit(arrangement: Arrangement, boxes: np.ndarray) -> np.ndarray:
    """Square root of the largest base area, (K,)."""
    target, occluder = _roles(arrangement)
    hidden, front = _at_base(target, boxes), _at_base(occluder, boxes)
    below = hidden[:, 1] / 2 + DROP * (hidden[:, 1] + front[:, 1])
    above = np.maximum(front[:, 1] - below, hidden[:, 1] / 2)
    room = 0.5 - MARGIN
    return np.minimum.reduce([(room - GAP) / (hidden[:, 0] / 2 + front[:, 0]), room / below, room / above])


def centres(arrangements: Sequence[Arrangement], boxes: np.ndarray, solid: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Centres of the boxes of all objects.

    Args:
        arrangements: scenes of every set.
        boxes: as for `largest_area`.
        solid: the same of the solid rectangles, float64 (K, 2, 2).
        areas: base areas, float64 (K,).

    Returns:
        float64 (K, R, 2, 2): set, arrangement, object in slot order, x and y in fractions of the frame.
    """
    scale = np.sqrt(areas)[:, None]
    found = np.empty((len(boxes), len(arrangements), 2, 2))
    for r, arrangement in enumerate(arrangements):
        target, occluder = _roles(arrangement)
        hidden, front = scale * _at_base(target, boxes), scale * _at_base(occluder, boxes)
        lowest = target.slot.y + hidden[:, 1] / 2 + DROP * (hidden[:, 1] + front[:, 1])
        aside = (hidden[:, 0] + front[:, 0]) / 2 + GAP
        if target.visibility < 1:
            aside = np.minimum(aside, _aside(target, occluder, solid, scale))
        side = -1 if occluder.slot.name == "front-left" else 1
        found[:, r, arrangement.spots.index(target)] = target.slot.x, target.slot.y
        at = arrangement.spots.index(occluder)
        found[:, r, at, 0] = target.slot.x + side * aside
        found[:, r, at, 1] = lowest - front[:, 1] / 2
    return np.round(found, 6)


def _aside(target: Spot, occluder: Spot, solid: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Distance across between the centres at which the solid rectangles overlap as much as is to be hidden."""
    hidden, front = scale * _at_base(target, solid), scale * _at_base(occluder, solid)
    down = np.minimum(hidden[:, 1], front[:, 1])
    across = (1 - target.visibility) * hidden[:, 0] * hidden[:, 1] / down
    across = np.minimum(across, np.minimum(hidden[:, 0], front[:, 0]))
    return (hidden[:, 0] + front[:, 0]) / 2 - across


def _roles(arrangement: Arrangement) -> tuple[Spot, Spot]:
    one, other = arrangement.spots
    return (one, other) if one.role == "target" else (other, one)


def _at_base(spot: Spot, boxes: np.ndarray) -> np.ndarray:
    """Boxes (K, 2) of a spot's member at a base area of 1."""
    return boxes[:, spot.member] * spot.area**0.5
