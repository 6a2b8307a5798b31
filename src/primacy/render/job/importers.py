"""Meshes from files: OBJ, GLB, glTF and 0 A.D.'s .pmd, checked, repaired and made light."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bpy
import limits
import pmd
import repair
import textures
from mathutils import Matrix
from refused import RefusedError

#: What the last call of `load` had to replace, one line each.
warnings: list[str] = []


def load(spec: dict[str, Any]) -> list[bpy.types.Object]:
    """The mesh objects of `spec["path"]`, +Z up and the front to -Y as far as the file's format says so.

    `spec["keep"]`: pattern; only groups whose name contains a match are kept. `spec["texture"]`: image
    that takes the place of the file's own materials (.pmd meshes have none); with `spec["material"]` "cutout" its
    alpha cuts holes.

    Raises:
        RefusedError: the file is missing, too large, damaged, of another kind, or holds nothing that is to be kept.
    """
    warnings.clear()
    path = Path(spec["path"])
    try:
        return _load(path, spec)
    except (ValueError, RuntimeError, OSError) as error:  # Blender's importers raise RuntimeError
        said = str(error)
        raise RefusedError(said if path.name in said else f"{path.name}: {said}") from error


def _load(path: Path, spec: dict[str, Any]) -> list[bpy.types.Object]:
    kind = path.suffix.lower()
    if kind not in _READERS:
        raise ValueError(f"{path.name} is of an unknown kind, expected one of {', '.join(_READERS)}")
    if not path.is_file():
        raise ValueError(f"{path} is missing")
    limits.check(path)
    before = {*bpy.data.objects}, {*bpy.data.images}, {*bpy.data.materials}
    _READERS[kind](path)
    parts = _kept([o for o in bpy.data.objects if o not in before[0]], spec.get("keep", ""), path)
    images = [i for i in bpy.data.images if i not in before[1]]
    materials = [m for m in bpy.data.materials if m not in before[2]]
    warnings.extend(textures.repair(path.parent, images, materials))
    if spec.get("texture"):
        _paint(parts, Path(spec["texture"]), cutout=spec.get("material") == "cutout")
    repair.clean(parts)
    return parts


def _obj(path: Path) -> None:
    bpy.ops.wm.obj_import(filepath=str(path), use_split_objects=True, use_split_groups=True, validate_meshes=True)


def _gltf(path: Path) -> None:
    # Bone shapes are meshes that would be taken for the object.
    bpy.ops.import_scene.gltf(filepath=str(path), disable_bone_shape=True)


def _pmd(path: Path) -> None:
    positions, faces, uv = pmd.read(path)
    data = bpy.data.meshes.new(path.name)
    data.from_pydata(positions.tolist(), [], faces.tolist())
    layer = data.uv_layers.new(name="uv")
    layer.data.foreach_set("uv", uv[faces.ravel()].ravel())
    # +Y is up, and animals look along -Z.
    data.transform(Matrix(((-1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 1))))
    made = bpy.data.objects.new(path.name, data)
    bpy.context.collection.objects.link(made)


_READERS = {".obj": _obj, ".glb": _gltf, ".gltf": _gltf, ".pmd": _pmd}


def _kept(found: list[bpy.types.Object], keep: str, path: Path) -> list[bpy.types.Object]:
    """Mesh objects with faces whose name matches `keep`, free of parents; all else that came (lamps, cameras) goes."""
    meshes = [o for o in found if o.type == "MESH"]
    try:
        wanted = [o for o in meshes if len(o.data.polygons) and (not keep or re.search(keep, o.name))]
    except re.error as error:
        raise ValueError(f"{keep!r} is no pattern: {error}") from None
    names = ", ".join(sorted(o.name for o in meshes)[:12]) or "none"
    bpy.context.view_layer.update()
    for part in wanted:
        where = part.matrix_world.copy()
        part.parent = None
        part.matrix_world = where
    for other in found:
        if other not in wanted:
            bpy.data.objects.remove(other, do_unlink=True)
    if not wanted:
        raise ValueError(f"{path.name} has no mesh that matches {keep!r}; its groups: {names}")
    return wanted


def _paint(parts: list[bpy.types.Object], texture: Path, *, cutout: bool) -> None:
    material = textures.textured(texture.name, textures.image_of(texture), cutout=cutout)
    for part in parts:
        part.data.materials.clear()
        part.data.materials.append(material)
