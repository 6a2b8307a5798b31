"""Parts: some images at a time, and the file that holds what was found in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from primacy.corpus.areas.detect.asked import Asked
from primacy.corpus.areas.detect.images import StoredImage
from primacy.corpus.faults import Faults
from primacy.corpus.tables import AREAS
from primacy.errors import CorpusError
from primacy.files import atomic_path
from primacy.identity import fingerprint

IMAGES = 64
"""Images of a part: what a killed process loses at the most."""

_META = b"primacy"


class Part(NamedTuple):
    """Some images and, as category indices, what each is asked for; an image that is asked for nothing is not read."""

    images: tuple[StoredImage, ...]
    asked: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """Equal for parts of the same images, asked for the same."""
        facts = [image.facts for image in self.images]
        return f"{fingerprint([facts, [list(asked) for asked in self.asked]])[:24]}.parquet"


class PartAreas(NamedTuple):
    """Areas (`tables.AREAS`) in the images of a part, in their order, a row without category where there are none; and
    its faults."""

    table: pl.DataFrame
    faults: Faults


def divide(images: Sequence[StoredImage], categories: int, asked: Asked | None) -> list[Part]:
    """`images` in parts; each image is asked for all of so many `categories`, or for what `asked` has for it.

    Raises:
        CorpusError: `asked` has nothing for any of them.
    """
    everything = tuple(range(categories))
    wanted = [everything if asked is None else asked.get(image.image_id, ()) for image in images]
    if not any(wanted):
        raise CorpusError(
            f"the captions mention nothing in any of {len(images):,} images (first id: {images[0].image_id})",
            hint="Captions may know them by other ids: give the COCO file of these by --image-ids.",
        )
    return [
        Part(tuple(images[start : start + IMAGES]), tuple(wanted[start : start + IMAGES]))
        for start in range(0, len(images), IMAGES)
    ]


def write_part(path: Path, found: PartAreas) -> None:
    """Write a part as a whole or not at all.

    Raises:
        OSError: as the operating system says.
    """
    table = found.table.to_arrow()
    meta = json.dumps([list(fault) for fault in found.faults]).encode()
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata({_META: meta}), temporary)


def read_part(path: Path) -> PartAreas | None:
    """What `write_part` wrote; None where there is nothing, or something else."""
    try:
        table = pq.read_table(path)
        meta = json.loads((table.schema.metadata or {})[_META])
        frame = pl.DataFrame(table.replace_schema_metadata(None))
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    if frame.schema != AREAS:
        return None
    faults = Faults()
    for kind, times, examples in meta:
        faults.add(kind, examples, count=times)
    return PartAreas(frame, faults)


def together(parts: Iterator[PartAreas], faults: Faults) -> pl.DataFrame:
    """One table of all parts, in their order; their faults are added to `faults`."""
    tables = [AREAS.to_frame()]
    for part in parts:
        tables.append(part.table)
        faults.merge(part.faults)
    return pl.concat(tables)
