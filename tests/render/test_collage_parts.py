"""Parts of the collage renderer by themselves: fitting, floors, the bounded cache, colour tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.scene import TEXTURES, Ground
from primacy.errors import RenderError
from primacy.render.colour import decode, encode, tint_table
from primacy.render.fit import fit
from primacy.render.ground import N_PATTERNS, Floor
from primacy.render.lru import ByteLRU


def sprite(kind: str) -> np.ndarray:
    """Shapes that are hard to scale: edges along the grid, thin bars, a few pixels in the corners."""
    made = np.zeros((64, 64, 4), dtype=np.uint8)
    made[..., :3] = 90
    if kind == "square":
        made[10:50, 12:52, 3] = 255
    elif kind == "cross":
        made[31:33, 2:62, 3] = made[2:62, 31:33, 3] = 255
    elif kind == "corners":
        made[::63, ::63, 3] = 200
    elif kind == "soft":
        y, x = np.mgrid[:64, :64] - 31.5
        made[..., 3] = np.clip(260 - 8 * np.hypot(x, y), 0, 255)
    return made


@given(st.sampled_from(["square", "cross", "soft"]), st.integers(1, 900))
@settings(max_examples=80, deadline=None)
def test_the_silhouette_has_just_so_many_pixels(kind, pixels):
    found = fit(sprite(kind), pixels, 128)
    solid = found.alpha >= 128
    np.testing.assert_array_equal(found.solid, solid)
    assert solid.sum() == pixels == found.pixels
    box = solid[found.top : found.top + found.height, found.left : found.left + found.width]
    assert box.sum() == pixels and box[[0, -1]].any(axis=1).all() and box[:, [0, -1]].any(axis=0).all()
    assert found.alpha[[0, -1]].any(axis=1).all() and found.alpha[:, [0, -1]].any(axis=0).all()
    assert found.rgb.shape == (*found.alpha.shape, 3)


@given(st.sampled_from(["square", "cross", "soft"]), st.integers(1, 900))
@settings(max_examples=30, deadline=None)
def test_a_known_scale_gives_the_same(kind, pixels):
    first = fit(sprite(kind), pixels, 128)
    again = fit(sprite(kind), pixels, 128, scale=first.scale)
    np.testing.assert_array_equal(first.alpha, again.alpha)
    np.testing.assert_array_equal(first.rgb, again.rgb)


@pytest.mark.parametrize("kind, pixels", [("empty", 5), ("square", 200 * 200), ("cross", 4000)])
def test_what_cannot_be_fitted_is_refused(kind, pixels):
    with pytest.raises(RenderError, match="shows nothing" if kind == "empty" else "cannot cover"):
        fit(sprite(kind), pixels, 128)


@pytest.mark.parametrize("texture", TEXTURES)
def test_floors(texture):
    floor = Floor(10**7)
    ground = Ground(texture, (0.3, 0.4, 0.1))
    painted = {floor.paint(ground, 1.0, 64, seed).tobytes() for seed in range(100)}
    assert len(painted) == (1 if texture == "plain" else N_PATTERNS)
    one = floor.paint(ground, 1.0, 64, 5)
    assert one.shape == (64, 192) and one.dtype == np.uint8 and not one.flags.writeable
    np.testing.assert_array_equal(one, Floor(0).paint(ground, 1.0, 64, 5))
    mean = decode(one).reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(mean, ground.colour, rtol=0.12)
    dim = decode(floor.paint(ground, 0.5, 64, 5)).reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(dim, mean / 2, rtol=0.03)


def test_the_cache_keeps_to_its_bound_and_forgets_the_oldest():
    cache: ByteLRU[np.ndarray] = ByteLRU(100)
    made: list[str] = []

    def get(key: str, size: int) -> None:
        def make() -> np.ndarray:
            made.append(key)
            return np.zeros(size, dtype=np.uint8)

        assert len(cache.get(key, make)) == size
        assert cache.used <= 100

    for key, size in [("a", 40), ("b", 40), ("a", 40), ("c", 40), ("a", 40), ("b", 40), ("big", 101), ("big", 101)]:
        get(key, size)
    assert made == ["a", "b", "c", "b", "big", "big"]
    cache.clear()
    assert cache.used == 0
    get("a", 100)
    assert cache.used == 100


def test_colours_go_and_come_back():
    levels = np.arange(256)
    np.testing.assert_array_equal(encode(decode(levels)), levels)
    np.testing.assert_array_equal(tint_table(1.0, 1.0, 1.0), np.tile(levels, (3, 1)))
    half = tint_table(0.5, 0.0, 9.0)
    assert half[0, 255] == 188 and not half[1].any() and half[2, 255] == 255 and half[2, 0] == 0
