"""How near pictures of few samples come to one of many: what 6 rays a pixel lose.

    python bench/blender_quality.py [--cache FOLDER] [--samples 4 6 8] [--reference 400]

Root mean square difference in levels of 255 from the same scenes (three objects, 224 px) with the reference's samples,
and the processor seconds of the picture against those of the default. Both are denoised alike.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import numpy as np
from blender import drawable, renderer, scenes

from primacy.assets import blender_env
from primacy.assets.packs import Packs
from primacy.render.base import Rendered
from primacy.render.blender import SAMPLES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="where packs are unpacked")
    parser.add_argument("--samples", type=int, nargs="+", default=[4, 6, 8])
    parser.add_argument("--reference", type=int, default=400)
    parser.add_argument("--scenes", type=int, default=6)
    options = parser.parse_args()
    packs = Packs(options.cache)
    assets, command = drawable(packs), blender_env.command()
    some = scenes(assets, 3, options.scenes, 224)
    images: dict[int, list[np.ndarray]] = {}
    seconds: dict[int, float] = {}
    for samples in sorted({*options.samples, SAMPLES, options.reference}):
        made, timed = renderer(assets, command, packs, argparse.Namespace(samples=samples), 2)
        drawn = list(made.render(some))
        made.close()
        images[samples] = [one.image.astype(float) for one in drawn if isinstance(one, Rendered)]
        seconds[samples] = statistics.median(parts["picture"] for parts in timed.parts)
    for samples, found in images.items():
        squares = [np.mean((a - b) ** 2) for a, b in zip(found, images[options.reference], strict=True)]
        ratio = seconds[samples] / seconds[SAMPLES]
        print(f"{samples:4} samples: {np.mean(squares) ** 0.5:4.1f} levels, {ratio:5.2f} x the time of {SAMPLES}")


if __name__ == "__main__":
    main()
