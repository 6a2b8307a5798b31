"""Is a folder of scenes what was rendered? Every file is hashed, every mask measured again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from primacy.errors import DatasetError
from primacy.files import TEMPORARY_PREFIX
from primacy.identity import file_digest
from primacy.listener import Listener, Silent
from primacy.stimuli.dataset import Dataset
from primacy.stimuli.finish import read_failed
from primacy.stimuli.pictures import decode_image, decode_mask, read_bounded
from primacy.stimuli.rows import measured_columns
from primacy.stimuli.scene_lines import checked_scene, read_lines

_TOLERANCE = 1e-9  # of shares and fractions that were written as float64

Kind = Literal["missing", "altered", "extra"]


class Finding(NamedTuple):
    """Something wrong: its kind, the file (relative to the folder, or a scene), and what is the matter with it."""

    kind: Kind
    what: str
    detail: str


def verify(dataset: Dataset, listener: Listener | None = None) -> list[Finding]:
    """All that is wrong with `dataset`; an empty list where nothing is.

    Scenes that could not be drawn are findings as well ("missing").

    Args:
        dataset: a finished folder.
        listener: told of the progress, in scenes.
    """
    listener = listener or Silent()
    found = [*_scenes(dataset), *_statistics(dataset), *_extra(dataset)]
    listener.stage("verify", len(dataset))
    for row in dataset.manifest.iter_rows(named=True):
        found.extend(_row(dataset, row))
        listener.advance(1)
    return found


def _scenes(dataset: Dataset) -> Iterator[Finding]:
    """Do ids match contents, is the file the one of dataset.json, and does each scene have its row?"""
    layout, name = dataset.layout, dataset.layout.scenes.name
    rows = dict(dataset.manifest.select("index", "scene_id").iter_rows())
    reasons = {t.scene_id: t.reason for t in read_failed(layout.failed)}
    count = 0
    try:
        if file_digest(layout.scenes) != dataset.header.scenes_sha256:
            yield Finding("altered", name, "its sha256 is not that of dataset.json")
        for index, (scene_id, data) in enumerate(read_lines(layout.scenes)):
            count += 1
            try:
                checked_scene(scene_id, data)
            except DatasetError as error:
                yield Finding("altered", name, str(error))
            if index not in rows:
                yield Finding("missing", f"scene {scene_id}", reasons.get(scene_id, "it has no row in the manifest"))
            elif rows.pop(index) != scene_id:
                yield Finding("altered", f"scene {scene_id}", f"line {index + 1} is another scene in the manifest")
    except OSError as error:
        yield Finding("missing", name, str(error.strerror or error))
    except DatasetError as error:
        yield Finding("altered", name, str(error))
    for index, scene_id in rows.items():
        if index >= count:
            yield Finding("extra", f"scene {scene_id}", "the manifest has a row for it, scenes.jsonl no line")


def _statistics(dataset: Dataset) -> Iterator[Finding]:
    """The manifest's own hash stands in stats.json."""
    try:
        if dataset.stats()["hashes"]["manifest_sha256"] != file_digest(dataset.layout.manifest):
            yield Finding("altered", dataset.layout.manifest.name, "its sha256 is not that of stats.json")
    except (DatasetError, KeyError, TypeError) as error:
        yield Finding("altered", dataset.layout.stats.name, f"it does not say the manifest's sha256: {error}")


def _extra(dataset: Dataset) -> Iterator[Finding]:
    """Pictures that no row speaks of; what a killed process left half-written is not one."""
    layout, known = dataset.layout, set(dataset.manifest["scene_id"])
    for folder, ending in ((layout.images, f".{dataset.header.image_format}"), (layout.masks, ".png")):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name.startswith(TEMPORARY_PREFIX) or (path.stem in known and path.suffix == ending):
                continue
            yield Finding("extra", path.relative_to(layout.root).as_posix(), "no row of the manifest speaks of it")


def _row(dataset: Dataset, row: dict[str, Any]) -> Iterator[Finding]:
    layout, scene_id, size = dataset.layout, row["scene_id"], row["size"]
    pictures = {}
    for kind, path in (("image", layout.image(scene_id, dataset.header.image_format)), ("mask", layout.mask(scene_id))):
        name = path.relative_to(layout.root).as_posix()
        if row[kind] != name:
            yield Finding("altered", "manifest.parquet", f"scene {scene_id} has its {kind} at {row[kind]!r}")
        if not path.is_file():
            yield Finding("missing", name, "there is no such file")
            continue
        try:
            data = read_bounded(path)
            if hashlib.sha256(data).hexdigest() != row[f"{kind}_sha256"]:
                yield Finding("altered", name, "its sha256 is not that of the manifest")
            pictures[kind] = (decode_image if kind == "image" else decode_mask)(data, size, name)
        except DatasetError as error:
            yield Finding("altered", name, str(error))
    if "mask" in pictures:
        yield from _measures(row, pictures["mask"])


def _measures(row: dict[str, Any], mask: Any) -> Iterator[Finding]:
    name, n = row["mask"], row["n_objects"]
    if mask.max(initial=0) > n:
        yield Finding("altered", name, f"it shows an object {mask.max()}, the scene has {n}")
        return
    whole = [round(share * mask.size) for share in row["whole_area"]]
    for column, values in measured_columns(mask, whole).items():
        if not _same(values, row[column]):
            yield Finding("altered", name, f"measured anew, its {column} is {values}, the manifest says {row[column]}")


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return a == b if a is None or b is None else abs(a - b) <= _TOLERANCE
