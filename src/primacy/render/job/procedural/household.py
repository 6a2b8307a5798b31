"""Small things of a household."""

from __future__ import annotations

import math

import bpy
import kit
import numpy as np
from procedural import looks


def _slant(parts: list[bpy.types.Object], rng: np.random.Generator, low: float, high: float) -> list[bpy.types.Object]:
    """Lean a long thing to the right, so that it is not a mere upright line."""
    return kit.tilted(parts, (0, rng.uniform(low, high), 0))


def hair_drier(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A hair drier seen from its side: barrel, nozzle, grille at the back, handle with switches, cord."""
    shell_code, trim_code = kit.one_of(
        rng,
        (
            ("#d6336c", "#2a2a2d"),
            ("#1d1d20", "#c8102e"),
            ("#1aa7b8", "#f1f1ee"),
            ("#c8102e", "#1d1d20"),
            ("#e9e9ec", "#7b61a8"),
        ),
    )
    shell, trim, dark = looks.plain(shell_code, 0.25), looks.plain(trim_code, 0.3), looks.black()
    fat = rng.uniform(0.28, 0.34)
    barrel = [
        (0.2, 0.0),
        (0.21, 0.02),
        (0.23, 0.25),
        (fat, 0.6),
        (fat + 0.02, 0.8),
        (fat, 1.0),
        (0.2, 1.12),
        (0.0, 1.14),
    ]
    nozzle = [(0.13, -0.42), (0.2, -0.05), (0.25, -0.02), (0.25, 0.08), (0.2, 0.09)]
    pieces = [kit.lathe("barrel", barrel, shell), kit.scaled(kit.lathe("nozzle", nozzle, dark), (0.95, 1.08, 1))]
    pieces += [
        kit.tube("ring", [(r * x, r * y, z) for x, y in kit.ring_of(40, 1.0)], 0.02, trim, closed=True)
        for r, z in ((0.24, 0.25), (fat, 1.0))
    ]
    pieces += [
        kit.tube("grille", [(r * x, r * y, z) for x, y in kit.ring_of(30, 1.0)], 0.014, dark, closed=True)
        for r, z in ((0.06, 1.145), (0.12, 1.14), (0.18, 1.125))
    ]
    parts = kit.tilted(pieces, (0, 90, 0))
    section = [(0.115 * math.copysign(abs(x) ** 0.8, x), 0.095 * y) for x, y in kit.ring_of(32, 1.0)]
    spine = [(0.68, -0.1, 1.25), (0.69, -0.45, 1.1), (0.74, -0.8, 1.0), (0.76, -1.0, 1.05), (0.765, -1.04, 0.8)]
    parts.append(kit.loft("handle", [[(cx + s * x, s * y, z) for x, y in section] for cx, z, s in spine], shell))
    parts += [
        kit.box("switch", (0.07, 0.05, 0.15), trim, at=(0.7, -0.11, -0.5), bevel=0.012),
        kit.box("switch", (0.07, 0.05, 0.09), dark, at=(0.72, -0.1, -0.72), bevel=0.012),
    ]
    cord = kit.smooth_path(
        [(0.765, 0, -1.02), (0.78, 0, -1.2), (0.62, 0, -1.32), (0.35, 0, -1.22), (0.1, 0, -1.3), (-0.1, 0, -1.2)], 50
    )
    return kit.tilted([*parts, kit.tube("cord", cord, 0.03, dark)], (0, rng.uniform(-6, 10), 0))


def hair_brush(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A paddle brush: oval head with a cushion of bristles, handle."""
    body = looks.wood(rng) if rng.uniform() < 0.5 else looks.plain(kit.one_of(rng, looks.BRIGHT), 0.3)
    cushion, bristle = (
        looks.plain(kit.one_of(rng, ("#1c1c1e", "#b3202a", "#d9d4c8"))),
        looks.plain(kit.one_of(rng, ("#0c0c0d", "#d8c79a"))),
    )
    wide = rng.uniform(0.28, 0.36)
    head = [(wide * math.copysign(abs(x) ** 0.8, x), 0.5 * z + 1.35) for x, z in kit.ring_of(60, 1.0)]
    grip = kit.smooth_path([(0.07, 0.95), (0.05, 0.7), (0.08, 0.35), (0.085, 0.12), (0.05, 0.0)], 30)
    parts = [
        kit.plate("head", head, 0.12, body, bevel=0.03),
        kit.loft("handle", [[(r * x, 0.75 * r * y, z) for x, y in kit.ring_of(24, 1.0)] for r, z in grip], body),
    ]
    parts.append(kit.ball("cushion", 1.0, cushion, at=(0, -0.05, 1.35), stretch=(0.86 * wide, 0.1, 0.42)))
    for z in np.linspace(-0.85, 0.85, 13):
        reach = math.sqrt(1 - z * z)
        for x in np.linspace(-reach, reach, max(round(9 * reach), 2)):
            foot = np.array((0.78 * wide * x, -0.1, 1.35 + 0.4 * z))
            tip = np.add(foot, (0.03 * x, -0.2, 0.03 * z))
            parts.append(kit.tube("bristle", [foot, tip], 0.011, bristle, sides=4))
    return _slant(parts, rng, 15, 35)


def scissors(rng: np.random.Generator) -> list[bpy.types.Object]:
    """Open scissors, points up: two steel blades on a screw, two coloured finger rings."""
    grip = looks.plain(kit.one_of(rng, ("#e8641b", "#c8102e", "#17181a", "#1446a0", "#0e8a3e")), 0.35)
    steel = kit.material("blade", (0.4, 0.41, 0.43), metallic=0.75, roughness=0.25)
    spread, size = rng.uniform(11, 18), rng.uniform(0.9, 1.1)
    blade = [(-0.07, -0.1), (0.075, -0.05), (0.085, 0.15), (0.06, 0.7), (0.0, 1.22), (-0.03, 1.2), (-0.065, 0.3)]
    shank = kit.smooth_path([(0.0, 0.0), (0.03, -0.2), (0.05, -0.36), (0.06, -0.5)], 14)
    parts = []
    for side in (-1, 1):
        centre = np.array((0.13 * size, -0.74))
        loop = [
            (centre[0] + 0.17 * size * x + 0.03 * z, 0.0, centre[1] + 0.26 * size * z) for x, z in kit.ring_of(40, 1.0)
        ]
        half = [
            kit.plate("blade", blade, 0.03, steel),
            kit.tube("shank", [(x, 0, z) for x, z in shank], 0.06, grip),
            kit.tube("ring", loop, 0.055, grip, closed=True),
        ]
        half = [kit.scaled(part, (side, 1, 1)) for part in half]
        parts += [kit.moved(part, (0, 0.018 * side, 0)) for part in kit.tilted(half, (0, -spread * side, 0))]
    screw = kit.turned(
        kit.lathe("screw", [(0.055, 0), (0.05, 0.02), (0, 0.025)], looks.steel(0.25), steps=20), (90, 0, 0)
    )
    return kit.tilted([*parts, kit.moved(screw, (0, -0.035, 0))], (0, rng.uniform(-25, 25), 0))


def toothbrush(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A toothbrush held aslant: curved handle with a rubber grip, rows of white and coloured bristles."""
    code = kit.one_of(rng, ("#1446a0", "#0e8a3e", "#c8102e", "#1aa7b8", "#d6336c", "#6a2c91"))
    body, grip = looks.plain(code, 0.25), looks.white()
    spine = kit.smooth_path(
        [
            (0.0, 0.0, 0.1),
            (0.02, 0.5, 0.13),
            (-0.03, 1.0, 0.12),
            (0.03, 1.4, 0.075),
            (0.0, 1.75, 0.06),
            (-0.01, 2.0, 0.09),
            (0.0, 2.35, 0.09),
        ],
        60,
    )
    spine = [
        *((x, z, r * s) for (x, z, r), s in zip([spine[0]] * 2, (0.4, 0.8), strict=True)),
        *spine,
        (0.0, 2.39, 0.05),
    ]
    parts = [
        kit.loft(
            "handle",
            [
                [(r * a, x + 0.8 * r * b, z + 0.004 * k) for a, b in kit.ring_of(20, 1.0)]
                for k, (x, z, r) in enumerate(spine)
            ],
            body,
        )
    ]
    parts.append(kit.ball("grip", 1.0, grip, at=(0, -0.07, 0.85), stretch=(0.075, 0.055, 0.4)))
    tufts = [kit.material("tuft", colour, roughness=0.8) for colour in ((0.85, 0.85, 0.85), kit.linear(code))]
    for j in range(9):
        for x in (-0.055, 0.0, 0.055):
            z, reach = 2.16 + 0.052 * j, 0.27 + 0.02 * (j % 2)
            parts.append(
                kit.tube(
                    "tuft", [(x, -0.05, z), (1.05 * x, -0.05 - reach, z)], 0.025, tufts[int(j in (3, 4, 5))], sides=8
                )
            )
    return _slant(kit.tilted(parts, (0, 0, -55)), rng, 28, 45)


def vase(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A vase: a turned body, narrow neck and lip, glazed in one colour with painted bands."""
    glaze, mark = (
        np.array(kit.linear(code))
        for code in kit.one_of(
            rng,
            (
                ("#e9e6dc", "#1f4e9c"),
                ("#1f6f78", "#e0c068"),
                ("#b5472a", "#2a1a14"),
                ("#27408b", "#d9d9e8"),
                ("#7a9e6b", "#f0ead2"),
            ),
        )
    )
    belly, neck, lip = rng.uniform(0.3, 0.42), rng.uniform(0.1, 0.17), rng.uniform(0.17, 0.24)
    at = rng.uniform(0.4, 0.62)
    outside = kit.smooth_path(
        [
            (0.19, 0.0),
            (0.21, 0.03),
            (0.5 * belly + 0.1, 0.18),
            (belly, at),
            (0.5 * (belly + neck), 0.5 * (at + 1.0)),
            (neck, 1.02),
            (neck + 0.01, 1.1),
            (lip, 1.22),
        ],
        120,
    )
    inside = [(lip - 0.025, 1.22), (neck - 0.015, 1.1), (neck - 0.015, 0.95), (0.0, 0.9)]
    petals = int(rng.integers(8, 14))

    def paint(p: np.ndarray) -> np.ndarray:
        z, turn = p[:, 2], np.arctan2(p[:, 1], p[:, 0])
        flower = abs(np.sin(petals * turn / 2)) * np.clip(1 - ((z - at) / 0.16) ** 2, 0, 1)
        bands = (
            (abs(z - at - 0.22) < 0.015)
            | (abs(z - at + 0.22) < 0.015)
            | (abs(z - 1.05) < 0.03)
            | (z < 0.05)
            | (abs(z - 1.21) < 0.012)
        )
        return looks.mix(glaze, mark, np.maximum(np.clip(8 * flower - 3.5, 0, 1), bands))

    parts = [kit.painted(kit.lathe("body", outside, looks.white(), steps=160), paint, roughness=0.15)]
    parts.append(kit.lathe("inside", inside, kit.material("inside", 0.3 * glaze)))
    if rng.uniform() < 0.4:
        for side in (-1, 1):
            ear = kit.smooth_path(
                [
                    (neck * side, 0, 1.08),
                    ((neck + 0.16) * side, 0, 1.08),
                    ((neck + 0.2) * side, 0, 0.9),
                    (0.5 * (belly + neck) * side, 0, 0.5 * (at + 1.0)),
                ],
                20,
            )
            parts.append(kit.tube("ear", ear, 0.028, kit.material("ear", mark, roughness=0.2)))
    return parts


def teddy_bear(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A sitting teddy bear of plush with a light muzzle, belly and soles, and a bow."""
    code = kit.one_of(rng, ("#8a5628", "#c49156", "#e3d3b8", "#5a3a24"))
    fur = kit.material("fur", kit.linear(code), roughness=0.95, bump=0.8, bump_scale=45.0)
    pale = kit.material(
        "pale", looks.mix(kit.linear(code), (0.85, 0.7, 0.5), 0.55), roughness=0.95, bump=0.6, bump_scale=45.0
    )
    dark, bow = looks.black(0.2), looks.plain(kit.one_of(rng, looks.BRIGHT), 0.6)
    plump = rng.uniform(0.95, 1.12)
    parts = [
        kit.ball("trunk", 0.42, fur, at=(0, 0, 0.42), stretch=(plump, 0.85, 1.05)),
        kit.ball("belly", 0.3, pale, at=(0, -0.12, 0.4), stretch=(plump, 0.85, 1.05)),
        kit.ball("head", 0.36, fur, at=(0, -0.03, 1.08), stretch=(1.08, 0.95, 0.97)),
        kit.ball("muzzle", 0.17, pale, at=(0, -0.31, 1.0), stretch=(1.1, 0.8, 0.85)),
        kit.ball("nose", 0.065, dark, at=(0, -0.45, 1.06), stretch=(1.3, 0.7, 0.8)),
        kit.tube(
            "mouth",
            kit.smooth_path(
                [
                    (-0.09, -0.42, 0.94),
                    (-0.04, -0.455, 0.92),
                    (0, -0.46, 0.97),
                    (0.04, -0.455, 0.92),
                    (0.09, -0.42, 0.94),
                ],
                20,
            ),
            0.012,
            dark,
        ),
    ]
    for side in (-1, 1):
        parts += [
            kit.ball("ear", 0.14, fur, at=(0.29 * side, 0.0, 1.38), stretch=(1, 0.55, 1)),
            kit.ball("ear", 0.09, pale, at=(0.29 * side, -0.055, 1.38), stretch=(1, 0.5, 1)),
            kit.ball("eye", 0.045, dark, at=(0.14 * side, -0.33, 1.16)),
            kit.moved(
                kit.turned(kit.ball("arm", 0.15, fur, stretch=(0.95, 0.95, 2.0)), (-35, -38 * side, 0)),
                (0.46 * side, -0.14, 0.6),
            ),
            kit.moved(
                kit.turned(kit.ball("leg", 0.19, fur, at=(0, -0.32, 0), stretch=(1, 2.0, 0.95)), (0, 0, 24 * side)),
                (0.17 * side, -0.05, 0.19),
            ),
            kit.ball("sole", 0.145, pale, at=(0.44 * side, -0.665, 0.19), stretch=(1, 0.5, 1.15)),
            kit.ball("bow", 0.11, bow, at=(0.12 * side, -0.33, 0.78), stretch=(1.2, 0.5, 0.8)),
        ]
    return [*parts, kit.ball("knot", 0.055, bow, at=(0, -0.36, 0.78))]


BUILDERS = {
    "hair_drier": hair_drier,
    "hair_brush": hair_brush,
    "scissors": scissors,
    "toothbrush": toothbrush,
    "vase": vase,
    "teddy_bear": teddy_bear,
}
