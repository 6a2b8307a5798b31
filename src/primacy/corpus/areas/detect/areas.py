"""From the detections in one image to the areas of its categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primacy.corpus.areas.detect.detector import Detections
from primacy.corpus.areas.masks import Runs, pixels
from primacy.corpus.areas.measure import Measured, Thing, measured
from primacy.stimuli.images.coco_entries import CocoImage, Instance

if TYPE_CHECKING:
    from PIL import Image

    from primacy.corpus.areas.detect.masks import Masker


class CategoryArea(NamedTuple):
    """A category by its index, and its areas in the image; `empty`: how many of its masks have no pixel."""

    category: int
    areas: Measured
    empty: int


def without_doubles(found: Detections, overlap: float) -> Detections:
    """Of boxes of one category that share more than `overlap` (intersection over union) the one with the best score:
    greedy non-maximum suppression, class by class. Categories do not suppress each other. Given in descending order of
    scores."""
    import torch
    from torchvision.ops import batched_nms

    boxes, scores, categories = (torch.from_numpy(np.ascontiguousarray(column)) for column in found)
    # The ratio of areas is the same in fractions of the image as in its pixels.
    kept = batched_nms(boxes, scores, categories, overlap).numpy()
    return Detections(*(column[kept] for column in found))


def category_areas(image: Image.Image, found: Detections, masker: Masker | None) -> Iterator[CategoryArea]:
    """Areas of the categories of `found`, ascending: of the boxes, or of the masks that `masker` makes of them."""
    if not len(found.boxes):
        return
    frame = CocoImage(0, "", image.width, image.height)
    order = np.argsort(found.categories, kind="stable")
    categories, boxes = found.categories[order], found.boxes[order]
    runs = [None] * len(boxes) if masker is None else [_runs(mask) for mask in masker.masks(image, boxes)]
    for category in np.unique(categories):
        at = np.flatnonzero(categories == category)
        things = [_thing(boxes[i], runs[i], frame) for i in at]
        kind = "detected box" if masker is None else "detected mask"
        empty = sum(thing.area == 0 for thing in things)
        yield CategoryArea(int(category), measured(things, frame)._replace(kind=kind), empty)


def _thing(box: NDArray[np.float64], runs: Runs | None, frame: CocoImage) -> Thing:
    left, top, right, bottom = box * np.array([frame.width, frame.height] * 2)
    area = (right - left) * (bottom - top) if runs is None else pixels(runs)
    placed = (float(left), float(top), float(right - left), float(bottom - top))
    return Thing(Instance(0, placed, None), runs, float(area), crowd=False)


def _runs(mask: NDArray[np.bool_]) -> Runs:
    from pycocotools import mask as coco

    return coco.encode(np.asfortranarray(mask, dtype=np.uint8))
