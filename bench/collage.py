"""The collage renderer against plain Pillow, side by side: in memory, on one and two processes, with files written.

python bench/collage.py                        # the sprites of the package
python bench/collage.py --library FOLDER       # others
"""

from __future__ import annotations

import argparse
import io
import math
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from primacy.assets.library import Library, builtin, read
from primacy.design.scene import TEXTURES, Ground, Placed, Scene
from primacy.render.base import Rendered
from primacy.render.collage import CollageRenderer
from primacy.render.ground import Floor
from primacy.render.sprite_cache import view_of

Draw = Callable[[Sequence[Scene]], Iterator[tuple[np.ndarray, np.ndarray]]]
SCENES = {64: 3000, 224: 1000}
AREAS = (0.02, 0.05)
ROUNDS = 5


def make_scenes(library: Library, n: int, size: int, seed: int) -> list[Scene]:
    """Three objects in a row, drawn from all objects and views, in two sizes, smaller where they would not fit."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        objects = []
        for place in range(3):
            sprite = library.sprites[int(rng.integers(len(library.sprites)))]
            yaw = 45.0 * int(rng.integers(8))
            view = sprite.views[view_of(yaw)]
            longest = math.sqrt(1 / (view.width * view.height * view.fill)) * max(view.width, view.height)
            area = min(float(rng.choice(AREAS)), (0.3 / longest) ** 2)
            x, y = 0.2 + 0.3 * place, float(rng.choice([0.45, 0.5, 0.55]))
            objects.append(Placed(sprite.category, sprite.asset, x, y, area, yaw=yaw))
        ground = Ground(TEXTURES[k % len(TEXTURES)])
        made.append(Scene("bench", k, tuple(objects), size=size, seed=k, ground=ground))
    return made


def collage(library: Library) -> Draw:
    """The renderer, as images and masks."""
    renderer = CollageRenderer(library)

    def draw(scenes: Sequence[Scene]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for one in renderer.render(scenes):
            assert isinstance(one, Rendered), one.reason
            yield one.image, one.mask

    return draw


def plain(library: Library) -> Draw:
    """What one would write with Pillow: resize, composite, paste the mask. Sprites and grounds are decoded once.

    It has no contact shadows, and areas are as near as whole widths and heights allow.
    """
    views: dict[tuple[str, int], tuple[Image.Image, float]] = {}
    grounds: dict[tuple[str, int], Image.Image] = {}
    floor = Floor(10**8)

    def view(asset: str, k: int) -> tuple[Image.Image, float]:
        if (asset, k) not in views:
            for j, pixels in enumerate(library.sprite(asset).pictures()):
                picture = Image.fromarray(pixels)
                views[asset, j] = picture.crop(picture.getbbox()), float((pixels[..., 3] >= 128).sum())
        return views[asset, k]

    def draw(scenes: Sequence[Scene]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for scene in scenes:
            size, key = scene.size, (scene.ground.texture, scene.size)
            if key not in grounds:
                painted = floor.paint(scene.ground, 1.0, size, 0).reshape(size, size, 3)
                grounds[key] = Image.fromarray(painted).convert("RGBA")
            image, mask = grounds[key].copy(), Image.new("L", (size, size))
            things = []
            for k, o in enumerate(scene.objects, 1):
                sprite, pixels = view(o.asset, view_of(o.yaw))
                scale = math.sqrt(o.area * size * size / pixels)
                wide, high = (max(1, round(side * scale)) for side in sprite.size)
                left, top = round(o.x * size - wide / 2), round(o.y * size - high / 2)
                things.append((top + high, k, left, top, sprite.resize((wide, high), Image.Resampling.LANCZOS)))
            for _, k, left, top, sprite in sorted(things, key=lambda t: t[:2]):
                image.alpha_composite(sprite, (max(left, 0), max(top, 0)))
                mask.paste(k, (left, top), sprite.getchannel("A").point(lambda a: 255 if a >= 128 else 0))
            yield np.asarray(image.convert("RGB")), np.asarray(mask)

    return draw


DRAWERS: dict[str, Callable[[Library], Draw]] = {"collage": collage, "Pillow": plain}


def encode(image: np.ndarray, mask: np.ndarray, kind: str) -> int:
    """Bytes of the encoded image and mask; "" encodes nothing."""
    if not kind:
        return 0
    stream = io.BytesIO()
    if kind == "PNG":
        Image.fromarray(image).save(stream, "PNG", compress_level=1)
    else:
        Image.fromarray(image).save(stream, "WEBP", quality=90, method=0)
    Image.fromarray(mask).save(stream, "PNG", compress_level=1)
    return stream.tell()


def spend(draw: Draw, scenes: Sequence[Scene], kind: str) -> tuple[float, float]:
    """Wall and processor seconds of drawing and encoding all scenes."""
    wall, processor = time.perf_counter(), time.process_time()
    for image, mask in draw(scenes):
        encode(image, mask, kind)
    return time.perf_counter() - wall, time.process_time() - processor


_held: dict[str, Draw] = {}


def start(library: Library) -> None:
    """In a worker: one drawer of each kind, kept."""
    _held.update({name: make(library) for name, make in DRAWERS.items()})


def work(task: tuple[str, list[Scene], str]) -> tuple[float, float]:
    """In a worker: draw a part of the scenes."""
    name, scenes, kind = task
    return spend(_held[name], scenes, kind)


def compare(library: Library, size: int) -> None:
    """Print one line for each way of drawing scenes of one size."""
    scenes = make_scenes(library, SCENES[size], size, seed=size)
    start(library)
    for name in DRAWERS:
        spend(_held[name], scenes, "")
    for kind in ("", "PNG", "WebP"):
        part = scenes if not kind else scenes[: len(scenes) // 5]
        rates: dict[str, list[float]] = {name: [] for name in DRAWERS}
        for _ in range(ROUNDS if not kind else 2):
            for name in DRAWERS:
                rates[name].append(len(part) / spend(_held[name], part, kind)[1])
        report(f"{size} px, 1 process, {kind or 'in memory'}", rates, "processor second")
    with multiprocessing.get_context("spawn").Pool(2, start, (library,)) as pool:
        halves = scenes[::2], scenes[1::2]
        rates = {name: [] for name in DRAWERS}
        for turn in range(ROUNDS + 1):
            for name in DRAWERS:
                wall = time.perf_counter()
                pool.map(work, [(name, half, "") for half in halves], chunksize=1)
                if turn:  # the first fills the caches
                    rates[name].append(len(scenes) / (time.perf_counter() - wall))
        report(f"{size} px, 2 processes, in memory", rates, "second")


def report(what: str, rates: dict[str, list[float]], unit: str) -> None:
    """Medians, and the median of the rounds' ratios."""
    ratio = statistics.median(a / b for a, b in zip(rates["collage"], rates["Pillow"], strict=True))
    medians = ", ".join(f"{name} {statistics.median(found):,.0f}" for name, found in rates.items())
    print(f"{what}: {medians} scenes per {unit}; {ratio:.1f} x", flush=True)


def memory(library: Library) -> None:
    """Print the resident memory after so many different scenes of 224 pixels."""
    renderer, drawn = CollageRenderer(library), 0
    for goal in (1000, 5000, 20000):
        while drawn < goal:
            for _ in renderer.render(make_scenes(library, 500, 224, seed=drawn)):
                drawn += 1
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        print(f"{drawn:,} scenes: {pages * 4096 / 1e6:.0f} MB resident", flush=True)


def main() -> None:
    """Print all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--memory", action="store_true", help="the memory alone")
    chosen = parser.parse_args()
    library = read([chosen.library]) if chosen.library else builtin("comco")
    print(f"{len(library.sprites)} objects, 8 views, 3 objects a scene, masks included")
    if not chosen.memory:
        for size in SCENES:
            compare(library, size)
    else:
        memory(library)


if __name__ == "__main__":
    main()
