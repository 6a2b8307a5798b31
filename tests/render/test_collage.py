"""The collage renderer: pixels against a loop, sizes, places, order, errors."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.assets.library import Library, Sprite, read
from primacy.design.scene import TEXTURES, Camera, Ground, Light, Placed, Scene
from primacy.errors import RenderError
from primacy.render.base import Failed, Rendered
from primacy.render.collage import CollageRenderer
from primacy.render.ground import Floor
from primacy.render.measure import measure
from primacy.render.sprite_cache import SpriteCache, view_of

ASSETS = ("ball/1", "book/1", "plank/1", "tree/1", "ring/1", "cube/rubber")


def placed(asset: str, x: float = 0.5, y: float = 0.5, area: float = 0.05, **more) -> Placed:
    return Placed(asset.split("/")[0], asset, x, y, area, **more)


def scene(*objects: Placed, size: int = 48, **more) -> Scene:
    return Scene("test", 0, objects, size=size, **more)


def drawn(renderer: CollageRenderer, one: Scene) -> Rendered:
    (found,) = renderer.render([one])
    assert isinstance(found, Rendered), found
    return found


def some_scenes(n: int, size: int = 48, seed: int = 0) -> list[Scene]:
    """Scenes whose objects overlap, of all textures, some tinted."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        objects = []
        for _ in range(int(rng.integers(1, 5))):
            asset = ASSETS[int(rng.integers(len(ASSETS)))]
            colour = tuple(rng.uniform(0, 1, 3).tolist()) if asset == "cube/rubber" else None
            x, y, area = (float(rng.uniform(*bounds)) for bounds in ((0.35, 0.65), (0.35, 0.65), (0.01, 0.09)))
            objects.append(placed(asset, x, y, area, yaw=float(rng.uniform(-360, 360)), colour=colour))
        ground = Ground(TEXTURES[k % 4], tuple(rng.uniform(0, 0.8, 3).tolist()))
        light = Light(strength=float(rng.choice([1.0, 0.7, 1.3])))
        made.append(scene(*objects, size=size, seed=k, ground=ground, light=light))
    return made


@pytest.fixture(scope="module")
def renderer(collage_library: Library) -> CollageRenderer:
    return CollageRenderer(collage_library)


