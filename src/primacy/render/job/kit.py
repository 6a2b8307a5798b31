"""Small modelling kit: what procedural objects are made of.

Every function returns one Blender object linked to the scene, in units of the builder's choice (objects are scaled
later). Convention: +Z is up and the front faces -Y. Random variation comes from the `numpy` generator given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import bmesh
import bpy
import numpy as np
from mathutils import Matrix, Vector

RGB = Sequence[float]
T = TypeVar("T")


def material(
    name: str,
    colour: RGB,
    *,
    roughness: float = 0.5,
    metallic: float = 0.0,
    transmission: float = 0.0,
    alpha: float = 1.0,
    bump: float = 0.0,
    bump_scale: float = 40.0,
    mottle: RGB | None = None,
    mottle_scale: float = 6.0,
    grain: Sequence[float] = (1.0, 1.0, 1.0),
    glow: float = 0.0,
) -> bpy.types.Material:
    """A principled material. `bump` adds noise to the surface; `mottle` is a second colour that noise mixes in,
    finer along an axis by the factors `grain`;
    `glow` is the strength of the light that it gives off in its colour."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    shader = nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour[:3], 1.0)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    shader.inputs["Transmission Weight"].default_value = transmission
    shader.inputs["Alpha"].default_value = alpha
    shader.inputs["Emission Color"].default_value = (*colour[:3], 1.0)
    shader.inputs["Emission Strength"].default_value = glow
    if mottle is not None:
        where = nodes.new("ShaderNodeTexCoord")
        noise = nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = mottle_scale
        ramp = nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.4, 0.62
        ramp.color_ramp.elements[0].color = (*colour[:3], 1.0)
        ramp.color_ramp.elements[1].color = (*mottle[:3], 1.0)
        finer = nodes.new("ShaderNodeVectorMath")
        finer.operation = "MULTIPLY"
        finer.inputs[1].default_value = grain
        links.new(where.outputs["Object"], finer.inputs[0])
        links.new(finer.outputs["Vector"], noise.inputs["Vector"])
        links.new(noise.outputs[0], ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    if bump:
        where = nodes.new("ShaderNodeTexCoord")
        noise = nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = bump_scale
        node = nodes.new("ShaderNodeBump")
        node.inputs["Strength"].default_value = bump
        links.new(where.outputs["Object"], noise.inputs["Vector"])
        links.new(noise.outputs[0], node.inputs["Height"])
        links.new(node.outputs["Normal"], shader.inputs["Normal"])
    return made


def mesh(
    name: str,
    vertices: Sequence[Sequence[float]],
    faces: Sequence[Sequence[int]],
    look: bpy.types.Material,
    *,
    smooth: bool = True,
) -> bpy.types.Object:
    """An object of given vertices and faces; normals are made to point outwards."""
    data = bpy.data.meshes.new(name)
    data.from_pydata([tuple(map(float, v)) for v in vertices], [], [tuple(map(int, f)) for f in faces])
    return _finished(name, data, look, smooth)


def box(
    name: str, size: Sequence[float], look: bpy.types.Material, *, at: Sequence[float] = (0, 0, 0), bevel: float = 0.0
) -> bpy.types.Object:
    """A box of the given side lengths centred at `at`, its edges rounded by `bevel`."""
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1.0, matrix=Matrix.Diagonal((*size, 1.0)))
    made = _from_bmesh(name, shape, look, smooth=bevel > 0)
    if bevel > 0:
        rounded(made, bevel)
    return moved(made, at)


def ball(
    name: str,
    radius: float,
    look: bpy.types.Material,
    *,
    at: Sequence[float] = (0, 0, 0),
    stretch: Sequence[float] = (1, 1, 1),
) -> bpy.types.Object:
    """A sphere, stretched along the axes."""
    # Blender's own sphere numbers its vertices by where they lie in memory: no two have the same mesh.
    angles = np.linspace(-math.pi / 2, math.pi / 2, 21)
    made = lathe(name, [(radius * math.cos(a), radius * math.sin(a)) for a in angles], look, steps=32)
    return moved(scaled(made, stretch), at)


def lathe(
    name: str,
    profile: Sequence[tuple[float, float]],
    look: bpy.types.Material,
    *,
    steps: int = 48,
    at: Sequence[float] = (0, 0, 0),
) -> bpy.types.Object:
    """The surface that `profile`, points (radius, z) from bottom up, sweeps about the Z axis; open ends are closed."""
    points = [(max(r, 0.0), z) for r, z in profile]
    angles = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    vertices = [(r * math.cos(a), r * math.sin(a), z) for r, z in points for a in angles]
    faces: list[Sequence[int]] = []
    for ring in range(len(points) - 1):
        for k in range(steps):
            low, high = ring * steps, (ring + 1) * steps
            faces.append((low + k, low + (k + 1) % steps, high + (k + 1) % steps, high + k))
    for ring in (0, len(points) - 1):
        if points[ring][0] > 1e-6:
            faces.append([ring * steps + k for k in range(steps)])
    return moved(mesh(name, vertices, faces, look), at)


