"""Large things of a kitchen, and a blender."""

from __future__ import annotations

import bpy
import forms
import kit
import numpy as np
from procedural import looks

Parts = list[bpy.types.Object]


def _coat(rng: np.random.Generator) -> bpy.types.Material:
    """Enamel or steel of an appliance."""
    return kit.one_of(
        rng,
        [kit.material("enamel", (0.58, 0.58, 0.57), roughness=0.25), looks.steel(0.4), looks.plain("#a3242a", 0.25)],
    )


def _bar(ends: list[tuple[float, float, float]], look: bpy.types.Material, radius: float = 0.022) -> bpy.types.Object:
    """A handle bar between two points, its ends bent back to the door behind it."""
    first, last = (np.array(p) for p in ends)
    back = np.array([0.0, 0.07, 0.0])
    inner = [first + 0.06 * (last - first), last + 0.06 * (first - last)]
    return kit.tube("handle", [first + back, first, *inner, last, last + back], radius, look)


def oven(rng: np.random.Generator) -> Parts:
    """A cooker: four rings on the hob, a row of knobs, a door with a window, a drawer."""
    coat, dark, chrome = _coat(rng), looks.black(0.25), looks.steel(0.4)
    knobs = int(rng.integers(4, 7))
    parts = [
        kit.box("body", (0.76, 0.66, 0.86), coat, at=(0, 0, 0.47), bevel=0.012),
        kit.box("foot", (0.7, 0.56, 0.06), dark, at=(0, 0, 0.03)),
        kit.box("hob", (0.75, 0.62, 0.02), dark, at=(0, 0, 0.905), bevel=0.008),
        kit.box("door", (0.72, 0.04, 0.46), coat, at=(0, -0.34, 0.48), bevel=0.012),
        kit.box("window", (0.52, 0.02, 0.26), looks.glass(), at=(0, -0.355, 0.46), bevel=0.008),
        kit.box("drawer", (0.72, 0.04, 0.15), coat, at=(0, -0.34, 0.155), bevel=0.012),
        kit.box("panel", (0.75, 0.05, 0.12), dark, at=(0, -0.33, 0.83), bevel=0.01),
        _bar([(-0.3, -0.42, 0.67), (0.3, -0.42, 0.67)], chrome),
    ]
    for x in np.linspace(-0.3, 0.3, knobs):
        parts.append(
            kit.moved(
                kit.turned(kit.lathe("knob", [(0.036, 0), (0.032, 0.045), (0, 0.05)], chrome, steps=20), (90, 0, 0)),
                (x, -0.355, 0.83),
            )
        )
    if rng.random() < 0.6:
        parts += [
            kit.box("back", (0.76, 0.05, 0.2), coat, at=(0, 0.31, 1.0), bevel=0.012),
            kit.box("clock", (0.2, 0.01, 0.07), looks.glass(), at=(0, 0.282, 1.01)),
        ]
    glow = kit.material("ring", kit.linear("#6a2a1c" if rng.random() < 0.3 else "#4a4a4e"), roughness=0.4)
    for x, y, r in ((-0.18, -0.14, 0.11), (0.18, -0.14, 0.085), (-0.18, 0.14, 0.085), (0.18, 0.14, 0.11)):
        for share in (1.0, 0.72, 0.44):
            parts.append(
                kit.tube(
                    "ring",
                    [(x + a, y + b, 0.92) for a, b in kit.ring_of(28, r * share)],
                    0.012,
                    glow,
                    closed=True,
                    sides=8,
                )
            )
    return parts


def refrigerator(rng: np.random.Generator) -> Parts:
    """Two doors one above the other, or side by side, with bar handles."""
    coat, chrome = _coat(rng), looks.steel(0.35)
    wide, high = 0.76, 1.75
    parts = [
        kit.box("body", (wide, 0.62, high), looks.steel(0.25), at=(0, 0.04, high / 2 + 0.03), bevel=0.015),
        kit.box("plinth", (wide - 0.04, 0.58, 0.08), looks.black(), at=(0, 0.02, 0.04)),
    ]
    if rng.random() < 0.5:
        split = kit.one_of(rng, [0.68, 0.36]) * high
        for low, top in ((0.09, split - 0.008), (split + 0.008, high + 0.03)):
            parts.append(kit.box("door", (wide, 0.08, top - low), coat, at=(0, -0.31, (low + top) / 2), bevel=0.025))
            near, far = (
                (top - 0.06, max(top - 0.5, low + 0.1)) if top < high else (low + 0.06, min(low + 0.5, top - 0.1))
            )
            parts.append(_bar([(-0.29, -0.42, near), (-0.29, -0.42, far)], chrome))
        return parts
    for side in (-1, 1):
        leaf = wide / 2 - 0.006
        parts.append(
            kit.box("door", (leaf, 0.08, 1.1), coat, at=(side * (leaf / 2 + 0.006), -0.31, high - 0.52), bevel=0.025)
        )
        parts.append(_bar([(side * 0.05, -0.42, 0.95), (side * 0.05, -0.42, 1.55)], chrome))
    parts.append(kit.box("freezer", (wide, 0.08, 0.56), coat, at=(0, -0.31, 0.38), bevel=0.025))
    parts.append(_bar([(-0.26, -0.42, 0.58), (0.26, -0.42, 0.58)], chrome))
    if rng.random() < 0.6:
        parts.append(kit.box("dispenser", (0.2, 0.02, 0.28), looks.glass(), at=(-0.19, -0.345, 1.3), bevel=0.008))
    return parts


def blender(rng: np.random.Generator) -> Parts:
    """A jug with a smoothie on a base with a dial."""
    base = looks.plain(kit.one_of(rng, ["#a3141c", "#1c1c1e", "#b8b8b4", "#2f7d78"]), 0.25)
    dark, chrome = looks.black(), looks.steel(0.45)
    drink = kit.material("drink", kit.linear(kit.one_of(rng, ["#b8365a", "#5f9e2c", "#d98a1c"])), roughness=0.3)
    clear = forms.glass("jug", (0.55, 0.62, 0.66), clear=0.8)
    low, high = (0.17, 0.48), (0.26, 1.2)
    level = rng.uniform(0.45, 0.75)
    fill = [low[k] + level * (high[k] - low[k]) for k in (0, 1)]
    foot = kit.smooth_path([(0.3, 0.0), (0.31, 0.06), (0.26, 0.22), (0.2, 0.36), (0.18, 0.42)], 24)
    dial = kit.turned(kit.lathe("dial", [(0.075, 0), (0.065, 0.05), (0, 0.055)], chrome, steps=28), (90, 0, 0))
    lid = [(0.0, 1.2), (0.275, 1.2), (0.275, 1.26), (0.1, 1.29), (0.1, 1.36), (0.0, 1.37)]
    handle = kit.smooth_path([(0.22, 0, 1.1), (0.44, 0, 1.1), (0.46, 0, 0.85), (0.4, 0, 0.6), (0.2, 0, 0.58)], 26)
    return [
        kit.lathe("foot", [*foot, (0.0, 0.42)], base, steps=64),
        kit.moved(dial, (0, -0.27, 0.16)),
        kit.lathe("collar", [(0.19, 0.4), (0.19, 0.5), (0.0, 0.5)], dark),
        kit.lathe("drink", [(0.0, 0.5), (0.173, 0.5), (fill[0] + 0.003, fill[1]), (0.0, fill[1])], drink),
        kit.lathe("jug", [low, high], clear),
        kit.lathe("lid", lid, dark),
        kit.tube("handle", handle, 0.035, dark),
    ]


BUILDERS = {"oven": oven, "refrigerator": refrigerator, "blender": blender}