def by_loop(library: Library, one: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Image and mask of a scene by a loop over pixels in floating point."""
    size = one.size
    cache = SpriteCache(library, 10**9, 10**9)
    floor = Floor(10**9).paint(one.ground, one.light.strength, size, one.seed)
    image = floor.reshape(size, size, 3).astype(float)
    mask = np.zeros((size, size), dtype=np.uint8)

    def level(value: float) -> float:
        return math.floor(value + 0.5)

    def relit(value: int, channel: int, o: Placed) -> float:
        if o.colour is None and one.light.strength == 1:
            return value
        srgb = value / 255
        light = srgb / 12.92 if srgb <= 0.04045 else ((srgb + 0.055) / 1.055) ** 2.4
        light *= one.light.strength * (1 if o.colour is None else o.colour[channel] / 0.55)
        light = min(light, 1)
        return level(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))

    things = []
    for k, o in enumerate(one.objects):
        cut = cache.cutout(o, size)
        left = min(max(math.floor(o.x * size - cut.width / 2 + 0.5), 0), size - cut.width) - cut.left
        top = min(max(math.floor(o.y * size - cut.height / 2 + 0.5), 0), size - cut.height) - cut.top
        things.append((top + cut.top + cut.height, k, left, top, cut, o))
    things.sort(key=lambda t: t[:2])
    for _, _, left, top, cut, _ in things:
        for j, i in np.ndindex(cut.shade.shape[0], cut.shade.shape[1] // 3):
            y, x = top + cut.shade_top + j, left + cut.shade_left + i
            if 0 <= y < size and 0 <= x < size:
                for c in range(3):
                    image[y, x, c] = level(image[y, x, c] * int(cut.shade[j, 3 * i + c]) / 255)
    for _, k, left, top, cut, o in things:
        for j, i in np.ndindex(cut.solid.shape):
            y, x = top + j, left + i
            if not (0 <= y < size and 0 <= x < size):
                assert cut.alpha[j, 3 * i] < 128
                continue
            share = int(cut.alpha[j, 3 * i]) / 255
            for c in range(3):
                mine = relit(int(cut.rgb[j, 3 * i + c]), c, o)
                image[y, x, c] = level(image[y, x, c] * (1 - share) + mine * share)
            if cut.alpha[j, 3 * i] >= 128:
                mask[y, x] = k + 1
    return image.astype(int), mask


def test_pixels_equal_those_of_a_loop(collage_library, renderer):
    for one in some_scenes(16, size=32):
        image, mask = by_loop(collage_library, one)
        found = drawn(renderer, one)
        np.testing.assert_array_equal(found.mask, mask)
        assert np.abs(found.image.astype(int) - image).max() <= 1
        assert found.image.dtype == found.mask.dtype == np.uint8
        assert found.whole.dtype == found.depth.dtype == np.int64


def beside(inside: np.ndarray) -> np.ndarray:
    """Pixels of bool (h, w) that are inside or touch what is."""
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return np.any([np.roll(inside, shift, axis=(0, 1)) for shift in shifts], axis=0)


def test_masks_are_where_the_paint_is(collage_library, monkeypatch):
    """Sprites painted red, green and blue on black: each mask pixel has its object's paint, no other pixel has much."""
    paints = {"ball/1": 0, "tree/1": 1, "ring/1": 2}
    pictures = Sprite.pictures

    def painted(sprite: Sprite) -> np.ndarray:
        views = pictures(sprite).copy()
        views[..., :3] = 0
        views[..., paints[sprite.asset]] = 255
        return views

    monkeypatch.setattr(Sprite, "pictures", painted)
    renderer = CollageRenderer(collage_library)
    for yaw in (0, 90, 225):
        for order in (("ball/1", "tree/1", "ring/1"), ("ring/1", "ball/1", "tree/1")):
            objects = [placed(a, 0.35 + 0.15 * k, 0.45 + 0.05 * k, 0.06, yaw=yaw) for k, a in enumerate(order)]
            found = drawn(renderer, scene(*objects, size=96, ground=Ground(colour=(0, 0, 0))))
            assert (found.image[found.mask == 0] <= 129).all()
            for k, asset in enumerate(order, 1):
                inside = found.mask == k
                # Where two outlines meet, the soft rims of both share a pixel.
                mine = found.image[inside & ~beside((found.mask > 0) & ~inside)]
                assert len(mine) > 50
                assert (mine[:, paints[asset]] >= 126).all()
                assert (np.delete(mine, paints[asset], axis=1) <= 129).all()
                assert (mine[:, paints[asset]] == 255).mean() > 0.5


@given(
    asset=st.sampled_from(ASSETS),
    size=st.sampled_from([32, 64, 224]),
    area=st.floats(0.002, 0.12),
    x=st.floats(0.3, 0.7),
    y=st.floats(0.3, 0.7),
    yaw=st.floats(-400, 400),
)
@settings(max_examples=120, deadline=None)
def test_area_and_place(collage_library, renderer, asset, size, area, x, y, yaw):
    (found,) = renderer.render([scene(placed(asset, x, y, area, yaw=yaw), size=size)])
    if isinstance(found, Failed):
        assert asset == "plank/1" and "leaves the frame" in found.reason
        return
    wanted = area * size * size
    assert found.whole[0] == max(1, math.floor(wanted + 0.5)) == (found.mask == 1).sum()
    assert abs(found.whole[0] - wanted) <= max(0.05 * wanted, 1)
    left, top, width, height = measure(found.mask, 1).box[0]
    assert abs(left + width / 2 - x * size) <= 1
    assert abs(top + height / 2 - y * size) <= 1


def test_scaling_keeps_the_shape(collage_library, renderer):
    """The silhouette agrees with the view's own, looked up point by point."""
    for asset in ASSETS:
        view = collage_library.sprite(asset).pictures()[0][..., 3] >= 128
        found = drawn(renderer, scene(placed(asset, area=0.05), size=200))
        rows, columns = np.nonzero(view)
        left, top, width, height = measure(found.mask, 1).box[0]
        y = rows.min() + (np.arange(height) + 0.5) / height * (rows.max() + 1 - rows.min())
        x = columns.min() + (np.arange(width) + 0.5) / width * (columns.max() + 1 - columns.min())
        reference = view[np.ix_(y.astype(int), x.astype(int))]
        seen = found.mask[top : top + height, left : left + width] == 1
        assert (reference & seen).sum() / (reference | seen).sum() > 0.93


def test_the_nearest_view_is_shown():
    assert [view_of(y) for y in (0, 22.4, 22.5, 45, -22.5, -22.6, 337.4, 337.5, 360, -1e-20, 3600 + 90)] == [
        *(0, 0, 1, 1, 0, 7, 7, 0, 0, 0, 2)
    ]


def test_views_differ(renderer):
    first, second, third = (drawn(renderer, scene(placed("book/1", yaw=yaw))).mask for yaw in (0, 10, 180))
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


def test_the_lower_foot_is_nearer(renderer):
    high, low = placed("ball/1", 0.45, 0.45), placed("book/1", 0.55, 0.55)
    for objects in ((high, low), (low, high)):
        found = drawn(renderer, scene(*objects))
        assert found.depth[objects.index(low)] == 0 and found.depth[objects.index(high)] == 1
        counts = np.bincount(found.mask.ravel(), minlength=3)[1:]
        assert counts[objects.index(low)] == found.whole[objects.index(low)]
        assert counts[objects.index(high)] < found.whole[objects.index(high)]


def test_of_equal_feet_the_later_is_nearer(renderer):
    found = drawn(renderer, scene(placed("ball/1", 0.45), placed("ball/1", 0.55)))
    assert found.depth.tolist() == [1, 0]


def test_a_hidden_object_keeps_its_whole_pixels(renderer):
    found = drawn(renderer, scene(placed("ball/1", area=0.01), placed("book/1", y=0.55, area=0.1)))
    assert (found.mask == 1).sum() == 0 and found.whole[0] == math.floor(0.01 * 48 * 48 + 0.5)


def test_one_that_cannot_be_drawn_does_not_stop_the_others(renderer):
    good = scene(placed("ball/1"))
    bad = {
        "unknown object": scene(placed("zebra/1")),
        "leaves the frame": scene(placed("ball/1", x=0.02)),
        "at the bottom": scene(placed("ball/1", y=0.97)),
        "cannot cover": scene(placed("ball/1", area=1.0)),
        "cannot take": scene(placed("ball/1", colour=(1.0, 0.0, 0.0))),
        "values of 0 to 1": scene(placed("cube/rubber", colour=(1.5, 0.0, 0.0))),
        "yaw nan": scene(placed("ball/1", yaw=math.nan)),
        "light has strength": scene(placed("ball/1"), light=Light(strength=-1.0)),
        "has contrast": scene(placed("ball/1", contrast=-0.5)),
        "the ground is to have colour": scene(placed("ball/1"), ground=Ground(colour=(0.0, math.nan, 0.0))),
        "expected 1 to 8": scene(),
        "texture": scene(placed("ball/1"), ground=Ground("marble")),
    }
    found = list(renderer.render([good, *bad.values(), good]))
    assert isinstance(found[0], Rendered) and isinstance(found[-1], Rendered)
    for expected, one in zip(bad, found[1:-1], strict=True):
        assert isinstance(one, Failed) and expected in one.reason and "\n" not in one.reason, one
    batch = renderer.render_arrays([good, *bad.values(), good])
    assert list(batch.failed) == list(range(1, len(bad) + 1))
    assert not batch.images[1:-1].any() and not batch.masks[1:-1].any() and (batch.whole[1:-1] == -1).all()


def test_an_altered_strip_fails_its_scenes_only(collage_library, tmp_path):
    for path in collage_library.sprites[0].folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "ball--1.webp").write_bytes(b"nothing")
    found = list(CollageRenderer(read([tmp_path])).render([scene(placed("ball/1")), scene(placed("book/1"))]))
    assert isinstance(found[0], Failed) and "sha256" in found[0].reason
    assert isinstance(found[1], Rendered)


