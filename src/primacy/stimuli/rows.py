"""Rows of the manifest: what was asked for of a scene, what its mask shows, and the hashes of its files."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl

from primacy.errors import RenderError
from primacy.identity import canonical_json
from primacy.render.base import Rendered
from primacy.render.measure import measure

_OBJECT_FIELDS: dict[str, Any] = {
    "categories": pl.String,
    "assets": pl.String,
    "slots": pl.String,
    "roles": pl.String,
    "size_levels": pl.String,
    "requested_area": pl.Float64,
    "area": pl.Float64,
    "whole_area": pl.Float64,
    "visibility": pl.Float64,
    "bbox": pl.List(pl.Int64),
    "centroid_x": pl.Float64,
    "centroid_y": pl.Float64,
    "depth": pl.Int64,
    "yaw": pl.Float64,
}

_FIELDS: dict[str, Any] = {
    "scene_id": pl.String,
    "index": pl.Int64,
    "set_id": pl.Int64,
    "design": pl.String,
    "n_objects": pl.Int64,
    "caption": pl.String,
    "size": pl.Int64,
    "seed": pl.Int64,
    "image": pl.String,
    "mask": pl.String,
    "renderer_fingerprint": pl.String,
    "image_sha256": pl.String,
    "mask_sha256": pl.String,
    "factors": pl.String,
    **{name: pl.List(kind) for name, kind in _OBJECT_FIELDS.items()},
}
SCHEMA = pl.Schema(_FIELDS)
"""Columns of the manifest; lists have one entry an object, in the scene's order (docs/scenes-dataset.md)."""

TOLERANCE = 0.05
TOLERANCE_PX = 1.0


def check_rendered(drawn: Rendered) -> None:
    """Refuse what is not what a renderer promises.

    Raises:
        RenderError: wrong shape, dtype or mask value, or fewer whole pixels than seen ones.
    """
    size, n = drawn.scene.size, len(drawn.scene.objects)
    for name, array, shape in (("image", drawn.image, (size, size, 3)), ("mask", drawn.mask, (size, size))):
        if array.shape != shape or array.dtype != np.uint8:
            raise RenderError(f"the renderer gave an {name} of {array.dtype} {array.shape}, expected uint8 {shape}")
    if drawn.mask.max() > n:
        raise RenderError(f"the renderer gave a mask with value {drawn.mask.max()} for a scene of {n} objects")
    if len(drawn.whole) != n or len(drawn.depth) != n:
        raise RenderError(f"the renderer gave sizes or depths of {len(drawn.whole)} objects for a scene of {n}")


def measured_columns(mask: np.ndarray, whole_pixels: list[int]) -> dict[str, list[Any]]:
    """The columns that a mask decides, given the pixels of whole silhouettes. What is not seen has null centroids."""
    found = measure(mask, len(whole_pixels))
    seen = found.pixels > 0
    return {
        "area": found.area.tolist(),
        "visibility": [int(p) / w if w else 0.0 for p, w in zip(found.pixels, whole_pixels, strict=True)],
        "bbox": found.box.tolist(),
        "centroid_x": [float(x) if ok else None for (x, _), ok in zip(found.centroid, seen, strict=True)],
        "centroid_y": [float(y) if ok else None for (_, y), ok in zip(found.centroid, seen, strict=True)],
    }


def row(
    index: int, scene_id: str, drawn: Rendered, renderer: str, image: tuple[str, bytes], mask: tuple[str, bytes]
) -> dict[str, Any]:
    """The manifest's row of scene `index`.

    Args:
        index: its line in `scenes.jsonl`, from 0.
        scene_id: of `drawn.scene`.
        drawn: what was rendered.
        renderer: the renderer's fingerprint.
        image: path relative to the folder, bytes of the file.
        mask: the same of the mask.
    """
    scene, objects = drawn.scene, drawn.scene.objects
    whole = [int(pixels) for pixels in drawn.whole]
    return {
        "scene_id": scene_id,
        "index": index,
        "set_id": scene.set_id,
        "design": scene.design,
        "n_objects": len(objects),
        "caption": scene.caption,
        "size": scene.size,
        "seed": scene.seed,
        "image": image[0],
        "mask": mask[0],
        "renderer_fingerprint": renderer,
        "image_sha256": hashlib.sha256(image[1]).hexdigest(),
        "mask_sha256": hashlib.sha256(mask[1]).hexdigest(),
        "factors": canonical_json(dict(scene.factors)),
        "categories": [o.category for o in objects],
        "assets": [o.asset for o in objects],
        "slots": [o.slot for o in objects],
        "roles": [o.role for o in objects],
        "size_levels": [o.size_level for o in objects],
        "requested_area": [o.area for o in objects],
        "whole_area": [pixels / drawn.mask.size for pixels in whole],
        "depth": [int(d) for d in drawn.depth],
        "yaw": [o.yaw for o in objects],
        **measured_columns(drawn.mask, whole),
    }


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows as a table of `SCHEMA`."""
    return pl.DataFrame({name: [row[name] for row in rows] for name in SCHEMA}, schema=SCHEMA)
