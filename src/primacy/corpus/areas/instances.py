"""Areas from an official COCO instances file: of masks at full resolution, of boxes where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from primacy.corpus.areas.measure import Thing, measured, thing
from primacy.corpus.areas.names import WRONG_WORDS, KnownNames
from primacy.corpus.areas.table import Areas
from primacy.corpus.faults import Faults
from primacy.corpus.tables import AREAS
from primacy.errors import CorpusError, UsageError
from primacy.stimuli.images.coco_entries import (
    CocoImage,
    EntryError,
    annotated_image,
    read_categories,
    read_image,
    read_instance,
)
from primacy.stimuli.images.coco_instances import coco_lists

Places = dict[int, dict[int, list[Thing]]]
"""Things by image id and by index of their category in the vocabulary."""


def read_instances(path: Path, categories: tuple[str, ...], faults: Faults) -> Areas:
    """Areas of the vocabulary's `categories` in the images of an official COCO instances file (.json or .json.gz).

    Crowd rows count as one instance each, and are marked. Things without area are instances, of area 0. The field
    `area` of an annotation is not used. What cannot be used is counted in `faults`, and the rest is read.

    Raises:
        UsageError: unreadable, not JSON, not of this form.
        CorpusError: none of its categories is in the vocabulary.
    """
    lists = coco_lists(path)
    try:
        names = read_categories(lists.categories)
    except EntryError as error:
        raise UsageError(f"{path.name}: {error}") from None
    known = KnownNames(categories, faults)
    codes = [known.index(name) for name in names.values()]
    if all(code is None for code in codes):
        raise CorpusError(f"{path.name}: none of its {len(codes)} categories is in the vocabulary", hint=WRONG_WORDS)
    images = _images(lists.images, faults)
    places: Places = {image_id: {} for image_id in images}
    columns = {category_id: place for place, category_id in enumerate(names)}
    for image_id, category, one in _things(lists.annotations, images, columns, faults):
        code = codes[category]
        if code is not None:
            places[image_id].setdefault(code, []).append(one)
    rows = [
        (str(image_id), categories[code], *measured(own[code], images[image_id]))
        for image_id, own in places.items()
        for code in sorted(own)
    ]
    return Areas(pl.DataFrame(rows, schema=AREAS, orient="row"), pl.Series("image_id", map(str, images), pl.String))


def _images(listed: list[Any], faults: Faults) -> dict[int, CocoImage]:
    """Images by id, in the order of the file; of those with one id the first."""
    images: dict[int, CocoImage] = {}
    for row, entry in enumerate(listed):
        try:
            image = read_image(row, entry)
        except EntryError as error:
            faults.add("images of the instances that cannot be read (left out)", [str(error)])
            continue
        if images.setdefault(image.image_id, image) is not image:
            faults.add("image ids that the instances list again (left out)", [str(image.image_id)])
    return images


def _things(
    annotations: list[Any], images: dict[int, CocoImage], columns: dict[int, int], faults: Faults
) -> Iterator[tuple[int, int, Thing]]:
    """Image id, place of the category in the file, and thing of each annotation that can be used."""
    seen: dict[int, None] = {}
    for row, entry in enumerate(annotations):
        try:
            image_id = annotated_image(entry)
            number = entry.get("id")
            if isinstance(number, int):
                if number in seen:
                    faults.add("annotation ids that the instances use again (left out)", [str(number)])
                    continue
                seen[number] = None
            if image_id not in images:
                faults.add("annotations of images that the instances do not list (left out)", [str(image_id)])
                continue
            instance, usable = read_instance(entry, columns, images[image_id])
            one = thing(instance, images[image_id], crowd=bool(entry.get("iscrowd")))
        except EntryError as error:
            faults.add("annotations that cannot be read (left out)", [f"annotation {row} {error}"])
            continue
        if not usable:
            faults.add("outlines of fewer than three points (their box counts)", [f"annotation {row}"])
        if not one.area:
            faults.add("annotated things without area (taken as area 0)", [f"annotation {row}"])
        yield image_id, instance.category, one
