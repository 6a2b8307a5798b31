"""Scenes of a design, drawn with the collage renderer whenever their pixels are asked for; nothing is written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from PIL import Image

from primacy.design.picture import Picture, Shown
from primacy.design.scene import Placed, Scene
from primacy.design.scenes.design import SceneDesign, build
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import from_library
from primacy.errors import DatasetError
from primacy.listener import Listener, Silent
from primacy.render.base import Failed, Rendered, Renderer
from primacy.render.collage import CollageRenderer
from primacy.stimuli.images.base import Skipped
from primacy.stimuli.images.measure import measured
from primacy.stimuli.sources import object_library

REPEATED = "it shows a category more than once"


class ComposedScenes:
    """Scenes of a design as a `PictureSource`. Their facts are measured when it is made, from a first drawing.

    Args:
        name: what they are called.
        design: the scenes.
        chosen: which of them, by index; the others are never drawn.
        renderer: draws them; the same scene must always give the same pixels. One thread at a time is in it.
        listener: told of the progress, in scenes.
    """

    clusters = "object sets"

    def __init__(
        self, name: str, design: SceneDesign, chosen: Iterable[int], renderer: Renderer, listener: Listener
    ) -> None:
        self.name = name
        self._design = design
        self._renderer = renderer
        self._lock = threading.Lock()
        self._last: tuple[int, Rendered] | None = None
        self.pictures: Sequence[Picture]
        self.skipped: Sequence[Skipped]
        self.pictures, self._scenes, self.skipped = self._measure(list(chosen), listener)
        shown = "\n".join([renderer.fingerprint, *(picture.picture_id for picture in self.pictures)])
        self._digest = hashlib.sha256(shown.encode()).hexdigest()

    @property
    def digest(self) -> str:
        """Hex sha256 over the renderer's fingerprint and the ids of the scenes."""
        return self._digest

    def scene(self, index: int) -> Scene:
        """The scene of picture `index`."""
        return self._design.scene(self._scenes[index])

    def image(self, index: int) -> Image.Image:
        """Picture `index`, RGB, drawn now."""
        return Image.fromarray(self._draw(index).image)

    def mask(self, index: int) -> np.ndarray:
        """The mask of picture `index`, uint8 (S, S), drawn now."""
        return self._draw(index).mask

    def _draw(self, index: int) -> Rendered:
        # An image and its mask are often wanted together: the last drawing is kept.
        with self._lock:
            if self._last is None or self._last[0] != index:
                (drawn,) = self._renderer.render([self.scene(index)])
                if isinstance(drawn, Failed):
                    raise DatasetError(f"scene {self.pictures[index].picture_id}: {drawn.reason}")
                self._last = index, drawn
            return self._last[1]

    def _measure(
        self, chosen: Sequence[int], listener: Listener
    ) -> tuple[tuple[Picture, ...], tuple[int, ...], tuple[Skipped, ...]]:
        listener.stage(f"scenes of {self.name}", len(chosen))
        pictures: list[Picture] = []
        kept: list[int] = []
        skipped: list[Skipped] = []
        for at in chosen:
            scene = self._design.scene(at)
            found = self._facts(scene)
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                pictures.append(found)
                kept.append(at)
            listener.advance(1)
        return tuple(pictures), tuple(kept), tuple(skipped)

    def _facts(self, scene: Scene) -> Picture | Skipped:
        name, labels = scene.scene_id, [_label(placed) for placed in scene.objects]
        if repeated(labels):
            return Skipped(name, REPEATED)
        (drawn,) = self._renderer.render([scene])
        if isinstance(drawn, Failed):
            return Skipped(name, drawn.reason)
        try:
            objects = measured(labels, drawn.mask, drawn.image)
        except DatasetError as error:
            return Skipped(name, str(error))
        factors = dict(scene.factors)
        if len(scene.objects) == 1:
            nominal = self._design.request.area_for(1)
            factors |= gallery_factors(factors, scene.objects[0].area, nominal, scene.objects[0].yaw)
        return Picture(name, scene.set_id, objects, factors)


def compose(request: SceneRequest, library_name: str, listener: Listener | None = None) -> ComposedScenes:
    """All scenes of a design, drawn from the sprites of a library.

    Args:
        request: the design.
        library_name: "comco", "simco", "coco80" or a library's folder (see `object_library`).
        listener: told of the progress, in scenes.

    Raises:
        UnknownNameError: no such library or category.
        DesignError: too few categories, or objects that do not fit.
        AssetError: the library cannot be read.
    """
    library = object_library(library_name)
    design = build(request, from_library(library))
    return ComposedScenes(request.design, design, range(len(design)), CollageRenderer(library), listener or Silent())


def repeated(labels: Sequence[Shown]) -> bool:
    """Whether a category is among them twice."""
    return len({label.category for label in labels}) < len(labels)


def gallery_factors(
    factors: Mapping[str, float | int | str], asked: float, nominal: float | None, yaw: float
) -> dict[str, float | int | str]:
    """What galleries are sorted by, for a scene of one object: its nominal area and its yaw.

    Args:
        factors: of the scene.
        asked: area that the scene asks for; less than the design's where an object does not fit at that size.
        nominal: area of the design's largest objects; None where it is not known.
        yaw: degrees.
    """
    found: dict[str, float | int | str] = {"yaw": yaw}
    base = factors.get("base_area")
    if nominal is not None and isinstance(base, float | int) and base > 0:
        found["gallery_scale"] = scale_name(asked / base * nominal)
    return found


def scale_name(area: float) -> str:
    """How an area is called in tables: "0.025"."""
    return f"{area:.4g}"


def _label(placed: Placed) -> Shown:
    nan = float("nan")
    return Shown(placed.category, nan, nan, nan, placed.slot, placed.size_level, placed.role)
