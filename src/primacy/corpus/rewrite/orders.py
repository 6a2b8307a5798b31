"""The orders that a rewritten caption can have: random, taking turns within an image, or by area."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from primacy.corpus.rewrite.firsts import Firsts

ORDERS = ("shuffle", "rotate", "smallest-first")

_STEP = np.uint64(0x9E3779B97F4A7C15)
_UNKNOWN_LAST = np.inf


class Ids(NamedTuple):
    """Ids of the captions of a batch and of their images, strings without nulls."""

    captions: pa.Array
    images: pa.Array


class Order(Protocol):
    """Says in which order captions should mention their objects."""

    def keys(self, firsts: Firsts, ids: Ids) -> NDArray[np.generic]:
        """A key for each first mention (M,); ascending within a caption is the wanted order, ties stay as they are.

        Batches come in the order of the corpus.
        """
        ...


class Shuffle:
    """Every order of a caption's objects is equally likely; it depends on the seed and the caption's id alone.

    The random numbers of a caption are those of SplitMix64 (Steele, Lea and Flood 2014) started from a hash of both.
    """

    def __init__(self, seed: int) -> None:
        self._seed = str(seed).encode()

    def keys(self, firsts: Firsts, ids: Ids) -> NDArray[np.uint64]:
        """64 random bits for each mention, by its place in the caption."""
        names = ids.captions.take(pa.array(firsts.captions)).to_pylist()
        return _random(np.array([_hash(self._seed, name.encode()) for name in names], np.uint64), firsts, firsts.place)


class Rotate:
    """Captions of one image that mention the same objects take turns: of k, every object is first in one.

    Each image and set of objects has a random order (of the seed, the image and the set), which the first of its
    captions takes as it is, the next rotated by one, and so on. A caption without a fellow is thus shuffled. One number
    is kept for each image and set met.
    """

    def __init__(self, seed: int) -> None:
        self._seed = str(seed).encode()
        self._met: dict[int, int] = {}

    def keys(self, firsts: Firsts, ids: Ids) -> NDArray[np.int64]:
        """Place of each mention in the caption's order, from 0."""
        images = ids.images.take(pa.array(firsts.captions)).to_pylist()
        by_category = np.lexsort((firsts.category, firsts.owner))
        codes = firsts.category[by_category].astype("<i8")
        sets = [codes[a:b] for a, b in pairwise(firsts.starts.tolist())]
        turns = np.empty(len(images), np.int64)
        groups = np.empty(len(images), np.uint64)
        for k, (image, members) in enumerate(zip(images, sets, strict=True)):
            group = _hash(self._seed, f"{len(members)} ".encode() + members.tobytes() + image.encode())
            groups[k], turns[k] = group, self._met.get(group, 0)
            self._met[group] = turns[k] + 1
        rank = np.empty_like(firsts.place)
        rank[by_category] = firsts.place  # lexsort keeps captions together, so places 0..k-1 number the sorted ones
        order = np.lexsort((_random(groups, firsts, rank), firsts.owner))
        place = np.empty_like(firsts.place)
        place[order] = firsts.place
        return (place - turns[firsts.owner]) % firsts.counts[firsts.owner]


class SmallestFirst:
    """Ascending by area in the caption's image; categories without an area stay behind, in their old order."""

    def __init__(self, areas: AreaTable) -> None:
        self._areas = areas

    def keys(self, firsts: Firsts, ids: Ids) -> NDArray[np.float64]:
        """Areas, infinite where there is none."""
        images = ids.images.take(pa.array(firsts.captions[firsts.owner]))
        areas = self._areas.look_up(images, firsts.category)
        return np.where(np.isnan(areas), _UNKNOWN_LAST, areas)


class AreaTable(Protocol):
    """Knows how large categories are."""

    def look_up(self, images: pa.Array, categories: NDArray[np.int64]) -> NDArray[np.float64]:
        """Area of each category (M,) in each image (M,), NaN where it is not known."""
        ...


def wanted(order: Order, firsts: Firsts, ids: Ids) -> NDArray[np.int64]:
    """The first mentions in the wanted order: indices (M,) into `firsts`, caption by caption."""
    return np.lexsort((order.keys(firsts, ids), firsts.owner))


def _hash(seed: bytes, name: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(name, digest_size=8, key=seed).digest(), "little")


def _random(states: NDArray[np.uint64], firsts: Firsts, draw: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Number `draw` (M,) of each mention's caption, of a generator in the caption's state (n,)."""
    z = states[firsts.owner] + (draw.astype(np.uint64) + np.uint64(1)) * _STEP
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
