"""Export as COCO instances: one JSON file with images, annotations and categories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from primacy import __version__
from primacy.errors import DatasetError
from primacy.files import atomic_path, os_errors_as
from primacy.listener import Listener, Silent
from primacy.stimuli.dataset import Dataset


def export_coco(dataset: Dataset, out: Path, listener: Listener | None = None) -> tuple[int, int]:
    """Write `out`; gives the numbers of images and annotations.

    Segmentations are uncompressed run lengths of the seen pixels. Category ids count from 1 in the order of the names,
    image ids are the scene's index plus 1, and `file_name` is relative to the dataset's folder. An object of which
    nothing is seen has no annotation.

    Args:
        dataset: what to export.
        out: the file to write, as a whole or not at all.
        listener: told of the progress, in scenes.

    Raises:
        DatasetError: a mask cannot be read, or `out` not be written.
    """
    listener, manifest = listener or Silent(), dataset.manifest
    names = sorted(set(manifest["categories"].explode().drop_nulls()))
    ids = {name: k for k, name in enumerate(names, 1)}
    count = 0
    listener.stage("export", len(manifest))
    with (
        os_errors_as(DatasetError, f"cannot write {out}"),
        atomic_path(out) as temporary,
        temporary.open("w", encoding="utf-8") as stream,
    ):
        # A hundred thousand masks do not fit into memory as JSON, so the lists are written entry by entry.
        about = {"description": f"Scenes rendered by Primacy {__version__}", "content_sha256": dataset.digest}
        stream.write(f'{{"info": {json.dumps(about)},\n"licenses": [],\n"categories": ')
        json.dump([{"id": ids[name], "name": name, "supercategory": ""} for name in names], stream, ensure_ascii=False)
        stream.write(',\n"images": [')
        for k, row in enumerate(manifest.iter_rows(named=True)):
            stream.write(",\n" * bool(k) + json.dumps(_image(row), ensure_ascii=False))
        stream.write('],\n"annotations": [')
        for k, row in enumerate(manifest.iter_rows(named=True)):
            for annotation in _annotations(row, dataset.mask(k), ids):
                stream.write(",\n" * bool(count))
                count += 1
                json.dump({"id": count, **annotation}, stream, ensure_ascii=False)
            listener.advance(1)
        stream.write("]}\n")
    return len(manifest), count


def run_lengths(seen: np.ndarray) -> list[int]:
    """COCO's run lengths of a boolean mask (H, W): column by column, the first run is of False."""
    flat = seen.ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    return [0, *runs] if flat[0] else runs


def _image(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["index"] + 1,
        "file_name": row["image"],
        "width": row["size"],
        "height": row["size"],
        "caption": row["caption"],
        "scene_id": row["scene_id"],
        "set_id": row["set_id"],
    }


def _annotations(row: dict[str, Any], mask: np.ndarray, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    for k, category in enumerate(row["categories"]):
        seen = mask == k + 1
        if seen.any():
            yield {
                "image_id": row["index"] + 1,
                "category_id": ids[category],
                "iscrowd": 0,
                "segmentation": {"size": list(mask.shape), "counts": run_lengths(seen)},
                "area": int(seen.sum()),
                "bbox": row["bbox"][k],
                "asset": row["assets"][k],
                "slot": row["slots"][k],
                "role": row["roles"][k],
                "size_level": row["size_levels"][k],
                "visibility": row["visibility"][k],
            }
