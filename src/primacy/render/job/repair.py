"""Geometry of imported meshes: made finite, clean and light enough for small pictures."""

from __future__ import annotations

import math

import bmesh
import bpy
import numpy as np

MAX_TRIANGLES = 30_000
_SMALL_PART = 200


def clean(parts: list[bpy.types.Object]) -> None:
    """Drop loose and degenerate geometry, mend normals, thin out what is too dense.

    Raises:
        ValueError: positions that are not finite.
    """
    for part in parts:
        if not np.isfinite(_positions(part.data)).all():
            raise ValueError("the mesh has positions that are not finite")
        _strip(part.data)
    _thin(parts)
    for part in parts:
        if _broken_normals(part.data) or _wound_both_ways(part.data):
            _new_normals(part.data)


def triangles(parts: list[bpy.types.Object]) -> int:
    """Number of triangles after splitting polygons."""
    return sum(_triangles(part.data) for part in parts)


def _triangles(data: bpy.types.Mesh) -> int:
    return len(data.loops) - 2 * len(data.polygons)


def _positions(data: bpy.types.Mesh) -> np.ndarray:
    flat = np.empty(3 * len(data.vertices), dtype=np.float32)
    data.vertices.foreach_get("co", flat)
    return flat


def _strip(data: bpy.types.Mesh) -> None:
    data.validate()
    areas = np.empty(len(data.polygons), dtype=np.float32)
    data.polygons.foreach_get("area", areas)
    used = np.zeros(len(data.vertices), dtype=bool)
    corners = np.empty(len(data.loops), dtype=np.int32)
    data.loops.foreach_get("vertex_index", corners)
    used[corners] = True
    edges = np.empty(len(data.edges), dtype=np.int32)
    data.loops.foreach_get("edge_index", corners)
    loose = len(edges) - len(np.unique(corners)) if len(edges) else 0
    flat = areas <= 0
    if used.all() and not loose and not flat.any():
        return  # leaving the mesh alone keeps its custom normals
    shape = bmesh.new()
    shape.from_mesh(data)
    shape.faces.ensure_lookup_table()
    bmesh.ops.delete(shape, geom=[shape.faces[k] for k in np.flatnonzero(flat)], context="FACES_ONLY")
    bmesh.ops.delete(shape, geom=[e for e in shape.edges if not e.link_faces], context="EDGES")
    bmesh.ops.delete(shape, geom=[v for v in shape.verts if not v.link_faces], context="VERTS")
    shape.to_mesh(data)
    shape.free()


def _thin(parts: list[bpy.types.Object]) -> None:
    large = [p for p in parts if _triangles(p.data) > _SMALL_PART]
    total, small = triangles(large), triangles(parts) - triangles(large)
    if total + small <= MAX_TRIANGLES:
        return
    ratio = max(MAX_TRIANGLES - small, MAX_TRIANGLES // 4) / total
    for part in large:
        _weld(part.data)
        modifier = part.modifiers.new("thin", "DECIMATE")
        modifier.ratio = ratio


def _weld(data: bpy.types.Mesh) -> None:
    # Files split vertices at seams of texture and shading; collapsing split edges would tear the surface.
    extent = float(np.ptp(_positions(data).reshape(-1, 3), axis=0).max())
    shape = bmesh.new()
    shape.from_mesh(data)
    bmesh.ops.remove_doubles(shape, verts=shape.verts, dist=1e-5 * extent)
    shape.to_mesh(data)
    shape.free()


def _broken_normals(data: bpy.types.Mesh) -> bool:
    """Whether the file's own normals are missing, point inwards of their faces or have no length."""
    if not data.polygons:
        return False
    if not data.has_custom_normals:
        return True
    corners = np.empty(3 * len(data.loops), dtype=np.float32)
    data.corner_normals.foreach_get("vector", corners)
    faces = np.empty(3 * len(data.polygons), dtype=np.float32)
    data.polygon_normals.foreach_get("vector", faces)
    sizes = np.empty(len(data.polygons), dtype=np.int32)
    data.polygons.foreach_get("loop_total", sizes)
    agreement = (corners.reshape(-1, 3) * np.repeat(faces.reshape(-1, 3), sizes, axis=0)).sum(axis=1)
    return bool((agreement < 0.1).mean() > 0.05)


def _wound_both_ways(data: bpy.types.Mesh) -> bool:
    """Whether neighbouring faces often run along their shared edge the same way: the order of their corners disagrees.

    So it is where a file has every face twice, to be seen from both sides, and one of the two was dropped.
    """
    if not data.polygons:
        return False
    where = _positions(data).reshape(-1, 3)
    grid = np.rint((where - where.min(axis=0)) / max(float(np.ptp(where, axis=0).max()), 1e-30) * 1e6)
    place = np.unique(grid, axis=0, return_inverse=True)[1].ravel()
    corners = np.empty(len(data.loops), dtype=np.int32)
    data.loops.foreach_get("vertex_index", corners)
    starts, sizes = np.empty(len(data.polygons), dtype=np.int32), np.empty(len(data.polygons), dtype=np.int32)
    data.polygons.foreach_get("loop_start", starts)
    data.polygons.foreach_get("loop_total", sizes)
    following = np.arange(len(corners)) + 1
    following[starts + sizes - 1] = starts
    edges = np.stack([place[corners], place[corners[following]]], axis=1)
    uses = np.unique(edges, axis=0, return_counts=True)[1]
    return bool((uses > 1).mean() > 0.05)


def _new_normals(data: bpy.types.Mesh) -> None:
    for name in ("custom_normal", "sharp_face", "sharp_edge"):
        if name in data.attributes:
            data.attributes.remove(data.attributes[name])
    _weld(data)
    shape = bmesh.new()
    shape.from_mesh(data)
    bmesh.ops.recalc_face_normals(shape, faces=shape.faces)
    shape.to_mesh(data)
    shape.free()
    data.shade_smooth()
    data.set_sharp_from_angle(angle=math.radians(40))
