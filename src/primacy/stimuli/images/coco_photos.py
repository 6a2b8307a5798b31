"""Photos with an official COCO instances file as pictures, one a photo."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from primacy.design.crops import Window, square
from primacy.design.picture import Picture, Shown
from primacy.errors import DatasetError, UsageError
from primacy.identity import fingerprint
from primacy.listener import Listener, Silent
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.coco_entries import CocoImage, Instance
from primacy.stimuli.images.coco_instances import CocoInstances, read_coco_instances
from primacy.stimuli.images.coco_regions import Regions, Seen, regions
from primacy.stimuli.images.decode import read_picture
from primacy.stimuli.images.photo_files import PhotoFiles

GRID = 512
"""Longest side, in pixels, of the grid that facts are measured on; a smaller photo is its own grid."""
MAX_CATEGORIES = 255
"""Most categories of a photo; a mask holds no more."""

Frame = Literal["square", "whole"]
FactsFrom = Literal["masks", "boxes", "masks and boxes"]

_READ_AHEAD = 64


class Photo(NamedTuple):
    """One usable photo: what the annotation file says of it, its file, the file's sha256, and its size in pixels (as
    annotated, so turned where the file says so)."""

    annotated: CocoImage
    file: str
    sha256: str
    size: tuple[int, int]

    @property
    def grid(self) -> tuple[int, int]:
        """Width and height of the grid that its facts are measured on."""
        scale = min(1.0, GRID / max(self.size))
        return max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale))


class CocoPhotos:
    """Photos as a `PictureSource`. Made by `open_photos`, which says what is checked.

    Each picture is a photo's centre square (frame "square") or the photo as it is ("whole"), and shows one object for
    each category, in the order of the file's categories, which has no meaning. A cluster is a photo.
    """

    name = "photos"
    clusters = "photos"

    def __init__(self, files: PhotoFiles, instances: CocoInstances, frame: Frame, listener: Listener) -> None:
        self.categories = instances.categories
        self.crowds = instances.crowds
        self.unusable_outlines = instances.unusable_outlines
        self.frame = frame
        self._files = files
        self._instances = instances
        skipped = [Skipped(f"image {i}", "annotated, but not among the file's images") for i in instances.orphans]
        photos: list[Photo] = []
        pictures: list[Picture] = []
        for photo in _checked(files, instances, skipped, listener):
            picture = self._picture(photo)
            if isinstance(picture, Skipped):
                skipped.append(picture)
            else:
                photos.append(photo)
                pictures.append(picture)
        self.photos, self.pictures, self.skipped = tuple(photos), tuple(pictures), tuple(skipped)
        shapes = {thing.shape is None for photo in photos for thing in self._things(photo)}
        self.facts_from: FactsFrom = "masks and boxes" if len(shapes) == 2 else "boxes" if True in shapes else "masks"
        self._digest = fingerprint([frame, [[p.sha256, _facts(q)] for p, q in zip(photos, pictures, strict=True)]])

    @property
    def digest(self) -> str:
        """Hex sha256 over the bytes of the photos, their facts and the frame."""
        return self._digest

    def image(self, index: int) -> Image.Image:
        """Picture `index`, RGB, read now.

        Raises:
            DatasetError: its file has become unreadable, or another one.
        """
        return self.view(index, self.window(index))

    def mask(self, index: int) -> np.ndarray:
        """uint8, as large as the picture: 0 ground, k object k, from 1; of two that overlap the smaller is on top."""
        window = self.window(index)
        return self.labels(index, window, self.pictures[index].categories)

    def window(self, index: int) -> Window:
        """What picture `index` shows of its photo, in pixels of the photo's grid."""
        return self._window(self.photos[index])

    def regions(self, index: int) -> Regions:
        """The annotated things of photo `index` on its grid, drawn now."""
        photo = self.photos[index]
        return regions(photo.annotated, self._things(photo), photo.grid)

    def view(self, index: int, window: Window) -> Image.Image:
        """The part `window` (in pixels of the grid) of photo `index`, RGB, in the photo's own pixels.

        Raises:
            DatasetError: as `image`.
        """
        photo = self.photos[index]
        data = self._files.read(photo.file)
        if sha256(data).hexdigest() != photo.sha256:
            raise DatasetError(f"{photo.file} has changed since it was opened")
        part = window.scaled(photo.grid, photo.size)
        whole = read_picture(data, expected=photo.size, name=photo.file).image
        return whole.crop((part.x, part.y, part.x + part.width, part.y + part.height))

    def labels(self, index: int, window: Window, categories: Iterable[str]) -> np.ndarray:
        """The mask of `view(index, window)`, with k on the k-th of `categories`; as `mask`."""
        photo = self.photos[index]
        drawn = regions(photo.annotated, self._things(photo), photo.size)
        places = [self.categories.index(name) for name in categories]
        return drawn.labels(window.scaled(photo.grid, photo.size), places)

    def shown(self, seen: Seen, role: str = "") -> Shown:
        """A category that a window shows, by name."""
        return Shown(self.categories[seen.category], seen.area, seen.x, seen.y, role=role, instances=seen.instances)

    def _things(self, photo: Photo) -> tuple[Instance, ...]:
        return self._instances.things.get(photo.annotated.image_id, ())

    def _window(self, photo: Photo) -> Window:
        return square(*photo.grid) if self.frame == "square" else Window(0, 0, *photo.grid)

    def _picture(self, photo: Photo) -> Picture | Skipped:
        drawn = regions(photo.annotated, self._things(photo), photo.grid)
        seen = drawn.seen(self._window(photo))
        if len(seen) < 2:
            where = " in its centre square" if self.frame == "square" else ""
            return Skipped(photo.annotated.file_name, f"shows fewer than two categories{where}")
        if len(seen) > MAX_CATEGORIES:
            return Skipped(photo.annotated.file_name, f"shows more than {MAX_CATEGORIES} categories")
        image_id = photo.annotated.image_id
        return Picture(str(image_id), image_id, tuple(self.shown(s) for s in seen), {"photo": image_id})