def test_batches_equal_single_scenes(renderer):
    scenes = some_scenes(12)
    batch = renderer.render_arrays(scenes)
    assert not batch.failed
    for k, one in enumerate(renderer.render(scenes)):
        n = len(one.scene.objects)
        np.testing.assert_array_equal(batch.images[k], one.image)
        np.testing.assert_array_equal(batch.masks[k], one.mask)
        np.testing.assert_array_equal(batch.whole[k, :n], one.whole)
        np.testing.assert_array_equal(batch.depth[k, :n], one.depth)
        assert (batch.whole[k, n:] == -1).all() and (batch.depth[k, n:] == -1).all()


def test_a_batch_has_one_size(renderer):
    with pytest.raises(RenderError, match="2 sizes"):
        renderer.render_arrays([scene(placed("ball/1"), size=32), scene(placed("ball/1"), size=48)])
    with pytest.raises(RenderError, match="0 sizes"):
        renderer.render_arrays([])


@pytest.mark.parametrize("cache_mb", [0, 1])
def test_neither_order_nor_cache_changes_pixels(collage_library, cache_mb):
    scenes = some_scenes(30)
    wanted = [drawn(CollageRenderer(collage_library), one) for one in scenes[:10]]
    small = CollageRenderer(collage_library, cache_mb=cache_mb)
    order = list(range(30)) * 2
    random.Random(3).shuffle(order)  # noqa: S311
    for k, one in zip(order, small.render([scenes[k] for k in order]), strict=True):
        if k < len(wanted):
            assert isinstance(one, Rendered)
            np.testing.assert_array_equal(one.image, wanted[k].image)
            np.testing.assert_array_equal(one.mask, wanted[k].mask)
    small.close()
    small.close()
    np.testing.assert_array_equal(drawn(small, scenes[0]).image, wanted[0].image)


