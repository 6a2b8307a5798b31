"""A rendered folder as a source of pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from primacy.design.picture import Picture, Shown
from primacy.design.scenes.presets import PRESETS
from primacy.errors import DatasetError
from primacy.listener import Listener, Silent
from primacy.stimuli.dataset import Dataset, open_dataset
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.composed import REPEATED, gallery_factors, repeated
from primacy.stimuli.images.measure import centre, contrasts

MOST_CONTRASTS = 20_000
"""Pictures of a folder up to which each is read on opening, for its contrasts; in a larger one they are NaN."""


class RenderedFolder:
    """A finished folder of scenes as a `PictureSource`: facts as its manifest has them.

    Args:
        dataset: the folder.
        listener: told of the progress, in scenes.
    """

    clusters = "object sets"

    def __init__(self, dataset: Dataset, listener: Listener) -> None:
        if not len(dataset):
            raise DatasetError(f"{dataset.root} has no picture", hint="`failed.jsonl` says why no scene was drawn.")
        self._dataset = dataset
        self.name: str = dataset.manifest["design"][0]
        self.pictures: Sequence[Picture]
        self.skipped: Sequence[Skipped]
        self.pictures, self._rows, self.skipped = self._facts(listener)
        kept = dataset.manifest[list(self._rows)]
        hashes = "".join(kept["image_sha256"]) + "".join(kept["mask_sha256"])
        self._digest = hashlib.sha256(hashes.encode()).hexdigest()

    @property
    def digest(self) -> str:
        """Hex sha256 over the hashes of all images and masks in use, as the manifest has them."""
        return self._digest

    def image(self, index: int) -> Image.Image:
        """Picture `index` as RGB.

        Raises:
            DatasetError: the file is missing or no picture of the right size.
        """
        return Image.fromarray(self._dataset.image(self._rows[index]))

    def mask(self, index: int) -> np.ndarray:
        """The mask of picture `index`, uint8 (S, S).

        Raises:
            DatasetError: the file is missing or no mask of the right size.
        """
        return self._dataset.mask(self._rows[index])

    def _facts(self, listener: Listener) -> tuple[tuple[Picture, ...], tuple[int, ...], tuple[Skipped, ...]]:
        pictures: list[Picture] = []
        rows: list[int] = []
        skipped: list[Skipped] = []
        with_contrasts = len(self._dataset) <= MOST_CONTRASTS
        nominal = _nominal_area(self._dataset)
        listener.stage(f"pictures of {self.name}", len(self._dataset))
        for row, record in enumerate(self._dataset.manifest.iter_rows(named=True)):
            try:
                picture = _picture(record, nominal)
                pictures.append(self._with_contrasts(picture, row) if with_contrasts else picture)
                rows.append(row)
            except DatasetError as error:
                skipped.append(Skipped(record["scene_id"], str(error)))
            listener.advance(1)
        return tuple(pictures), tuple(rows), tuple(skipped)

    def _with_contrasts(self, picture: Picture, row: int) -> Picture:
        found = contrasts(self._dataset.image(row), self._dataset.mask(row), len(picture.objects))
        objects = (replace(shown, contrast=float(value)) for shown, value in zip(picture.objects, found, strict=True))
        return replace(picture, objects=tuple(objects))


def open_rendered(folder: Path | str, listener: Listener | None = None) -> RenderedFolder:
    """The pictures of a folder that `primacy render` made.

    Raises:
        DatasetError: the folder is none of ours, not finished, empty, or its manifest is damaged.
    """
    return RenderedFolder(open_dataset(folder), listener or Silent())


_COLUMNS = ("categories", "area", "bbox", "slots", "size_levels", "roles")


def _picture(record: dict[str, Any], nominal: float | None) -> Picture:
    objects = _objects(record)
    if repeated(objects):
        raise DatasetError(REPEATED)
    factors = json.loads(record["factors"])
    if len(objects) == 1:
        factors |= gallery_factors(factors, record["requested_area"][0], nominal, record["yaw"][0])
    return Picture(record["scene_id"], record["set_id"], objects, factors)


def _objects(record: dict[str, Any]) -> tuple[Shown, ...]:
    columns: Sequence[list[Any]] = [record[name] for name in _COLUMNS]
    objects = []
    for category, area, box, slot, level, role in zip(*columns, strict=True):
        if not area:
            raise DatasetError(f"no pixel of {category!r} is seen")
        objects.append(Shown(category, area, *centre(box, record["size"], record["size"]), slot, level, role))
    return tuple(objects)


def _nominal_area(dataset: Dataset) -> float | None:
    """The area that the folder's design asks of a single object, None where that is not known."""
    request = dataset.header.request
    preset = PRESETS.get(str(request.get("design")))
    area = request.get("area")
    if area is None:
        return None if preset is None else preset.areas.get(1)
    return float(area)
