"""Forms for things that grew, were baked or blown: swept, revolved, lumpy, strewn, clear. An addition to `kit`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import bmesh
import bpy
import kit
import numpy as np
import objects
from mathutils import Matrix, Vector

RGB = Sequence[float]


def glass(name: str, colour: RGB, *, clear: float = 0.85) -> bpy.types.Material:
    """Thin clear glass: `clear` is its transparency seen straight on; edges seen at a slant are nearly opaque.

    Plain transparency, as refraction would need far more samples and leaves a picture without alpha opaque.
    """
    made = kit.material(name, colour, roughness=0.05, alpha=1 - clear)
    nodes, links = made.node_tree.nodes, made.node_tree.links
    slant = nodes.new("ShaderNodeLayerWeight")
    slant.inputs["Blend"].default_value = 0.2
    span = nodes.new("ShaderNodeMapRange")
    span.inputs["To Min"].default_value, span.inputs["To Max"].default_value = 1 - clear, 0.9
    links.new(slant.outputs["Facing"], span.inputs["Value"])
    links.new(span.outputs["Result"], nodes["Principled BSDF"].inputs["Alpha"])
    return made


def swept(
    name: str,
    path: Sequence[Sequence[float]],
    sizes: Sequence[float] | Sequence[tuple[float, float]],
    look: bpy.types.Material,
    *,
    section: Sequence[tuple[float, float]] | None = None,
    up: Sequence[float] = (0, 0, 1),
) -> bpy.types.Object:
    """An outline swept along a path, scaled by `sizes` (one number, or width and height) at each of its points.

    The outline's second axis points `up`, as far as the path allows. Without `section` it is a circle.
    """
    points = np.asarray(path, dtype=float)
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, np.asarray(up, dtype=float))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    rise = np.cross(side, along)
    outline = np.asarray(section or kit.ring_of(16, 1.0))
    scale = np.asarray(sizes, dtype=float).reshape(len(points), -1) * np.ones(2)
    flat = outline[None, :, :] * scale[:, None, :]
    rings = points[:, None] + flat[..., :1] * side[:, None] + flat[..., 1:] * rise[:, None]
    return kit.loft(name, rings, look)


def revolved(
    name: str,
    outline: Sequence[tuple[float, float]],
    look: bpy.types.Material,
    *,
    arc: tuple[float, float] = (0, 360),
    steps: int = 48,
) -> bpy.types.Object:
    """The solid that a closed `outline` of points (radius, z) sweeps about Z from one angle to another, in degrees."""
    closed = arc[1] - arc[0] >= 360
    angles = np.radians(np.linspace(*arc, steps, endpoint=not closed))
    points = np.asarray(outline, dtype=float)
    rings = np.stack(
        [np.stack([points[:, 0] * np.cos(a), points[:, 0] * np.sin(a), points[:, 1]], axis=1) for a in angles]
    )
    return kit.loft(name, rings, look, closed=closed)


def ripple(rng: np.random.Generator, width: float) -> Callable[[np.ndarray], np.ndarray]:
    """A smooth random field with features about `width` wide: positions (V, 3) to values (V,), about -1 to 1."""
    waves = rng.normal(size=(10, 3))
    waves *= (math.pi / width * rng.uniform(0.6, 1.4, 10) / np.linalg.norm(waves, axis=1))[:, None]
    phases = rng.uniform(0, 2 * math.pi, 10)
    return lambda where: np.sin(where @ waves.T + phases).mean(axis=1) * 2.2


def lumpy(made: bpy.types.Object, rng: np.random.Generator, depth: float, width: float) -> bpy.types.Object:
    """Dent the surface by up to about `depth` along its normals, with dents about `width` wide."""
    field = ripple(rng, width)
    normals = np.array([v.normal for v in made.data.vertices])
    return kit.warped(made, lambda where: where + depth * field(where)[:, None] * normals)


def copies(made: bpy.types.Object, places: Sequence[Matrix]) -> bpy.types.Object:
    """One object of many transformed copies of another, which is used up."""
    shape = bmesh.new()
    for place in places:
        copy = made.data.copy()
        copy.transform(place)
        shape.from_mesh(copy)
        bpy.data.meshes.remove(copy)
    shape.to_mesh(made.data)
    shape.free()
    return made


def place(
    at: Sequence[float], *, towards: Sequence[float] = (0, 0, 1), spin: float = 0.0, size: float | Sequence[float] = 1.0
) -> Matrix:
    """A place for `copies`: scaled, spun by degrees about Z, its Z turned `towards` a direction, then moved."""
    sizes = (size, size, size) if isinstance(size, (int, float)) else size
    turn = Vector(towards).to_track_quat("Z", "Y").to_matrix().to_4x4()
    return Matrix.Translation(at) @ turn @ Matrix.Rotation(math.radians(spin), 4, "Z") @ Matrix.Diagonal((*sizes, 1.0))


def spots(
    made: bpy.types.Object,
    rng: np.random.Generator,
    count: int,
    *,
    keep: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    apart: float = 0.0,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Random points of a surface and its normals there: at most `count`, by area, at least `apart` from one another.

    `keep` answers, for the faces' centres and normals, both (F, 3), which of them may bear points.
    """
    made.data.calc_loop_triangles()
    triangles = made.data.loop_triangles
    corners, sides, areas = (np.empty(n * len(triangles), dtype=d) for n, d in ((3, "i4"), (3, "f4"), (1, "f4")))
    for field, values in (("vertices", corners), ("normal", sides), ("area", areas)):
        triangles.foreach_get(field, values)
    where, normals, weight = objects.vertices(made)[corners.reshape(-1, 3)], sides.reshape(-1, 3), areas.astype(float)
    if keep is not None:
        weight = weight * keep(where.mean(axis=1), normals)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for k in rng.choice(len(triangles), size=4 * count, p=weight / weight.sum()):
        at = rng.dirichlet((1, 1, 1)) @ where[k]
        if len(found) < count and all(np.linalg.norm(at - other) >= apart for other, _ in found):
            found.append((at, normals[k]))
    return found


