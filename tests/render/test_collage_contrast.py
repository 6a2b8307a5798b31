"""Contrast: objects moved towards the colour of the ground about them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.scene import Ground, Placed, Scene
from primacy.errors import RenderError
from primacy.render.base import Rendered
from primacy.render.collage import CollageRenderer
from primacy.render.contrast import apply_contrast


def picture(seed: int, side: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Random levels and two or three boxes, one beside the other."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((side, side), dtype=np.uint8)
    for k in range(1, int(rng.integers(2, 5))):
        x, y = rng.integers(0, side - 8, size=2)
        mask[y : y + rng.integers(2, 9), x : x + rng.integers(2, 9)] = k
    return rng.integers(0, 256, size=(side, side, 3), dtype=np.uint8), mask


def by_loop(image: np.ndarray, mask: np.ndarray, contrasts: list[float]) -> np.ndarray:
    side = len(mask)

    def around(x: int, y: int) -> list[int]:
        return [
            int(mask[j, i])
            for j in range(max(y - 1, 0), min(y + 2, side))
            for i in range(max(x - 1, 0), min(x + 2, side))
        ]

    pure = [(x, y) for y in range(side) for x in range(side) if not any(around(x, y))]
    out = image.copy()
    taken: set[tuple[int, int]] = set()
    for k, contrast in enumerate(contrasts, 1):
        mine = [(x, y) for y in range(side) for x in range(side) if mask[y, x] == k]
        if not mine or contrast == 1:
            continue
        xs, ys = [x for x, _ in mine], [y for _, y in mine]
        margin = max(2, math.ceil(max(max(xs) - min(xs) + 1, max(ys) - min(ys) + 1) / 4))
        near = [
            (x, y)
            for x, y in pure
            if min(xs) - margin <= x <= max(xs) + margin and min(ys) - margin <= y <= max(ys) + margin
        ]
        if len(near) < 16:
            near = pure
        rim = [(x, y) for y in range(side) for x in range(side) if mask[y, x] == 0 and k in around(x, y)]
        for c in range(3):
            mean = sum(int(image[y, x, c]) for x, y in near) / len(near)
            for x, y in mine + [p for p in rim if p not in taken]:
                level = math.floor(mean + contrast * (int(image[y, x, c]) - mean) + 0.5)
                out[y, x, c] = min(max(level, 0), 255)
        taken.update(rim)
    return out


@given(st.integers(0, 10_000), st.lists(st.sampled_from([0.0, 0.3, 1.0, 2.5]), min_size=4, max_size=4))
@settings(max_examples=60, deadline=None)
def test_equals_a_loop(seed, contrasts):
    image, mask = picture(seed)
    wanted = by_loop(image, mask, contrasts)
    apply_contrast(image, mask, contrasts)
    np.testing.assert_array_equal(image, wanted)


def test_a_picture_without_ground():
    image = np.full((8, 8, 3), 100, dtype=np.uint8)
    image[:4] = 200
    apply_contrast(image, np.ones((8, 8), dtype=np.uint8), [0.5])
    assert (image[:4] == 175).all() and (image[4:] == 125).all()


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_what_is_no_contrast_is_refused(bad):
    with pytest.raises(RenderError, match="expected 0 or more"):
        apply_contrast(np.zeros((8, 8, 3), dtype=np.uint8), np.zeros((8, 8), dtype=np.uint8), [1.0, bad])


def test_in_a_collage(collage_library):
    """Contrast scales the spread of an object's levels, leaves the mask alone; 0 makes it flat."""
    renderer = CollageRenderer(collage_library)

    def drawn(contrast: float) -> Rendered:
        objects = (
            Placed("ball", "ball/1", 0.3, 0.5, 0.05),
            Placed("tree", "tree/1", 0.7, 0.5, 0.05, contrast=contrast),
        )
        (found,) = renderer.render([Scene("contrast", 0, objects, size=96, ground=Ground(colour=(0.3, 0.3, 0.3)))])
        assert isinstance(found, Rendered)
        return found

    usual, half, none = drawn(1.0), drawn(0.5), drawn(0.0)
    np.testing.assert_array_equal(usual.mask, half.mask)
    others = usual.mask == 1
    np.testing.assert_array_equal(usual.image[others], half.image[others])
    spread = [one.image[one.mask == 2].astype(float).std(axis=0) for one in (usual, half, none)]
    np.testing.assert_allclose(spread[1], spread[0] / 2, atol=0.5)
    assert not spread[2].any()
