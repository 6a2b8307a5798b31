"""The entries of an official COCO instances file, each checked as it is read."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from primacy.stimuli.images.coco_shapes import Box, Polygons, RunLengths, Shape, uncompressed_counts

MAX_SIDE = 1_000_000
"""Sides of annotated pictures beyond this are refused as nonsense."""


class EntryError(ValueError):
    """An entry that cannot be used; the message says why, and of images and categories also which."""


class CocoImage(NamedTuple):
    """A picture that the file lists; sides in pixels, as it was when it was annotated."""

    image_id: int
    file_name: str
    width: int
    height: int


class Instance(NamedTuple):
    """One thing: `category` is its place among the file's categories, `shape` None where only the box is known."""

    category: int
    box: Box
    shape: Shape | None


def read_categories(listed: list[Any]) -> dict[int, str]:
    """Names by id, ascending.

    Raises:
        EntryError: no integer `id`, no `name`, or one of an earlier entry.
    """
    names: dict[int, str] = {}
    for i, entry in enumerate(listed):
        fields = entry if isinstance(entry, dict) else {}
        category_id, name = fields.get("id"), fields.get("name")
        if not _is_int(category_id) or not isinstance(name, str) or not name.strip():
            raise EntryError(f"category {i} has no integer 'id' or no 'name'")
        if category_id in names or name.strip() in names.values():
            raise EntryError(f"category {i} has the id or the name of an earlier one ({name.strip()!r})")
        names[category_id] = name.strip()
    return dict(sorted(names.items()))


def read_image(row: int, entry: Any) -> CocoImage:
    """Entry number `row` of the list of images.

    Raises:
        EntryError: no integer `id`, no `file_name`, or sides that cannot be.
    """
    fields = entry if isinstance(entry, dict) else {}
    image_id, name = fields.get("id"), fields.get("file_name")
    width, height = fields.get("width"), fields.get("height")
    if not _is_int(image_id) or not isinstance(name, str) or not name:
        raise EntryError(f"image {row} has no integer 'id' or no 'file_name'")
    if not (_is_int(width) and _is_int(height) and 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise EntryError(f"image {row} has width {width!r} and height {height!r}, expected positive integers")
    return CocoImage(image_id, name, width, height)


def annotated_image(entry: Any) -> int:
    """The id of the image that an annotation is about, listed or not.

    Raises:
        EntryError: no integer `image_id`.
    """
    image_id = entry.get("image_id") if isinstance(entry, dict) else None
    if not _is_int(image_id):
        raise EntryError("has no integer 'image_id'")
    return image_id


def read_instance(fields: Mapping[str, Any], places: Mapping[int, int], image: CocoImage) -> tuple[Instance, bool]:
    """The thing of an annotation, and whether its outline, if it has one, can be used.

    Args:
        fields: the annotation, of which `annotated_image` is `image`.
        places: place among the file's categories by category id.
        image: the picture it is in.

    Raises:
        EntryError: an unknown category, or a box or segmentation that cannot be.
    """
    category = fields.get("category_id")
    if not _is_int(category) or category not in places:
        raise EntryError(f"has 'category_id' {category!r}, which is not among the categories")
    box = fields.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(v) for v in box):
        raise EntryError(f"has 'bbox' {str(box)[:80]}, expected [x, y, width, height]")
    x, y, width, height = map(float, box)
    if width < 0 or height < 0:
        raise EntryError(f"has a 'bbox' of negative width or height: {box}")
    if x >= image.width or y >= image.height or x + width < 0 or y + height < 0:
        raise EntryError(f"has a 'bbox' {box} outside its image of {image.width} x {image.height}")
    segmentation = fields.get("segmentation")
    shape = _shape(segmentation, image) if segmentation else None
    return Instance(places[category], (x, y, width, height), shape), not segmentation or shape is not None


def _shape(segmentation: Any, image: CocoImage) -> Shape | None:
    if isinstance(segmentation, dict):
        return _runs(segmentation, image)
    if not isinstance(segmentation, list) or not all(isinstance(part, list) for part in segmentation):
        raise EntryError("has a 'segmentation' that is neither a list of polygons nor run lengths")
    parts = [_outline(part) for part in segmentation]
    usable = tuple(points for points in parts if len(points) >= 3)
    return Polygons(usable) if usable else None


def _outline(part: list[Any]) -> np.ndarray:
    # by the types of all numbers at once: an instances file holds millions of them
    if len(part) % 2 == 0 and set(map(type, part)) <= {int, float}:
        with contextlib.suppress(OverflowError):
            values = np.array(part, dtype=np.float64)
            if (np.abs(values) < MAX_SIDE**2).all():
                return values.reshape(-1, 2)
    raise EntryError("has a polygon that is not a list of x, y, x, y, ...")


def _runs(segmentation: Mapping[str, Any], image: CocoImage) -> RunLengths:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [image.height, image.width]:
        raise EntryError(f"has run lengths of size {size}, expected {[image.height, image.width]} (height, width)")
    if isinstance(counts, str):
        try:
            lengths = uncompressed_counts(counts)
        except ValueError as error:
            raise EntryError(f"has run lengths that cannot be read: {error}") from None
    elif isinstance(counts, list) and all(_is_int(c) and abs(c) <= MAX_SIDE**2 for c in counts):
        lengths = np.array(counts, dtype=np.int64)
    else:
        raise EntryError("has run lengths without 'counts' (a list of integers or a string)")
    whole = image.width * image.height
    if ((lengths < 0) | (lengths > whole)).any() or int(lengths.sum()) != whole:
        raise EntryError(f"has run lengths that do not add up to {image.width} x {image.height} pixels")
    return RunLengths(image.height, image.width, lengths)


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> TypeGuard[float]:
    # neither NaN, nor infinite, nor an integer too long for a float
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_SIDE**2
