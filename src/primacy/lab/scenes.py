"""Endless random scenes to train on: any objects, of any area, anywhere.

A scene is decided by the seed, the step and its row, so a run that stops continues with the very scenes that it would
have seen. Held out are one object set in ten and, of each object, one of its views.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from primacy.assets.library import Library
from primacy.design.scene import TEXTURES, Ground, Placed, Scene
from primacy.design.scenes.silhouettes import box_units, from_library
from primacy.errors import UsageError
from primacy.identity import rng_stream
from primacy.lab.spec import SceneSpec
from primacy.render.collage import CollageRenderer

Split = Literal["train", "test"]
AREA_LEVELS = 16
_PLACES = 8  # tried for each object; the one that overlaps least is taken
_HELD_OUT = 10  # one set in
_CACHE_MB = 512  # all 340 objects of comco, in all views and areas, at 64 pixels
_SMALLER = 10  # times that the objects of a scene that does not fit are made smaller
_ROUNDS = 10_000  # of drawing sets anew until all are of the split


@dataclass(frozen=True, eq=False)
class SceneBatch:
    """B scenes of up to n objects.

    `images` uint8 (B, S, S, 3). `objects` int64 (B, n): category ids, -1 where a scene has fewer. `area` float64
    (B, n): share of the picture that the whole silhouette covers, NaN likewise; `centre` float64 (B, n, 2): x and y of
    the box centre in fractions of the frame.
    """

    images: np.ndarray
    objects: np.ndarray
    area: np.ndarray
    centre: np.ndarray

    @property
    def count(self) -> np.ndarray:
        """Objects in each scene, int64 (B,)."""
        return (self.objects >= 0).sum(axis=1)


def held_out_sets(objects: np.ndarray) -> np.ndarray:
    """Whether each set of two or more categories is kept from training: about one in ten.

    Args:
        objects: category ids int64 (B, n), -1 for none, in any order.

    Returns:
        bool (B,); False for single objects, which are held out by view.
    """
    ids = np.sort(objects, axis=1).astype(np.uint64) + np.uint64(2)
    mixed = np.zeros(len(ids), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in ids.T:
            stirred = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
            # Places that a scene leaves empty must not count: batches have more or fewer of them.
            mixed = np.where(column == 1, mixed, stirred ^ (stirred >> np.uint64(29)))
    return ((objects >= 0).sum(axis=1) > 1) & (mixed % np.uint64(_HELD_OUT) == 0)


@lru_cache(maxsize=2)
def _renderer(library: Library) -> CollageRenderer:
    """One for all streams of a process: what takes long is scaling each object to each area for the first time."""
    return CollageRenderer(library, cache_mb=_CACHE_MB)


def _smaller(scene: Scene) -> Scene:
    return replace(scene, objects=tuple(replace(placed, area=0.85 * placed.area) for placed in scene.objects))


def _halved(scene: Scene, k: int) -> Scene:
    """The scene with half of object k's area."""
    return replace(
        scene, objects=tuple(replace(o, area=o.area / 2) if j == k else o for j, o in enumerate(scene.objects))
    )


