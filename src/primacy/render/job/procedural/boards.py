"""Skis and boards: long thin things with painted faces."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import kit
import numpy as np
from procedural import looks


def _board(
    name: str,
    length: float,
    width: Callable[[float], float],
    thick: float,
    bend: Callable[[float], float],
    paint: Callable[[np.ndarray], np.ndarray],
    steps: int = 140,
) -> bpy.types.Object:
    """An upright board of half `width(t)`, t from 0 (foot) to 1 (tip), bent along Y by `bend(t)`, and painted."""
    rings = []
    for t in np.linspace(0, 1, steps):
        half = max(width(t), 0.004)
        across = np.linspace(-1, 1, 33)
        front = [(half * x, bend(t) - thick / 2 * (1 - x**6), t * length) for x in across]
        back = [(half * x, bend(t) + thick / 2 * (1 - x**6), t * length) for x in across[-2:0:-1]]
        rings.append(front + back)
    return kit.painted(kit.loft(name, rings, looks.white()), paint, roughness=0.3)


def skis(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A pair of skis stood up with bindings, and two poles beside them."""
    first, second = looks.two_tone(rng)
    dark = rng.uniform() < 0.5

    def width(t: float) -> float:
        return (0.062 - 0.02 * math.sin(math.pi * min(max((t - 0.05) / 0.85, 0), 1))) * min(
            1.0, (max(1 - t, 0) / 0.08) ** 0.6, ((t + 0.01) / 0.02) ** 0.5
        )

    def paint(p: np.ndarray) -> np.ndarray:
        t = p[:, 2] / 1.75
        base = looks.mix(first, (0.03, 0.03, 0.035), dark & (t > 0.25) & (t < 0.8))
        base = looks.mix(base, second, (np.mod(t * 9 + 6 * p[:, 0], 2) < 0.5) & (abs(t - 0.5) > 0.22))
        return looks.mix(base, (0.85, 0.85, 0.85), (t > 0.84) & (t < 0.87))

    parts = []
    grip, shaft = looks.black(), looks.steel(0.55)
    for side in (-1, 1):
        ski = [_board("ski", 1.75, width, 0.025, lambda t: -0.16 * max(t - 0.84, 0) ** 1.6 / 0.16**1.1, paint)]
        for z, size in ((0.86, (0.085, 0.07, 0.15)), (0.62, (0.09, 0.09, 0.13))):
            ski.append(kit.box("binding", size, grip, at=(0, -0.04, z), bevel=0.015))
        ski.append(kit.box("brake", (0.12, 0.03, 0.05), looks.steel(), at=(0, -0.03, 0.74), bevel=0.01))
        parts += [kit.moved(part, (0.085 * side, 0, 0)) for part in kit.tilted(ski, (0, 3.0 * side, 0))]
        pole = [
            kit.tube("pole", [(0, 0, 0.0), (0, 0, 1.15)], 0.011, shaft, sides=8),
            kit.tube("grip", [(0, 0, 1.08), (0, 0, 1.22)], 0.02, grip, sides=8),
            kit.lathe("basket", [(0.012, 0.07), (0.06, 0.08), (0.06, 0.09), (0.012, 0.1)], grip, steps=16),
            kit.tube(
                "strap", [(0, 0, 1.2), (0.05, -0.02, 1.12), (0.04, -0.02, 1.05), (0, 0, 1.1)], 0.006, grip, sides=6
            ),
        ]
        parts += [kit.moved(part, (0.3 * side, 0.02, 0)) for part in kit.tilted(pole, (0, -4.0 * side, 0))]
    return parts