def open_photos(
    photos: Path, instances: Path, *, frame: Frame = "square", listener: Listener | None = None
) -> CocoPhotos:
    """Photos and where things stand in them, from any folder or .zip in the official COCO format.

    Photos may be stored at another size than the one they were annotated at. Each file is read and decoded once here,
    so that a broken one is found now. Listed in `skipped`, with the reason: photos that are missing or not decodable,
    whose shape is not that of the annotated picture, that show fewer than two categories, or that the instances file
    does not mention.

    Args:
        photos: a folder, searched with all that is below it, or a .zip.
        instances: an official instances file, .json or .json.gz.
        frame: "square" shows the centre square of each photo, which is what encoders that crop to a square see
            anyway; "whole" the photo as it is.
        listener: told of the progress, in photos.

    Raises:
        UsageError: a file is missing, unreadable or not of this form, or no photo can be used.
    """
    listed = read_coco_instances(instances)
    source = CocoPhotos(PhotoFiles(photos), listed, frame, listener or Silent())
    if not source.pictures:
        first = source.skipped[0]
        raise UsageError(
            f"none of the {len(listed.images)} images of {instances.name} can be shown from {photos}",
            hint=f"The first: {first.name}: {first.reason}.",
        )
    return source


def _checked(
    files: PhotoFiles, instances: CocoInstances, skipped: list[Skipped], listener: Listener
) -> Iterator[Photo]:
    """The listed photos that can be decoded, in the file's order; the others are added to `skipped`."""
    listener.stage("photos", len(instances.images))
    unmentioned = dict.fromkeys(files.names)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for start in range(0, len(instances.images), _READ_AHEAD):
            batch = instances.images[start : start + _READ_AHEAD]
            for image, found in zip(batch, pool.map(lambda image: _photo(files, image), batch), strict=True):
                for name in files.find(image.file_name):
                    unmentioned.pop(name, None)
                if isinstance(found, Skipped):
                    skipped.append(found)
                else:
                    yield found
            listener.advance(len(batch))
    skipped += [Skipped(name, "not among the images of the instances file") for name in unmentioned]


def _photo(files: PhotoFiles, image: CocoImage) -> Photo | Skipped:
    found = files.find(image.file_name)
    if len(found) != 1:
        reason = f"several files have this name: {', '.join(found[:3])}" if found else "no such photo"
        return Skipped(image.file_name, reason)
    try:
        data = files.read(found[0])
        size = _size(data, found[0], image)
    except DatasetError as error:
        return Skipped(image.file_name, str(error))
    return Photo(image, found[0], sha256(data).hexdigest(), size)


def _size(data: bytes, name: str, annotated: CocoImage) -> tuple[int, int]:
    """Its size as it is to be shown: upright, or as stored where only that has the shape of the annotated picture.

    Raises:
        DatasetError: not decodable, or of another shape.
    """
    upright = read_picture(data, name=name).image.size
    if _same_shape(upright, annotated):
        return upright
    if _same_shape(upright[::-1], annotated):
        return read_picture(data, expected=upright[::-1], name=name).image.size
    raise DatasetError(
        f"{name} is {upright[0]} x {upright[1]}, which is not the shape of the annotated {annotated.width} x"
        f" {annotated.height}"
    )


def _same_shape(size: tuple[int, int], annotated: CocoImage) -> bool:
    """Whether one factor takes the annotated size to less than a pixel from the stored one."""
    sides = ((size[0], annotated.width), (size[1], annotated.height))
    return max((side - 1) / of for side, of in sides) < min((side + 1) / of for side, of in sides)


def _facts(picture: Picture) -> list[object]:
    return [picture.picture_id, [[o.category, o.area, o.x, o.y, o.instances] for o in picture.objects]]
