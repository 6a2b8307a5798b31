"""A design of scenes: which are shown, in which order. Scenes are made when they are looked at.

Scene i is arrangement i % R of set i // R within its part (one part for each number of objects). What is drawn at
random is kept in tables of a few numbers a set, so that any scene costs microseconds and none is held in memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np

from primacy.design.scene import Camera, Ground, Light, Placed, Scene
from primacy.design.scenes import layout, occlusion
from primacy.design.scenes.casting import Cast, Pool, cast, pool, real_areas
from primacy.design.scenes.request import Rgb, SceneRequest
from primacy.design.scenes.silhouettes import Shapes, box_units
from primacy.design.scenes.spots import Arrangement


@dataclass(frozen=True, eq=False)
class Part:
    """All sets of `n` objects. `areas` (K,): base areas. `centres` (K, R, n, 2) where places depend on the set,
    `shares` (K, M) where the members' areas do."""

    n: int
    first_set: int
    arrangements: tuple[Arrangement, ...]
    cast: Cast
    areas: np.ndarray
    centres: np.ndarray | None = None
    shares: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.cast) * len(self.arrangements)


@dataclass(frozen=True, eq=False)
class SceneDesign:
    """Scenes of `request`, whole sets together, fewest objects first as asked."""

    request: SceneRequest
    objects: Pool
    tintable: frozenset[str]
    parts: tuple[Part, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def n_sets(self) -> int:
        """Number of sets, the clusters of an analysis, over all numbers of objects."""
        return sum(len(part.cast) for part in self.parts)

    def scene(self, index: int) -> Scene:
        """Scene number `index`, from 0.

        Raises:
            IndexError: there is no such scene.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"scene {index} of {len(self)}")
        return next(self.scenes(index, index + 1))

    def scenes(self, start: int = 0, stop: int | None = None) -> Iterator[Scene]:
        """Scenes `start` to `stop` - 1, clipped to the design."""
        stop = len(self) if stop is None else min(stop, len(self))
        at = max(start, 0)
        while at < stop:
            p = bisect_right(self._ends, at)
            part, begin = self.parts[p], self._ends[p] - len(self.parts[p])
            row, arrangement = divmod(at - begin, len(part.arrangements))
            last = min(len(part.arrangements), arrangement + stop - at)
            yield from self._of_set(part, row, range(arrangement, last))
            at += last - arrangement

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(map(len, self.parts)))

    @cached_property
    def _owners(self) -> list[str]:
        return [self.objects.categories[c] for c in self.objects.category_of.tolist()]

    @cached_property
    def _grounds(self) -> list[Ground]:
        colours = [_floats(colour) for colour in self.request.ground_colours]
        return [Ground(texture, colour) for texture in self.request.textures for colour in colours]

    def _of_set(self, part: Part, k: int, which: range) -> Iterator[Scene]:
        """Arrangements `which` of set k."""
        members = [
            (self._owners[asset], self.objects.assets[asset], yaw, self._colour(asset, colour))
            for asset, yaw, colour in zip(
                part.cast.assets[k].tolist(), part.cast.yaws[k].tolist(), part.cast.colours[k].tolist(), strict=True
            )
        ]
        area, seed = float(part.areas[k]), int(part.cast.seeds[k])
        centres = None if part.centres is None else part.centres[k].tolist()
        shares = None if part.shares is None else part.shares[k].tolist()
        azimuth, elevation = part.cast.light[k].tolist()
        camera = Camera(round(Camera().elevation + float(part.cast.camera[k]), 3))
        light = Light(round(Light().azimuth + azimuth, 3), round(Light().elevation + elevation, 3))
        ground = self._grounds[part.cast.grounds[k]]
        for r in which:
            arrangement = part.arrangements[r]
            placed = []
            for e, spot in enumerate(arrangement.spots):
                category, asset, yaw, colour = members[spot.member]
                slot, x, y = spot.slot
                if centres is not None:
                    x, y = centres[r][e]
                share = spot.area if shares is None else spot.area * shares[spot.member]
                placed.append(
                    Placed(
                        category,
                        asset,
                        x,
                        y,
                        area * share,
                        yaw,
                        slot,
                        spot.level,
                        spot.role,
                        spot.visibility,
                        spot.contrast,
                        colour,
                    )
                )
            yield Scene(
                self.request.design,
                part.first_set + k,
                tuple(placed),
                self.request.size,
                seed,
                camera,
                light,
                ground,
                {**arrangement.factors, "base_area": area},
            )

    def _colour(self, asset: int, colour: int) -> Rgb | None:
        wanted = self.request.palette and self.objects.assets[asset] in self.tintable
        return _floats(self.request.palette[colour]) if wanted else None


def _floats(colour: Rgb) -> Rgb:
    """The colour with no whole numbers in it, which JSON would write, and scenes would be named, differently."""
    red, green, blue = map(float, colour)
    return red, green, blue


def build(request: SceneRequest, shapes: Shapes) -> SceneDesign:
    """The design that `request` describes, of the objects in `shapes`.

    Raises:
        UnknownNameError: a category that `shapes` lacks.
        DesignError: too few categories, or objects that do not fit or cannot hide another; the message names them.
    """
    if request.preset.occludes:
        shapes = occlusion.able_to_hide(shapes, request)
    objects = pool(request, shapes)
    boxes = box_units([shapes.silhouettes[asset] for asset in objects.assets])
    parts: list[Part] = []
    first_set = 0
    for n in request.numbers:
        parts.append(_part(request, n, first_set, objects, boxes, shapes))
        first_set += len(parts[-1].cast)
    return SceneDesign(request, objects, shapes.tintable, tuple(parts))


def _part(request: SceneRequest, n: int, first_set: int, objects: Pool, all_boxes: np.ndarray, shapes: Shapes) -> Part:
    arrangements = tuple(request.preset.arrange(request, n))
    drawn = cast(request, n, objects)
    views = np.rint(drawn.yaws / 45).astype(np.int64) % all_boxes.shape[1]
    exact = all_boxes[drawn.assets, views]
    shares = real_areas(drawn.assets, objects, shapes) if request.sizes == "real" else None
    if shares is not None:
        exact = exact * np.sqrt(shares)[:, :, None]
    boxes = exact * layout.slack(request.camera_jitter)
    wanted = request.area_for(n)
    least = min(spot.area for arrangement in arrangements for spot in arrangement.spots)
    if shares is not None:
        least *= float(shares.min())
    layout.refuse_tiny(wanted, least)
    if request.preset.occludes:
        # What can hide another is compact enough to fit at any ratio: no set is crowded.
        areas = layout.settle_area(occlusion.largest_area(arrangements, boxes), wanted)
        # Of a rectangle of area 1 only the proportions count, which are those of the box.
        solid = exact / np.sqrt(exact.prod(axis=-1, keepdims=True))
        return Part(n, first_set, arrangements, drawn, areas, occlusion.centres(arrangements, boxes, solid, areas))

    def culprits(k: int) -> list[tuple[str, str]]:
        spots = layout.tightest(arrangements, boxes[k])
        return [(objects.assets[drawn.assets[k, spot.member]], spot.slot.name) for spot in spots]

    largest = layout.largest_area(arrangements, boxes)
    layout.refuse_crowded(largest, least, culprits)
    return Part(n, first_set, arrangements, drawn, layout.settle_area(largest, wanted), shares=shares)
