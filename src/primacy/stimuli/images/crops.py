"""Controlled crops: one object of a photo shown from small to large, where it stands, with the same competitors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from primacy.design.crops import STAYS, TARGET, Window, ladder, shrunk, smallest_scale, smallest_that, square
from primacy.design.picture import Picture
from primacy.errors import DesignError
from primacy.identity import fingerprint
from primacy.listener import Listener, Silent
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.coco_photos import CocoPhotos
from primacy.stimuli.images.coco_regions import Regions, Seen


class _View(NamedTuple):
    photo: int
    window: Window


class CropLadder:
    """Ladders of crops of photos as a `PictureSource`, `steps` pictures for each target, in that order.

    A target is a category of which the photo shows one thing. Its first window is the largest of the frame's shape
    (the square nearest to it, or the whole photo) that holds its box; further ones shrink about the middle of that box,
    which so keeps its place in the window, in equal ratios of the target's share of the picture, until the target would
    be cut, fills half of the window, no competitor would be left, or the window has fewer than `min_side` pixels a
    side. Facts are measured after cropping (`Regions.seen`).

    Only targets that grow at least `growth`-fold are shown, so each has all the steps (a balanced panel) and at least
    one competitor that stays throughout: its role is "stays", that of others "". `factors`: "target" (its category),
    "step" (1 to `steps`), "photo" (id), "ladder" (a number for each target). A cluster is a photo.

    Args:
        photos: where they come from; the frame of its pictures is the shape of the windows.
        steps: windows of a ladder.
        growth: smallest ratio of the target's share in the last window to that in the first.
        min_side: fewest pixels, of the photo as it is stored, of a window's shorter side.
        listener: told of the progress, in photos.

    Raises:
        DesignError: fewer than two steps, a growth of at most 1, or no target is left.
    """

    name = "crops"
    clusters = "photos"

    def __init__(
        self,
        photos: CocoPhotos,
        *,
        steps: int = 5,
        growth: float = 3.0,
        min_side: int = 96,
        listener: Listener | None = None,
    ) -> None:
        if steps < 2 or growth <= 1 or min_side < 1:
            raise DesignError(
                f"steps={steps}, growth={growth}, min_side={min_side}, expected at least 2 steps, growth above 1 and"
                " windows of at least 1 pixel"
            )
        self.photos = photos
        self.steps = steps
        self._views: list[_View] = []
        pictures: list[Picture] = []
        skipped: list[Skipped] = []
        listener = listener or Silent()
        listener.stage("crops", len(photos.pictures))
        for index, photo in enumerate(photos.photos):
            drawn = photos.regions(index)
            shorter = round(min_side * min(photo.grid) / min(photo.size))
            for category in np.unique(drawn.categories):
                found = _windows(drawn, int(category), photos.frame == "square", steps, growth, shorter)
                if isinstance(found, str):
                    skipped.append(Skipped(f"{photo.annotated.file_name} {photos.categories[category]}", found))
                else:
                    pictures += self._ladder(index, int(category), found, drawn, len(pictures) // steps)
            listener.advance(1)
        self.pictures, self.skipped = tuple(pictures), tuple(skipped)
        if not pictures:
            raise DesignError(
                f"none of the {len(photos.pictures)} photos has a single object that can be cropped to at least"
                f" {growth:g} times its share of the picture",
                hint="Larger photos can be cropped further.",
            )
        self._digest = fingerprint([photos.digest, self._views, [_facts(picture) for picture in pictures]])

    @property
    def digest(self) -> str:
        """Hex sha256 over the digest of the photos, the windows and the roles in them."""
        return self._digest

    def image(self, index: int) -> Image.Image:
        """Picture `index`, RGB, read now.

        Raises:
            DatasetError: its file has become unreadable, or another one.
        """
        return self.photos.view(*self._views[index])

    def mask(self, index: int) -> np.ndarray:
        """uint8, as large as the picture: 0 ground, k object k, from 1."""
        return self.photos.labels(*self._views[index], self.pictures[index].categories)

    def window(self, index: int) -> Window:
        """What picture `index` shows of its photo, in pixels of the photo's grid."""
        return self._views[index].window

    def _ladder(self, photo: int, target: int, windows: list[Window], drawn: Regions, number: int) -> list[Picture]:
        seen = [drawn.seen(window) for window in windows]
        stay = set.intersection(*({s.category for s in own} for own in seen)) - {target}
        image_id = self.photos.photos[photo].annotated.image_id
        name = self.photos.categories[target]

        def role(s: Seen) -> str:
            return TARGET if s.category == target else STAYS if s.category in stay else ""

        self._views += [_View(photo, window) for window in windows]
        return [
            Picture(
                f"{image_id}/{name}/{step}",
                image_id,
                tuple(self.photos.shown(s, role(s)) for s in own),
                {"target": name, "step": step, "photo": image_id, "ladder": number},
            )
            for step, own in enumerate(seen, 1)
        ]


def _windows(
    drawn: Regions, target: int, in_squares: bool, steps: int, growth: float, min_side: int
) -> list[Window] | str:
    """The windows of a target, or why it has none."""
    if (drawn.categories == target).sum() != 1:
        return "more than one of it"
    pixels = drawn.union(target)
    box = _bounds(pixels)
    base = drawn.whole
    if in_squares:
        base = square(base.width, base.height, box.x + box.width / 2, box.y + box.height / 2)
    if box.width > base.width or box.height > base.height:
        return "too long for a square window"

    def categories_in(window: Window) -> set[int]:
        return set(drawn.categories[drawn.shown(window)].tolist()) - {target}

    at_first = categories_in(base)
    low = smallest_scale(base, box, int(pixels.sum()), min_side=min_side)
    smallest = smallest_that(lambda scale: bool(at_first & categories_in(shrunk(base, box, scale))), low)
    if smallest is None:
        return "no competitor in its first window"
    if smallest**-2 < growth:
        return f"it cannot grow {growth:g}-fold: it would be cut, fill half of the window, or lose its competitors"
    windows = ladder(base, box, smallest, steps)
    if not at_first.intersection(*map(categories_in, windows)):  # those that a window shows by their size may not stay
        return "no competitor stays in all windows"
    return windows


def _bounds(pixels: np.ndarray) -> Window:
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return Window(x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)


def _facts(picture: Picture) -> list[object]:
    return [picture.picture_id, [[o.category, o.role] for o in picture.objects]]
