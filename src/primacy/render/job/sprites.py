"""One object from several sides, on nothing: the pictures of a sprite library."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import objects
import stage
from mathutils import Matrix


def render(spec: dict[str, Any], folder: str, *, views: int, size: int, elevation: float, samples: int) -> list[str]:
    """Render `views` pictures, RGBA PNG with straight alpha, yaw 0, 360/views, ...; their paths.

    All views share one scale: the widest just fits the frame, so that proportions between views are kept.
    """
    scene = stage.fresh()
    made = objects.build(spec)
    stage.lights(scene)
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"
    stage.denoised(scene)
    scene.cycles.samples = samples
    height = float(objects.vertices(made)[:, 2].max())
    camera = stage.camera(scene, elevation, 12.0, look_at=(0, 0, height / 2))
    turns = [2 * math.pi * k / views for k in range(views)]
    _fit(camera, made, turns)
    paths = []
    for k, turn in enumerate(turns):
        made.matrix_world = Matrix.Rotation(turn, 4, "Z")
        path = Path(folder) / f"view-{k}.png"
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        paths.append(str(path))
    return paths


def _fit(camera: bpy.types.Object, made: bpy.types.Object, turns: list[float]) -> None:
    """Widen or narrow the view until the largest of all turns fills 96 % of the frame; shift it to the centre."""
    bpy.context.view_layer.update()
    where = objects.vertices(made)
    around = [where @ np.array(Matrix.Rotation(turn, 3, "Z")).T for turn in turns]
    to_camera = np.array(camera.matrix_world.inverted())
    seen = np.concatenate(around) @ to_camera[:3, :3].T + to_camera[:3, 3]
    slopes = seen[:, :2] / -seen[:, 2:]
    low, high = slopes.min(axis=0), slopes.max(axis=0)
    width = float((high - low).max()) / 0.96
    camera.data.angle_y = 2 * math.atan(width / 2)
    camera.data.shift_x, camera.data.shift_y = ((low + high) / 2 / width).tolist()
