"""Two Blender scenes side by side, set up once: one for the picture, one for the masks. Objects stand in both alike.

Switching passes, output and materials of a single scene between renders has crashed Blender, hence two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy
import ground
import numpy as np
import stage
import tga
from mathutils import Matrix
from models import Model
from solve import Stand

_STEP = 31  # between the grey levels of the masks of neighbours: 8 objects fit


class Studio:
    """The scenes "picture" and "mask"; `folder` takes the files that Blender writes."""

    def __init__(self, folder: Path) -> None:
        self._workshop = stage.fresh()
        self._file = folder / "render.tga"
        self._picture = bpy.data.scenes.new("picture")
        self._mask = bpy.data.scenes.new("mask")
        for scene in (self._picture, self._mask):
            stage.settings(scene)
            scene.render.image_settings.file_format = "TARGA_RAW"
            scene.render.image_settings.color_mode = "RGB"
            scene.render.filepath = str(self._file)
        stage.denoised(self._picture)
        stage.flat(self._mask)
        self._ground = ground.new()
        self._picture.collection.objects.link(self._ground)
        self._key = ""
        self._standing: list[tuple[bpy.types.Object, bpy.types.Object]] = []

    @property
    def alive(self) -> bool:
        """False once another job has emptied Blender."""
        return "picture" in bpy.data.scenes

    def set_up(self, scene: dict[str, Any], samples: int) -> None:
        """Camera, light, ground and size of a scene (design.scene.Scene.as_dict)."""
        for one in (self._picture, self._mask):
            one.render.resolution_x = one.render.resolution_y = scene["size"]
        self._picture.cycles.samples = samples
        self._picture.cycles.seed = scene["seed"] % 2**31
        key = repr((scene["camera"], scene["light"]))
        if key != self._key:
            self._lights_and_camera(scene)
            self._key = key
        ground.paint(self._ground, scene["ground"]["texture"], scene["ground"]["colour"], scene["seed"])

    def _lights_and_camera(self, scene: dict[str, Any]) -> None:
        for old in [o for o in bpy.data.objects if o.type in ("CAMERA", "LIGHT")]:
            bpy.data.objects.remove(old, do_unlink=True)
        stage.lights(self._picture, **scene["light"])
        made = stage.camera(self._picture, **scene["camera"])
        self._mask.collection.objects.link(made)
        self._mask.camera = made

    def enter(self, models: Sequence[Model]) -> None:
        """Let objects in; `leave` must follow."""
        for k, model in enumerate(models):
            shown = bpy.data.objects.new(f"shown {k}", model.mesh)
            self._picture.collection.objects.link(shown)
            flat = bpy.data.objects.new(f"flat {k}", model.mesh)
            self._mask.collection.objects.link(flat)
            for slot, look in zip(flat.material_slots, model.id_looks, strict=True):
                slot.link = "OBJECT"
                slot.material = look
            level = (k + 1) * _STEP / 255
            flat.color = (level, level, level, 1.0)
            self._standing.append((shown, flat))

    def leave(self) -> None:
        """Take all objects out."""
        for pair in self._standing:
            for one in pair:
                bpy.data.objects.remove(one, do_unlink=True)
        self._standing = []

    def mask(self, stands: Mapping[int, Stand]) -> np.ndarray:
        """Which object each pixel shows, uint8 (S, S): 0 none, k + 1 object k; only those of `stands` are there."""
        for k, (_, flat) in enumerate(self._standing):
            flat.hide_render = k not in stands
            if k in stands:
                flat.matrix_world = _matrix(stands[k])
        levels = self._render(self._mask)[:, :, 0]
        if (levels % _STEP).any():
            raise RuntimeError("the mask has blended edges")
        return levels // _STEP

    def picture(self, stands: Sequence[Stand]) -> np.ndarray:
        """The picture of all objects, uint8 sRGB (S, S, 3)."""
        for (shown, _), stand in zip(self._standing, stands, strict=True):
            shown.matrix_world = _matrix(stand)
        return self._render(self._picture)

    def _render(self, scene: bpy.types.Scene) -> np.ndarray:
        bpy.ops.render.render(write_still=True, scene=scene.name)
        return tga.read(self._file)


def _matrix(stand: Stand) -> Matrix:
    put = Matrix.Translation((stand.x, stand.y, 0.0))
    return put @ Matrix.Rotation(stand.turn, 4, "Z") @ Matrix.Scale(stand.scale, 4)