def flat(
    outline: Sequence[tuple[float, float]],
    thickness: float,
    look: bpy.types.Material,
    *,
    bevel: float = 0.0,
    name: str = "slab",
) -> bpy.types.Object:
    """A `plate` lying on the ground: its outline in the XY plane, z from 0 to `thickness`."""
    return kit.moved(
        kit.turned(kit.plate(name, outline, thickness, look, bevel=bevel), (-90, 0, 0)), (0, 0, thickness / 2)
    )


def rounded_outline(corners: Sequence[tuple[float, float]], radius: float, steps: int = 5) -> list[tuple[float, float]]:
    """A polygon's outline, every corner cut by a curve that begins `radius` before it (less on short sides)."""
    p = np.asarray(corners, dtype=float)
    made = []
    for before, corner, after in zip(np.roll(p, 1, axis=0), p, np.roll(p, -1, axis=0), strict=True):
        starts = []
        for other in (before, after):
            way = other - corner
            length = np.linalg.norm(way)
            starts.append(corner + way / length * min(radius, 0.45 * length))
        for t in np.linspace(0, 1, steps):
            made.append((1 - t) ** 2 * starts[0] + 2 * t * (1 - t) * corner + t**2 * starts[1])
    return [(float(x), float(y)) for x, y in made]


def bead(name: str, radius: float, look: bpy.types.Material) -> bpy.types.Object:
    """A sphere of few faces, to be strewn."""
    profile = [(radius * math.cos(a), radius * math.sin(a)) for a in np.linspace(-math.pi / 2, math.pi / 2, 7)]
    return kit.lathe(name, profile, look, steps=9)


def leaf(
    name: str, length: float, width: float, look: bpy.types.Material, *, droop: float = 0.2, fold: float = 0.25
) -> bpy.types.Object:
    """A pointed leaf from the origin along +X, its face up; `droop` bends it down, `fold` raises its two halves."""

    def shape(u: float, v: float) -> tuple[float, float, float]:
        half = width / 2 * math.sin(math.pi * min(u**0.8, 1.0)) ** 0.8
        across = 2 * v - 1
        return length * u, half * across, fold * half * abs(across) - droop * length * u**2

    return kit.sheet(name, shape, look, steps=(12, 6))
