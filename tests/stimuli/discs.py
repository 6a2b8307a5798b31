"""A renderer of flat discs, for tests: quick, exact, and picklable for worker processes."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from primacy.design.scene import Placed, Scene
from primacy.identity import fingerprint
from primacy.render.base import Failed, Rendered

CATEGORIES = ("dog", "tea cup", "Käfer", "<b>car</b>", "鳥", "zebra")


@dataclass
class Discs:
    """Draws each object as a disc of its area, later ones in front. Knobs make it fail, be slow or die."""

    version: int = 1
    failing: frozenset[int] = frozenset()  # seeds of scenes that cannot be drawn
    seconds: float = 0.0
    kill_at: int = 0  # the n-th scene of a process kills it
    name: str = "discs"
    drawn: int = 0
    shrink: float = 1.0
    log: str = ""  # file that gets a line when a scene is begun

    def open(self) -> Discs:
        return self

    @property
    def fingerprint(self) -> str:
        return fingerprint(["discs", self.version])

    def render(self, scenes: Sequence[Scene]) -> Iterator[Rendered | Failed]:
        for scene in scenes:
            self.drawn += 1
            if self.drawn == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.log:
                with Path(self.log).open("a") as stream:
                    stream.write("begun\n")
            time.sleep(self.seconds)
            yield Failed(scene, "no such disc") if scene.seed in self.failing else self._draw(scene)

    def close(self) -> None:
        pass

    def _draw(self, scene: Scene) -> Rendered:
        size, n = scene.size, len(scene.objects)
        y, x = np.mgrid[:size, :size] + 0.5
        rng = np.random.default_rng(scene.seed)
        image = rng.integers(0, 60, (size, size, 3), dtype=np.uint8)
        mask, whole = np.zeros((size, size), np.uint8), np.zeros(n, np.int64)
        for k, placed in enumerate(scene.objects, 1):
            disc = (x / size - placed.x) ** 2 + (y / size - placed.y) ** 2 < self.shrink * placed.area / math.pi
            whole[k - 1] = disc.sum()
            mask[disc], image[disc] = k, (255 - 30 * k, 40 * k, 120)
        return Rendered(scene, image, mask, whole, np.arange(n)[::-1].copy())


class OpensAnother:
    """Opens one renderer in this process, and another in any other."""

    def __init__(self) -> None:
        self.home = os.getpid()

    def open(self) -> Discs:
        return Discs(version=1 if os.getpid() == self.home else 2)


def scenes(sets: int = 5, size: int = 64) -> list[Scene]:
    """Sets of two scenes each, the second with its objects exchanged: a large disc and a small one."""
    made = []
    for set_id in range(sets):
        a, b = CATEGORIES[set_id % 6], CATEGORIES[(set_id + 1 + set_id // 6) % 6]
        for k, (first, second) in enumerate(((a, b), (b, a))):
            objects = (
                Placed(first, f"{first}/1", 0.3, 0.5, 0.12, slot="left", size_level="large", role="target"),
                Placed(second, f"{second}/1", 0.75, 0.5, 0.03, slot="right", size_level="small", yaw=45.0),
            )
            made.append(Scene("pair", set_id, objects, size, 10 * set_id + k, factors={"ratio": 4.0, "large": first}))
    return made
