"""A folder of pictures with a manifest.csv that says what they show."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from primacy.design.picture import Picture
from primacy.errors import DatasetError
from primacy.listener import Listener, Silent
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.decode import read_bytes
from primacy.stimuli.images.stated import FIELDS, Clusters, factor, objects_of
from primacy.stimuli.images.stored import Blob, Entry, StoredPictures

MANIFEST = "manifest.csv"
_MAX_MANIFEST = 500_000_000
_SINGLE = ("file", "objects", "cluster", "mask")
_FACTOR = "factor."
_BETWEEN = ";"


def open_manifest_folder(folder: Path | str, listener: Listener | None = None) -> StoredPictures:
    """The pictures that `manifest.csv` names.

    Columns: `file` (relative to the folder) and `objects` ("dog;tea cup"); optional are `cluster`, `mask` (a file), the
    lists `areas`, `xs`, `ys`, `contrasts`, `slots`, `size_levels`, `roles`, `instances` (one entry an object, separated
    by ";") and columns called `factor.<name>`. Empty cells say nothing. Rows that cannot be used, and columns of
    another name, are among the skipped.

    Args:
        folder: where manifest.csv lies.
        listener: told of the progress, in pictures.

    Raises:
        DatasetError: the manifest is missing, no UTF-8 table with `file` and `objects`, or has no row that can be used.
    """
    folder = Path(folder)
    rows, columns = _table(folder / MANIFEST)
    skipped = [
        Skipped(f"column {name!r}", f"not one of {', '.join((*_SINGLE, *FIELDS))} or {_FACTOR}<name>")
        for name in columns
        if name not in _SINGLE and name not in FIELDS and not name.startswith(_FACTOR)
    ]
    clusters, entries, files = Clusters(), list[Entry](), set[str]()
    for line, row in rows:
        try:
            entry = _entry(folder, row, clusters)
            if entry.picture.picture_id in files:
                raise DatasetError("the file is named twice")
        except DatasetError as error:
            skipped.append(Skipped(f"line {line}: {row.get('file', '')}", str(error)))
            continue
        files.add(entry.picture.picture_id)
        entries.append(entry)
    named = "clusters" if "cluster" in columns else "object sets"
    return StoredPictures(folder.resolve().name, named, entries, skipped, listener or Silent())


def _table(path: Path) -> tuple[Iterator[tuple[int, dict[str, str]]], list[str]]:
    """Lines and cells of each row, and the columns."""
    try:
        text = read_bytes(path, _MAX_MANIFEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is no UTF-8 text: {error}", hint="Save it as CSV UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        columns = [name.strip() for name in reader.fieldnames or []]
    except csv.Error as error:
        raise DatasetError(f"{path} is no table: {error}") from None
    for name in _SINGLE[:2]:
        if columns.count(name) != 1:
            raise DatasetError(
                f"{path} has columns {', '.join(columns) or 'none'}, expected one called {name!r}",
                hint="Cells are separated by commas, the objects in a cell by semicolons.",
            )
    reader.fieldnames = columns
    return _rows(path, reader), columns


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]]]:
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DatasetError(f"{path}, line {reader.line_num}: {error}") from None
        if row is None:
            return
        if None in row:  # cells beyond the last column
            row["file"] = row["objects"] = ""
        yield reader.line_num, {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}


def _entry(folder: Path, row: Mapping[str, str], clusters: Clusters) -> Entry:
    lists = {
        name: [part.strip() for part in row[name].split(_BETWEEN)] for name in ("objects", *FIELDS) if row.get(name)
    }
    if not row["file"]:
        raise DatasetError("it names no file, or has more cells than there are columns")
    objects = objects_of(lists)
    names = [shown.category for shown in objects]
    named = row.get("cluster")
    factors = {
        name.removeprefix(_FACTOR): factor(value) for name, value in row.items() if name.startswith(_FACTOR) and value
    }
    cluster = clusters.of_name(named) if named else clusters.of_objects(names)
    mask = Blob(inside(folder, row["mask"])) if row.get("mask") else None
    return Entry(Picture(row["file"], cluster, objects, factors), Blob(inside(folder, row["file"])), mask)


def inside(folder: Path, name: str) -> Path:
    """The file called `name` in `folder`.

    Raises:
        DatasetError: the name leads out of the folder.
    """
    relative = PurePosixPath(name.replace("\\", "/"))
    if relative.is_absolute() or ".." in relative.parts or Path(name).is_absolute() or "\0" in name:
        raise DatasetError(f"{name!r} leads out of the folder")
    return folder / relative
