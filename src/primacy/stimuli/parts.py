"""Finished rows: written a batch at a time, and kept only while the files that they speak of are what was written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import polars as pl

from primacy.files import atomic_path
from primacy.identity import file_digest
from primacy.stimuli.layout import Layout
from primacy.stimuli.rows import SCHEMA, frame

_HASHES = ("image", "mask")


def write_part(layout: Layout, rows: list[dict[str, Any]], shard: tuple[int, int]) -> str:
    """Write `rows` as one part and give its name, which no part of other rows has.

    Raises:
        OSError: as the operating system says.
    """
    content = "".join(row["scene_id"] + row["image_sha256"] + row["mask_sha256"] for row in rows)
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    name = f"{rows[0]['index']:08d}-{shard[0]}of{shard[1]}-{digest}.parquet"
    with atomic_path(layout.parts / name) as temporary:
        frame(rows).write_parquet(temporary)
    return name


class Finished:
    """The rows of a folder that hold: of scenes `ids`, by the renderer `fingerprint`, with unaltered files.

    Files are hashed once for each row and instance; parts that this process wrote are trusted.
    """

    def __init__(self, layout: Layout, ids: Sequence[str], fingerprint: str) -> None:
        self._layout, self._ids, self._fingerprint = layout, pl.Series("expected", ids, dtype=pl.String), fingerprint
        self._parts: dict[str, pl.DataFrame] = {}
        self.damaged: list[str] = []
        """Names of parts that could not be read; they were removed, and their scenes count as not drawn."""

    def load(self, own: Sequence[str] = ()) -> pl.DataFrame:
        """Read the parts that have come since the last time; gives all rows in the order of the scenes.

        Raises:
            OSError: the folder cannot be read.
        """
        for path in sorted(self._layout.parts.glob("[!.]*.parquet")):
            if path.name in self._parts:
                continue
            rows = self._read(path.name)
            if rows is not None:
                self._parts[path.name] = rows if path.name in own else self._unaltered(rows)
        if not self._parts:
            return pl.DataFrame(schema=SCHEMA)
        return self._without_doubles(pl.concat(self._parts.values())).sort("index")

    def _read(self, name: str) -> pl.DataFrame | None:
        path = self._layout.parts / name
        try:
            rows = pl.read_parquet(path)
            if rows.schema != SCHEMA:
                raise ValueError("other columns")
        except (pl.exceptions.PolarsError, ValueError):
            path.unlink(missing_ok=True)  # written whole, so the disk or a hand has altered it: draw its scenes again
            self.damaged.append(name)
            return None
        known = rows.filter(pl.col("index").is_between(0, len(self._ids) - 1))
        ours = self._ids.gather(known["index"]) == known["scene_id"]
        return known.filter(ours & (known["renderer_fingerprint"] == self._fingerprint))

    def _unaltered(self, rows: pl.DataFrame) -> pl.DataFrame:
        keep = [
            all(self._digest(row[kind]) == row[f"{kind}_sha256"] for kind in _HASHES)
            for row in rows.select(*_HASHES, *(f"{kind}_sha256" for kind in _HASHES)).iter_rows(named=True)
        ]
        return rows.filter(pl.Series(keep, dtype=pl.Boolean))

    def _digest(self, relative: str) -> str | None:
        path = self._layout.root / relative
        if path.parent.parent != self._layout.root or ".." in path.parts[-2:] or not path.is_file():
            return None
        return file_digest(path)

    def _without_doubles(self, rows: pl.DataFrame) -> pl.DataFrame:
        """One row a scene; where two parts tell of different files, the one whose files are there."""
        rows = rows.unique(subset=["index", "image_sha256", "mask_sha256"], keep="first", maintain_order=True)
        twice = pl.col("index").is_duplicated()
        doubles = rows.filter(twice)
        if doubles.is_empty():
            return rows
        return pl.concat([rows.filter(~twice), self._unaltered(doubles).unique(subset="index", maintain_order=True)])