def test_another_process_draws_the_same(collage_library, renderer):
    scenes = some_scenes(6)
    program = (
        "import hashlib, json, pathlib, sys\n"
        "from primacy.assets.library import read\n"
        "from primacy.design.scene import Scene\n"
        "from primacy.render.collage import CollageRenderer\n"
        "folder, text = sys.argv[1:]\n"
        "scenes = [Scene.from_dict(d) for d in json.loads(text)]\n"
        "batch = CollageRenderer(read([pathlib.Path(folder)])).render_arrays(scenes)\n"
        "print(hashlib.sha256(batch.images.tobytes() + batch.masks.tobytes()).hexdigest())\n"
    )
    arguments = [str(collage_library.sprites[0].folder), json.dumps([s.as_dict() for s in scenes])]
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    batch = renderer.render_arrays(scenes)
    assert answer.stdout.strip() == hashlib.sha256(batch.images.tobytes() + batch.masks.tobytes()).hexdigest()


def test_camera_and_direction_of_light_are_ignored(renderer):
    plain = scene(placed("ball/1"), ground=Ground("checker"))
    moved = dataclasses.replace(plain, camera=Camera(31.0, 40.0), light=Light(10.0, 20.0))
    np.testing.assert_array_equal(drawn(renderer, plain).image, drawn(renderer, moved).image)


def test_tint_replaces_the_grey(renderer):
    """Sprites that take a colour are painted in linear 0.55: that grey as a colour changes nothing."""
    grey = drawn(renderer, scene(placed("cube/rubber"))).image.astype(int)
    same = drawn(renderer, scene(placed("cube/rubber", colour=(0.55, 0.55, 0.55)))).image.astype(int)
    red = drawn(renderer, scene(placed("cube/rubber", colour=(0.6, 0.0, 0.0)))).image.astype(int)
    np.testing.assert_array_equal(grey, same)
    assert (red[24, 24] == [204, 0, 0]).all() or red[24, 24, 0] > 190 > 10 > red[24, 24, 1:].max()


def test_stronger_light_is_brighter(renderer):
    weak, usual, strong = (
        drawn(renderer, scene(placed("ball/1"), light=Light(strength=s))).image.mean() for s in (0.5, 1.0, 1.5)
    )
    assert weak < usual < strong


def test_fingerprint_names_the_library(collage_library, renderer):
    fewer = Library(collage_library.sprites[1:])
    assert renderer.fingerprint == CollageRenderer(collage_library, cache_mb=1).fingerprint
    assert renderer.fingerprint != CollageRenderer(fewer).fingerprint
