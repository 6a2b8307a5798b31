"""Occluders: moved sideways until the target is seen by the share that the scene asks for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.assets.library import Library
from primacy.design.scene import Placed, Scene
from primacy.errors import RenderError
from primacy.render.base import Failed, Rendered
from primacy.render.collage import CollageRenderer
from primacy.render.measure import measure
from primacy.render.occlusion import overlap, stand, tolerance, without

ASSETS = ("ball/1", "book/1", "plank/1", "tree/1", "ring/1", "cube/rubber")


def pair(visibility: float, side: int, target: str = "ball/1", front: str = "book/1", **more) -> tuple[Placed, Placed]:
    return (
        Placed("a", target, 0.5, 0.5, 0.03, visibility=visibility, role="target"),
        Placed("b", front, 0.5 + side * 0.05, 0.55, more.pop("area", 0.06), role="occluder", **more),
    )


@pytest.fixture(scope="module")
def renderer(collage_library: Library) -> CollageRenderer:
    return CollageRenderer(collage_library)


def draw(renderer: CollageRenderer, objects: tuple[Placed, ...], size: int = 128) -> Rendered | Failed:
    (found,) = renderer.render([Scene("occlusion", 0, objects, size=size)])
    return found


@given(
    visibility=st.floats(0.2, 1.0),
    side=st.sampled_from([-1, 1]),
    target=st.sampled_from(["ball/1", "book/1", "cube/rubber"]),
    front=st.sampled_from(["book/1", "ball/1"]),
    size=st.sampled_from([96, 224]),
)
@settings(max_examples=80, deadline=None)
def test_the_target_is_seen_as_much_as_asked(collage_library, renderer, visibility, side, target, front, size):
    found = draw(renderer, pair(visibility, side, target, front), size)
    assert isinstance(found, Rendered), found.reason
    seen = (found.mask == 1).sum() / found.whole[0]
    height = measure(draw(renderer, (Placed("a", target, 0.5, 0.5, 0.03),), size).mask, 1).box[0, 3]
    assert abs(seen - visibility) <= max(0.03, height / found.whole[0] / 2)
    if size == 224:
        assert abs(seen - visibility) <= 0.03
    assert (found.mask == 2).sum() == found.whole[1] and found.depth.tolist() == [1, 0]
    if visibility < 0.9:
        target_x, occluder_x = measure(found.mask, 2).centroid[:, 0]
        assert (occluder_x - target_x) * side > 0


@pytest.mark.parametrize("front", ASSETS)
@pytest.mark.parametrize("target", ASSETS)
def test_what_is_refused_is_out_of_reach(renderer, target, front):
    """Every place on that side, tried by hand: a scene fails only if none of them would do."""
    size = 64
    for side in (-1, 1):
        objects = pair(0.4, side, target, front)
        found = draw(renderer, objects, size)
        alone = [draw(renderer, (Placed("a", o.asset, 0.5, o.y, o.area),), size) for o in objects]
        assert all(isinstance(one, Rendered) for one in alone)
        behind, before = (one.mask == 1 for one in alone)
        shares = []
        for shift in range(size // 2):
            columns = np.arange(size) - side * shift
            moved = before[:, np.clip(columns, 0, size - 1)] & (columns >= 0) & (columns < size)
            if moved.sum() == before.sum():
                shares.append(1 - (behind & moved).sum() / behind.sum())
        if isinstance(found, Failed):
            assert f"can only bring it to {min(shares):.1f}"[:-1] in found.reason
            assert min(abs(share - 0.4) for share in shares) > 0.02
        else:
            height = measure(alone[0].mask, 1).box[0, 3]
            assert abs((found.mask == 1).sum() / found.whole[0] - 0.4) <= tolerance(height, found.whole[0])


def test_too_small_an_occluder_is_refused_and_says_what_it_can(renderer):
    found = draw(renderer, pair(0.2, 1, area=0.01))
    assert isinstance(found, Failed)
    assert "is to be seen by 0.20" in found.reason and "to 1.00" in found.reason


def test_an_occluder_is_nearest_wherever_its_foot_is(renderer):
    target = pair(0.5, 1)[0]
    found = draw(renderer, (target, Placed("b", "book/1", 0.55, 0.45, 0.06, role="occluder")))
    assert isinstance(found, Rendered) and found.depth.tolist() == [1, 0]


def test_a_target_without_occluder_is_refused(renderer):
    found = draw(renderer, pair(0.5, 1)[:1])
    assert isinstance(found, Failed) and "is to be seen by 0.50, but is by 1.00" in found.reason


def test_an_occluder_without_target_is_refused(renderer):
    found = draw(renderer, pair(0.5, 1)[1:])
    assert isinstance(found, Failed) and "1 occluders for 0 targets" in found.reason


def test_two_pairs(renderer):
    objects = []
    for x in (0.25, 0.75):
        objects += [
            Placed("a", "ball/1", x, 0.5, 0.03, visibility=0.6, role="target"),
            Placed("b", "book/1", x + 0.05, 0.55, 0.04, role="occluder"),
        ]
    found = draw(renderer, tuple(objects), 128)
    assert isinstance(found, Rendered)
    for k in (0, 2):
        assert abs((found.mask == k + 1).sum() / found.whole[k] - 0.6) <= 0.03


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_overlaps_equal_those_on_a_canvas(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    crops = [rng.random(rng.integers(1, 8, size=2)) < 0.6 for _ in range(3)]
    places = [tuple(int(v) for v in rng.integers(-6, 12, size=2)) for _ in crops]
    canvases = []
    for crop, (x, y) in zip(crops, places, strict=True):
        canvas = np.zeros((40, 40), dtype=bool)
        canvas[y + 10 : y + 10 + crop.shape[0], x + 10 : x + 10 + crop.shape[1]] = crop
        canvases.append(canvas)
    things = [(crop, *place) for crop, place in zip(crops, places, strict=True)]
    for i, j in itertools.permutations(range(3), 2):
        assert overlap(*things[i], *things[j]) == (canvases[i] & canvases[j]).sum()
    left = without(*things[0], things[1:])
    assert left.sum() == (canvases[0] & ~canvases[1] & ~canvases[2]).sum()


@given(st.integers(-20, 20), st.integers(-20, 20), st.floats(0, 1), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_a_place_is_found_where_there_is_one(near, far, wanted, seed):
    """Shares in any order, not only rising ones."""
    rng = np.random.default_rng(seed)
    places = list(range(min(near, far), max(near, far) + 1))
    shares = dict(zip(places, rng.random(len(places)).tolist(), strict=True))
    possible = min(abs(share - wanted) for share in shares.values()) <= 0.03
    if possible:
        assert abs(shares[stand(shares.__getitem__, wanted, 0.03, near, near, far)] - wanted) <= 0.03
    else:
        with pytest.raises(RenderError, match=f"{min(shares.values()):.2f} to {max(shares.values()):.2f}"):
            stand(shares.__getitem__, wanted, 0.03, near, near, far)