class SceneStream:
    """Random scenes of a specification, drawn as pixels.

    Args:
        library: the objects.
        spec: what scenes look like.
        side: of the picture in pixels.
        seed: of everything random.

    Raises:
        UsageError: the library lacks a category, or has fewer than the scenes need.
    """

    def __init__(self, library: Library, spec: SceneSpec, *, side: int, seed: int) -> None:
        self.spec, self.side, self.seed = spec, side, seed
        shapes = from_library(library)
        self.categories = list(spec.categories) or list(shapes.categories)
        if missing := [name for name in self.categories if name not in shapes.categories]:
            raise UsageError(f"the library {spec.library!r} has no object of category {missing[0]!r}")
        if len(self.categories) < max(spec.objects) + 1:
            raise UsageError(
                f"scenes of up to {max(spec.objects)} objects need more than {len(self.categories)} categories"
            )
        assets = [list(shapes.categories[name])[: spec.instances] for name in self.categories]
        self._assets = [asset for some in assets for asset in some]
        self._first = np.cumsum([0, *map(len, assets)])[:-1]
        self._many = np.array([len(some) for some in assets])
        self._boxes = box_units([shapes.silhouettes[asset] for asset in self._assets])
        self._colours = np.array([asset in shapes.tintable for asset in self._assets])
        low, high = spec.areas
        self._areas = np.geomspace(low, high, AREA_LEVELS) if high > low else np.array([low])
        rng = rng_stream(seed, "lab", "grounds")
        self._grounds = [Ground()] + [
            Ground(str(rng.choice(TEXTURES)), tuple(rng.uniform(0.2, 0.6, 3).tolist())) for _ in range(spec.grounds - 1)
        ]
        self._renderer = _renderer(library)

    def batch(self, step: int, size: int, split: Split = "train", objects: int | None = None) -> SceneBatch:
        """`size` scenes of a step, the same at every call.

        Args:
            step: number of the batch.
            size: scenes.
            split: "test" has held-out sets and views only.
            objects: how many in each scene, instead of the specification's mix.

        Raises:
            UsageError: of so few categories, no set is of the split; or an object fits no frame.
        """
        ids, scenes, centre = self._planned(step, size, split, objects)
        images, whole = self._drawn(scenes)
        return SceneBatch(images, ids, np.where(whole >= 0, whole / self.side**2, np.nan), centre)

    def halves(self, step: int, size: int) -> tuple[SceneBatch, SceneBatch]:
        """`size` scenes of two objects of the "test" split, twice: with the first object halved in area, and with the
        second, all else the same."""
        ids, scenes, centre = self._planned(step, size, "test", 2)
        found = []
        for k in range(2):
            images, whole = self._drawn([_halved(scene, k) for scene in scenes])
            found.append(SceneBatch(images, ids, whole / self.side**2, centre))
        return found[0], found[1]

    def plan(self, step: int, size: int, split: Split = "train", objects: int | None = None) -> SceneBatch:
        """`batch` without its pictures, of side 0; areas are those asked for, which drawing rounds to whole pixels."""
        ids, scenes, centre = self._planned(step, size, split, objects)
        area = np.full(ids.shape, np.nan)
        area[ids >= 0] = [placed.area for scene in scenes for placed in scene.objects]
        return SceneBatch(np.zeros((size, 0, 0, 3), np.uint8), ids, area, centre)

    def _planned(
        self, step: int, size: int, split: Split, objects: int | None
    ) -> tuple[np.ndarray, list[Scene], np.ndarray]:
        """Category ids int64 (B, n), the scenes, and their objects' box centres float64 (B, n, 2)."""
        rng = rng_stream(self.seed, "lab", split, str(objects), str(step))
        if objects is None:
            share = np.array(list(self.spec.objects.values()))
            count = rng.choice(list(self.spec.objects), size, p=share / share.sum())
        else:
            count = np.full(size, objects)
        ids = self._sets(rng, count, split)
        return ids, *self._layout(rng, ids, split)

    def _drawn(self, scenes: list[Scene]) -> tuple[np.ndarray, np.ndarray]:
        """Pictures and whole pixels of objects. Thin ones can be longer than their box says, as small as they are here:
        where one would leave the frame, all objects of its scene are made smaller until none does."""
        drawn = self._renderer.render_arrays(scenes)
        left = {k: scenes[k] for k in drawn.failed}
        reasons = drawn.failed
        for _ in range(_SMALLER):
            if not left:
                break
            left = {k: _smaller(scene) for k, scene in left.items()}
            again = self._renderer.render_arrays(list(left.values()))
            for j, (k, scene) in enumerate(list(left.items())):
                if j not in again.failed:
                    n = len(scene.objects)
                    drawn.images[k], drawn.whole[k, :n] = again.images[j], again.whole[j, :n]
                    del left[k]
            reasons = again.failed
        if left:
            raise UsageError(f"a scene could not be drawn: {next(iter(reasons.values()))}")
        return drawn.images, drawn.whole

    def _sets(self, rng: np.random.Generator, count: np.ndarray, split: Split) -> np.ndarray:
        """Distinct categories of each scene, int64 (B, n), -1 beyond its count."""
        ids = np.full((len(count), int(count.max())), -1)
        todo = np.arange(len(count))
        for _ in range(_ROUNDS):
            drawn = np.argpartition(rng.random((len(todo), len(self.categories))), ids.shape[1], axis=1)
            ids[todo] = np.where(np.arange(ids.shape[1]) < count[todo, None], drawn[:, : ids.shape[1]], -1)
            wrong = (held_out_sets(ids[todo]) != (split == "test")) & (count[todo] > 1)
            todo = todo[wrong]
            if not len(todo):
                return ids
        raise UsageError(
            f"no set of {count[todo[0]]} of {len(self.categories)} categories is in the {split} split",
            hint="Give more categories.",
        )

    def _layout(self, rng: np.random.Generator, ids: np.ndarray, split: Split) -> tuple[list[Scene], np.ndarray]:
        size, n = ids.shape
        asset = self._first[ids] + rng.integers(0, 2**31, ids.shape) % self._many[ids]
        views = np.array(self.spec.views)
        held = (asset * 5) % len(views)  # which view of an object is kept from training
        view = views[held if split == "test" else (held + rng.integers(1, len(views), ids.shape)) % len(views)]
        area = self._areas[rng.integers(0, len(self._areas), ids.shape)]
        boxes = self._boxes[asset, view]
        longest = boxes.max(axis=2)
        area = np.minimum(area, (0.8 / longest) ** 2)  # a pole of that area would leave the frame
        box = boxes * np.sqrt(area)[..., None]
        centre = self._places(rng, box, ids >= 0)
        ground = rng.integers(0, len(self._grounds), (size,))
        colour = rng.uniform(0.05, 0.9, (size, n, 3))
        scenes = []
        for b in range(size):
            placed = tuple(
                Placed(
                    self.categories[ids[b, k]],
                    self._assets[asset[b, k]],
                    float(centre[b, k, 0]),
                    float(centre[b, k, 1]),
                    float(area[b, k]),
                    yaw=45.0 * int(view[b, k]),
                    colour=tuple(colour[b, k].tolist()) if self._colours[asset[b, k]] else None,
                )
                for k in range(n)
                if ids[b, k] >= 0
            )
            scenes.append(Scene("lab", b, placed, size=self.side, seed=b, ground=self._grounds[ground[b]]))
        return scenes, np.where(ids[..., None] >= 0, centre, np.nan)

    @staticmethod
    def _places(rng: np.random.Generator, box: np.ndarray, real: np.ndarray) -> np.ndarray:
        """Box centres float64 (B, n, 2) inside the frame, each the least overlapped of a few random ones."""
        size, n, _ = box.shape
        centre = np.zeros((size, n, 2))
        for k in range(n):
            half = box[:, k, None, :] * 0.55 + 0.03
            tried = half + rng.random((size, _PLACES, 2)) * np.maximum(1 - 2 * half, 0)
            overlap = np.zeros((size, _PLACES))
            for j in range(k):
                reach = (box[:, None, k] + box[:, None, j]) / 2
                common = np.clip(reach - np.abs(tried - centre[:, None, j]), 0, None).prod(axis=2)
                overlap += np.where(real[:, None, j], common, 0)
            best = overlap.argmin(axis=1)
            centre[:, k] = tried[np.arange(size), best]
        return centre
