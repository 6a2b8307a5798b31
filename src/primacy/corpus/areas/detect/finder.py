"""A part through detector and masks: images decoded on threads, batches of images that need no padding."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import polars as pl
from PIL import Image

from primacy import __version__
from primacy.corpus.areas.detect.areas import category_areas, without_doubles
from primacy.corpus.areas.detect.detector import Detections, Detector, Prepared
from primacy.corpus.areas.detect.images import UNREADABLE, StoredImage
from primacy.corpus.areas.detect.loading import load_detector
from primacy.corpus.areas.detect.masks import Masker
from primacy.corpus.areas.detect.parts import Part, PartAreas
from primacy.corpus.areas.detect.spec import DetectSpec
from primacy.corpus.faults import Faults
from primacy.corpus.tables import AREAS
from primacy.encoders._workers import side_by_side
from primacy.errors import DatasetError
from primacy.identity import fingerprint

_WINDOW = 32  # images that stand in memory, prepared, to find those of one shape
_THREADS = 2
_NOTHING = (None,) * (len(AREAS) - 1)  # beside an image's id: nothing stands in it (`areas.read.read_areas`)


class _Opened(NamedTuple):
    image: Image.Image
    prepared: Prepared


class AreaFinder:
    """A detector and its masks, loaded.

    Raises:
        PrimacyError: as `loading.load_detector` and `Masker`.
    """

    def __init__(self, spec: DetectSpec) -> None:
        self._spec = spec
        self.detector: Detector = load_detector(spec)
        self._masker = None if spec.masks is None else Masker(spec.masks, spec)

    @property
    def fingerprint(self) -> str:
        """Identity of everything that shapes areas, except the images: weights, preprocessing, prompts, thresholds."""
        return fingerprint(
            {
                "detector": dict(self.detector.identity),
                "masks": None if self._masker is None else dict(self._masker.identity),
                "vocabulary": self._spec.vocabulary.names,
                "overlap": self._spec.overlap,
                "primacy": __version__,
            }
        )

    def areas(self, part: Part) -> PartAreas:
        """Areas in the images of `part`; an image where nothing is found has a row without category, one that cannot be
        read is a fault.

        Raises:
            EncoderError: a model gives what is no number, or its memory is full.
        """
        faults, rows = Faults(), list[tuple[object, ...]]()
        pairs = [pair for pair in zip(part.images, part.asked, strict=True) if pair[1]]
        for start in range(0, len(pairs), _WINDOW):
            rows += self._window(pairs[start : start + _WINDOW], faults)
        return PartAreas(pl.DataFrame(rows, schema=AREAS, orient="row"), faults)

    def _window(
        self, pairs: Sequence[tuple[StoredImage, tuple[int, ...]]], faults: Faults
    ) -> Iterator[tuple[object, ...]]:
        opened = list(side_by_side(self._open, (image for image, _ in pairs), _THREADS))
        found = self._detected(opened, [asked for _, asked in pairs])
        for (stored, _), one, boxes in zip(pairs, opened, found, strict=True):
            if isinstance(one, str):
                faults.add(UNREADABLE, [f"{stored.label}: {one}"])
            elif boxes is not None:
                yield from self._rows(stored, one.image, boxes, faults)

    def _open(self, stored: StoredImage) -> _Opened | str:
        """The image with what the detector takes, or why there is none."""
        try:
            image = stored.read().image
            return _Opened(image, self.detector.prepare(image))
        except DatasetError as error:
            return str(error)

    def _detected(self, opened: Sequence[_Opened | str], asked: Sequence[tuple[int, ...]]) -> list[Detections | None]:
        found: list[Detections | None] = [None] * len(opened)
        groups: dict[Hashable, list[int]] = {}
        for i, one in enumerate(opened):
            if not isinstance(one, str):
                groups.setdefault(self.detector.batch_key(one.prepared, asked[i]), []).append(i)
        for group in groups.values():
            for start in range(0, len(group), self._spec.batch):
                some = group[start : start + self._spec.batch]
                prepared = [one.prepared for i in some if not isinstance(one := opened[i], str)]
                for i, boxes in zip(some, self.detector.detect(prepared, [asked[i] for i in some]), strict=True):
                    found[i] = boxes
        return found

    def _rows(
        self, stored: StoredImage, image: Image.Image, found: Detections, faults: Faults
    ) -> Iterator[tuple[object, ...]]:
        kept = without_doubles(found, self._spec.overlap)
        names = self._spec.vocabulary.names
        if not len(kept.boxes):
            yield stored.image_id, *_NOTHING
        for one in category_areas(image, kept, self._masker):
            if one.empty:
                where = f"{stored.label}: {names[one.category]}"
                faults.add("boxes whose mask is empty (taken as area 0)", [where], count=one.empty)
            yield stored.image_id, names[one.category], *one.areas
