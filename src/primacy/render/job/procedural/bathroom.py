"""Toilets and washbasins."""

from __future__ import annotations

import bpy
import kit
import numpy as np
from procedural import looks


def toilet(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A toilet: pedestal, bowl with water, seat, lifted lid, cistern with a button or lever."""
    china = kit.material(
        "china", kit.linear(kit.one_of(rng, ("#dcdcd8", "#dcdcd8", "#dccfb8", "#c5d2d8"))), roughness=0.15
    )
    seat = looks.wood(rng) if rng.uniform() < 0.3 else china
    rounder = rng.uniform(1.15, 1.35)

    def ring(r: float, z: float, back: float = 0.0) -> list[tuple[float, float, float]]:
        return [(r * x, -0.28 * (1 - back) + r * y * (rounder if y < 0 else 1.0), z) for x, y in kit.ring_of(48, 1.0)]

    profile = (
        (0.24, 0.0, 0.3),
        (0.23, 0.05, 0.3),
        (0.17, 0.2, 0.3),
        (0.2, 0.4, 0.2),
        (0.32, 0.6, 0.0),
        (0.36, 0.72, 0.0),
        (0.36, 0.78, 0.0),
        (0.28, 0.78, 0.0),
        (0.24, 0.68, 0.0),
        (0.14, 0.55, 0.0),
        (0.02, 0.52, 0.0),
    )
    parts = [kit.loft("bowl", [ring(r, z, back) for r, z, back in profile], china)]
    water = kit.material("water", (0.3, 0.5, 0.6), roughness=0.05)
    parts.append(kit.loft("water", [ring(0.19, 0.62), ring(0.19, 0.625)], water))
    rim = [(0.33 * x, -0.28 + 0.33 * y * (rounder if y < 0 else 1.0), 0.805) for x, y in kit.ring_of(48, 1.0)]
    parts.append(kit.tube("seat", rim, 0.06, seat, closed=True))
    lid = kit.plate("lid", [(0.37 * x, 0.42 * z + 0.4) for x, z in kit.ring_of(48, 1.0)], 0.035, seat, bevel=0.012)
    parts.append(kit.moved(kit.turned(lid, (-10, 0, 0)), (0, 0.08, 0.82)))
    parts += [
        kit.box("link", (0.4, 0.45, 0.3), china, at=(0, 0.15, 0.62), bevel=0.08),
        kit.box("cistern", (0.82, 0.3, 0.62), china, at=(0, 0.36, 1.08), bevel=0.05),
        kit.box("top", (0.88, 0.35, 0.07), china, at=(0, 0.36, 1.42), bevel=0.025),
    ]
    chrome = looks.steel(0.7)
    lever = kit.tube("lever", [(-0.3, 0.19, 1.28), (-0.3, 0.16, 1.28), (-0.16, 0.15, 1.26)], 0.02, chrome)
    button = kit.lathe("button", [(0.06, 1.45), (0.06, 1.475), (0, 1.475)], chrome, steps=20, at=(0, 0.36, 0))
    return [*parts, lever if rng.uniform() < 0.5 else button]


def sink(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A washbasin on a pedestal, or one let into the top of a cupboard; drain, arched tap with two handles."""
    china, chrome = (
        kit.material("china", (0.68, 0.68, 0.67), roughness=0.12),
        kit.material("chrome", (0.5, 0.51, 0.53), metallic=0.8, roughness=0.2),
    )
    dark = looks.black(0.2)
    cupboard = rng.uniform() < 0.5
    if cupboard:
        bowl = kit.material("bowl", (0.5, 0.51, 0.53), metallic=0.6, roughness=0.3) if rng.uniform() < 0.5 else china
        outline = kit.oblong(1.05, 0.66, 0.16)
        scales = (
            (0.7, 0.7, 0.0),
            (0.96, 0.82, 0.0),
            (1.06, 1.01, 0.0),
            (1.06, 1.03, 0.0),
            (0.97, 1.03, 0.0),
            (0.94, 1.0, 0.0),
            (0.82, 0.76, 0.0),
            (0.1, 0.73, 0.0),
        )
        parts = _cupboard(rng, chrome, kit.oblong(0.98, 0.6, 0.15))
    else:
        bowl, outline = china, kit.oblong(1.2, 0.85, 0.36)
        scales = (
            (0.55, 0.72, 0.0),
            (0.9, 0.86, 0.0),
            (1.0, 0.98, 0.0),
            (1.0, 1.02, 0.0),
            (0.82, 1.02, 0.07),
            (0.78, 0.98, 0.07),
            (0.6, 0.8, 0.07),
            (0.12, 0.76, 0.07),
        )
        stem = kit.smooth_path([(0.26, 0.0), (0.2, 0.1), (0.15, 0.4), (0.18, 0.7), (0.3, 0.85)], 24)
        parts = [kit.lathe("pedestal", stem, china, at=(0, 0.05, 0))]
    parts.append(kit.loft("basin", [[(s * x, s * y - front, z) for x, y in outline] for s, z, front in scales], bowl))
    bottom, front = scales[-1][1:]
    parts.append(
        kit.lathe(
            "drain", [(0.08, bottom), (0.08, bottom + 0.015), (0, bottom + 0.015)], dark, steps=20, at=(0, -front, 0)
        )
    )
    foot = 0.4 if cupboard else 0.34
    spout = kit.smooth_path(
        [(0, foot, 1.0), (0, foot, 1.28), (0, foot - 0.09, 1.4), (0, foot - 0.24, 1.4), (0, foot - 0.33, 1.28)], 26
    )
    parts += [
        kit.tube("spout", spout, 0.042, chrome),
        kit.lathe("foot", [(0.075, 1.0), (0.06, 1.07)], chrome, at=(0, foot, 0)),
    ]
    for side in (-1, 1):
        parts.append(
            kit.lathe("valve", [(0.055, 1.0), (0.05, 1.12), (0, 1.12)], chrome, steps=20, at=(0.24 * side, foot, 0))
        )
        parts.append(kit.tube("handle", [(0.24 * side, foot, 1.13), (0.38 * side, foot - 0.05, 1.16)], 0.028, chrome))
    return parts


def _cupboard(
    rng: np.random.Generator, chrome: bpy.types.Material, hole: list[tuple[float, float]]
) -> list[bpy.types.Object]:
    """A cupboard with two doors and a stone top that has a hole for a basin."""
    wood = looks.wood(rng, upright=True)
    stone = kit.material("stone", (0.42, 0.41, 0.4), mottle=(0.62, 0.6, 0.57), mottle_scale=9.0, roughness=0.25)
    top = kit.turned(kit.plate("top", kit.oblong(1.55, 1.0, 0.04), 0.06, stone, holes=[hole], bevel=0.01), (-90, 0, 0))
    parts = [
        kit.moved(top, (0, 0.02, 0.98)),
        kit.box("cupboard", (1.45, 0.9, 0.64), wood, at=(0, 0.02, 0.32), bevel=0.015),
    ]
    # Walls above the closed box, round the basin, which hangs through the top.
    parts += [kit.box("rail", (1.45, 0.04, 0.36), wood, at=(0, y, 0.79)) for y in (-0.41, 0.45)]
    parts += [kit.box("rail", (0.04, 0.9, 0.36), wood, at=(x, 0.02, 0.79)) for x in (-0.705, 0.705)]
    for x in (-0.36, 0.36):
        parts += [
            kit.box("door", (0.66, 0.03, 0.8), wood, at=(x, -0.44, 0.48), bevel=0.02),
            kit.ball("knob", 0.035, chrome, at=(0.22 * x, -0.48, 0.6)),
        ]
    return parts


BUILDERS = {
    "toilet": toilet,
    "sink": sink,
}
