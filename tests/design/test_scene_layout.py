"""Objects stay in the frame and clear of each other: checked scene by scene, box by box."""

from dataclasses import replace
from itertools import combinations
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.scenes.design import build
from primacy.design.scenes.layout import FLOOR, GAP, MARGIN, slack
from primacy.design.scenes.presets import PRESETS
from primacy.design.scenes.request import ALL_VIEWS, SceneRequest
from primacy.design.scenes.silhouettes import Shapes, Silhouette
from primacy.design.scenes.slots import GRID, SLOTS
from primacy.errors import DesignError, UnknownNameError

CASES = [(name, n) for name, preset in PRESETS.items() for n in preset.areas]
CLOSE = 1e-9


def box(shapes, placed, grown=1.0):
    """Left, top, right, bottom of an object as the design knows it."""
    view = shapes.silhouettes[placed.asset][round(placed.yaw / 45) % 8]
    height = sqrt(placed.area / view.fill * view.height / view.width)
    width = height * view.width / view.height
    assert width * height * view.fill == pytest.approx(placed.area)
    w, h = width * grown / 2, height * grown / 2
    return placed.x - w, placed.y - h, placed.x + w, placed.y + h


def apart(one, other):
    """Largest distance of two boxes along an axis; negative where they overlap on both."""
    return max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3])


@pytest.mark.parametrize(("name", "n"), CASES)
def test_every_object_is_in_the_frame_and_clear_of_the_others(scene_shapes, name, n):
    shapes = scene_shapes(16)
    sets = {"count": 3, "size-ladder": 5}.get(name, 8)
    design = build(SceneRequest(name, objects=(n,), sets=sets, yaws=ALL_VIEWS, seed=n), shapes)
    for scene in design.scenes():
        boxes = [box(shapes, o, slack(0)) for o in scene.objects]
        for o, (left, top, right, bottom) in zip(scene.objects, boxes, strict=True):
            assert min(left, top, 1 - right, 1 - bottom) >= MARGIN - CLOSE or o.role == "occluder"
            assert min(left, top, 1 - right, 1 - bottom) >= -CLOSE
            assert o.area >= FLOOR - CLOSE
            assert o.area <= design.request.area_for(n) + CLOSE
        if all(o.visibility == 1 for o in scene.objects):
            assert all(apart(one, other) >= GAP - 2e-6 for one, other in combinations(boxes, 2))


@given(seed=st.integers(0, 10_000), n=st.integers(2, 8), name=st.sampled_from(["one-large", "equal"]))
@settings(max_examples=40, deadline=None)
def test_areas_are_the_largest_that_fit(scene_shapes, seed, n, name):
    """Grown by a hundredth, some object of every set would leave the frame or come too near to another."""
    shapes = scene_shapes(12, seed=seed)
    design = build(SceneRequest(name, objects=(n,), sets=3, seed=seed, area=1.0), shapes)
    tight: dict[int, bool] = {}
    for scene in design.scenes():
        boxes = [box(shapes, replace(o, area=o.area * 1.02), slack(0)) for o in scene.objects]
        out = any(min(b[0], b[1], 1 - b[2], 1 - b[3]) < MARGIN for b in boxes)
        near = any(apart(one, other) < GAP for one, other in combinations(boxes, 2))
        tight[scene.set_id] = tight.get(scene.set_id, False) or out or near
    assert all(tight.values())


def test_a_thin_object_makes_its_sets_smaller_and_no_others(scene_shapes):
    wide = {f"block {i}": (Silhouette(1, 1, 0.9),) * 8 for i in range(5)} | {"fork": (Silhouette(0.1, 1, 0.5),) * 8}
    shapes = Shapes(wide, {name: (name,) for name in wide})
    design = build(SceneRequest("one-large", objects=(2,), sets=15), shapes)
    wanted = design.request.area_for(2)
    for scene in design.scenes():
        names, base = {o.asset for o in scene.objects}, scene.factors["base_area"]
        assert base < wanted if "fork" in names else base == wanted
        large, small = sorted((o.area for o in scene.objects), reverse=True)
        assert (large, large / small) == (base, 8)


def test_what_does_not_fit_is_named_with_the_area_that_it_can_have():
    thin = {f"block {i}/1": (Silhouette(1, 1, 0.9),) * 8 for i in range(7)} | {
        "fork/1": (Silhouette(0.01, 1, 0.3),) * 8
    }
    shapes = Shapes(thin, {name.split("/")[0]: (name,) for name in thin})
    for name in ("one-large", "size-ladder", "singles"):
        n = 1 if name == "singles" else 4
        with pytest.raises(DesignError, match=r"no room for .*fork/1 \(.*at most") as caught:
            build(SceneRequest(name, objects=(n,), sets=8, ratio=8), shapes)
        assert "leave that category out" in caught.value.hint
        kept = tuple(f"block {i}" for i in range(7))
        assert len(build(SceneRequest(name, objects=(n,), sets=7, ratio=8, categories=kept), shapes))
    with pytest.raises(DesignError, match="leaves the smallest objects"):
        build(SceneRequest("one-large", area=0.001), shapes)


