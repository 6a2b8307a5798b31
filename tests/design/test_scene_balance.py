"""The promises of every preset, counted by brute force from its scenes."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.scenes.balance import balance
from primacy.design.scenes.design import build
from primacy.design.scenes.presets import PRESETS
from primacy.design.scenes.presets.look import CONTRASTS, VISIBILITIES
from primacy.design.scenes.presets.place import DISTANCES
from primacy.design.scenes.request import ALL_VIEWS, SceneRequest

# The centre of the pair ladder holds an object in every scene: tests/design/test_pair_ladder.py counts it.
FACTORIAL = [name for name in PRESETS if name not in ("paper", "pair-ladder")]


def by_set(design):
    sets: dict[int, list] = {}
    for scene in design.scenes():
        sets.setdefault(scene.set_id, []).append(scene)
    return sets


def constant(counter, keys):
    return len({counter[key] for key in keys}) == 1


@given(name=st.sampled_from(FACTORIAL), seed=st.integers(0, 99), data=st.data())
@settings(max_examples=60, deadline=None)
def test_factorial_presets_are_exactly_balanced_in_every_set(scene_shapes, name, seed, data):
    n = data.draw(st.sampled_from(list(PRESETS[name].areas)))
    design = build(SceneRequest(name, objects=(n,), sets=2, seed=seed), scene_shapes(14, seed=seed % 5))
    for scenes in by_set(design).values():
        assert len(scenes) == len(design.parts[0].arrangements)
        categories = sorted({o.category for scene in scenes for o in scene.objects})
        assert len(categories) == n
        slots = Counter((o.slot, o.category) for scene in scenes for o in scene.objects)
        targets = Counter(
            (str({k: v for k, v in scene.factors.items() if k != "large_slot"}), o.slot, o.category)
            for scene in scenes
            for o in scene.objects
            if o.role == "target"
        )
        for counts in (slots, targets):
            for key in {pair[:-1] for pair in counts}:
                assert constant(counts, [(*key, category) for category in categories])
        large = Counter((o.slot, o.category) for s in scenes for o in s.objects if o.size_level == "large")
        if large:
            assert constant(large, [(slot, category) for slot in {s for s, _ in slots} for category in categories])
    found = balance(design.scenes())
    assert found.slots_exact
    assert found.n_uneven == 0
    assert found.targets_exact in (True, None)
    assert found.large_objects_exact in (True, None)
    assert found.large_slots_exact in (True, None)
    assert "NOT" not in found.describe()


@given(name=st.sampled_from(list(PRESETS)), seed=st.integers(0, 99), data=st.data())
@settings(max_examples=40, deadline=None)
def test_within_a_set_all_but_the_factor_is_held(scene_shapes, name, seed, data):
    n = data.draw(st.sampled_from(list(PRESETS[name].areas)))
    request = SceneRequest(
        name, objects=(n,), sets=3, seed=seed, camera_jitter=5, light_jitter=10, textures=("plain", "checker")
    )
    design = build(request, scene_shapes(14))
    for scenes in by_set(design).values():
        assert len({(s.camera, s.light, s.ground, s.seed, s.size, s.factors["base_area"]) for s in scenes}) == 1
        looks = {(o.category, o.asset, o.yaw, o.colour) for s in scenes for o in s.objects}
        assert len(looks) == (len(request.yaws) if name == "singles" else n)
        if name not in ("one-large", "size-ladder", "pair-ladder", "singles", "paper", "occlusion"):
            assert len({o.area for s in scenes for o in s.objects}) == 1
        if name != "contrast":
            assert {o.contrast for s in scenes for o in s.objects} == {1.0}
        if name != "occlusion":
            assert {o.visibility for s in scenes for o in s.objects} == {1.0}


@pytest.mark.parametrize("n", range(2, 9))
def test_one_large_is_a_latin_square_of_sizes_and_slots(scene_shapes, n):
    design = build(SceneRequest("one-large", objects=(n,), sets=3), scene_shapes())
    for scenes in by_set(design).values():
        assert len(scenes) == n * n
        cells = Counter()
        for scene in scenes:
            (large,) = (o for o in scene.objects if o.size_level == "large")
            assert scene.factors["large_slot"] == large.slot
            assert {o.area for o in scene.objects} == {large.area, large.area / 8}
            cells[large.category, large.slot] += 1
        assert len(cells) == n * n
        assert set(cells.values()) == {1}


@pytest.mark.parametrize("n", [2, 3, 8])
def test_the_ladder_has_seven_even_steps_and_one_mean_area(scene_shapes, n):
    for scene in build(SceneRequest("size-ladder", objects=(n,), sets=1), scene_shapes()).scenes():
        (target,) = (o for o in scene.objects if o.role == "target")
        (other,) = {o.area for o in scene.objects if o.role == "other"}
        assert target.area / other == pytest.approx(scene.factors["ratio"], rel=1e-5)
        assert (target.area * other) ** 0.5 == pytest.approx(scene.factors["base_area"] / 8**0.5, rel=1e-5)
    ratios = sorted({s.factors["ratio"] for s in build(SceneRequest("size-ladder", sets=1), scene_shapes()).scenes()})
    assert ratios == [0.125, 0.25, 0.5, 1, 2, 4, 8]


@pytest.mark.parametrize("n", range(1, 9))
def test_the_target_is_at_every_distance_and_the_others_on_the_ring(scene_shapes, n):
    seen = Counter()
    for scene in build(SceneRequest("centre-distance", objects=(n,), sets=1), scene_shapes()).scenes():
        for o in scene.objects:
            distance = ((o.x - 0.5) ** 2 + (o.y - 0.5) ** 2) ** 0.5
            wanted = scene.factors["distance"] if o.role == "target" else DISTANCES[-1]
            assert distance == pytest.approx(wanted, abs=1e-5)
            if o.role == "target":
                seen[o.category, scene.factors["distance"], scene.factors["direction"]] += 1
    assert set(seen.values()) == {1}
    assert len(seen) >= n * 5 * 6


@pytest.mark.parametrize("copies", ["same", "different"])
def test_a_further_copy_moves_no_other_object(scene_shapes, copies):
    shapes = scene_shapes(12, instances=3)
    design = build(SceneRequest("count", objects=(3,), sets=12, copies=copies), shapes)
    before = None
    for scene in sorted(design.scenes(), key=lambda s: (s.set_id, _target(s), _others(s), s.factors["copies"])):
        targets = [o for o in scene.objects if o.role == "target"]
        assert len(targets) == scene.factors["copies"] == len(scene.objects) - 2
        assert len({o.category for o in targets}) == 1
        known = len(shapes.categories[targets[0].category])
        wanted = 1 if copies == "same" else min(known, len(targets))
        assert len({o.asset for o in targets}) == wanted
        if before is not None and scene.factors["copies"] > 1:
            assert {(o.asset, o.x, o.y) for o in before.objects} <= {(o.asset, o.x, o.y) for o in scene.objects}
        before = scene
    assert {s.factors["copies"] for s in design.scenes()} == set(range(1, 7))


def _target(scene):
    return next(o.category for o in scene.objects if o.role == "target")


def _others(scene):
    return sorted((o.category, o.slot) for o in scene.objects if o.role != "target")


def test_levels_of_contrast_and_visibility(scene_shapes):
    for name, field, levels in (("contrast", "contrast", CONTRASTS), ("occlusion", "visibility", VISIBILITIES)):
        design = build(SceneRequest(name, sets=2), scene_shapes())
        found = Counter()
        for scene in design.scenes():
            for o in scene.objects:
                assert getattr(o, field) == (scene.factors[field] if o.role == "target" else 1.0)
            found[scene.factors[field]] += 1
        assert set(found) == set(levels)
        assert len(set(found.values())) == 1


def test_the_published_layout_is_confounded_and_said_to_be(scene_shapes):
    for n, slot in {2: "left", 3: "centre", 4: "upper-right", 5: "centre"}.items():
        design = build(SceneRequest("paper", objects=(n,), sets=20), scene_shapes())
        assert len(design) == 20
        for scene in design.scenes():
            assert [o.slot for o in scene.objects if o.size_level == "large"] == [slot]
        found = balance(design.scenes())
        assert (found.slots_exact, found.large_objects_exact, found.large_slots_exact) == (False, False, False)
        assert found.n_uneven == 20
        assert found.mean_area[slot] > 9 * max(area for s, area in found.mean_area.items() if s != slot)
        assert "NOT each object large equally often in each slot" in found.describe()
    moved = build(SceneRequest("paper", sets=4, large_slot="upper-left"), scene_shapes())
    assert {o.slot for s in moved.scenes() for o in s.objects if o.size_level == "large"} == {"upper-left"}
    assert {s.factors["large_slot"] for s in moved.scenes()} == {"upper-left"}


def test_a_gallery_shows_every_object_in_every_way(scene_shapes):
    shapes = scene_shapes(5, instances=3)
    design = build(SceneRequest("singles", yaws=(0, 90)), shapes)
    shown = Counter(
        (s.objects[0].asset, s.objects[0].slot, s.objects[0].yaw, s.factors["scale"]) for s in design.scenes()
    )
    assert len(shown) == len(design) == len(shapes.silhouettes) * 9 * 2 * 4
    assert {asset for asset, *_ in shown} == set(shapes.silhouettes)
    few = build(SceneRequest("singles", sets=5), shapes)
    assert {s.objects[0].category for s in few.scenes()} == set(shapes.categories)


@given(
    categories=st.integers(4, 14),
    n=st.integers(1, 4),
    sets=st.integers(1, 120),
    seed=st.integers(0, 99),
    yaws=st.sampled_from([(0.0,), (315.0, 0.0, 45.0), ALL_VIEWS]),
)
@settings(max_examples=60, deadline=None)
def test_categories_instances_and_yaws_are_used_evenly(scene_shapes, categories, n, sets, seed, yaws):
    shapes = scene_shapes(categories, instances=3)
    design = build(SceneRequest("equal", objects=(n,), sets=sets, seed=seed, yaws=yaws), shapes)
    firsts = [scenes[0] for scenes in by_set(design).values()]
    assert len(firsts) == sets
    used = Counter(o.category for scene in firsts for o in scene.objects)
    counts = [used[category] for category in shapes.categories]
    assert max(counts) - min(counts) <= 1
    assert all(len({o.category for o in scene.objects}) == n for scene in firsts)
    found = balance(design.scenes())
    assert found.per_category == (min(c for c in counts if c), max(counts))
    for category, assets in shapes.categories.items():
        shown = [o for scene in firsts for o in scene.objects if o.category == category]
        for keys, by in ((assets, "asset"), (yaws, "yaw")):
            often = Counter(getattr(o, by) for o in shown)
            spread = [often[key] for key in keys]
            assert max(spread) - min(spread) <= 2, (category, by)
            if len(shown) % (len(assets) * len(yaws)) == 0:
                assert max(spread) == min(spread)


def test_no_set_comes_twice_before_all_have_come(scene_shapes):
    shapes = scene_shapes(6)
    for sets in (7, 13, 15):
        drawn = [frozenset(o.category for o in scenes[0].objects) for scenes in _sets_of_two(shapes, sets)]
        assert len(set(drawn)) == sets
    drawn = Counter(frozenset(o.category for o in scenes[0].objects) for scenes in _sets_of_two(shapes, 37))
    assert set(drawn) == {frozenset(pair) for pair in combinations(shapes.categories, 2)}
    assert set(drawn.values()) == {2, 3}


def _sets_of_two(shapes, sets):
    return by_set(build(SceneRequest("equal", objects=(2,), sets=sets), shapes)).values()


def test_lost_scenes_are_noticed(scene_shapes):
    scenes = list(build(SceneRequest("size-ladder", sets=4), scene_shapes()).scenes())
    found = balance(scenes[1:])
    assert (found.slots_exact, found.targets_exact, found.n_uneven, found.n_sets) == (False, False, 1, 4)
    assert "(fails in 1 sets)" in found.describe()


def test_each_claim_can_fail_alone(scene_shapes):
    scenes = list(build(SceneRequest("one-large", objects=(2,), sets=1), scene_shapes()).scenes())
    assert [s.objects[0].size_level for s in scenes] == ["large", "small", "large", "small"]
    # The same object large twice in each slot: slots stay even, sizes do not.
    biased = [_sized(scene, scenes[0].objects[0].category) for scene in scenes]
    found = balance(biased)
    assert (found.slots_exact, found.large_objects_exact, found.large_slots_exact) == (True, False, False)
    # Each object large twice, but always on the left.
    left = [_sized(scene, scene.objects[0].category) for scene in scenes]
    found = balance(left)
    assert (found.slots_exact, found.large_objects_exact, found.large_slots_exact) == (True, True, False)


def _sized(scene, large):
    levels = ("large" if o.category == large else "small" for o in scene.objects)
    return replace(scene, objects=tuple(replace(o, size_level=x) for o, x in zip(scene.objects, levels, strict=True)))


def test_as_dict_is_json(scene_shapes):
    import json

    found = balance(build(SceneRequest("equal", objects=(2, 3), sets=3), scene_shapes()).scenes()).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["n_sets"] == 6
    assert balance([]).as_dict()["n_scenes"] == 0
