"""One HTML page to look at a folder of scenes: nothing but itself and the pictures beside it is needed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Template

from primacy.errors import DatasetError
from primacy.files import atomic_write_text, os_errors_as
from primacy.pages import environment
from primacy.stimuli.dataset import Dataset

MAX_SCENES = 20_000
"""Scenes that one page lists: beyond that it would take a browser too long to open."""
PAGE = 48


def write_page(dataset: Dataset) -> Path:
    """Write `browse.html` into the folder of `dataset` and give its path.

    Raises:
        DatasetError: the folder cannot be written.
    """
    path = dataset.root / "browse.html"
    with os_errors_as(DatasetError, f"cannot write {path}"):
        atomic_write_text(path, build_page(dataset))
    return path


def build_page(dataset: Dataset) -> str:
    """The whole page; equal folders give equal text. Of more than `MAX_SCENES` scenes the first are listed."""
    rows = [_row(row) for row in dataset.manifest.head(MAX_SCENES).iter_rows(named=True)]
    return _template().render(
        header=dataset.header,
        request=json.dumps(dict(dataset.header.request), indent=1, ensure_ascii=False),
        total=len(dataset),
        shown=len(rows),
        page=PAGE,
        ending=dataset.header.image_format,
        rows=rows,
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """What the page knows of a scene; short names, since there are thousands."""
    names = ("categories", "assets", "slots", "roles", "size_levels", "requested_area", "area", "visibility")
    objects = zip(*(row[name] for name in names), strict=True)
    return {
        "id": row["scene_id"],
        "set": row["set_id"],
        "design": row["design"],
        "caption": row["caption"],
        "factors": json.loads(row["factors"]),
        "objects": [
            [*texts, round(100 * asked, 2), round(100 * area, 2), round(100 * seen)]
            for *texts, asked, area, seen in objects
        ],
    }


@cache
def _template() -> Template:
    return environment("primacy.stimuli").get_template("browse.html.j2")
