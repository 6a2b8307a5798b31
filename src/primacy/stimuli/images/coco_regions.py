"""The annotated things of one photo on a grid of pixels, and what a window of it shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from primacy.design.crops import Window
from primacy.stimuli.images.coco_entries import CocoImage, Instance
from primacy.stimuli.images.coco_shapes import drawn

LARGE = 0.1
"""A thing that covers this share of a window is shown however much of it lies outside."""


class Seen(NamedTuple):
    """What a window shows of a category (its place among the file's categories).

    `area`: share of the window's pixels on the union of its things; `x`, `y`: centroid of these pixels in fractions of
    the window; `instances`: how many things are shown.
    """

    category: int
    area: float
    x: float
    y: float
    instances: int


@dataclass(frozen=True, eq=False)
class Regions:
    """`things` bool (k, height, width): the pixels of each; `categories` int64 (k,)."""

    categories: np.ndarray
    things: np.ndarray

    @property
    def whole(self) -> Window:
        """All of the grid."""
        return Window(0, 0, self.things.shape[2], self.things.shape[1])

    @cached_property
    def sizes(self) -> np.ndarray:
        """Pixels of each thing, int64 (k,)."""
        return np.count_nonzero(self.things, axis=(1, 2))

    def shown(self, window: Window) -> np.ndarray:
        """Which things `window` shows, bool (k,): those of which at least half of the pixels lie inside, and those that
        cover a tenth of it, so that the legs of a cut person are not overlooked when they fill a picture."""
        counts = np.count_nonzero(self.things[(slice(None), *window.at)], axis=(1, 2))
        enough = (2 * counts >= self.sizes) | (counts >= LARGE * window.width * window.height)
        return enough & (counts > 0)

    def seen(self, window: Window) -> tuple[Seen, ...]:
        """The categories that `window` shows, in the order of their ids.

        The area of a category that is shown counts all its pixels inside, each once, those of things that are not shown
        as well.
        """
        shown = self.shown(window)
        inside = self.things[(slice(None), *window.at)]
        return tuple(_seen(int(c), inside, self.categories == c, shown) for c in np.unique(self.categories[shown]))

    def union(self, category: int) -> np.ndarray:
        """Pixels of a category, bool (height, width)."""
        return self.things[self.categories == category].any(axis=0)

    def labels(self, window: Window, categories: Sequence[int]) -> np.ndarray:
        """uint8 (window height, window width): k on the pixels of the k-th of `categories`, from 1, else 0.

        Where two overlap, the smaller one lies on top.
        """
        unions = [self.union(category)[window.at] for category in categories]
        out = np.zeros((window.height, window.width), dtype=np.uint8)
        for k in sorted(range(len(unions)), key=lambda k: -int(unions[k].sum())):
            out[unions[k]] = k + 1
        return out


def regions(image: CocoImage, things: Sequence[Instance], grid: tuple[int, int]) -> Regions:
    """Draw the things of a photo on a grid of width x height pixels that stands for all of it."""
    masks = [drawn(thing.shape, thing.box, (image.width, image.height), grid) for thing in things]
    stacked = np.stack(masks) if masks else np.zeros((0, grid[1], grid[0]), dtype=bool)
    return Regions(np.array([thing.category for thing in things], dtype=np.int64), stacked)


def _seen(category: int, inside: np.ndarray, own: np.ndarray, shown: np.ndarray) -> Seen:
    union = inside[own].any(axis=0)
    height, width = union.shape
    columns, rows = union.sum(axis=0), union.sum(axis=1)
    pixels = int(columns.sum())
    return Seen(
        category=category,
        area=pixels / union.size,
        x=float(columns @ (np.arange(width) + 0.5)) / pixels / width,
        y=float(rows @ (np.arange(height) + 0.5)) / pixels / height,
        instances=int((own & shown).sum()),
    )
