"""The search for places and sizes, without Blender: masks are drawn here, pixel by pixel."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.render.child import JOB

SIDE = 160
BOX = np.array([[x, y, z] for x in (-0.3, 0.3) for y in (-0.2, 0.2) for z in (0.0, 1.0)])
FLAT = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 0.1)])


@pytest.fixture(scope="module")
def job():
    """The modules of the job that need no Blender; they import each other as a folder of scripts does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(JOB.parent))
        import arrange
        import occlude
        import refused
        import solve

        return SimpleNamespace(arrange=arrange, occlude=occlude, solve=solve, RefusedError=refused.RefusedError)


def inside(corners):
    """Pixels of the convex hull of projected `corners`: those on one side of every line through two of them."""
    x, y = (np.arange(SIDE) + 0.5) / SIDE, (np.arange(SIDE)[:, None] + 0.5) / SIDE
    mask = np.ones((SIDE, SIDE), dtype=bool)
    for a in corners:
        for b in corners:
            normal = np.array([a[1] - b[1], b[0] - a[0]])
            if np.linalg.norm(normal) > 1e-12 and ((corners - a) @ normal >= -1e-12).all():
                mask &= (x - a[0]) * normal[0] + (y - a[1]) * normal[1] >= 0
    return mask


def projected(view, points):
    """Point by point, by the definition of a pinhole camera."""
    elevation = math.asin(view.place[2] / view.distance)
    found = []
    for px, py, pz in points - view.place:
        forward = py * math.cos(elevation) - pz * math.sin(elevation)
        up = py * math.sin(elevation) + pz * math.cos(elevation)
        found.append((0.5 + px / forward / (2 * view.half), 0.5 - up / forward / (2 * view.half)))
    return np.array(found)


def apart(one, other):
    """Two rectangles do not touch if one of their sides' directions shows them apart."""
    for corners in (one, other):
        for side in (corners[1] - corners[0], corners[2] - corners[0]):
            mine, its = one @ side, other @ side
            if mine.max() < its.min() or its.max() < mine.min():
                return True
    return False


def drawer(view, points):
    def draw(stands):
        mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
        for k in sorted(stands, key=lambda k: -view.depth(stands[k])):
            mask[inside(projected(view, stands[k].placed(points[k])))] = k + 1
        return mask

    return draw


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(0.2, 0.8),
    y=st.floats(0.25, 0.75),
    area=st.floats(0.005, 0.08),
    yaw=st.floats(-180, 180),
    elevation=st.floats(18, 45),
)
def test_a_stand_has_the_wanted_box(job, x, y, area, yaw, elevation):
    view = job.solve.View(elevation, 25.0, 10.0)
    found = job.solve.stand(view, BOX, job.solve.Wanted("box", x, y, area, yaw), 0.8)
    seen = projected(view, found.placed(BOX))
    low, high = seen.min(axis=0), seen.max(axis=0)
    assert (low + high) / 2 == pytest.approx([x, y], abs=1e-4)
    assert 0.8 * (high - low).prod() == pytest.approx(area, rel=1e-3)
    assert found.placed(BOX)[:, 2].min() == pytest.approx(0)


@pytest.mark.parametrize("x", [0.15, 0.5, 0.85])
@pytest.mark.parametrize("yaw", [0, 90, -45])
def test_yaw_is_what_the_camera_sees(job, x, yaw):
    view = job.solve.View(25.0, 25.0, 10.0)
    found = job.solve.stand(view, BOX, job.solve.Wanted("box", x, 0.5, 0.03, yaw), 0.8)
    front = np.array([math.sin(found.turn), -math.cos(found.turn)])
    towards = view.place[:2] - np.array([found.x, found.y])
    towards /= np.linalg.norm(towards)
    right = np.array([-towards[1], towards[0]])
    assert math.degrees(math.atan2(front @ right, front @ towards)) == pytest.approx(yaw, abs=1e-6)


def test_what_cannot_stand_on_the_ground_is_refused(job):
    view = job.solve.View(5.0, 25.0, 10.0)
    with pytest.raises(job.RefusedError, match="kite cannot stand on the ground"):
        job.solve.stand(view, FLAT, job.solve.Wanted("kite", 0.5, 0.02, 0.01, 0.0), 0.8)


def test_areas_come_out_although_the_guess_was_wrong(job):
    view = job.solve.View(25.0, 25.0, 10.0)
    wanted = [job.solve.Wanted(f"thing {k}", x, y, 0.03, 30.0 * k) for k, (x, y) in enumerate([(0.3, 0.3), (0.7, 0.7)])]
    points = [BOX, FLAT]
    draw = drawer(view, points)
    things = {k: job.arrange.Thing(points[k], wanted[k], 0.25) for k in range(2)}
    found = job.arrange.arrange(view, things, draw)
    for k in range(2):
        whole = draw({k: found[k].stand}) == k + 1
        np.testing.assert_array_equal(whole, found[k].whole)
        assert abs(whole.sum() - 0.03 * SIDE**2) <= 0.02 * 0.03 * SIDE**2 + 3


