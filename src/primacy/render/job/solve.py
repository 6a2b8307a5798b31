"""Where an object must stand, and how large it must be, to be seen where a scene wants it: geometry, no Blender.

World: Z up, the ground is z = 0, the camera stands at -Y and looks at the origin. Picture: fractions of the square
frame from its upper left corner. Objects are given by points around them (V, 3), front to -Y, standing on z = 0 at the
origin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from refused import RefusedError

GAP = 0.03  # between an occluder and what it hides, in world units (the camera stands 10 away)
_STEPS = 80
_EXACT = 1e-5


@dataclass(frozen=True)
class Wanted:
    """What a scene asks of an object: its name, centre of its box, share of the picture, yaw in degrees."""

    name: str
    x: float
    y: float
    area: float
    yaw: float


@dataclass(frozen=True)
class Stand:
    """Where an object stands: x, y on the ground, scale, turn about Z in radians."""

    x: float
    y: float
    scale: float
    turn: float

    def placed(self, points: np.ndarray) -> np.ndarray:
        """`points` of the object in the world, float64 (V, 3)."""
        c, s = math.cos(self.turn), math.sin(self.turn)
        spin = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) * self.scale
        return points @ spin + np.array([self.x, self.y, 0.0])


class View:
    """A camera at `distance` from the origin, `elevation` degrees up, `field_of_view` degrees wide."""

    def __init__(self, elevation: float, field_of_view: float, distance: float) -> None:
        up = math.radians(elevation)
        self.distance = distance
        self.half = math.tan(math.radians(field_of_view) / 2)
        self.place = distance * np.array([0.0, -math.cos(up), math.sin(up)])
        # Columns: right, up and forward.
        self.axes = np.array([[1.0, 0, 0], [0, math.sin(up), math.cos(up)], [0, math.cos(up), -math.sin(up)]]).T

    def box(self, points: np.ndarray) -> np.ndarray:
        """Left, top, right, bottom of the picture of world `points`; infinite where some are not before the camera."""
        seen = (points - self.place) @ self.axes
        depth = seen[:, 2]
        if depth.min() < 0.02 * self.distance:
            return np.array([-np.inf, -np.inf, np.inf, np.inf])
        x = 0.5 + seen[:, 0] / depth / (2 * self.half)
        y = 0.5 - seen[:, 1] / depth / (2 * self.half)
        return np.array([x.min(), y.min(), x.max(), y.max()])

    def ground(self, x: float, y: float) -> tuple[float, float] | None:
        """The point of the ground that is seen at (x, y); None at or above the horizon."""
        ray = self.axes @ np.array([(2 * x - 1) * self.half, (1 - 2 * y) * self.half, 1.0])
        if ray[2] > -0.01:
            return None
        hit = self.place - ray * (self.place[2] / ray[2])
        return float(hit[0]), float(hit[1])

    def turn(self, x: float, y: float, yaw: float) -> float:
        """Turn about Z of an object at (x, y) of the ground that shows the camera `yaw` degrees of it."""
        return math.radians(yaw) - math.atan2(x - self.place[0], y - self.place[1])

    def depth(self, stand: Stand) -> float:
        """Distance of the camera from where an object stands."""
        return float(np.linalg.norm(np.array([stand.x, stand.y, 0.0]) - self.place))


def stand(view: View, points: np.ndarray, wanted: Wanted, fill: float) -> Stand:
    """The stand whose box is centred where wanted and holds the wanted area.

    `fill` is the silhouette's share of its box.

    Raises:
        RefusedError: there is none on the ground before the camera.
    """
    aim = np.array([wanted.x, wanted.y])
    scale = _guess(view, wanted, fill)
    for _ in range(_STEPS):
        ground = view.ground(float(aim[0]), float(aim[1]))
        if ground is None:
            break
        found = Stand(*ground, scale, view.turn(*ground, wanted.yaw))
        box = view.box(found.placed(points))
        if not np.isfinite(box).all():
            scale *= 0.5
            continue
        miss = np.array([wanted.x, wanted.y]) - centre(box)
        ratio = math.sqrt(wanted.area / (fill * box_area(box)))
        if np.abs(miss).max() < _EXACT and abs(ratio - 1) < _EXACT:
            return found
        aim += miss
        scale *= min(max(ratio, 0.5), 2.0)
    raise _nowhere(wanted)


def stand_before(view: View, points: np.ndarray, wanted: Wanted, fill: float, behind: np.ndarray) -> Stand:
    """The stand at the wanted x and area just nearer to the camera than another object; the wanted y is ignored.

    `behind` (W, 3) are points around that object, in the world.

    Raises:
        RefusedError: there is none before the camera.
    """
    found = Stand(0.0, float(behind[:, 1].min()), _guess(view, wanted, fill), 0.0)
    for _ in range(_STEPS):
        found = replace(found, turn=view.turn(found.x, found.y, wanted.yaw))
        found = replace(found, y=found.y + clearance(found.placed(points), behind) - GAP)
        box = view.box(found.placed(points))
        if not np.isfinite(box).all():
            found = replace(found, scale=found.scale * 0.5)
            continue
        miss = wanted.x - float(centre(box)[0])
        ratio = math.sqrt(wanted.area / (fill * box_area(box)))
        if abs(miss) < _EXACT and abs(ratio - 1) < _EXACT:
            return found
        found = replace(
            found, x=found.x + miss * 2 * view.half * view.depth(found), scale=found.scale * min(max(ratio, 0.5), 2.0)
        )
    raise _nowhere(wanted)


def clearance(before: np.ndarray, behind: np.ndarray) -> float:
    """How far `before` can move along +Y, away from the camera, until its outline on the ground touches `behind`'s.

    Both are points (V, 3) in the world; outlines are convex. Two that pass side by side: until their middles are level.
    """
    near, far = _edge(before, -1.0), _edge(behind, 1.0)
    level = float(np.mean([far[:, 1].min(), behind[:, 1].max()]) - np.mean([near[:, 1].max(), before[:, 1].min()]))
    left, right = max(near[0, 0], far[0, 0]), min(near[-1, 0], far[-1, 0])
    if left >= right:
        return level
    at = np.concatenate([[left, right], *(e[(e[:, 0] > left) & (e[:, 0] < right), 0] for e in (near, far))])
    return min(level, float((np.interp(at, far[:, 0], far[:, 1]) - np.interp(at, near[:, 0], near[:, 1])).min()))


def _edge(points: np.ndarray, side: float) -> np.ndarray:
    """The convex outline on the ground as far as the camera sees it (`side` 1) or not (-1): corners (C, 2) by x."""
    chain: list[np.ndarray] = []
    for point in points[np.lexsort((side * points[:, 1], points[:, 0]))][:, :2]:
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-1] - chain[-2], point - chain[-2]
            if side * (ax * by - ay * bx) > 0:
                break
            chain.pop()
        chain.append(point)
    return np.array(chain)


def centre(box: np.ndarray) -> np.ndarray:
    """x, y of the middle of a box (left, top, right, bottom)."""
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])


def box_area(box: np.ndarray) -> float:
    """Area of a box (left, top, right, bottom)."""
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _guess(view: View, wanted: Wanted, fill: float) -> float:
    return 2 * view.half * view.distance * math.sqrt(wanted.area / fill)


def _nowhere(wanted: Wanted) -> RefusedError:
    return RefusedError(
        f"{wanted.name} cannot stand on the ground centred at ({wanted.x:.2f}, {wanted.y:.2f}) "
        f"with {100 * wanted.area:.1f} % of the picture"
    )
