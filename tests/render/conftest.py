"""A sprite library of simple shapes, made anew for the tests of the collage renderer."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from primacy.assets.library import Library, read
from primacy.assets.strips import measure_views, write_strip

SIDE = 64
SHAPES = {
    "ball/1": [("ellipse", (4, 8, 60, 52), (200, 40, 30))],
    "book/1": [("rectangle", (8, 4, 50, 60), (30, 60, 180))],
    "plank/1": [("rectangle", (2, 26, 62, 40), (150, 110, 60))],
    "tree/1": [("rectangle", (28, 30, 36, 62), (90, 60, 30)), ("ellipse", (10, 2, 54, 40), (40, 120, 50))],
    "ring/1": [("ellipse", (2, 2, 62, 62), (220, 190, 40)), ("ellipse", (18, 18, 46, 46), None)],
    "cube/rubber": [("rectangle", (12, 12, 52, 52), (196, 196, 196)), ("ellipse", (20, 20, 30, 30), (230, 230, 230))],
}
TINTABLE = ("cube/rubber",)


def drawn(shapes: list, turn: float) -> np.ndarray:
    """One view, uint8 (64, 64, 4) with smooth edges: the shapes turned a little."""
    fine = 4
    big = Image.new("RGBA", (SIDE * fine, SIDE * fine))
    pen = ImageDraw.Draw(big)
    for kind, box, colour in shapes:
        getattr(pen, kind)([v * fine for v in box], fill=(0, 0, 0, 0) if colour is None else (*colour, 255))
    big = big.rotate(turn, Image.Resampling.BICUBIC)
    return np.asarray(big.resize((SIDE, SIDE), Image.Resampling.BOX))


@pytest.fixture(scope="session")
def collage_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Six objects; "cube/rubber" takes colours."""
    folder: Path = tmp_path_factory.mktemp("sprites")
    objects = []
    for asset, shapes in SHAPES.items():
        views = np.stack([drawn(shapes, 4.0 * k) for k in range(8)])
        file = asset.replace("/", "--") + ".webp"
        objects.append(
            {
                "asset": asset,
                "category": asset.split("/")[0],
                "title": asset,
                "author": "nobody",
                "licence": "CC0-1.0",
                "source": "own",
                "size_m": 1.0,
                "file": file,
                "sha256": write_strip(folder / file, views),
                "tintable": asset in TINTABLE,
                "views": [asdict(view) for view in measure_views(views)],
            }
        )
    (folder / "library.json").write_text(json.dumps({"version": 1, "objects": objects}))
    return read([folder])