def snowboard(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A snowboard stood up, both ends turned up, with two bindings."""
    first, second = looks.two_tone(rng)
    wave, freq = rng.uniform(0.1, 0.22), rng.uniform(5, 9)

    def width(t: float) -> float:
        return (0.15 - 0.015 * math.sin(math.pi * t)) * min(
            1.0, math.sqrt(max(1 - (max(abs(t - 0.5) - 0.4, 0) / 0.1) ** 2, 0))
        )

    def paint(p: np.ndarray) -> np.ndarray:
        t, x = p[:, 2] / 1.5, p[:, 0] / 0.15
        level = t + wave * np.sin(freq * t + 2 * x)
        colour = looks.mix(first, second, level > 0.55)
        return looks.mix(colour, (0.85, 0.85, 0.85), abs(level - 0.55) < 0.035)

    parts = [_board("deck", 1.5, width, 0.02, lambda t: -1.2 * max(abs(t - 0.5) - 0.36, 0) ** 1.5, paint)]
    black, strap = looks.black(), looks.plain("#54585f")
    for z in (0.5, 1.0):
        turn = kit.tilted(
            [
                kit.box("base", (0.21, 0.03, 0.12), black, at=(0, -0.02, 0), bevel=0.012),
                kit.box("high back", (0.04, 0.17, 0.12), black, at=(0.1, -0.1, 0), bevel=0.015),
            ],
            (0, 12 if z > 0.7 else -12, 0),
        )
        for x in (-0.06, 0.03):
            loop = [(x, -0.02 - 0.09 * math.sin(a), -0.07 * math.cos(a)) for a in np.linspace(0, math.pi, 14)]
            turn.append(kit.tube("strap", loop, 0.016, strap, sides=8))
        parts += [kit.moved(part, (0, 0, z)) for part in turn]
    return kit.tilted(parts, (0, rng.uniform(8, 16), 0))


def surfboard(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A surfboard stood up, pointed nose, stringer and stripes, three fins behind."""
    first, second = looks.two_tone(rng)
    base = np.array(kit.linear(kit.one_of(rng, ("#f4f2ea", "#f4f2ea", "#f3d98b", "#9fd4dd"))))
    pattern = int(rng.integers(3))

    def width(t: float) -> float:
        return 0.24 * max(math.sin(math.pi * (0.1 + 0.9 * t) ** 1.05), 0.0) ** 0.62

    def paint(p: np.ndarray) -> np.ndarray:
        x, t = p[:, 0], p[:, 2] / 2.1
        mark = (
            abs(t - 0.62 - (0.5 * abs(x), 1.2 * x, 0)[pattern]) < 0.05,
            abs(t - 0.3 - 1.2 * x) < 0.09,
            abs(abs(x) - 0.1) < 0.035,
        )[pattern]
        colour = looks.mix(base, first, mark | (t < 0.1 - 0.5 * abs(x)))
        colour = looks.mix(colour, second, (t > 0.84) | (abs(t - 0.72 - (0.5 * abs(x), 1.2 * x, 0)[pattern]) < 0.02))
        return looks.mix(colour, (0.25, 0.13, 0.05), abs(x) < 0.009)

    parts = [_board("board", 2.1, width, 0.07, lambda t: -0.16 * max(t - 0.55, 0) ** 2 / 0.2, paint)]
    for x, z, turn in ((0, 0.16, 0), (-0.13, 0.3, 8), (0.13, 0.3, -8)):
        fin = kit.turned(
            kit.plate("fin", [(0, 0), (0.0, 0.16), (0.15, 0.02), (0.16, 0.0)], 0.015, looks.plain(looks.BRIGHT[0])),
            (0, 0, 90 + turn),
        )
        parts.append(kit.moved(fin, (x, 0.03, z - 0.08)))
    return kit.tilted(parts, (0, float(rng.choice((-1, 1))) * rng.uniform(18, 32), 0))


def skateboard(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A skateboard on its wheels, tipped so that the deck is seen."""
    first, second = looks.two_tone(rng)

    def width(t: float) -> float:
        return 0.1 * math.sqrt(max(1 - (max(abs(t - 0.5) - 0.38, 0) / 0.12) ** 2, 0))

    def paint(p: np.ndarray) -> np.ndarray:
        t = p[:, 2] / 0.8
        grip = looks.mix((0.02, 0.02, 0.022), first, (abs(t - 0.5) < 0.2) & (np.mod(t * 20 + p[:, 0] * 16, 2) < 0.7))
        return looks.mix(looks.mix(second, first, abs(t - 0.5) < 0.12), grip, p[:, 1] < -0.0)

    deck = _board("deck", 0.8, width, 0.015, lambda t: -1.6 * max(abs(t - 0.5) - 0.33, 0) ** 1.5, paint)
    parts = [kit.turned(kit.moved(deck, (0, 0, -0.4)), (-90, 0, 90))]
    metal, wheel_look = looks.steel(0.5), looks.plain(kit.one_of(rng, ("#f1efe6", "#e8641b", "#1aa7b8", "#f2b705")))
    for x in (-0.24, 0.24):
        parts.append(kit.box("truck", (0.06, 0.1, 0.05), metal, at=(x, 0, -0.035), bevel=0.01))
        parts.append(kit.tube("axle", [(x, -0.1, -0.06), (x, 0.1, -0.06)], 0.012, metal))
        for y in (-0.085, 0.085):
            wheel = kit.lathe(
                "wheel",
                [(0.012, -0.02), (0.03, -0.02), (0.034, -0.012), (0.034, 0.012), (0.03, 0.02), (0.012, 0.02)],
                wheel_look,
                steps=24,
            )
            parts.append(kit.moved(kit.turned(wheel, (90, 0, 0)), (x, y, -0.06)))
    return parts


BUILDERS = {
    "skis": skis,
    "snowboard": snowboard,
    "surfboard": surfboard,
    "skateboard": skateboard,
}
