"""What people wear or carry."""

from __future__ import annotations

import math

import bpy
import kit
import numpy as np
from procedural import looks


def tie(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A necktie as it hangs: loop for the neck, knot, blade with stripes or dots, the narrow end behind."""
    first = np.array(kit.linear(kit.one_of(rng, ("#7a1020", "#12265a", "#1c4b34", "#2b2b30", "#5a2a6e"))))
    second = np.array(kit.linear(kit.one_of(rng, ("#e8c34a", "#e7e7ea", "#8fb7e6", "#d7485a"))))
    slope, dots = rng.uniform(0.7, 1.2), rng.uniform() < 0.35

    def paint(p: np.ndarray) -> np.ndarray:
        x, z = p[:, 0], p[:, 2]
        if dots:
            mark = np.hypot(np.mod(x + 0.04 * (np.floor(z / 0.08) % 2), 0.08) - 0.04, np.mod(z, 0.08) - 0.04) < 0.018
        else:
            mark = np.mod(z + slope * x, 0.16) < 0.045
        return looks.mix(first, second, mark)

    def blade(wide: float, length: float, y: float) -> bpy.types.Object:
        def shape(u: float, v: float) -> tuple[float, float, float]:
            half = (0.05 + (wide - 0.05) * v**0.8) * (1 if v < 0.93 else (1 - v) / 0.07)
            x = (2 * u - 1) * half
            return x, y - 0.12 * math.sin(math.pi * min(v * 1.2, 1)) + 0.5 * x * x, -length * v

        return kit.painted(
            kit.sheet("blade", shape, looks.white(), steps=(24, 170), thickness=0.01), paint, roughness=0.6
        )

    knot = [
        _rounded_ring(half, z, deep)
        for half, z, deep in (
            (0.045, -0.05, 0.02),
            (0.055, -0.03, 0.045),
            (0.085, 0.06, 0.055),
            (0.09, 0.08, 0.045),
            (0.07, 0.09, 0.02),
        )
    ]
    parts = [
        blade(0.14, 1.42, -0.02),
        blade(0.08, 1.15, 0.03),
        kit.painted(kit.loft("knot", knot, looks.white()), lambda p: paint(p + 0.05), roughness=0.6),
    ]
    loop = [
        (0.06, -0.01, 0.05),
        (0.2, 0.08, 0.2),
        (0.22, 0.26, 0.3),
        (0, 0.38, 0.34),
        (-0.22, 0.26, 0.3),
        (-0.2, 0.08, 0.2),
        (-0.06, -0.01, 0.05),
    ]
    band = kit.smooth_path(loop, 40)
    parts.append(
        kit.sheet(
            "band",
            lambda u, v: tuple(np.add(band[round(39 * u)], (0, 0, 0.07 * (v - 0.5)))),
            kit.material("band", first),
            steps=(39, 4),
            thickness=0.015,
        )
    )
    return parts


def _rounded_ring(half: float, z: float, deep: float) -> list[tuple[float, float, float]]:
    return [(half * x, deep * y - 0.02, z) for x, y in kit.ring_of(32, 1.0)]


def umbrella(rng: np.random.Generator) -> list[bpy.types.Object]:
    """An open umbrella of eight panels, ribs, shaft with a crook, leaning."""
    panels = 8
    order = rng.permutation(len(looks.BRIGHT))
    choices = [np.array(kit.linear(looks.BRIGHT[k])) for k in order]
    style = int(rng.uniform() * 3)
    cycle = ([choices[0]] * panels, [choices[0], np.array((0.85, 0.85, 0.83))] * (panels // 2), choices)[style]

    def canopy(u: float, v: float) -> tuple[float, float, float]:
        turn, along = 2 * math.pi * u, 0.02 + 0.98 * v
        bay = abs(math.sin(panels * turn / 2))
        reach = math.sin(along * 1.25) / math.sin(1.25) * (1 - 0.06 * bay * along)
        return (
            reach * math.cos(turn),
            reach * math.sin(turn),
            0.62 * (math.cos(along * 1.25) - math.cos(1.25)) / (1 - math.cos(1.25)) + 0.05 * bay * along**3,
        )

    def paint(p: np.ndarray) -> np.ndarray:
        return np.array(cycle)[
            (np.mod(np.arctan2(p[:, 1], p[:, 0]), 2 * math.pi) / (2 * math.pi) * panels).astype(int) % panels
        ]

    metal, crook = looks.steel(0.5), looks.wood(rng)
    parts = [
        kit.painted(kit.sheet("canopy", canopy, looks.white(), steps=(240, 24), thickness=0.012), paint, roughness=0.7)
    ]
    parts += [kit.tube("shaft", [(0, 0, 0.75), (0, 0, -1.0)], 0.02, metal)]
    handle = [
        (0, 0, -0.85),
        (0, 0, -1.1),
        *[(-0.12 + 0.12 * math.cos(a), 0, -1.1 - 0.12 * math.sin(a)) for a in np.linspace(0.2, math.pi, 14)],
        (-0.24, 0, -1.02),
    ]
    parts.append(kit.tube("handle", handle, 0.036, crook))
    for k in range(panels):
        turn = 2 * math.pi * k / panels
        rib = [(r * math.cos(turn), r * math.sin(turn), z) for r, z in ((0.02, 0.1), (0.5, 0.4))]
        parts.append(kit.tube("rib", rib, 0.008, metal, sides=6))
    return kit.tilted(parts, (rng.uniform(-32, -24), rng.uniform(-24, 24), 0))


def handbag(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A handbag: rounded trapezium body, flap with a clasp, two handles."""
    hide = looks.leather(kit.one_of(rng, ("#7a3b1d", "#a3182c", "#23201f", "#c79a62", "#224a6b")))
    dark = looks.leather("#3a2114")
    gold = kit.material("gold", (0.75, 0.5, 0.14), metallic=0.8, roughness=0.3)
    slim, tall = rng.uniform(0.7, 0.9), rng.uniform(0.6, 0.85)
    rings = []
    for t in np.linspace(0, 1, 24):
        swell = min(1.0, (t / 0.12 + 0.5) ** 0.5) * (1 if t < 0.92 else 0.97)
        half, deep = swell * (0.55 - (1 - slim) * 0.55 * t), swell * (0.2 - 0.13 * t)
        rings.append(
            [
                (half * math.copysign(abs(c) ** 0.4, c), deep * math.copysign(abs(s) ** 0.4, s), tall * t)
                for c, s in kit.ring_of(48, 1.0)
            ]
        )
    parts = [kit.loft("body", rings, hide)]

    def flap(u: float, v: float) -> tuple[float, float, float]:
        x = (2 * u - 1) * (0.53 * slim + 0.02)
        drop = 0.5 * tall * v * (1 - 0.35 * abs(2 * u - 1) ** 3)
        z = tall - drop
        return x, -(0.215 - 0.13 * z / tall) - 0.01, z + 0.015

    parts.append(kit.sheet("flap", flap, dark if rng.uniform() < 0.5 else hide, steps=(30, 12), thickness=0.025))
    parts.append(kit.box("clasp", (0.12, 0.04, 0.09), gold, at=(0, -0.19, 0.53 * tall), bevel=0.012))
    reach = rng.uniform(0.3, 0.55)
    for y in (-0.07, 0.07):
        arc = kit.smooth_path(
            [
                (-0.3 * slim, y, tall - 0.08),
                (-0.28 * slim, y, tall + 0.6 * reach),
                (0, y, tall + reach),
                (0.28 * slim, y, tall + 0.6 * reach),
                (0.3 * slim, y, tall - 0.08),
            ],
            40,
        )
        parts.append(kit.tube("handle", arc, 0.026, dark))
        for x in (-0.3, 0.3):
            parts.append(kit.ball("ring", 0.045, gold, at=(x * slim, y - 0.012 * (y < 0), tall - 0.06)))
    return parts


def suitcase(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A trolley case with ribs, wheels and a pulled-out handle, or an old case with straps and a handle on top."""
    if rng.uniform() < 0.5:
        return _trolley(rng)
    hide, strap, metal = (
        looks.leather(kit.one_of(rng, ("#8a5a2b", "#6b3a1e", "#31506b"))),
        looks.leather("#3a2114"),
        looks.steel(0.6),
    )
    parts = [
        kit.box("case", (1.3, 0.38, 0.85), hide, at=(0, 0, 0.425), bevel=0.05),
        kit.box("seam", (1.31, 0.03, 0.86), strap, at=(0, 0, 0.425), bevel=0.012),
    ]
    for x in (-0.36, 0.36):
        parts.append(kit.box("strap", (0.1, 0.41, 0.88), strap, at=(x, 0, 0.425), bevel=0.03))
        parts.append(kit.box("buckle", (0.13, 0.03, 0.09), metal, at=(x, -0.21, 0.62), bevel=0.01))
    for x in (-0.6, 0.6):
        for z in (0.06, 0.79):
            parts.append(kit.box("corner", (0.16, 0.4, 0.16), strap, at=(x, 0, z), bevel=0.05))
    arc = kit.smooth_path([(-0.2, 0, 0.84), (-0.17, 0, 0.95), (0.17, 0, 0.95), (0.2, 0, 0.84)], 20)
    return [*parts, kit.tube("handle", arc, 0.035, strap)]


def _trolley(rng: np.random.Generator) -> list[bpy.types.Object]:
    shell = looks.plain(kit.one_of(rng, ("#c8102e", "#1446a0", "#2b2d31", "#1aa7b8", "#f2b705")), 0.3)
    dark, metal = looks.black(), looks.steel(0.55)
    parts = [
        kit.box("case", (0.75, 0.36, 1.05), shell, at=(0, 0, 0.62), bevel=0.08),
        kit.box("zip", (0.76, 0.02, 1.06), dark, at=(0, 0, 0.62), bevel=0.008),
    ]
    for x in np.linspace(-0.26, 0.26, 5):
        for y in (-0.18, 0.18):
            parts.append(kit.box("rib", (0.05, 0.03, 0.9), shell, at=(x, y, 0.62), bevel=0.012))
    for x in (-0.16, 0.16):
        parts.append(kit.tube("rail", [(x, 0.1, 1.1), (x, 0.1, 1.62)], 0.018, metal))
    parts.append(kit.box("grip", (0.4, 0.06, 0.07), dark, at=(0, 0.1, 1.64), bevel=0.02))
    parts.append(
        kit.tube(
            "handle",
            kit.smooth_path([(-0.14, -0.04, 1.13), (-0.1, -0.04, 1.2), (0.1, -0.04, 1.2), (0.14, -0.04, 1.13)], 16),
            0.022,
            dark,
        )
    )
    for x in (-0.29, 0.29):
        for y in (-0.11, 0.11):
            parts.append(kit.ball("wheel", 0.06, dark, at=(x, y, 0.06), stretch=(0.5, 1, 1)))
    return parts


def backpack(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A backpack: rounded body, lid with zip, front and side pockets, top loop, shoulder straps behind."""
    first, second = (
        looks.leather(code)
        for code in kit.one_of(
            rng,
            (
                ("#1f3f77", "#16294d"),
                ("#9c1f2b", "#2a2a2d"),
                ("#2c2f33", "#e0641b"),
                ("#3f5b3a", "#8a6a3a"),
                ("#6a2c91", "#2a2a2d"),
            ),
        )
    )
    dark, zipper = looks.black(0.8), looks.steel(0.6)
    pocket_high = rng.uniform(0.36, 0.46)

    def bag(half: float, deep: float, high: float, look: bpy.types.Material) -> bpy.types.Object:
        rings = []
        for t in np.linspace(0, 1, 26):
            size = math.sqrt(max(1 - ((t - 0.68) / 0.335) ** 2, 0.0)) ** 0.7 if t > 0.68 else min(1.0, 0.85 + t)
            rings.append(
                [
                    (
                        half * size * math.copysign(abs(c) ** 0.55, c),
                        deep * size * math.copysign(abs(s) ** 0.55, s),
                        high * t,
                    )
                    for c, s in kit.ring_of(40, 1.0)
                ]
            )
        return kit.loft("bag", rings, look)

    parts = [bag(0.37, 0.2, 1.05, first), kit.moved(bag(0.29, 0.14, pocket_high, second), (0, -0.2, 0.06))]
    for side in (-1, 1):
        parts.append(kit.moved(bag(0.1, 0.13, 0.38, second), (0.37 * side, 0, 0.05)))
        strap = kit.smooth_path(
            [(0.14 * side, 0.16, 0.95), (0.2 * side, 0.36, 0.8), (0.26 * side, 0.36, 0.4), (0.3 * side, 0.16, 0.08)], 24
        )
        parts.append(kit.tube("strap", strap, 0.045, dark))
        parts.append(kit.tube("cord", [(0.17 * side, -0.2, 0.62), (0.15 * side, -0.17, 0.92)], 0.018, dark))
    lid = [
        (0.33 * math.cos(a), -0.19 + 0.06 * math.sin(a) ** 2, 0.62 + 0.32 * math.sin(a))
        for a in np.linspace(0.05, math.pi - 0.05, 30)
    ]
    pocket = [
        (0.26 * math.cos(a), -0.325 + 0.05 * math.sin(a) ** 2, 0.06 + pocket_high * (0.62 + 0.25 * math.sin(a)))
        for a in np.linspace(0.1, math.pi - 0.1, 26)
    ]
    parts += [kit.tube("zip", path, 0.012, zipper, sides=8) for path in (lid, pocket)]
    parts.append(
        kit.tube(
            "pull", [(0.2, -0.32, 0.06 + 0.78 * pocket_high), (0.21, -0.35, 0.06 + 0.6 * pocket_high)], 0.018, zipper
        )
    )
    loop = kit.smooth_path([(-0.1, 0.05, 1.0), (-0.08, 0.05, 1.14), (0.08, 0.05, 1.14), (0.1, 0.05, 1.0)], 16)
    return [*parts, kit.tube("loop", loop, 0.025, dark)]


BUILDERS = {"tie": tie, "umbrella": umbrella, "handbag": handbag, "suitcase": suitcase, "backpack": backpack}
