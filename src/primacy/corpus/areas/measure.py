"""A category's areas in an image, from the things of that category."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from primacy.corpus.areas.boxes import Region, clipped, union_of_boxes
from primacy.corpus.areas.masks import Runs, box_runs, drawn_runs, pixels, region, united
from primacy.stimuli.images.coco_entries import CocoImage, Instance


class Thing(NamedTuple):
    """One thing of a category: `area` in pixels, inside the image; `runs` None where only the box is known."""

    instance: Instance
    runs: Runs | None
    area: float
    crowd: bool


def thing(instance: Instance, image: CocoImage, *, crowd: bool) -> Thing:
    """An annotated thing, its mask drawn.

    Raises:
        EntryError: its mask cannot be drawn.
    """
    if instance.shape is None:
        left, top, right, bottom = clipped(instance.box, image.width, image.height)
        return Thing(instance, None, (right - left) * (bottom - top), crowd)
    runs = drawn_runs(instance.shape, image)
    return Thing(instance._replace(shape=None), runs, pixels(runs), crowd)


class Measured(NamedTuple):
    """The columns of `primacy.corpus.tables.AREAS` that say what a category shows in an image, in their order."""

    union: float
    largest: float
    sum: float
    instances: int
    centrality: float | None
    crowd: bool
    kind: str


def measured(things: list[Thing], image: CocoImage) -> Measured:
    """Areas of all `things` of one category in `image`, as shares of it.

    Where some have masks and others boxes, the boxes are drawn as masks, and the kind is "box": it is no mask's area.
    """
    whole = image.width * image.height
    covered = _union(things, image)
    areas = [one.area for one in things]
    return Measured(
        union=min(covered.area / whole, 1.0),
        largest=min(max(areas) / whole, 1.0),
        sum=math.fsum(areas) / whole,
        instances=len(things),
        centrality=centrality(covered, image) if covered.area > 0 else None,
        crowd=any(one.crowd for one in things),
        kind="mask" if all(one.runs for one in things) else "box",
    )


def _union(things: list[Thing], image: CocoImage) -> Region:
    if any(one.runs for one in things):
        return region(united([one.runs or box_runs(one.instance.box, image) for one in things]))
    return union_of_boxes(np.array([clipped(one.instance.box, image.width, image.height) for one in things]))


def centrality(covered: Region, image: CocoImage) -> float:
    """1 for a centroid in the middle of the image, 0 in its corner: 1 - distance / half the diagonal, x and y taken as
    fractions of width and height."""
    x, y = covered.x / covered.area / image.width, covered.y / covered.area / image.height
    return max(0.0, 1 - math.hypot(x - 0.5, y - 0.5) / math.sqrt(0.5))