def tube(
    name: str,
    path: Sequence[Sequence[float]],
    radius: float | Sequence[float],
    look: bpy.types.Material,
    *,
    closed: bool = False,
    sides: int = 12,
) -> bpy.types.Object:
    """A round tube along a path of points, smoothed through them; `radius` may vary from point to point."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions = "3D"
    curve.bevel_depth = 1.0
    curve.bevel_resolution = max(sides // 4, 1)
    curve.use_fill_caps = True
    spline = curve.splines.new("POLY")
    spline.points.add(len(path) - 1)
    radii = [radius] * len(path) if isinstance(radius, (int, float)) else list(radius)
    for point, where, r in zip(spline.points, path, radii, strict=True):
        point.co = (*where, 1.0)
        point.radius = r
    spline.use_cyclic_u = closed
    return _from_curve(name, curve, look)


def plate(
    name: str,
    outline: Sequence[tuple[float, float]],
    thickness: float,
    look: bpy.types.Material,
    *,
    holes: Sequence[Sequence[tuple[float, float]]] = (),
    bevel: float = 0.0,
) -> bpy.types.Object:
    """A flat outline in the XZ plane (seen from the front), `thickness` deep along Y, with holes and rounded edges."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions = "2D"
    curve.fill_mode = "BOTH"
    curve.extrude = max(thickness / 2 - bevel, 1e-4)
    curve.bevel_depth = bevel
    curve.bevel_resolution = 2
    for ring in (outline, *holes):
        spline = curve.splines.new("POLY")
        spline.points.add(len(ring) - 1)
        for point, (x, z) in zip(spline.points, ring, strict=True):
            point.co = (x, z, 0.0, 1.0)
        spline.use_cyclic_u = True
    made = _from_curve(name, curve, look)
    return turned(made, (90, 0, 0))


def ring_of(count: int, radius: float, *, start: float = 0.0) -> list[tuple[float, float]]:
    """`count` points on a circle, counter-clockwise from `start` degrees."""
    return [
        (
            radius * math.cos(math.radians(start) + 2 * math.pi * k / count),
            radius * math.sin(math.radians(start) + 2 * math.pi * k / count),
        )
        for k in range(count)
    ]


def resampled(ring: Sequence[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """`count` points at equal distances along a closed outline."""
    closed = np.array([*ring, ring[0]])
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, walked[-1], count, endpoint=False)
    return [(float(x), float(z)) for x, z in zip(*(np.interp(at, walked, column) for column in closed.T), strict=True)]


def smooth_path(points: Sequence[Sequence[float]], steps: int = 40) -> list[tuple[float, ...]]:
    """A Catmull-Rom curve of `steps` points through `points` (any dimension)."""
    p = np.asarray(points, dtype=float)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    made = []
    for t in np.linspace(0, len(p) - 3, steps):
        k = min(int(t), len(p) - 4)
        u = t - k
        a, b, c, d = p[k : k + 4]
        made.append(0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3))
    return [tuple(v) for v in made]


def moved(made: bpy.types.Object, by: Sequence[float]) -> bpy.types.Object:
    """Shift the object's vertices."""
    made.data.transform(Matrix.Translation(Vector(by)))
    return made


def turned(made: bpy.types.Object, degrees: Sequence[float]) -> bpy.types.Object:
    """Turn the object's vertices about X, then Y, then Z through the origin."""
    for axis, angle in zip("XYZ", degrees, strict=True):
        made.data.transform(Matrix.Rotation(math.radians(angle), 4, axis))
    return made


def scaled(made: bpy.types.Object, by: Sequence[float]) -> bpy.types.Object:
    """Scale the object's vertices along the axes."""
    made.data.transform(Matrix.Diagonal((*by, 1.0)))
    return made


def rounded(made: bpy.types.Object, width: float, segments: int = 3) -> bpy.types.Object:
    """Bevel all sharp edges."""
    modifier = made.modifiers.new("bevel", "BEVEL")
    modifier.width, modifier.segments, modifier.limit_method = width, segments, "ANGLE"
    return made


def subdivided(made: bpy.types.Object, levels: int = 2) -> bpy.types.Object:
    """Smooth by Catmull-Clark subdivision."""
    modifier = made.modifiers.new("subdivide", "SUBSURF")
    modifier.levels = modifier.render_levels = levels
    return made


