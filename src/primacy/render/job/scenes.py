"""One scene, from its JSON to its picture and masks."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import stage
from arrange import Found, Thing, arrange, order
from models import Models
from occlude import occlude
from refused import RefusedError
from solve import Stand, View, Wanted
from studio import Studio


class Stagehand:
    """What one process keeps between scenes: the studio and the objects built so far."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="primacy-")
        self._studio: Studio | None = None
        self._models = Models()

    def remove_scratch(self) -> None:
        """Remove the files of the process."""
        self._folder.cleanup()

    def studio(self) -> Studio:
        """The studio, set up anew where another job has emptied Blender."""
        if self._studio is None or not self._studio.alive:
            self._models = Models()
            self._studio = Studio(Path(self._folder.name))
        return self._studio

    def render(
        self, scene: dict[str, Any], specs: list[dict[str, Any]], fills: list[float], samples: int
    ) -> dict[str, Any]:
        """Draw a scene.

        Args:
            scene: design.scene.Scene.as_dict().
            specs: of its objects, in order (see objects.build).
            fills: a guess of the share of its box that each object's silhouette fills.
            samples: rays a pixel.

        Returns:
            "image" (S, S, 3) and "mask" (S, S), base64 of uint8 rows; "whole", "depth" as in render.base.Rendered;
            "seconds" of processor time by part; "passes": how many mask passes it took.

        Raises:
            RefusedError: an object cannot be made or placed.
        """
        clock = _Clock()
        with clock("build"):
            studio = self.studio()
            self._models.trim()
            models = [self._models.get(spec) for spec in specs]
            studio.set_up(scene, samples)
            studio.enter(models)
        try:
            camera = scene["camera"]
            view = View(camera["elevation"], camera["field_of_view"], stage.DISTANCE)
            things = [
                Thing(model.hull, Wanted(o["asset"], o["x"], o["y"], o["area"], o["yaw"]), fill)
                for model, o, fill in zip(models, scene["objects"], fills, strict=True)
            ]
            passes = _Passes(studio)
            with clock("masks"):
                found = _placed(view, scene["objects"], things, passes)
                stands = [found[k].stand for k in range(len(things))]
                mask = passes(dict(enumerate(stands)))
            with clock("picture"):
                image = studio.picture(stands)
        finally:
            studio.leave()
        return {
            "image": _packed(image),
            "mask": _packed(mask),
            "whole": [int(found[k].whole.sum()) for k in range(len(things))],
            "depth": order(view, stands),
            "seconds": clock.seconds,
            "passes": passes.count,
        }


class _Passes:
    """Mask passes, counted; the last one is not made twice."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._last: tuple[dict[int, Stand], np.ndarray] | None = None
        self.count = 0

    def __call__(self, stands: Mapping[int, Stand]) -> np.ndarray:
        if self._last is None or self._last[0] != stands:
            self._last = dict(stands), self._studio.mask(stands)
            self.count += 1
        return self._last[1]


def _placed(view: View, objects: list[dict[str, Any]], things: list[Thing], draw: _Passes) -> dict[int, Found]:
    """All objects; the first occluder stands before the first target, the second before the second."""
    occluders = [k for k, o in enumerate(objects) if o["role"] == "occluder"]
    targets = [k for k, o in enumerate(objects) if o["role"] == "target"]
    if len(occluders) > len(targets):
        raise RefusedError(f"a scene has {len(occluders)} occluders for {len(targets)} targets")
    found = arrange(view, {k: thing for k, thing in enumerate(things) if k not in occluders}, draw)
    for target, occluder in zip(targets, occluders, strict=False):
        pair = (target, occluder)

        def both(stands: Mapping[int, Stand], pair: tuple[int, int] = pair) -> np.ndarray:
            mask = draw({pair[k]: where for k, where in stands.items()})
            return np.select([mask == k + 1 for k in pair], [1, 2], 0)

        found[occluder] = occlude(
            view, things[target], found[target], things[occluder], objects[target]["visibility"], both
        )
    return found


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.uint8).tobytes()).decode("ascii")


class _Clock:
    """Processor seconds by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[part] = time.process_time() - start


_STAGEHAND = Stagehand()
render, remove_scratch = _STAGEHAND.render, _STAGEHAND.remove_scratch
