"""Captions in the format of COCO's own files: a list `annotations` of `id`, `image_id` and `caption`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from primacy.corpus.captions.block import Rows
from primacy.corpus.captions.columns import Chosen, Columns
from primacy.corpus.captions.json_lines import as_bytes
from primacy.corpus.faults import Faults
from primacy.stimuli.bounded_json import entries, read_json


def open_official(path: Path, columns: Columns) -> Chosen:
    """The official keys where the user names no others; the file is not looked at, since it is only read whole."""
    return Chosen(columns.text or "caption", columns.image or "image_id", columns.id or "id", columns.source or "")


def read_official(path: Path, columns: Chosen, faults: Faults, rows: int) -> Iterator[Rows]:
    """Its annotations, at most `rows` at a time.

    Args:
        path: the file, .json or .json.gz.
        columns: keys of captions, ids, images and sources.
        faults: annotations without an image or a caption.
        rows: most at a time.

    Raises:
        UsageError: unreadable, cut short, not JSON, or without such a list.
    """
    expected = "a COCO captions file (other .json files: as JSON lines, .jsonl)"
    listed = entries(path, read_json(path, bad_bytes=True), "annotations", expected)
    for start in range(0, len(listed), rows):
        numbers, held = [], []
        for row, entry in enumerate(listed[start : start + rows], start + 1):
            values = [as_bytes(entry.get(name)) if isinstance(entry, dict) and name else None for name in columns]
            if values[0] is None or values[1] is None:
                faults.add("annotations without an image_id or a caption (left out)", [f"{path.name}, number {row}"])
                continue
            numbers.append(row)
            held.append(values)
        kept = [pa.array([values[k] for values in held], pa.binary()) if columns[k] else None for k in range(4)]
        yield Rows(pa.array(numbers, pa.int64()), *kept)
