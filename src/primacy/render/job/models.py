"""Objects that were built before, kept for the scenes to come."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import bmesh
import bpy
import idlook
import numpy as np
import objects
from refused import RefusedError

MAX_VERTICES = 2_000_000
"""Of all kept objects together: about 400 MB."""


@dataclass(frozen=True, eq=False)
class Model:
    """A built object: its mesh, the corners of its convex hull (V, 3), and a mask material for each of its slots."""

    mesh: bpy.types.Mesh
    hull: np.ndarray
    id_looks: tuple[bpy.types.Material, ...]


class Models:
    """Models by what describes them. The least recently used go first when there are too many vertices."""

    def __init__(self, max_vertices: int = MAX_VERTICES) -> None:
        self._kept: OrderedDict[str, Model] = OrderedDict()
        self._max = max_vertices

    def get(self, spec: dict[str, Any]) -> Model:
        """The model of `spec` (objects.build), made if it is not there.

        Raises:
            RefusedError: it cannot be made; the text names the asset.
        """
        key = json.dumps(spec, sort_keys=True)
        if key not in self._kept:
            self._kept[key] = _model(spec)
        self._kept.move_to_end(key)
        return self._kept[key]

    def trim(self) -> None:
        """Forget what is too much, and free what nobody uses. For between scenes: models in use must not go."""
        total = sum(len(m.mesh.vertices) for m in self._kept.values())
        while total > self._max and len(self._kept) > 1:
            _, model = self._kept.popitem(last=False)
            total -= len(model.mesh.vertices)
            model.mesh.use_fake_user = False
            for look in model.id_looks:
                look.use_fake_user = look.name == idlook.SOLID
        bpy.data.orphans_purge(do_local_ids=True, do_linked_ids=True, do_recursive=True)


def _model(spec: dict[str, Any]) -> Model:
    try:
        return _built(spec)
    except Exception as error:
        raise RefusedError(f"{spec['asset']} cannot be made: {error} ({type(error).__name__})") from error
    finally:
        _clear_workshop()


def _built(spec: dict[str, Any]) -> Model:
    made = objects.build(spec)
    mesh = made.data
    _name(mesh, hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16])
    if not mesh.polygons:
        raise ValueError("its mesh has no faces")
    if not mesh.materials:
        mesh.materials.append(bpy.data.materials.new("plain"))
    looks = tuple(idlook.of(look) for look in mesh.materials)
    hull = _hull(mesh, objects.vertices(made))
    # Nothing else holds on to them between scenes.
    for kept in (mesh, *looks):
        kept.use_fake_user = True
    return Model(mesh, hull, looks)


def _name(mesh: bpy.types.Mesh, name: str) -> None:
    """Names that follow from the spec alone, not from what was built before: some of Cycles goes by names."""
    mesh.name = name
    for k, look in enumerate(mesh.materials):
        if look is not None:
            look.name = f"{name} {k}"


def _clear_workshop() -> None:
    """Remove what builders and importers left in the scene that they work in; meshes of models are held by name."""
    for left in list(bpy.context.scene.objects):
        bpy.data.objects.remove(left, do_unlink=True)


def _hull(mesh: bpy.types.Mesh, vertices: np.ndarray) -> np.ndarray:
    """Corners of the convex hull: a projection's box is theirs, and they are few."""
    shape = bmesh.new()
    shape.from_mesh(mesh)
    found = bmesh.ops.convex_hull(shape, input=shape.verts, use_existing_faces=False)
    inside = {
        v.index for kind in ("geom_interior", "geom_unused") for v in found[kind] if isinstance(v, bmesh.types.BMVert)
    }
    shape.free()
    corners = vertices[[k for k in range(len(vertices)) if k not in inside]]
    return corners if len(corners) >= 4 else vertices
