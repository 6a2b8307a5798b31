"""The official COCO instances format: which things stand in which picture, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeGuard

import numpy as np

from primacy.errors import UsageError
from primacy.stimuli.bounded_json import entries, read_json
from primacy.stimuli.images.coco_shapes import Box, Polygons, RunLengths, Shape, uncompressed_counts

_EXPECTED = "an official COCO instances file"
MAX_SIDE = 1_000_000
"""Sides of annotated pictures beyond this are refused as nonsense."""


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


@dataclass(frozen=True, eq=False)
class CocoInstances:
    """What an instances file holds.

    `categories`: names in the order of their ids. `images` in the file's order. `things`: by image id, in the file's
    order; crowd rows are left out. `crowds`: how many crowd rows there are. `orphans`: image ids, ascending, that are
    annotated but not listed. `unusable_outlines`: things whose outlines had fewer than three points, so that their box
    stands for them.
    """

    categories: tuple[str, ...]
    images: tuple[CocoImage, ...]
    things: Mapping[int, tuple[Instance, ...]]
    crowds: int
    orphans: tuple[int, ...]
    unusable_outlines: int


def read_coco_instances(path: Path) -> CocoInstances:
    """Read an official COCO instances file (.json or .json.gz): `images`, `annotations` and `categories`.

    Each annotation needs `image_id`, `category_id` and `bbox`; `segmentation` may be polygons, run lengths (plain or
    compressed) or absent.

    Raises:
        UsageError: unreadable, not JSON, or not of this form; the first bad entry is named.
    """
    content = read_json(path)
    lists = {name: entries(path, content, name, _EXPECTED) for name in ("categories", "images", "annotations")}
    names = _categories(path, lists["categories"])
    places = {category_id: place for place, category_id in enumerate(names)}
    images = [_image(path, i, entry) for i, entry in enumerate(lists["images"])]
    by_id: dict[int, CocoImage] = {}
    for i, image in enumerate(images):
        if by_id.setdefault(image.image_id, image) is not image:
            raise UsageError(f"{path.name}: image {i} has the id {image.image_id} of an earlier one")
    things: dict[int, list[Instance]] = {}
    crowds = unusable = 0
    orphans: dict[int, None] = {}
    for i, entry in enumerate(lists["annotations"]):
        fields = entry if isinstance(entry, dict) else {}
        image_id = fields.get("image_id")
        if not _is_int(image_id):
            raise UsageError(f"{path.name}: annotation {i} has no integer 'image_id'")
        if image_id not in by_id:
            orphans[image_id] = None
        elif fields.get("iscrowd"):
            crowds += 1
        else:
            instance, usable = _instance(_Place(path.name, i), fields, places, by_id[image_id])
            things.setdefault(image_id, []).append(instance)
            unusable += not usable
    return CocoInstances(
        categories=tuple(names.values()),
        images=tuple(images),
        things={image_id: tuple(own) for image_id, own in things.items()},
        crowds=crowds,
        orphans=tuple(sorted(orphans)),
        unusable_outlines=unusable,
    )


class _Place(NamedTuple):
    """Where in a file an annotation stands."""

    file: str
    row: int

    def refuse(self, what: str) -> NoReturn:
        raise UsageError(f"{self.file}: annotation {self.row} {what}")


def _categories(path: Path, listed: list[Any]) -> dict[int, str]:
    """Names by id, ascending."""
    names: dict[int, str] = {}
    for i, entry in enumerate(listed):
        fields = entry if isinstance(entry, dict) else {}
        category_id, name = fields.get("id"), fields.get("name")
        if not _is_int(category_id) or not isinstance(name, str) or not name.strip():
            raise UsageError(f"{path.name}: category {i} has no integer 'id' or no 'name'")
        if category_id in names or name.strip() in names.values():
            raise UsageError(f"{path.name}: category {i} has the id or the name of an earlier one ({name.strip()!r})")
        names[category_id] = name.strip()
    return dict(sorted(names.items()))


def _image(path: Path, i: int, entry: Any) -> CocoImage:
    fields = entry if isinstance(entry, dict) else {}
    image_id, name = fields.get("id"), fields.get("file_name")
    width, height = fields.get("width"), fields.get("height")
    if not _is_int(image_id) or not isinstance(name, str) or not name:
        raise UsageError(f"{path.name}: image {i} has no integer 'id' or no 'file_name'")
    if not (_is_int(width) and _is_int(height) and 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise UsageError(
            f"{path.name}: image {i} has width {width!r} and height {height!r}, expected positive integers"
        )
    return CocoImage(image_id, name, width, height)


def _instance(
    place: _Place, fields: Mapping[str, Any], places: Mapping[int, int], image: CocoImage
) -> tuple[Instance, bool]:
    """The thing, and whether its outline, if it has one, can be used."""
    category = fields.get("category_id")
    if not _is_int(category) or category not in places:
        place.refuse(f"has 'category_id' {category!r}, which is not among the categories")
    box = fields.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(v) for v in box):
        place.refuse(f"has 'bbox' {str(box)[:80]}, expected [x, y, width, height]")
    x, y, width, height = map(float, box)
    if width < 0 or height < 0:
        place.refuse(f"has a 'bbox' of negative width or height: {box}")
    if x >= image.width or y >= image.height or x + width < 0 or y + height < 0:
        place.refuse(f"has a 'bbox' {box} outside its image of {image.width} x {image.height}")
    segmentation = fields.get("segmentation")
    shape = _shape(place, segmentation, image) if segmentation else None
    return Instance(places[category], (x, y, width, height), shape), not segmentation or shape is not None


def _shape(place: _Place, segmentation: Any, image: CocoImage) -> Shape | None:
    if isinstance(segmentation, dict):
        return _runs(place, segmentation, image)
    if not isinstance(segmentation, list) or not all(isinstance(part, list) for part in segmentation):
        place.refuse("has a 'segmentation' that is neither a list of polygons nor run lengths")
    if not all(_is_number(v) for part in segmentation for v in part) or any(len(part) % 2 for part in segmentation):
        place.refuse("has a polygon that is not a list of x, y, x, y, ...")
    parts = tuple(np.array(part, dtype=np.float32).reshape(-1, 2) for part in segmentation if len(part) >= 6)
    return Polygons(parts) if parts else None


def _runs(place: _Place, segmentation: Mapping[str, Any], image: CocoImage) -> RunLengths:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [image.height, image.width]:
        place.refuse(f"has run lengths of size {size}, expected {[image.height, image.width]} (height, width)")
    if isinstance(counts, str):
        try:
            lengths = uncompressed_counts(counts)
        except (ValueError, OverflowError) as error:
            place.refuse(f"has run lengths that cannot be read: {error}")
    elif isinstance(counts, list) and all(_is_int(c) and abs(c) <= MAX_SIDE**2 for c in counts):
        lengths = np.array(counts, dtype=np.int64)
    else:
        place.refuse("has run lengths without 'counts' (a list of integers or a string)")
    if (lengths < 0).any() or int(lengths.sum()) != image.width * image.height:
        place.refuse(f"has run lengths that do not add up to {image.width} x {image.height} pixels")
    return RunLengths(image.height, image.width, lengths)


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> TypeGuard[float]:
    # neither NaN, nor infinite, nor an integer too long for a float
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_SIDE**2