def without(made: bpy.types.Object, cutter: bpy.types.Object) -> bpy.types.Object:
    """Cut `cutter` out of `made`; the cutter is removed."""
    modifier = made.modifiers.new("cut", "BOOLEAN")
    modifier.operation, modifier.object, modifier.solver = "DIFFERENCE", cutter, "EXACT"
    applied(made)
    made.data.set_sharp_from_angle(angle=math.radians(40))  # which edges the solver marks is a matter of chance
    bpy.data.objects.remove(cutter, do_unlink=True)
    return made


def applied(made: bpy.types.Object) -> bpy.types.Object:
    """Turn the modifiers into geometry."""
    graph = bpy.context.evaluated_depsgraph_get()
    data = bpy.data.meshes.new_from_object(made.evaluated_get(graph), preserve_all_data_layers=True, depsgraph=graph)
    made.modifiers.clear()
    made.data = data
    return made


def linear(code: str) -> tuple[float, float, float]:
    """Linear RGB of a colour written "#rrggbb" (sRGB)."""
    values = [int(code[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue


def one_of(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of the options, each equally likely (`rng.choice` would make arrays of them)."""
    return options[int(rng.integers(len(options)))]


def text(
    name: str,
    body: str,
    look: bpy.types.Material,
    *,
    height: float,
    width: float | None = None,
    depth: float = 0.01,
    weight: float = 0.0,
) -> bpy.types.Object:
    """Letters that face -Y, centred at the origin, as high as `height` and (if given) as wide as `width`.

    `depth` is how thick they are along Y, `weight` how much bolder than regular, in line heights.
    """
    curve = bpy.data.curves.new(name, "FONT")
    curve.body, curve.offset, curve.resolution_u = body, weight, 4
    made = turned(_from_curve(name, curve, look), (90, 0, 0))
    where = _positions(made)
    low, high = where.min(axis=0), where.max(axis=0)
    moved(made, (-(low[0] + high[0]) / 2, 0, -(low[2] + high[2]) / 2))
    tall = height / (high[2] - low[2])
    wide = tall if width is None else width / (high[0] - low[0])
    solid = made.modifiers.new("depth", "SOLIDIFY")
    solid.thickness = depth
    return scaled(made, (wide, 1, tall))


def loft(
    name: str,
    rings: Sequence[Sequence[Sequence[float]]],
    look: bpy.types.Material,
    *,
    smooth: bool = True,
    closed: bool = False,
) -> bpy.types.Object:
    """The surface through closed rings of equally many points, from the first ring to the last.

    Its ends are capped, or with `closed` joined to each other.
    """
    steps = len(rings[0])
    vertices = [point for ring in rings for point in ring]
    faces: list[Sequence[int]] = [
        (k * steps + j, k * steps + (j + 1) % steps, (k + 1) * steps + (j + 1) % steps, (k + 1) * steps + j)
        for k in range(len(rings) - 1)
        for j in range(steps)
    ]
    last = (len(rings) - 1) * steps
    if closed:
        faces += [(last + j, last + (j + 1) % steps, (j + 1) % steps, j) for j in range(steps)]
    else:
        faces += [list(range(steps)), list(range(last, last + steps))]
    return mesh(name, vertices, faces, look, smooth=smooth)


def sheet(
    name: str,
    shape: Callable[[float, float], Sequence[float]],
    look: bpy.types.Material,
    *,
    steps: tuple[int, int] = (24, 24),
    thickness: float = 0.0,
) -> bpy.types.Object:
    """The surface of the points `shape(u, v)`, u and v from 0 to 1, made `thickness` thick."""
    across, along = steps
    vertices = [shape(i / across, j / along) for j in range(along + 1) for i in range(across + 1)]
    row = across + 1
    faces = [
        (j * row + i, j * row + i + 1, (j + 1) * row + i + 1, (j + 1) * row + i)
        for j in range(along)
        for i in range(across)
    ]
    made = mesh(name, vertices, faces, look)
    if thickness:
        solid = made.modifiers.new("depth", "SOLIDIFY")
        solid.thickness, solid.offset = thickness, 0.0
    return made


def picture(
    name: str, size: tuple[float, float], paint: Callable[[np.ndarray], np.ndarray], *, steps: int = 90, **look: Any
) -> bpy.types.Object:
    """A flat rectangle that faces -Y, centred at the origin, painted by `paint` (see `painted`).

    `paint` sees x and z from -0.5 to 0.5; the longer side has `steps` of vertices.
    """
    fine = steps / max(size)
    made = sheet(
        name,
        lambda u, v: (u - 0.5, 0, v - 0.5),
        material(name, (1, 1, 1)),
        steps=(round(size[0] * fine), round(size[1] * fine)),
    )
    return scaled(painted(made, paint, **look), (size[0], 1, size[1]))


def painted(
    made: bpy.types.Object, paint: Callable[[np.ndarray], np.ndarray], *, shine: float = 0.0, **look: Any
) -> bpy.types.Object:
    """Colour the object by position: `paint` maps vertices (V, 3) to linear RGB (V, 3). As sharp as the mesh is fine.

    `shine` is the strength of light given off in those colours (a screen); `look` goes to `material`. The colours are
    an attribute of the mesh, so they stay where they are when it is moved or joined.
    """
    colours = np.ones((len(made.data.vertices), 4), dtype=np.float32)
    colours[:, :3] = paint(_positions(made))
    made.data.color_attributes.new("paint", "FLOAT_COLOR", "POINT").data.foreach_set("color", colours.ravel())
    surface = material(made.name, (1, 1, 1), **look)
    nodes = surface.node_tree.nodes
    source = nodes.new("ShaderNodeAttribute")
    source.attribute_name = "paint"
    shader = nodes["Principled BSDF"]
    surface.node_tree.links.new(source.outputs["Color"], shader.inputs["Base Color"])
    if shine:
        surface.node_tree.links.new(source.outputs["Color"], shader.inputs["Emission Color"])
        shader.inputs["Emission Strength"].default_value = shine
    made.data.materials.clear()
    made.data.materials.append(surface)
    return made


def warped(made: bpy.types.Object, bend: Callable[[np.ndarray], np.ndarray]) -> bpy.types.Object:
    """Move every vertex: `bend` maps positions (V, 3) to positions."""
    made.data.vertices.foreach_set("co", np.asarray(bend(_positions(made)), dtype=np.float32).ravel())
    made.data.update()
    return made


def copied(
    made: bpy.types.Object, *, by: Sequence[float] = (0, 0, 0), turn: Sequence[float] = (0, 0, 0)
) -> bpy.types.Object:
    """A second one of the object with the same modifiers, its vertices turned, then shifted."""
    again = made.copy()
    again.data = made.data.copy()
    bpy.context.collection.objects.link(again)
    return moved(turned(again, turn), by)


def tilted(parts: Sequence[bpy.types.Object], degrees: Sequence[float]) -> list[bpy.types.Object]:
    """Turn all parts of a thing together (see `turned`)."""
    return [turned(part, degrees) for part in parts]


def oblong(width: float, height: float, radius: float, steps: int = 8) -> list[tuple[float, float]]:
    """A rectangle with round corners about the origin, counter-clockwise, as an outline for `plate`."""
    made = []
    for k, (sx, sz) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for angle in np.linspace(k * math.pi / 2, (k + 1) * math.pi / 2, steps):
            made.append(
                (
                    sx * (width / 2 - radius) + radius * math.cos(angle),
                    sz * (height / 2 - radius) + radius * math.sin(angle),
                )
            )
    return made


def _positions(made: bpy.types.Object) -> np.ndarray:
    where = np.empty(3 * len(made.data.vertices), dtype=np.float32)
    made.data.vertices.foreach_get("co", where)
    return where.reshape(-1, 3)


def _from_bmesh(name: str, shape: bmesh.types.BMesh, look: bpy.types.Material, *, smooth: bool) -> bpy.types.Object:
    data = bpy.data.meshes.new(name)
    shape.to_mesh(data)
    shape.free()
    return _finished(name, data, look, smooth)


def _from_curve(name: str, curve: bpy.types.Curve, look: bpy.types.Material) -> bpy.types.Object:
    holder = bpy.data.objects.new(name, curve)
    bpy.context.collection.objects.link(holder)
    graph = bpy.context.evaluated_depsgraph_get()
    data = bpy.data.meshes.new_from_object(holder.evaluated_get(graph), depsgraph=graph)
    bpy.data.objects.remove(holder, do_unlink=True)
    data.materials.clear()
    return _finished(name, data, look, smooth=True)


def _finished(name: str, data: bpy.types.Mesh, look: bpy.types.Material, smooth: bool) -> bpy.types.Object:
    shape = bmesh.new()
    shape.from_mesh(data)
    bmesh.ops.remove_doubles(shape, verts=shape.verts, dist=1e-6)
    bmesh.ops.recalc_face_normals(shape, faces=shape.faces)
    shape.to_mesh(data)
    shape.free()
    data.materials.append(look)
    if smooth:
        data.shade_smooth()
        data.set_sharp_from_angle(angle=math.radians(40))
    made = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(made)
    return made
