"""Casting: which objects, from which side, in which colour, under which light each set shows.

All of it is drawn once for a set and holds in all of its scenes, so that within a set the design's factor alone varies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from primacy.design.scenes.dealing import deal_pairs, deal_sets, occurrence_order
from primacy.design.scenes.presets.look import most_copies
from primacy.design.scenes.request import DEFAULT_SETS, MOST_REAL, SceneRequest
from primacy.design.scenes.silhouettes import Shapes
from primacy.errors import DesignError, UnknownNameError
from primacy.identity import rng_stream


@dataclass(frozen=True)
class Pool:
    """The categories and assets that a design deals from; `instances[c]` are ids of assets of category c."""

    categories: tuple[str, ...]
    assets: tuple[str, ...]
    instances: tuple[tuple[int, ...], ...]

    @property
    def category_of(self) -> np.ndarray:
        """Category id of each asset, int64 (A,)."""
        owner = np.zeros(len(self.assets), dtype=np.int64)
        for category, ids in enumerate(self.instances):
            owner[list(ids)] = category
        return owner


@dataclass(frozen=True, eq=False)
class Cast:
    """K sets of M members.

    `assets` ids (K, M), `yaws` degrees (K, M), `colours` ids (K, M); `grounds` ids (K,): texture times number of
    colours plus colour; `camera` (K,) and `light` (K, 2): degrees to add to the usual elevation, and to azimuth and
    elevation; `seeds` (K,).
    """

    assets: np.ndarray
    yaws: np.ndarray
    colours: np.ndarray
    grounds: np.ndarray
    camera: np.ndarray
    light: np.ndarray
    seeds: np.ndarray

    def __len__(self) -> int:
        return len(self.assets)


def pool(request: SceneRequest, shapes: Shapes) -> Pool:
    """The objects that `request` may use.

    Raises:
        UnknownNameError: a category that `shapes` lacks.
        DesignError: fewer categories than objects in a set.
    """
    names = tuple(shapes.categories) if request.categories is None else request.categories
    for name in names:
        if name not in shapes.categories:
            raise UnknownNameError("category", name, shapes.categories)
    if max(request.numbers) > len(names):
        raise DesignError(
            f"scenes of {max(request.numbers)} objects need as many categories, there are {len(names)}",
            hint="Ask for fewer objects, or more categories.",
        )
    assets = tuple(asset for name in names for asset in shapes.categories[name])
    ids = {asset: i for i, asset in enumerate(assets)}
    return Pool(names, assets, tuple(tuple(ids[asset] for asset in shapes.categories[name]) for name in names))


def cast(request: SceneRequest, n: int, objects: Pool) -> Cast:
    """Cast all sets of `n` objects.

    Raises:
        DesignError: a gallery of more objects than there are.
    """
    if request.preset.members == "views":
        assets = _every_object(request, objects)
        members = np.repeat(assets[:, None], len(request.yaws), axis=1)
        yaws = np.tile(np.array(request.yaws, dtype=np.float64), (len(assets), 1))
        colours = np.repeat(_colours(request, 1, len(assets)), len(request.yaws), axis=1)
    else:
        members, yaws = _sets(request, n, objects)
        colours = _colours(request, n, len(members))
        if request.preset.members == "copies":
            copies = most_copies(n) if request.copies == "different" else 1
            members = np.concatenate([_next_instance(members, objects, j) for j in range(copies)], axis=1)
            yaws, colours = (np.tile(table, (1, copies)) for table in (yaws, colours))
    return Cast(members, yaws, colours, *_surroundings(request, n, len(members)))


def real_areas(members: np.ndarray, objects: Pool, shapes: Shapes) -> np.ndarray:
    """Areas of objects that keep their real proportions, as shares of the largest of each set's.

    Args:
        members: ids of assets, int64 (K, M).
        objects: what the ids mean.
        shapes: knows the sizes.

    Returns:
        float64 (K, M), 1 for the largest of a set, at least 1/25.

    Raises:
        DesignError: an object whose real size is not known.
    """
    for asset in objects.assets:
        if asset not in shapes.sizes_m:
            raise DesignError(f"the real size of {asset} is not known", hint="Give its size_m, or canonical sizes.")
    extents = np.array([shapes.sizes_m[asset] for asset in objects.assets])[members]
    shares = (extents / extents.max(axis=1, keepdims=True)) ** 2
    return np.maximum(np.round(shares, 9), 1 / MOST_REAL)


def _stream(request: SceneRequest, n: int, name: str) -> np.random.Generator:
    return rng_stream(request.seed, "scenes", request.design, str(n), name)


def _sets(request: SceneRequest, n: int, objects: Pool) -> tuple[np.ndarray, np.ndarray]:
    k = DEFAULT_SETS if request.sets is None else request.sets
    categories = deal_sets(len(objects.categories), n, k, _stream(request, n, "sets"))
    assets, yaws = np.empty((2, categories.size), dtype=np.int64)
    for category, at in enumerate(occurrence_order(categories.ravel(), len(objects.categories))):
        rng = _stream(request, n, f"views/{objects.categories[category]}")
        instances = np.array(objects.instances[category])
        which, turn = deal_pairs(len(at), len(instances), len(request.yaws), rng)
        assets[at], yaws[at] = instances[which], turn
    return assets.reshape(k, n), np.array(request.yaws, dtype=np.float64)[yaws.reshape(k, n)]


def _every_object(request: SceneRequest, objects: Pool) -> np.ndarray:
    """All objects: first one of each category, then a second of each ..., so that any beginning is even."""
    most = max(map(len, objects.instances))
    ids = [instances[j] for j in range(most) for instances in objects.instances if j < len(instances)]
    if request.sets is not None and request.sets > len(ids):
        raise DesignError(
            f"a gallery of {request.sets} objects asked for, there are {len(ids)}", hint="Leave out the number of sets."
        )
    return np.array(ids[: request.sets])


def _next_instance(assets: np.ndarray, objects: Pool, step: int) -> np.ndarray:
    """Assets `step` places further in their category's list, round and round."""
    following = np.arange(len(objects.assets))
    for ids in objects.instances:
        following[list(ids)] = np.roll(ids, -step)
    return following[assets]


def _colours(request: SceneRequest, n: int, k: int) -> np.ndarray:
    """A colour for each of n objects of k sets, different ones as far as the palette goes; int64 (k, n)."""
    size, rng = len(request.palette), _stream(request, n, "colours")
    if not size:
        return np.zeros((k, n), dtype=np.int64)
    if size >= n:
        return deal_sets(size, n, k, rng)
    return rng.permuted(np.tile(np.arange(n) % size, (k, 1)), axis=1)


def _surroundings(request: SceneRequest, n: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    grounds = deal_pairs(k, len(request.textures), len(request.ground_colours), _stream(request, n, "ground"))
    camera = _stream(request, n, "camera").uniform(-1, 1, k) * request.camera_jitter
    light = _stream(request, n, "light").uniform(-1, 1, (k, 2)) * request.light_jitter
    seeds = _stream(request, n, "seeds").integers(2**31, size=k)
    return grounds[0] * len(request.ground_colours) + grounds[1], np.round(camera, 3), np.round(light, 3), seeds
