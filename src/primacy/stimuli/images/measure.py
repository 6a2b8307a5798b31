"""Facts of a picture from its mask: areas, places, and contrasts against the ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from primacy.design.picture import Shown
from primacy.errors import DatasetError
from primacy.render.contrast import ground_levels, grown
from primacy.render.measure import measure

_WHITE = 255 * math.sqrt(3)


def measured(labels: Sequence[Shown], mask: np.ndarray, image: np.ndarray | None = None) -> tuple[Shown, ...]:
    """What `labels` name, with area, place and (given the pixels) contrast as the mask has them.

    Args:
        labels: the objects of mask values 1, 2, ...; their area, x, y and contrast are not read.
        mask: uint8 (height, width), 0 the ground.
        image: uint8 (height, width, 3); without it contrasts are NaN.

    Raises:
        DatasetError: the mask has a value that no object goes with, or an object has no pixel.
    """
    n = len(labels)
    if mask.max(initial=0) > n:
        raise DatasetError(f"the mask has value {mask.max()}, expected at most {n}, the number of objects")
    found = measure(mask, n)
    for label, pixels in zip(labels, found.pixels, strict=True):
        if not pixels:
            raise DatasetError(f"no pixel of {label.category!r} is seen")
    contrast = np.full(n, np.nan) if image is None else contrasts(image, mask, n)
    height, width = mask.shape
    places = (centre(box, width, height) for box in found.box)
    return tuple(
        replace(label, area=float(found.area[k]), x=x, y=y, contrast=float(contrast[k]))
        for k, (label, (x, y)) in enumerate(zip(labels, places, strict=True))
    )


def centre(box: Sequence[int] | np.ndarray, width: int, height: int) -> tuple[float, float]:
    """Where a thing stands: the centre of its bounding box in fractions of the frame, to a hundredth.

    Designs place boxes, and by whole pixels. Centroids would lie off the slots, the more so the larger the object is,
    and so would the pixel's rounding; an analysis by centrality would take both for differences of place.

    Args:
        box: x, y, width and height in pixels.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
    """
    x, y, w, h = (int(v) for v in box)
    return round((x + w / 2) / width, 2), round((y + h / 2) / height, 2)


def contrasts(image: np.ndarray, mask: np.ndarray, n: int) -> np.ndarray:
    """How far the mean colour of each object is from that of the ground around it.

    The ground is that of `render.contrast`: of the object's box grown by a quarter, without the pixels next to objects.

    Args:
        image: uint8 (height, width, 3), sRGB.
        mask: uint8 (height, width), value k is object k.
        n: number of objects.

    Returns:
        float64 (n,): Euclidean distance of mean sRGB levels over that of black and white, 0 to 1; NaN where the object
        has no pixel or the picture no ground.
    """
    out = np.full(n, np.nan)
    pure = ~grown(mask > 0)
    if not pure.any():
        return out
    for k in range(n):
        seen = mask == k + 1
        if seen.any():
            out[k] = np.linalg.norm(image[seen].mean(axis=0) - ground_levels(image, seen, pure)) / _WHITE
    return out
