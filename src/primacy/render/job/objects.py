"""Any object as one normalised mesh: front to -Y, standing on z = 0, centred, longest side 1."""

from __future__ import annotations

import math
from typing import Any

import bpy
import kit
import numpy as np
from mathutils import Matrix


def build(spec: dict[str, Any]) -> bpy.types.Object:
    """Make the object that `spec` describes.

    `spec`: {"asset", "kind": "procedural" | "simco" | "file", "builder", "seed" (procedural, simco), "path", ... (file; see
    importers), "yaw", "tilt": degrees of correction about Z, then X, "colour": linear RGB or None}.

    Raises:
        ValueError: the mesh is empty or broken.
    """  # noqa: E501
    parts = _parts(spec)
    made = _joined(parts, spec["asset"])
    made.data.transform(Matrix.Rotation(math.radians(spec.get("yaw", 0.0)), 4, "Z"))
    made.data.transform(Matrix.Rotation(math.radians(spec.get("tilt", 0.0)), 4, "X"))
    normalise(made)
    return made


def _parts(spec: dict[str, Any]) -> list[bpy.types.Object]:
    if spec["kind"] == "file":
        import importers

        return importers.load(spec)
    if spec["kind"] == "simco":
        import simco

        return simco.build(spec["builder"], spec.get("material", "rubber"), spec.get("colour"))
    import procedural

    return procedural.build(spec["builder"], np.random.default_rng(spec.get("seed", 0)))


def _joined(parts: list[bpy.types.Object], name: str) -> bpy.types.Object:
    meshes = [p for p in parts if p.type == "MESH"]
    if not meshes:
        raise ValueError("no mesh in it")
    for part in meshes:
        if part.modifiers:
            kit.applied(part)
        if part.data.users > 1:
            part.data = part.data.copy()
        part.data.transform(part.matrix_world)
        part.parent = None
        part.matrix_world = Matrix.Identity(4)
    with bpy.context.temp_override(active_object=meshes[0], selected_editable_objects=meshes, object=meshes[0]):
        bpy.ops.object.join()
    joined = meshes[0]
    joined.name = name
    return joined


def vertices(made: bpy.types.Object) -> np.ndarray:
    """Vertex positions in the object's own frame, float64 (V, 3)."""
    flat = np.empty(3 * len(made.data.vertices), dtype=np.float32)
    made.data.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def normalise(made: bpy.types.Object) -> None:
    """Scale the longest side to 1, centre on the Z axis, stand on z = 0.

    Raises:
        ValueError: no vertices, or positions that are not finite.
    """
    where = vertices(made)
    if not len(where) or not np.isfinite(where).all():
        raise ValueError("the mesh is empty or has positions that are not finite")
    low, high = where.min(axis=0), where.max(axis=0)
    extent = float((high - low).max())
    if extent <= 0:
        raise ValueError("the mesh has no extent")
    centre = (low + high) / 2
    made.data.transform(Matrix.Translation((-centre[0], -centre[1], -low[2])))
    made.data.transform(Matrix.Scale(1 / extent, 4))
