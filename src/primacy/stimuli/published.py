"""Export in the layout of the published data set: a folder a configuration, files named by their objects in slot order.

SimCO-ThreeObject-ULBig/cube_sphere_cone.png
files.csv                                       which file is which scene
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

from primacy.errors import DatasetError
from primacy.files import atomic_write_bytes, atomic_write_text, os_errors_as
from primacy.listener import Listener, Silent
from primacy.stimuli.dataset import Dataset
from primacy.stimuli.pictures import encode_image, read_bounded

NUMBERS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")
_PLACES = {
    "upper-left": "UL", "upper-right": "UR", "lower-left": "BL", "lower-right": "BR", "centre": "Middle",
    "left": "Left", "right": "Right", "upper": "Upper", "lower": "Bottom",
}  # fmt: skip
_VOCABULARIES = {"comco": "ComCO", "simco": "SimCO", "coco80": "COCO"}
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_MAX_NAME = 120


def export_published(dataset: Dataset, out: Path, name: str | None = None, listener: Listener | None = None) -> int:
    """Write one PNG a scene below `out`, which must be new or empty; gives their number.

    Objects of one name and order in a second scene of a configuration are numbered: `cube_cone.png`,
    `cube_cone-2.png`.

    Args:
        dataset: what to export.
        out: folder to write.
        name: first word of the configurations, by default that of the vocabulary, as "ComCO".
        listener: told of the progress, in scenes.

    Raises:
        DatasetError: an image cannot be read, or `out` not be written.
    """
    listener = listener or Silent()
    asked = str(dataset.header.request.get("objects_of", "Scenes"))
    name = name or _VOCABULARIES.get(asked, asked)
    listener.stage("export", len(dataset))
    taken, listed = set[str](), io.StringIO()
    table = csv.writer(listed, lineterminator="\n")
    table.writerow(["file", "scene_id", "set_id", "caption"])
    with os_errors_as(DatasetError, f"cannot write to {out}"):
        if out.exists() and any(out.iterdir()):
            raise DatasetError(f"{out} is not empty", hint="Choose a new folder: files of two exports would mix.")
        for k, row in enumerate(dataset.manifest.iter_rows(named=True)):
            folder, stem = configuration(row, name), file_stem(row)
            file = _free(f"{folder}/{stem}", taken)
            atomic_write_bytes(out / file, _as_png(dataset, k), sync=False)
            table.writerow([file, row["scene_id"], row["set_id"], row["caption"]])
            listener.advance(1)
        atomic_write_text(out / "files.csv", listed.getvalue())
    return len(dataset)


def configuration(row: dict[str, Any], name: str) -> str:
    """The folder of a scene: number of objects, and where the large one stands if there is one."""
    large = [slot for slot, level in zip(row["slots"], row["size_levels"], strict=True) if level == "large"]
    place = f"-{place_name(large[0])}Big" if len(large) == 1 and row["n_objects"] > 1 else ""
    return f"{safe(name)}-{NUMBERS[row['n_objects']]}Object{place}"


def file_stem(row: dict[str, Any]) -> str:
    """The objects' names in slot order, joined by "_"; characters that no file name may have become "-"."""
    return safe("_".join(row["categories"])[:_MAX_NAME])


def place_name(slot: str) -> str:
    """How the published folders call a slot: "UL" for "upper-left"."""
    return _PLACES.get(slot) or safe("".join(part.capitalize() for part in slot.split("-")))


def safe(text: str) -> str:
    """`text` without characters that no file name may have."""
    return _UNSAFE.sub("-", text).strip(" .") or "-"


def _free(stem: str, taken: set[str]) -> str:
    """The first name of `stem` that is not taken yet, which is taken now."""
    name, number = f"{stem}.png", 1
    while name.casefold() in taken:  # on many a disk "A.png" and "a.png" are one file
        number += 1
        name = f"{stem}-{number}.png"
    taken.add(name.casefold())
    return name


def _as_png(dataset: Dataset, row: int) -> bytes:
    if dataset.header.image_format == "png":
        return read_bounded(dataset.layout.image(dataset.manifest["scene_id"][row], "png"))
    return encode_image(dataset.image(row), "png")