@pytest.mark.parametrize("pixels", [60, 108, 150])
@pytest.mark.parametrize("y", [0.25, 0.5, 0.75])
def test_edges_along_the_grid_do_not_keep_an_area_from_coming_out(job, pixels, y):
    """A bar seen from the front gains or loses rows of pixels, 10 % of it and more, where its edge crosses one."""
    view = job.solve.View(25.0, 25.0, 10.0)
    bar = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.03, 0.03) for z in (0, 0.2)])
    wanted = job.solve.Wanted("bar", 0.5, y, pixels / SIDE**2, 0.0)
    found = job.arrange.arrange(view, {0: job.arrange.Thing(bar, wanted, 0.6)}, drawer(view, [bar]))[0]
    assert abs(int(found.whole.sum()) - pixels) <= 0.05 * pixels + 3


def test_silhouettes_are_whole_where_boxes_overlap(job):
    view = job.solve.View(25.0, 25.0, 10.0)
    places = [(0.5, 0.4), (0.52, 0.5)]
    things = {
        k: job.arrange.Thing(BOX, job.solve.Wanted("thing", x, y, 0.05, 0.0), 0.8) for k, (x, y) in enumerate(places)
    }
    draw = drawer(view, [BOX, BOX])
    found = job.arrange.arrange(view, things, draw)
    together = draw({k: f.stand for k, f in found.items()})
    hidden = found[0].whole.sum()
    assert hidden == pytest.approx(0.05 * SIDE**2, rel=0.03)
    assert (together == 1).sum() < 0.8 * hidden


def test_an_object_that_leaves_the_picture_is_refused(job):
    view = job.solve.View(25.0, 25.0, 10.0)
    thing = job.arrange.Thing(BOX, job.solve.Wanted("tower", 0.5, 0.95, 0.05, 0.0), 0.8)
    with pytest.raises(job.RefusedError, match="tower leaves the picture by"):
        job.arrange.arrange(view, {0: thing}, drawer(view, [BOX]))


@pytest.mark.parametrize("visibility", [0.85, 0.6, 0.4])
@pytest.mark.parametrize("side", [-1, 1])
def test_an_occluder_leaves_the_wanted_share(job, visibility, side):
    view = job.solve.View(25.0, 25.0, 10.0)
    target = job.arrange.Thing(FLAT, job.solve.Wanted("rug", 0.5, 0.4, 0.04, 20.0), 0.8)
    before = job.arrange.Thing(BOX, job.solve.Wanted("box", 0.5 + 0.1 * side, 0.5, 0.08, 0.0), 0.6)
    draw = drawer(view, [FLAT, BOX])
    hidden = job.arrange.arrange(view, {0: target}, draw)[0]
    found = job.occlude.occlude(view, target, hidden, before, visibility, draw)
    mask = draw({0: hidden.stand, 1: found.stand})
    assert (mask == 1).sum() / hidden.whole.sum() == pytest.approx(visibility, abs=0.03)
    assert found.whole.sum() == pytest.approx(0.08 * SIDE**2, rel=0.05)
    # Nearer, and apart in space: one of the sides of the two outlines on the ground has them on either hand.
    assert view.depth(found.stand) < view.depth(hidden.stand)
    assert apart(found.stand.placed(BOX)[::2, :2], hidden.stand.placed(FLAT)[::2, :2])
    assert np.sign(np.argwhere(mask == 2)[:, 1].mean() - np.argwhere(hidden.whole)[:, 1].mean()) == side


def test_a_share_that_cannot_be_reached_is_refused_with_what_can(job):
    view = job.solve.View(25.0, 25.0, 10.0)
    target = job.arrange.Thing(BOX, job.solve.Wanted("tower", 0.5, 0.4, 0.06, 0.0), 0.8)
    before = job.arrange.Thing(FLAT, job.solve.Wanted("rug", 0.6, 0.5, 0.02, 0.0), 0.8)
    draw = drawer(view, [BOX, FLAT])
    hidden = job.arrange.arrange(view, {0: target}, draw)[0]
    with pytest.raises(
        job.RefusedError, match=r"tower is to be seen by 0\.20, but rug before it can only bring that to 0\.[4-9]"
    ):
        job.occlude.occlude(view, target, hidden, before, 0.2, draw)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), aside=st.floats(-1.5, 1.5))
def test_clearance_is_where_outlines_touch(job, seed, aside):
    """Moved by a little less they are apart, by a little more they are not: by the sides of both convex outlines."""
    rng = np.random.default_rng(seed)
    before, behind = rng.normal(size=(12, 3)), rng.normal((aside, 6.0, 0.0), size=(12, 3))
    free = job.solve.clearance(before, behind)

    def touching(by):
        moved = before[:, :2] + np.array([0.0, by])
        angles = np.linspace(0, np.pi, 2000)
        directions = np.stack([np.cos(angles), np.sin(angles)])
        mine, its = moved @ directions, behind[:, :2] @ directions
        return bool(((mine.max(axis=0) > its.min(axis=0)) & (its.max(axis=0) > mine.min(axis=0))).all())

    assert not touching(free - 0.02)
    level = (np.ptp(behind[:, 1]) / 2 + behind[:, 1].min()) - (np.ptp(before[:, 1]) / 2 + before[:, 1].min())
    assert free <= level + 1e-9
    assert touching(free + 0.02) or free == pytest.approx(level)
