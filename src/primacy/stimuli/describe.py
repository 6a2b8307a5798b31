"""What is in a folder of scenes: counts, balance, measured areas and visibility, hashes."""

from __future__ import annotations

from typing import Any

import polars as pl

from primacy.design.scenes.balance import balance
from primacy.identity import file_digest
from primacy.stimuli.dataset import Dataset
from primacy.stimuli.rows import SCHEMA, TOLERANCE, TOLERANCE_PX

QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
_LISTS = ("categories", "assets", "slots", "roles", "size_levels")
_NUMBERS = ("requested_area", "area", "whole_area", "visibility", "yaw")


def describe(dataset: Dataset) -> dict[str, Any]:
    """Everything that `primacy stimuli describe` shows, JSON-able; fields in docs/scenes-dataset.md.

    Raises:
        DatasetError: the scenes cannot be read.
    """
    header, manifest = dataset.header, dataset.manifest
    objects, found = object_table(manifest), balance(dataset.scenes())
    return {
        "scenes": header.n_scenes,
        "images": len(manifest),
        "not_drawn": header.n_scenes - len(manifest),
        "sets": manifest["set_id"].n_unique(),
        "objects": len(objects),
        "n_objects": _counts(manifest["n_objects"]),
        "designs": _counts(manifest["design"]),
        "categories": _counts(objects["categories"]),
        "assets": objects["assets"].n_unique(),
        "slots": _counts(objects["slots"]),
        "roles": _counts(objects["roles"]),
        "yaws": _counts(objects["yaw"]),
        "size_levels": {
            level: {"objects": len(some), **{name: _quantiles(some[name]) for name in _NUMBERS[:3]}}
            for (level,), some in sorted(objects.group_by("size_levels"), key=lambda item: str(item[0]))
        },
        "area_error": area_error(objects),
        "visibility": {
            **_quantiles(objects["visibility"]),
            "hidden": int((objects["area"] == 0).sum()),
        },
        "balance": {"text": found.describe(), **found.as_dict()},
        "request": dict(header.request),
        "hashes": {
            "scenes_sha256": header.scenes_sha256,
            "manifest_sha256": file_digest(dataset.layout.manifest),
            "content": dataset.digest,
            "renderer": header.renderer,
            "renderer_fingerprint": header.renderer_fingerprint,
            "library_digest": header.library_digest,
            "primacy_version": header.primacy_version,
        },
    }


def object_table(manifest: pl.DataFrame) -> pl.DataFrame:
    """One row an object: `scene_id`, `size`, `object` (from 0), and the list columns of the manifest."""
    lists = [name for name, kind in SCHEMA.items() if isinstance(kind, pl.List)]
    if manifest.is_empty():
        empty = {name: kind.inner for name, kind in SCHEMA.items() if isinstance(kind, pl.List)}
        return pl.DataFrame(schema={"scene_id": pl.String, "size": pl.Int64, "object": pl.Int64, **empty})
    numbered = manifest.select(
        "scene_id", "size", pl.int_ranges(pl.col("n_objects")).alias("object"), *(pl.col(name) for name in lists)
    )
    return numbered.explode("object", *lists)


def area_error(objects: pl.DataFrame) -> dict[str, Any]:
    """How far whole silhouettes are from the area asked for.

    `off` counts objects that are further off than `TOLERANCE` of the area asked for and than `TOLERANCE_PX` pixels;
    `relative` gives quantiles of (measured - requested) / requested.
    """
    pixels = pl.col("size") ** 2
    asked, got = pl.col("requested_area") * pixels, pl.col("whole_area") * pixels
    table = objects.select(
        ((got - asked) / asked).alias("relative"),
        ((got - asked).abs() > pl.max_horizontal(TOLERANCE * asked, TOLERANCE_PX)).alias("off"),
    )
    off = int(table["off"].sum())
    return {
        "tolerance": TOLERANCE,
        "tolerance_px": TOLERANCE_PX,
        "off": off,
        "share_off": off / len(table) if len(table) else None,
        "relative": _quantiles(table["relative"]),
    }


def _counts(values: pl.Series) -> dict[str, int]:
    """How often each value occurs, in the order of the values."""
    found = values.value_counts(sort=False).sort(values.name)
    return {f"{v:g}" if isinstance(v, float) else str(v): int(count) for v, count in found.iter_rows()}


def _quantiles(values: pl.Series) -> dict[str, float | None]:
    return {f"q{round(100 * q):02d}": values.quantile(q, "linear") for q in QUANTILES}
