"""A finished folder of scenes, opened for reading: its manifest, scenes, images and masks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from primacy.design.scene import Scene
from primacy.errors import DatasetError
from primacy.files import os_errors_as
from primacy.stimuli.layout import Header, Layout, read_header
from primacy.stimuli.pictures import decode_image, decode_mask, read_bounded
from primacy.stimuli.rows import SCHEMA
from primacy.stimuli.scene_lines import checked_scene, read_lines


@dataclass(frozen=True)
class Dataset:
    """Rendered scenes on disk. Row r of the manifest goes with `image(r)` and `mask(r)`; failed scenes have no row."""

    layout: Layout
    header: Header
    manifest: pl.DataFrame

    def __len__(self) -> int:
        """Number of images."""
        return len(self.manifest)

    @property
    def root(self) -> Path:
        """The folder."""
        return self.layout.root

    @cached_property
    def digest(self) -> str:
        """Hex sha256 over the hashes of all images and masks, in order: what an embedding cache may go by."""
        joined = "".join(self.manifest["image_sha256"]) + "".join(self.manifest["mask_sha256"])
        return hashlib.sha256(joined.encode()).hexdigest()

    @cached_property
    def factors(self) -> list[dict[str, float | int | str]]:
        """What the design varies, for each row."""
        return [json.loads(text) for text in self.manifest["factors"]]

    def scenes(self) -> Iterator[Scene]:
        """The scene of each row, read one by one.

        Raises:
            DatasetError: `scenes.jsonl` is missing, damaged or altered.
        """
        wanted = iter(self.manifest["scene_id"])
        scene_id = next(wanted, None)
        for found, data in read_lines(self.layout.scenes):
            if found == scene_id:
                yield checked_scene(found, data)
                scene_id = next(wanted, None)
        if scene_id is not None:
            raise DatasetError(f"{self.layout.scenes} has no scene {scene_id}", hint="The file was altered.")

    def image(self, row: int) -> np.ndarray:
        """The image of a row, uint8 (S, S, 3).

        Raises:
            DatasetError: the file is missing or no picture of S x S pixels.
        """
        path = self.layout.image(self.manifest["scene_id"][row], self.header.image_format)
        return decode_image(read_bounded(path), self.manifest["size"][row], path)

    def mask(self, row: int) -> np.ndarray:
        """The mask of a row, uint8 (S, S): 0 ground, k the seen pixels of object k, from 1, in the scene's order.

        Raises:
            DatasetError: the file is missing or no mask of S x S pixels.
        """
        path = self.layout.mask(self.manifest["scene_id"][row])
        return decode_mask(read_bounded(path), self.manifest["size"][row], path)

    def images(self, rows: Sequence[int] | None = None) -> Iterator[np.ndarray]:
        """The images of `rows` (by default all), in that order, read one by one.

        Raises:
            DatasetError: as `image`.
        """
        yield from map(self.image, range(len(self)) if rows is None else rows)

    def masks(self, rows: Sequence[int] | None = None) -> Iterator[np.ndarray]:
        """The masks of `rows` (by default all), in that order, read one by one.

        Raises:
            DatasetError: as `mask`.
        """
        yield from map(self.mask, range(len(self)) if rows is None else rows)

    def stats(self) -> Mapping[str, Any]:
        """What `stats.json` says.

        Raises:
            DatasetError: it is missing or damaged.
        """
        path = self.layout.stats
        try:
            return json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DatasetError(f"cannot read {path}: {error}", hint=_AGAIN) from None


_AGAIN = "Give the command that rendered the folder again: it goes on where it stopped."


def open_dataset(folder: Path | str) -> Dataset:
    """Open a finished folder of scenes. Nothing but the manifest is read, and no file is hashed (see `verify`).

    Raises:
        DatasetError: the folder is none of ours, not finished, or its manifest is damaged.
    """
    layout = Layout(Path(folder))
    header = read_header(layout)
    if header is None:
        raise DatasetError(
            f"{folder} is no folder of scenes: dataset.json is missing", hint="`primacy render --help` makes one."
        )
    if not layout.manifest.exists():
        drawn = sum(1 for _ in layout.masks.glob("[!.]*.png")) if layout.masks.is_dir() else 0
        raise DatasetError(f"{folder} is not finished: {drawn:,} of {header.n_scenes:,} scenes", hint=_AGAIN)
    try:
        with os_errors_as(DatasetError, f"cannot read {layout.manifest}"):
            manifest = pl.read_parquet(layout.manifest)
    except pl.exceptions.PolarsError as error:
        raise DatasetError(f"{layout.manifest} is damaged: {error}", hint=_AGAIN) from None
    if manifest.schema != SCHEMA:
        raise DatasetError(f"{layout.manifest} has other columns than expected", hint=_AGAIN)
    # Ids become paths, and sizes memory.
    plain_id, usual_size = pl.col("scene_id").str.contains(r"^[0-9a-f]{16}$"), pl.col("size").is_between(16, 4096)
    strange = manifest.filter(~(plain_id & usual_size))
    if len(strange):
        raise DatasetError(f"{layout.manifest} is damaged: scene {strange['scene_id'][0]!r} cannot be", hint=_AGAIN)
    return Dataset(layout, header, manifest)
