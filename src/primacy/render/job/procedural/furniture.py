"""Furniture, doors and windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import forms
import kit
import numpy as np
from procedural import looks
from procedural.tableware import dish

Parts = list[bpy.types.Object]
CLOTH = ("#2f5f8f", "#8a2f2a", "#5a6b4a", "#8c8478", "#3a3d44", "#b5803c", "#2f7d78")


def chair(rng: np.random.Generator) -> Parts:
    """A dining chair: wooden with slats, or with a padded seat and back."""
    wood, cloth = looks.wood(rng, upright=True), _cloth(rng)
    padded, high = rng.random() < 0.5, rng.uniform(0.95, 1.15)
    parts = [
        *_legs(wood, 0.46, 0.44, 0.46, 0.05),
        kit.box("seat", (0.5, 0.48, 0.05), wood, at=(0, 0, 0.47), bevel=0.015),
    ]
    for x in (-0.21, 0.21):
        parts.append(kit.tube("post", [(x, 0.21, 0.45), (x, 0.28, high)], 0.028, wood))
    if padded:
        back = kit.box("back", (0.46, 0.07, high - 0.62), cloth, at=(0, 0, 0), bevel=0.03)
        pad = kit.box("pad", (0.48, 0.46, 0.08), cloth, at=(0, 0, 0.52), bevel=0.035)
        return [*parts, pad, kit.moved(kit.turned(back, (-6, 0, 0)), (0, 0.245, (high + 0.64) / 2))]
    for x in np.linspace(-0.14, 0.14, int(rng.integers(3, 6))):
        parts.append(kit.tube("slat", [(x, 0.215, 0.47), (x, 0.275, high - 0.05)], 0.016, wood))
    return [*parts, kit.box("rail", (0.48, 0.05, 0.1), wood, at=(0, 0.275, high - 0.03), bevel=0.02)]


def couch(rng: np.random.Generator) -> Parts:
    """A two- or three-seat couch with arms and two pillows."""
    cloth, seats = _cloth(rng), int(rng.integers(2, 4))
    wide = 0.62 * seats
    arm = rng.uniform(0.5, 0.62)
    parts = [
        *_legs(looks.black(), wide + 0.2, 0.7, 0.12, 0.06),
        kit.box("base", (wide + 0.3, 0.82, 0.22), cloth, at=(0, 0.0, 0.2), bevel=0.04),
        kit.box("back", (wide + 0.3, 0.2, 0.68), cloth, at=(0, 0.34, 0.5), bevel=0.07),
    ]
    parts += [
        kit.box(
            "arm", (0.19, 0.84, arm - 0.1), cloth, at=(s * (wide / 2 + 0.1), -0.01, 0.1 + (arm - 0.1) / 2), bevel=0.07
        )
        for s in (-1, 1)
    ]
    for k in range(seats):
        x = 0.62 * (k - (seats - 1) / 2)
        parts.append(kit.box("cushion", (0.6, 0.62, 0.16), cloth, at=(x, -0.1, 0.37), bevel=0.055))
        rest = kit.turned(kit.box("rest", (0.59, 0.17, 0.44), cloth, bevel=0.065), (-10, 0, 0))
        parts.append(kit.moved(rest, (x, 0.2, 0.62)))
    other = _cloth(rng)
    for side in (-1, 1):
        pillow = kit.turned(_pillow(0.42, 0.42, other), (62, 0, 0))
        parts.append(kit.moved(kit.turned(pillow, (0, side * 12, side * -18)), (side * (wide / 2 - 0.22), -0.02, 0.62)))
    return parts


def bed(rng: np.random.Generator) -> Parts:
    """A double bed, its foot to the front: headboard, mattress, turned-down cover, two pillows."""
    wood, cover, sheet = looks.wood(rng), _cloth(rng), kit.material("sheet", (0.6, 0.6, 0.6), roughness=0.9)
    wide, board = rng.uniform(1.5, 1.7), rng.uniform(0.95, 1.2)
    parts = [
        *_legs(wood, wide + 0.02, 2.0, 0.3, 0.09),
        kit.box("frame", (wide + 0.1, 2.1, 0.16), wood, at=(0, 0, 0.25), bevel=0.02),
        kit.box("headboard", (wide + 0.14, 0.08, board - 0.1), wood, at=(0, 1.05, 0.1 + (board - 0.1) / 2), bevel=0.03),
        kit.box("mattress", (wide, 2.0, 0.24), sheet, at=(0, 0, 0.43), bevel=0.06),
        kit.box("cover", (wide + 0.08, 1.42, 0.27), cover, at=(0, -0.32, 0.445), bevel=0.07),
        kit.box("fold", (wide + 0.09, 0.26, 0.29), sheet, at=(0, 0.32, 0.445), bevel=0.07),
    ]
    if rng.random() < 0.5:
        parts.append(kit.box("throw", (wide + 0.1, 0.4, 0.285), _cloth(rng), at=(0, -0.7, 0.447), bevel=0.07))
    for side in (-1, 1):
        pillow = kit.turned(_pillow(0.62, 0.46, sheet), (24, 0, 0))
        parts.append(kit.moved(pillow, (side * wide / 4.2, 0.72, 0.66)))
    return parts


def dining_table(rng: np.random.Generator) -> Parts:
    """A round or long wooden table, laid with plates and a bowl of fruit."""
    wood, china = looks.wood(rng), kit.material("china", (0.6, 0.6, 0.6), roughness=0.2)
    if rng.random() < 0.5:
        top = kit.lathe("top", [(0.0, 0.7), (0.62, 0.7), (0.65, 0.72), (0.64, 0.75), (0.0, 0.75)], wood, steps=64)
        foot = kit.smooth_path([(0.34, 0.0), (0.3, 0.05), (0.08, 0.12), (0.06, 0.4), (0.1, 0.66), (0.2, 0.7)], 30)
        parts, places = [top, kit.lathe("column", foot, wood)], [(*p, 0.745) for p in kit.ring_of(4, 0.42)]
    else:
        wide = rng.uniform(1.5, 1.9)
        parts = [
            *_legs(wood, wide - 0.1, 0.75, 0.72, 0.08),
            kit.box("top", (wide, 0.88, 0.05), wood, at=(0, 0, 0.725), bevel=0.015),
            kit.box("apron", (wide - 0.16, 0.7, 0.09), wood, at=(0, 0, 0.66)),
        ]
        places = [(x, y, 0.745) for x in (-wide / 3.4, wide / 3.4) for y in (-0.27, 0.27)]
    parts.append(forms.copies(dish(0.13, china), [forms.place(at) for at in places]))
    bowl = kit.lathe("bowl", kit.smooth_path([(0.06, 0.75), (0.11, 0.79), (0.15, 0.85)], 10), china)
    fruit = [
        kit.ball("fruit", 0.055, looks.plain(code, 0.3), at=(x, y, 0.88))
        for code, x, y in (("#b3141c", -0.05, -0.05), ("#e8860f", 0.06, -0.03), ("#7fa82a", 0.0, 0.06))
    ]
    return [*parts, bowl, *fruit]


def desk(rng: np.random.Generator) -> Parts:
    """A writing desk with drawers at one side or at both."""
    wood, metal = looks.wood(rng), looks.steel()
    sides = kit.one_of(rng, [(1,), (-1,), (-1, 1)])
    wide, drawers = rng.uniform(1.2, 1.5), int(rng.integers(3, 5))
    parts = [kit.box("top", (wide, 0.65, 0.05), wood, at=(0, 0, 0.74), bevel=0.012)]
    parts.append(kit.box("modesty", (wide - 0.1, 0.03, 0.45), wood, at=(0, 0.28, 0.5)))
    for side in (-1, 1):
        x = side * (wide / 2 - 0.21)
        if side not in sides:
            parts += [
                kit.box("leg", (0.06, 0.06, 0.72), wood, at=(side * (wide / 2 - 0.06), y, 0.36), bevel=0.01)
                for y in (-0.27, 0.27)
            ]
            continue
        parts.append(kit.box("cabinet", (0.38, 0.58, 0.7), wood, at=(x, 0, 0.37), bevel=0.01))
        step = 0.66 / drawers
        for k in range(drawers):
            z = 0.06 + (k + 0.5) * step
            parts.append(kit.box("drawer", (0.34, 0.03, step - 0.03), wood, at=(x, -0.3, z), bevel=0.01))
            parts.append(kit.tube("pull", [(x - 0.06, -0.33, z), (x + 0.06, -0.33, z)], 0.012, metal))
    return parts


def door(rng: np.random.Generator) -> Parts:
    """A closed panelled door in its frame, with a handle; some with a window."""
    paint = kit.one_of(
        rng,
        [
            looks.plain("#8a2a22"),
            looks.plain("#2a4f6a"),
            looks.wood(rng, upright=True),
            looks.plain("#c9c6be"),
            looks.plain("#2f5a3a"),
        ],
    )
    frame = kit.one_of(rng, [kit.material("frame", (0.58, 0.58, 0.56)), looks.wood(rng, 0.8, upright=True)])
    brass = kit.material("brass", kit.linear("#b08a3a"), metallic=0.6, roughness=0.25)
    parts = [
        *_frame(frame, 1.0, 2.1, 0.09, 0.16, sill=False),
        kit.box("leaf", (0.98, 0.07, 2.06), paint, at=(0, 0, 1.03), bevel=0.005),
    ]
    columns, rows = int(rng.integers(1, 3)), int(rng.integers(2, 4))
    glazed = rng.random() < 0.4
    wide, high = 0.8 / columns, 1.8 / rows
    for c in range(columns):
        for r in range(rows):
            x, z = (c - (columns - 1) / 2) * wide, 0.14 + (r + 0.5) * high
            top = glazed and r == rows - 1
            parts += [
                kit.moved(part, (x, -0.035, z))
                for part in _panel(wide - 0.12, high - 0.1, paint, looks.glass() if top else paint)
            ]
    handle = kit.tube(
        "handle", kit.smooth_path([(0.41, -0.04, 1.02), (0.41, -0.1, 1.02), (0.28, -0.11, 1.02)], 14), 0.018, brass
    )
    return [*parts, handle, kit.box("plate", (0.05, 0.015, 0.2), brass, at=(0.41, -0.04, 1.0), bevel=0.006)]


def window(rng: np.random.Generator) -> Parts:
    """A white or wooden window with panes that mirror the sky, a sill, and curtains on some."""
    frame = kit.one_of(rng, [kit.material("frame", (0.6, 0.6, 0.6), roughness=0.4), looks.wood(rng, upright=True)])
    wide, high = rng.uniform(1.0, 1.3), rng.uniform(1.2, 1.5)
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    sky, cloud = kit.linear("#4f86b8"), kit.linear("#b9cfdd")
    field = forms.ripple(rng, 0.7)
    pane = kit.sheet("pane", lambda u, v: (wide * (u - 0.5), 0.0, high * v), frame, steps=(40, 40))
    kit.painted(
        pane, lambda at: looks.mix(sky, cloud, np.clip(0.4 * at[:, 2] / high + 0.5 * field(at), 0, 1)), roughness=0.05
    )
    parts = [pane, *_frame(frame, wide, high, 0.09, 0.14, sill=True)]
    for k in range(1, columns):
        parts.append(
            kit.box(
                "bar",
                (0.045 if 2 * k != columns else 0.09, 0.07, high),
                frame,
                at=(wide * (k / columns - 0.5), 0, high / 2),
            )
        )
    parts += [kit.box("bar", (wide, 0.06, 0.045), frame, at=(0, 0, high * k / rows)) for k in range(1, rows)]
    return parts + (_curtains(rng, wide, high) if rng.random() < 0.5 else [])


def _curtains(rng: np.random.Generator, wide: float, high: float) -> Parts:
    cloth, rod = _cloth(rng), looks.black()
    top = high + 0.2
    parts: Parts = [kit.tube("rod", [(-wide / 2 - 0.35, -0.17, top), (wide / 2 + 0.35, -0.17, top)], 0.022, rod)]
    for side in (-1, 1):

        def hang(u: float, v: float, side: int = side) -> tuple[float, float, float]:
            x = side * (wide / 2 - 0.16 + 0.46 * u * (1 - 0.18 * math.sin(math.pi * v)))
            return x, -0.17 + 0.035 * math.sin(34 * u), top - v * (top + 0.25)

        parts.append(kit.sheet("curtain", hang, cloth, steps=(60, 14), thickness=0.012))
    return parts


def _cloth(rng: np.random.Generator) -> bpy.types.Material:
    return kit.material("cloth", kit.linear(kit.one_of(rng, CLOTH)), roughness=0.95, bump=0.3, bump_scale=120)


def _legs(look: bpy.types.Material, wide: float, deep: float, high: float, thick: float) -> Parts:
    """Four legs, their outer faces `wide` and `deep` apart."""
    x, y = (wide - thick) / 2, (deep - thick) / 2
    return [
        kit.box("leg", (thick, thick, high), look, at=(sx * x, sy * y, high / 2), bevel=0.1 * thick)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]


def _pillow(wide: float, high: float, look: bpy.types.Material) -> bpy.types.Object:
    """A cushion lying flat, plump in the middle."""
    made = kit.ball("pillow", 0.5, look)

    def plump(at: np.ndarray) -> np.ndarray:
        flat = np.sign(at[:, :2]) * np.abs(2 * at[:, :2]) ** 0.6 / 2
        return np.column_stack([flat * [wide, high], 0.32 * at[:, 2] * min(wide, high) * 1.2])

    return kit.warped(made, plump)


def _frame(look: bpy.types.Material, wide: float, high: float, thick: float, deep: float, *, sill: bool) -> Parts:
    """A frame about an opening that stands on z = 0, with a sill below it or open to the ground."""
    posts = [
        kit.box("post", (thick, deep, high), look, at=(s * (wide + thick) / 2, 0, high / 2), bevel=0.01)
        for s in (-1, 1)
    ]
    head = kit.box("head", (wide + 2 * thick, deep + 0.02, thick), look, at=(0, 0, high + thick / 2), bevel=0.01)
    parts = [*posts, head]
    if sill:
        parts.append(
            kit.box("sill", (wide + 4 * thick, 2 * deep, thick), look, at=(0, -deep / 2, -thick / 2), bevel=0.015)
        )
    return parts


def _panel(wide: float, high: float, look: bpy.types.Material, field: bpy.types.Material) -> Parts:
    """A moulding about a raised field, facing the front, its centre at the origin."""
    ring: Sequence[tuple[float, float]] = kit.oblong(wide, high, 0.01)
    moulding = kit.plate("moulding", ring, 0.04, look, holes=[kit.oblong(wide - 0.09, high - 0.09, 0.008)], bevel=0.01)
    return [moulding, kit.box("field", (wide - 0.14, 0.03, high - 0.14), field, bevel=0.01)]


BUILDERS = {
    "chair": chair,
    "couch": couch,
    "bed": bed,
    "dining_table": dining_table,
    "desk": desk,
    "door": door,
    "window": window,
}
