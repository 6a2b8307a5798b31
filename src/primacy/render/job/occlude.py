"""An occluder put before its target, sideways so far that the wanted share of the target is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from arrange import AREA_AIM, Draw, Found, Thing, area_miss, refilled, refuse_misses
from refused import RefusedError
from solve import GAP, Stand, View, Wanted, clearance, stand, stand_before

AIM, LIMIT = 0.01, 0.03
_ROUNDS = 8
_TARGET, _OCCLUDER = 0, 1


def occlude(view: View, target: Thing, hidden: Found, occluder: Thing, visibility: float, draw: Draw) -> Found:
    """Where the occluder stands: nearer to the camera than all of the target, on the side that the scene has it on.

    Its height in the picture is the wanted one if it can stand there without touching the target, else lower.

    Args:
        view: the camera.
        target: what is to be hidden.
        hidden: where the target stands.
        occluder: wants an area; its wanted x is where to begin, and right or left of the target's.
        visibility: share of the target that is to be seen.
        draw: the mask of the target (0) and the occluder (1).

    Raises:
        RefusedError: no place brings the share within 3 points; the text says what can be had.
    """
    behind = hidden.stand.placed(target.points)
    wanted, fill = occluder.wanted, occluder.fill
    tries: list[tuple[float, float, Stand]] = []
    reach: tuple[float, float] = (1.0, 1.0)
    for _ in range(_ROUNDS):
        where = _before(view, occluder.points, wanted, fill, behind)
        mask = draw({_TARGET: hidden.stand, _OCCLUDER: where})
        seen = mask == _OCCLUDER + 1
        fill = refilled(view, occluder.points, where, seen, wanted.name)
        share = float((mask == _TARGET + 1).sum() / hidden.whole.sum())
        fault = max(abs(share - visibility) / AIM, area_miss(seen, wanted.area) / AREA_AIM)
        tries.append((fault, share, where))
        if fault <= 1:
            break
        shift, reach = _next(hidden.whole, seen, visibility, right=occluder.wanted.x >= target.wanted.x)
        if shift == 0 and len(tries) > 1:
            break  # the grid has nothing better
        wanted = replace(wanted, x=wanted.x + shift / mask.shape[0])
    _, share, where = min(tries, key=lambda one: one[0])
    found = Found(where, draw({_OCCLUDER: where}) == _OCCLUDER + 1)
    if abs(share - visibility) > LIMIT:
        raise RefusedError(
            f"{target.wanted.name} is to be seen by {visibility:.2f}, but {occluder.wanted.name} before it "
            f"can only bring that to {reach[0]:.2f} to {reach[1]:.2f}"
        )
    refuse_misses(view, occluder, found, place=False)
    return found


def _before(view: View, points: np.ndarray, wanted: Wanted, fill: float, behind: np.ndarray) -> Stand:
    """The wanted stand if it is nearer than what is `behind` and does not touch it, else the one just before that."""
    try:
        found = stand(view, points, wanted, fill)
    except RefusedError:
        found = None
    if found is not None and clearance(found.placed(points), behind) >= GAP:
        return found
    return stand_before(view, points, wanted, fill, behind)


def _next(
    target: np.ndarray, occluder: np.ndarray, visibility: float, *, right: bool
) -> tuple[int, tuple[float, float]]:
    """Pixels by which to shift the occluder, judged by its silhouette; least and most that can be seen of the target.

    It may go from the target's middle to beside it, and not leave the picture.
    """
    rows = np.flatnonzero(target.any(axis=1))
    behind, before = target[rows[0] : rows[-1] + 1], occluder[rows[0] : rows[-1] + 1]
    side = target.shape[1]
    (first, last), (left, edge) = _span(target), _span(occluder)
    middle = round((first + last - left - edge) / 2)
    beside = last - left if right else first - edge
    least, most = sorted((middle, beside))
    shifts = range(max(least, -left), max(min(most, side - edge), max(least, -left)) + 1)
    shares = [1 - _common(behind, before, shift) / target.sum() for shift in shifts]
    # Of equally good places the one nearest to the present.
    best = min(range(len(shifts)), key=lambda k: (abs(shares[k] - visibility), abs(shifts[k])))
    return shifts[best], (float(min(shares)), float(max(shares)))


def _span(whole: np.ndarray) -> tuple[int, int]:
    """First column of a silhouette, and the one after its last."""
    columns = np.flatnonzero(whole.any(axis=0))
    return int(columns[0]), int(columns[-1]) + 1


def _common(behind: np.ndarray, before: np.ndarray, shift: int) -> int:
    """Pixels that both cover when `before` is shifted to the right."""
    side = behind.shape[1]
    if shift >= 0:
        return int((behind[:, shift:] & before[:, : side - shift]).sum())
    return int((behind[:, :shift] & before[:, -shift:]).sum())
