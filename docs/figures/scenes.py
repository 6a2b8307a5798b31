"""Draw the figures of docs/scenes.md: a row of scenes of one set for each design.

python docs/figures/scenes.py [--renderer collage|blender] [--out docs/figures]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from primacy.cli.options import cache_folder
from primacy.design.scene import Scene
from primacy.design.scenes.design import build
from primacy.design.scenes.presets import PRESETS
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import from_library
from primacy.render.base import Rendered
from primacy.stimuli.sources import RendererChoice, object_library

COLUMNS, SIDE, HEADER = 7, 160, 16
WISHES = {"singles": {"ground_colours": ((0.3, 0.38, 0.45),)}, "slots": {"textures": ("checker",)}}
WISHES |= {"count": {"textures": ("planks",)}, "occlusion": {"textures": ("speckle",)}}


def rows(vocabulary: str, seed: int) -> Iterator[tuple[str, list[Scene]]]:
    """Of each preset, scenes spread evenly over one set, or over as many as fill a row."""
    shapes = from_library(object_library(vocabulary))
    for name in PRESETS:
        request = SceneRequest(name, sets=COLUMNS, seed=seed, size=SIDE, **WISHES.get(name, {}))
        design = build(request, shapes)
        a_set = len(design) // design.n_sets
        scenes = list(design.scenes(0, a_set * -(-COLUMNS // a_set)))
        at = np.unique(np.linspace(0, len(scenes) - 1, COLUMNS).round().astype(int))
        yield name, [scenes[i] for i in at.tolist()]


def main() -> None:
    """Draw and write both sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renderer", default="collage")
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    for vocabulary in ("comco", "simco"):
        renderer = RendererChoice(options.renderer, vocabulary, cache=cache_folder(None)).open()
        wanted = list(rows(vocabulary, options.seed))
        sheet = Image.new("RGB", (COLUMNS * (SIDE + 2), len(wanted) * (SIDE + HEADER + 4)), "white")
        pen = ImageDraw.Draw(sheet)
        for row, (name, scenes) in enumerate(wanted):
            top = row * (SIDE + HEADER + 4)
            pen.text((2, top + 2), f"{name}: {PRESETS[name].varies}", fill="black")
            for column, drawn in enumerate(renderer.render(scenes)):
                if isinstance(drawn, Rendered):
                    sheet.paste(Image.fromarray(drawn.image), (column * (SIDE + 2), top + HEADER))
        renderer.close()
        path = options.out / f"scenes-{vocabulary}-{options.renderer}.webp"
        sheet.save(path, quality=85)
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
