"""Masks as run lengths (pycocotools): drawn at full resolution, united, and measured without being unpacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from primacy.corpus.areas.boxes import Region, clipped
from primacy.stimuli.images.coco_entries import CocoImage, EntryError
from primacy.stimuli.images.coco_shapes import Box, Polygons, Shape, uncompressed_counts

Runs = dict[str, Any]
"""Run lengths as pycocotools has them: `size` (height, width) and compressed `counts`, down the columns."""
_MOST_PIXELS = 2**28  # pycocotools allocates four bytes for each, and counts runs in 32 bits


def drawn_runs(shape: Shape, image: CocoImage) -> Runs:
    """The mask of one thing, its parts united, by the drawing rule of pycocotools.

    Raises:
        EntryError: the image is too large to hold masks of, or an outline lies far outside it.
    """
    from pycocotools import mask

    width, height = image.width, image.height
    if width * height > _MOST_PIXELS:
        raise EntryError(f"has a mask of {width} x {height} pixels, more than {_MOST_PIXELS:,}")
    if isinstance(shape, Polygons):
        # drawing one takes memory and time in proportion to its length
        if any(np.abs(part).max() > 2 * max(width, height) for part in shape.parts):
            raise EntryError(f"has an outline far outside its image of {width} x {height}")
        parts = mask.frPyObjects([part.ravel() for part in shape.parts], height, width)
        return united(parts)
    return mask.frPyObjects({"size": [height, width], "counts": shape.counts}, height, width)


def box_runs(box: Box, image: CocoImage) -> Runs:
    """The mask of a box (x, y, width, height), as far as it lies in the image."""
    from pycocotools import mask

    left, top, right, bottom = clipped(box, image.width, image.height)
    inside = np.array([[left, top, right - left, bottom - top]], dtype=np.float64)
    return mask.frPyObjects(inside, image.height, image.width)[0]


def united(runs: Sequence[Runs]) -> Runs:
    """The union of masks of one picture."""
    from pycocotools import mask

    return runs[0] if len(runs) == 1 else mask.merge(list(runs))


def pixels(runs: Runs) -> int:
    """Pixels of a mask."""
    from pycocotools import mask

    return int(mask.area(runs))


def region(runs: Runs) -> Region:
    """Area of a mask and the integrals of x and of y over it, a pixel being a square of side 1; in exact integers."""
    height = runs["size"][0]
    ends = np.cumsum(uncompressed_counts(runs["counts"].decode("ascii")))
    ends = ends[: len(ends) // 2 * 2].reshape(-1, 2)  # where each run of 1 starts and stops, counted down the columns
    area = int((ends[:, 1] - ends[:, 0]).sum())
    columns, rows = np.divmod(ends, height)
    # sums of x = p // height and of y = p % height over all pixels p before an end
    x = height * (columns * (columns - 1) // 2) + columns * rows
    y = columns * (height * (height - 1) // 2) + rows * (rows - 1) // 2
    return Region(area, int((x[:, 1] - x[:, 0]).sum()) + area / 2, int((y[:, 1] - y[:, 0]).sum()) + area / 2)
