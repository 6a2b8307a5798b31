"""The official COCO instances format: which things stand in which picture, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from primacy.errors import UsageError
from primacy.stimuli.bounded_json import entries, read_json
from primacy.stimuli.images.coco_entries import (
    CocoImage,
    EntryError,
    Instance,
    annotated_image,
    read_categories,
    read_image,
    read_instance,
)


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
    lists = coco_lists(path)
    try:
        return _read(lists)
    except EntryError as error:
        raise UsageError(f"{path.name}: {error}") from None


class CocoLists(NamedTuple):
    """The three lists of an instances file, as they stand there."""

    categories: list[Any]
    images: list[Any]
    annotations: list[Any]


def coco_lists(path: Path) -> CocoLists:
    """The lists of an official COCO instances file (.json or .json.gz), their entries not yet looked at.

    Raises:
        UsageError: unreadable, not JSON, or without these lists.
    """
    content = read_json(path)
    return CocoLists(*(entries(path, content, name, "an official COCO instances file") for name in CocoLists._fields))


def _read(lists: CocoLists) -> CocoInstances:
    names = read_categories(lists.categories)
    places = {category_id: place for place, category_id in enumerate(names)}
    images = [read_image(i, entry) for i, entry in enumerate(lists.images)]
    by_id: dict[int, CocoImage] = {}
    for i, image in enumerate(images):
        if by_id.setdefault(image.image_id, image) is not image:
            raise EntryError(f"image {i} has the id {image.image_id} of an earlier one")
    things: dict[int, list[Instance]] = {}
    crowds = unusable = 0
    orphans: dict[int, None] = {}
    for i, entry in enumerate(lists.annotations):
        try:
            image_id = annotated_image(entry)
            if image_id not in by_id:
                orphans[image_id] = None
            elif entry.get("iscrowd"):
                crowds += 1
            else:
                instance, usable = read_instance(entry, places, by_id[image_id])
                things.setdefault(image_id, []).append(instance)
                unusable += not usable
        except EntryError as error:
            raise EntryError(f"annotation {i} {error}") from None
    return CocoInstances(
        categories=tuple(names.values()),
        images=tuple(images),
        things={image_id: tuple(own) for image_id, own in things.items()},
        crowds=crowds,
        orphans=tuple(sorted(orphans)),
        unusable_outlines=unusable,
    )