def test_neighbours_are_named_where_they_are_in_each_others_way():
    thin = {"plank": (Silhouette(1, 0.001, 0.9),) * 8, "pole": (Silhouette(0.001, 1, 0.9),) * 8}
    blocks = {name: (Silhouette(1, 1, 0.9),) * 8 for name in ("block 1", "block 2")}
    shapes = Shapes(thin | blocks, {name: (name,) for name in thin | blocks})
    with pytest.raises(DesignError, match=r"(plank|pole) \([\w-]+\) beside (plank|pole) \([\w-]+\)"):
        build(SceneRequest("equal", objects=(3,), sets=4), shapes)


def test_more_room_is_kept_where_the_camera_moves(scene_shapes):
    still, moving = (
        build(SceneRequest("equal", area=1.0, sets=5, camera_jitter=jitter), scene_shapes()).parts[0].areas
        for jitter in (0.0, 10.0)
    )
    assert (moving < still).all()


def test_slot_tables():
    assert sorted(SLOTS) == list(range(1, 9))
    for n, slots in SLOTS.items():
        assert len(slots) == n == len({slot.name for slot in slots}) == len({slot[1:] for slot in slots})
        assert list(slots) == sorted(slots, key=lambda slot: (slot.y, slot.x))
        for name, x, y in slots:
            assert ("left" in name, "right" in name) == (x < 0.5, x > 0.5)
            assert ("upper" in name, "lower" in name) == (y < 0.5, y > 0.5)
            assert (name == "centre") == (x == y == 0.5)
    assert [slot.name for slot in SLOTS[3]] == ["upper-left", "centre", "lower-right"]
    assert len({slot.name for slot in GRID}) == 9


def test_an_occluder_stands_lower_and_aside_by_what_is_to_be_seen(scene_shapes):
    shapes = scene_shapes(20)
    design = build(SceneRequest("occlusion", sets=10, seed=1), shapes)
    aside: dict[tuple, dict[float, float]] = {}
    for scene in design.scenes():
        (target,) = (o for o in scene.objects if o.role == "target")
        (occluder,) = (o for o in scene.objects if o.role == "occluder")
        assert (target.x, target.y, target.slot) == (0.5, 0.5, "centre")
        assert occluder.visibility == 1
        assert occluder.area == pytest.approx(4 * target.area)
        assert box(shapes, occluder)[3] > box(shapes, target)[3] + 0.01
        assert occluder.slot == f"front-{scene.factors['side']}"
        assert (occluder.x < target.x) == (scene.factors["side"] == "left") or occluder.x == target.x
        assert [o.slot for o in scene.objects].index("centre") == (scene.factors["side"] == "left")
        key = scene.set_id, target.asset, scene.factors["side"]
        aside.setdefault(key, {})[target.visibility] = abs(occluder.x - target.x)
    for by_visibility in aside.values():
        distances = [by_visibility[v] for v in sorted(by_visibility)]
        assert sorted(by_visibility) == [0.25, 0.5, 0.75, 1.0]
        assert distances == sorted(distances)
        assert distances[-1] > distances[0]


def test_only_what_can_hide_another_is_used(scene_shapes):
    shapes = scene_shapes(20)
    shown = {o.category for s in build(SceneRequest("occlusion", sets=30), shapes).scenes() for o in s.objects}
    compact = {
        category
        for category, assets in shapes.categories.items()
        for asset in assets
        if all(shapes.silhouettes[asset][k].fill >= 0.55 for k in (7, 0, 1))
        and all(
            0.4 <= shapes.silhouettes[asset][k].width / shapes.silhouettes[asset][k].height <= 2.5 for k in (7, 0, 1)
        )
    }
    assert shown == compact
    assert {f"thing {c}" for c in range(0, 20, 3)} <= compact < set(shapes.categories)
    (thin, *_) = sorted(set(shapes.categories) - compact)
    with pytest.raises(DesignError, match=f"'{thin}' cannot hide"):
        build(SceneRequest("occlusion", categories=("thing 0", "thing 3", thin)), shapes)
    with pytest.raises(DesignError, match="1 categories can hide"):
        build(SceneRequest("occlusion"), scene_shapes(1))
    with pytest.raises(UnknownNameError):
        build(SceneRequest("occlusion", categories=("thing 0", "things 3")), shapes)


@pytest.mark.parametrize("ratio", [4, 64])
def test_what_can_hide_another_always_fits(ratio):
    long = {name: (Silhouette(2.5, 1, 0.55),) * 8 for name in ("a", "b")}
    tall = {name: (Silhouette(1, 2.5, 0.55),) * 8 for name in ("c", "d")}
    shapes = Shapes(long | tall, {name: (name,) for name in long | tall})
    for scene in build(SceneRequest("occlusion", sets=6, ratio=ratio, camera_jitter=10), shapes).scenes():
        assert min(o.area for o in scene.objects) >= FLOOR


def test_the_guess_is_exact_for_solid_rectangles():
    solid = {name: (Silhouette(1, 1, 1.0),) * 8 for name in ("a", "b")}
    shapes = Shapes(solid, {name: (name,) for name in solid})
    for scene in build(SceneRequest("occlusion", sets=1), shapes).scenes():
        target = box(shapes, next(o for o in scene.objects if o.role == "target"))
        occluder = box(shapes, next(o for o in scene.objects if o.role == "occluder"))
        across = max(0.0, min(target[2], occluder[2]) - max(target[0], occluder[0]))
        down = max(0.0, min(target[3], occluder[3]) - max(target[1], occluder[1]))
        hidden = across * down / ((target[2] - target[0]) * (target[3] - target[1]))
        assert 1 - hidden == pytest.approx(scene.factors["visibility"], abs=1e-4)
