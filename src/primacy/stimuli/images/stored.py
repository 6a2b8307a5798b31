"""Pictures in files or archives, each looked at once before it is used: nothing breaks in the middle of a run."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from primacy.design.picture import Picture
from primacy.errors import DatasetError
from primacy.listener import Listener
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.decode import MAX_FILE, Decoded, read_bytes, read_mask, read_picture
from primacy.stimuli.images.measure import measured

_THREADS = 4
_AT_ONCE = 1024


class Blob(NamedTuple):
    """Bytes on disk: a whole file, or `size` of them from `offset` on (a member of an archive)."""

    path: Path
    offset: int = 0
    size: int | None = None

    def read(self) -> bytes:
        """The bytes.

        Raises:
            DatasetError: they are missing, too many or not readable.
        """
        if self.size is None:
            return read_bytes(self.path)
        if self.size > MAX_FILE:
            raise DatasetError(f"it is larger than {MAX_FILE:,} bytes")
        try:
            with self.path.open("rb") as stream:
                stream.seek(self.offset)
                data = stream.read(self.size)
        except OSError as error:
            raise DatasetError(f"cannot read {self.path}: {error.strerror or error}") from None
        if len(data) < self.size:
            raise DatasetError(f"{self.path} is cut off")
        return data


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture with what is said of it. With a mask, its areas, places and contrasts are measured instead."""

    picture: Picture
    image: Blob
    mask: Blob | None = None


class _Seen(NamedTuple):
    picture: Picture
    digest: bytes
    notes: tuple[str, ...]


class StoredPictures:
    """A `PictureSource` of files. Every picture is decoded once when it is made; what cannot be used is skipped.

    Args:
        name: what the pictures are called.
        clusters: what a cluster is.
        entries: the pictures, in order.
        skipped: what was already found unusable.
        listener: told of the progress, in pictures, and of what had to be done to pictures.

    Attributes:
        notes: what had to be done to pictures to make RGB of them, and to how many.

    Raises:
        DatasetError: no picture can be used.
    """

    def __init__(
        self, name: str, clusters: str, entries: Sequence[Entry], skipped: Sequence[Skipped], listener: Listener
    ) -> None:
        self.name = name
        self.clusters = clusters
        pictures: list[Picture] = []
        left_out = list(skipped)
        notes: Counter[str] = Counter()
        digest = hashlib.sha256()
        self._entries: list[Entry] = []
        listener.stage(f"pictures of {name}", len(entries))
        for entry, seen in zip(entries, _look_at_all(entries), strict=True):
            if isinstance(seen, _Seen):
                pictures.append(seen.picture)
                self._entries.append(entry)
                notes.update(seen.notes)
                digest.update(seen.digest)
                digest.update(repr(seen.picture).encode())
            else:
                left_out.append(seen)
            listener.advance(1)
        self.pictures: Sequence[Picture] = tuple(pictures)
        self.skipped: Sequence[Skipped] = tuple(left_out)
        if not pictures:
            why = f": {left_out[0].name}: {left_out[0].reason}" if left_out else ""
            raise DatasetError(f"{name} has no picture that can be used, {len(left_out):,} are skipped{why}")
        self.notes: Mapping[str, int] = dict(sorted(notes.items()))
        self._digest = digest.hexdigest()
        for note, count in self.notes.items():
            listener.note(f"{name}: {count:,} of {len(pictures):,} pictures: {note}")

    @property
    def digest(self) -> str:
        """Hex sha256 over the bytes of all pictures and masks in use, and over what is said of them."""
        return self._digest

    def image(self, index: int) -> Image.Image:
        """Picture `index` as RGB.

        Raises:
            DatasetError: it has become unreadable.
        """
        entry = self._entries[index]
        try:
            mask = None if entry.mask is None else read_mask(entry.mask.read())
            return _decode(entry.image.read(), mask).image
        except DatasetError as error:
            raise self._changed(index, error) from None

    def mask(self, index: int) -> np.ndarray | None:
        """uint8 (height, width): 0 ground, k object k; None where there is none.

        Raises:
            DatasetError: it has become unreadable.
        """
        blob = self._entries[index].mask
        try:
            return None if blob is None else read_mask(blob.read())
        except DatasetError as error:
            raise self._changed(index, error) from None

    def _changed(self, index: int, error: DatasetError) -> DatasetError:
        return DatasetError(
            f"{self.name}, {self.pictures[index].picture_id}: {error}",
            hint="It was readable before: the files changed while they were in use.",
        )


def _look_at_all(entries: Sequence[Entry]) -> Iterator[_Seen | Skipped]:
    """Each in its turn; `map` would make a million promises at once."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(entries), _AT_ONCE):
            yield from pool.map(_look, entries[start : start + _AT_ONCE])


def _look(entry: Entry) -> _Seen | Skipped:
    """The picture with its measured facts, and the hash of its bytes."""
    try:
        content = entry.image.read()
        mask_content = b"" if entry.mask is None else entry.mask.read()
        mask = None if entry.mask is None else read_mask(mask_content)
        found = _decode(content, mask)
        picture = _with_facts(entry.picture, found, mask)
    except DatasetError as error:
        return Skipped(entry.picture.picture_id, str(error))
    digest = hashlib.sha256(content).digest() + hashlib.sha256(mask_content).digest()
    return _Seen(picture, digest, found.notes)


def _decode(content: bytes, mask: np.ndarray | None) -> Decoded:
    if mask is None:
        return read_picture(content)
    height, width = mask.shape
    return read_picture(content, expected=(width, height), name=f"the picture, whose mask is {width} x {height},")


def _with_facts(picture: Picture, found: Decoded, mask: np.ndarray | None) -> Picture:
    if mask is not None:
        picture = replace(picture, objects=measured(picture.objects, mask, np.asarray(found.image)))
    if math.isnan(found.coverage):
        return picture
    return replace(picture, factors={**picture.factors, "coverage": found.coverage})
