"""Pictures by Blender: processor seconds an image by part, and one process against two.

    python bench/blender.py [--objects 1 2 3 4 5] [--scenes 12] [--samples 6] [--size 224] [--workers 1 2]

Objects are drawn at random from the catalogue: its procedural ones, and those of the packs that are there (--packs).
The first scenes of each process, which build its objects, are drawn before the clock starts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from primacy.assets import blender_env
from primacy.assets.catalogue import Asset, load
from primacy.assets.packs import Packs
from primacy.design.scene import Placed, Scene
from primacy.errors import PrimacyError
from primacy.identity import rng_stream
from primacy.render.base import Failed
from primacy.render.blender import SAMPLES, BlenderRenderer
from primacy.render.child import Children

PLACES = {
    1: [(0.5, 0.5)],
    2: [(0.27, 0.5), (0.73, 0.5)],
    3: [(0.22, 0.25), (0.5, 0.55), (0.78, 0.75)],
    4: [(0.25, 0.27), (0.75, 0.27), (0.25, 0.73), (0.75, 0.73)],
    5: [(0.2, 0.22), (0.8, 0.22), (0.5, 0.5), (0.2, 0.78), (0.8, 0.78)],
}
AREAS = {1: 0.1, 2: 0.05, 3: 0.04, 4: 0.03, 5: 0.025}


def scenes(assets: Sequence[Asset], n: int, count: int, size: int) -> list[Scene]:
    rng = rng_stream(0, "bench", str(n))
    made = []
    for k in range(count):
        some = [assets[i] for i in rng.choice(len(assets), n, replace=False)]
        objects = tuple(
            Placed(a.category, a.asset, x, y, AREAS[n], float(rng.uniform(-30, 30)))
            for a, (x, y) in zip(some, PLACES[n], strict=True)
        )
        made.append(Scene("bench", k, objects, size=size, seed=k))
    return made


class Timed(Children):
    """Processes that note what each scene's parts took."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.parts: list[dict[str, float]] = []

    def watch(self, ask):
        def asked(do, **arguments):
            value = ask(do, **arguments)
            if do == "scene":
                self.parts.append(value["seconds"] | {"passes": value["passes"]})
            return value

        return asked


def renderer(assets, command, packs, options, workers) -> tuple[BlenderRenderer, Timed]:
    made = BlenderRenderer(
        library(), assets, command, resolve=packs.mesh_paths, samples=options.samples, workers=workers
    )
    children = Timed(command, workers)
    for child in children._all:
        child.ask = children.watch(child.ask)  # type: ignore[method-assign]
    made._children = children
    return made, children


def library():
    from primacy.assets.library import Library, builtin

    try:
        return builtin("comco")
    except PrimacyError:
        return Library(())


def drawable(packs: Packs) -> list[Asset]:
    found = []
    for asset in load():
        try:
            packs.mesh_paths(asset)
            found.append(asset)
        except PrimacyError:
            continue
    return [a for a in found if a.kind != "simco"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, nargs="+", default=[1, 2, 3, 4, 5], choices=PLACES)
    parser.add_argument("--scenes", type=int, default=12)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="where packs are unpacked")
    parser.add_argument("--packs", type=Path, help="folder with the packs, if the system has none")
    options = parser.parse_args()
    packs = Packs(options.cache, options.packs)
    assets, command = drawable(packs), blender_env.command()
    print(f"{len(assets)} objects, {options.samples} samples, {options.size} px; medians (lowest) of processor seconds")
    for workers in options.workers:
        made, timed = renderer(assets, command, packs, options, workers)
        for n in options.objects:
            some = scenes(assets, n, options.scenes, options.size)
            for _ in range(2):
                list(made.render(some))  # each process builds what it lacks
            timed.parts.clear()
            start = time.perf_counter()
            failed = sum(isinstance(r, Failed) for r in made.render(some))
            wall = time.perf_counter() - start
            parts = timed.parts
            told = "  ".join(
                f"{p} {statistics.median(s[p] for s in parts):.3f} ({min(s[p] for s in parts):.3f})"
                for p in ("build", "masks", "picture")
            )
            passes = statistics.mean(s["passes"] for s in parts)
            rate = (len(some) - failed) / wall
            print(
                f"processes {workers}  n={n}  {told}  passes {passes:.1f}  {rate:.2f} images/s wall  failed {failed}",
                flush=True,
            )
        made.close()


if __name__ == "__main__":
    main()
