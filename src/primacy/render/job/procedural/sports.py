"""What sport and play need."""

from __future__ import annotations

import math

import bpy
import kit
import numpy as np
from procedural import looks


def frisbee(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A flying disc with a rounded rim, grooves and a printed ring, tipped towards the front."""
    first, _ = looks.two_tone(rng)
    edge = [(1 - 0.1 + 0.1 * math.sin(a), -0.1 + 0.1 * math.cos(a)) for a in np.linspace(math.pi / 2 + 0.9, 0, 14)]
    top = [(r, 0.012 + 0.008 * math.cos(40 * r)) for r in np.linspace(0.89, 0.0, 60)]
    under = [(0.0, -0.03), (0.86, -0.03), (0.86, -0.17)]
    band, spokes = rng.uniform(0.4, 0.6), int(rng.integers(3, 7))

    def paint(p: np.ndarray) -> np.ndarray:
        r, a = np.hypot(p[:, 0], p[:, 1]), np.arctan2(p[:, 1], p[:, 0])
        printed = (abs(r - band) < 0.03) | ((r < band - 0.12) & (np.cos(spokes * a) > 0.3) & (r > 0.1))
        return looks.mix(first, (0.85, 0.85, 0.85), printed & (p[:, 2] > 0))

    disc = kit.lathe("disc", under + edge + top, looks.white(), steps=96)
    return kit.tilted([kit.painted(disc, paint, roughness=0.3)], (rng.uniform(28, 38), rng.uniform(-10, 10), 0))


def kite(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A diamond kite in four panels, or a delta in stripes, with spars, a tail with bows and its string."""
    delta = rng.uniform() < 0.4
    colours = [np.array(kit.linear(looks.BRIGHT[k])) for k in rng.permutation(len(looks.BRIGHT))[:4]]
    outline = np.array(
        [(0, 0.75), (1.35, -0.25), (0.3, -0.4), (0, -0.5), (-0.3, -0.4), (-1.35, -0.25)]
        if delta
        else [(0, 0.75), (0.72, 0.2), (0, -0.95), (-0.72, 0.2)]
    )
    centre = (0, -0.1 if delta else 0.2)

    def shape(u: float, v: float) -> tuple[float, float, float]:
        at = u * len(outline)
        k, share = int(at) % len(outline), at - int(at)
        edge = (1 - share) * outline[k] + share * outline[(k + 1) % len(outline)]
        x, z = centre + v * (edge - centre)
        return x, 0.12 * abs(x), z

    def paint(p: np.ndarray) -> np.ndarray:
        x, z = p[:, 0], p[:, 2]
        which = (np.abs(x) * 3.4 + (z < -0.1)).astype(int) % 4 if delta else 2 * (z > 0.2) + (x > 0)
        return np.array(colours)[which]

    stick = looks.wood(rng, 0.6)
    cloth = kit.painted(kit.sheet("cloth", shape, looks.white(), steps=(96, 40)), paint, roughness=0.7)
    low, high = outline[:, 1].min(), outline[:, 1].max()
    wide = outline[:, 0].max()
    parts = [cloth, kit.tube("spine", [(0, 0.01, low), (0, 0.01, high)], 0.014, stick, sides=6)]
    parts.append(
        kit.tube(
            "cross",
            [
                (x, 0.01 + 0.12 * abs(x), 0.2 - 0.3 * delta)
                for x in (-wide * (0.72 if delta else 1), 0, wide * (0.72 if delta else 1))
            ],
            0.014,
            stick,
            sides=6,
        )
    )
    tail = kit.smooth_path(
        [(0, 0.02, low), (0.12, 0.02, low - 0.2), (-0.14, 0, low - 0.45), (0.12, 0, low - 0.7), (-0.1, 0, low - 0.95)],
        40,
    )
    parts.append(kit.tube("tail", tail, 0.012, looks.white(), sides=6))
    for k, spot in enumerate(tail[7::8]):
        bow = kit.plate(
            "bow",
            [(-0.12, 0.07), (0, 0.015), (0.12, 0.07), (0.12, -0.07), (0, -0.015), (-0.12, -0.07)],
            0.012,
            kit.material("bow", colours[k % 4]),
        )
        parts.append(kit.moved(kit.turned(bow, (0, 30 * (-1) ** k, 0)), spot))
    return kit.tilted(parts, (-18, rng.uniform(10, 22), 0))


def baseball_bat(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A bat held aslant: barrel, thin handle with grip, knob; of wood or painted aluminium."""
    metal = rng.uniform() < 0.4
    look = (
        kit.material("barrel", kit.linear(kit.one_of(rng, looks.BRIGHT)), metallic=0.4, roughness=0.25)
        if metal
        else looks.wood(rng, 1.25, upright=True)
    )
    grip = looks.black(0.8) if metal or rng.uniform() < 0.5 else looks.wood(rng, 0.7, upright=True)
    knob = [(0, 0), (0.04, 0.0), (0.043, 0.015), (0.035, 0.03), (0.021, 0.04)]
    handle = [(0.02, 0.04), (0.019, 0.12), (0.021, 0.26)]
    barrel = kit.smooth_path(
        [(0.021, 0.26), (0.024, 0.36), (0.037, 0.54), (0.047, 0.66), (0.05, 0.76), (0.05, 0.92)], 30
    )
    end = [(0.046, 0.94), (0.035, 0.95), (0, 0.945)]
    label = kit.linear("#2c1608")

    def paint(p: np.ndarray) -> np.ndarray:
        return looks.mix((0.85, 0.85, 0.85), label, (abs(p[:, 2] - 0.66) < 0.05))

    parts = [
        kit.lathe("knob", knob, look),
        kit.lathe("handle", handle, grip),
        kit.lathe("barrel", [*barrel, *end], look),
    ]
    band = (
        kit.painted(kit.lathe("label", [(0.0475, 0.6), (0.0495, 0.66), (0.0502, 0.72)], look), paint) if metal else None
    )
    return kit.tilted([part for part in (*parts, band) if part], (0, rng.uniform(28, 48), 0))


def baseball_glove(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A fielder's glove, pocket to the front: padded palm, four fingers, thumb, laced web."""
    hide = looks.leather(kit.one_of(rng, ("#8a4a1f", "#b0702f", "#5c2f16", "#2a2523")))
    lace = looks.leather("#d9b47a")
    parts = []
    heel = kit.ball("heel", 0.52, hide, at=(0.02, 0.06, 0.45), stretch=(1.0, 0.4, 0.9))
    parts.append(kit.without(heel, kit.ball("pocket", 0.46, hide, at=(0.04, -0.26, 0.62), stretch=(0.9, 0.7, 1.05))))
    # Foot and tip of each finger, from the little one to the index, and the thumb.
    fingers = (
        (-0.4, 0.66, -0.66, 1.16, 0.15),
        (-0.24, 0.76, -0.37, 1.4, 0.15),
        (-0.04, 0.8, -0.08, 1.5, 0.15),
        (0.16, 0.78, 0.2, 1.46, 0.15),
        (0.44, 0.55, 0.7, 1.22, 0.16),
    )
    for x, z, tip_x, tip_z, r in fingers:
        path = kit.smooth_path(
            [(x, 0.1, z), (0.5 * (x + tip_x) - 0.02, 0.13, 0.5 * (z + tip_z)), (tip_x, -0.06, tip_z)], 18
        )
        girth = [
            r * (1.0 if t < 0.75 else math.sqrt(max(1 - ((t - 0.75) / 0.26) ** 2, 0.01))) for t in np.linspace(0, 1, 18)
        ]
        parts.append(kit.tube("finger", path, girth, hide, sides=20))
    web = kit.sheet(
        "web",
        lambda u, v: (0.26 + (0.3 + 0.1 * v) * u, 0.1 - 0.06 * v, 0.66 + 0.68 * v - 0.2 * u * v),
        hide,
        steps=(10, 10),
        thickness=0.05,
    )
    parts.append(web)
    for k in range(4):
        z = 0.8 + 0.13 * k
        parts.append(
            kit.tube(
                "lace",
                kit.smooth_path([(0.26, 0.02, z), (0.45, 0.0, z - 0.02), (0.6, -0.03, z - 0.06)], 10),
                0.02,
                lace,
                sides=6,
            )
        )
    for x in (0.36, 0.44, 0.52):
        parts.append(kit.tube("lace", [(x, 0.01, 0.75), (x + 0.02, -0.02, 1.28)], 0.02, lace, sides=6))
    row = [
        (-0.58 + 0.026 * k, -0.06 + 0.03 * (-1) ** k, 1.02 + 0.12 * math.sin(math.pi * k / 38) + 0.03 * (-1) ** k)
        for k in range(32)
    ]
    parts.append(kit.tube("lacing", row, 0.016, lace, sides=6))
    rim = [
        (0.5 * math.cos(a), -0.05, 0.42 + 0.42 * math.sin(a)) for a in np.linspace(math.pi * 1.02, math.pi * 1.98, 30)
    ]
    parts.append(kit.tube("welt", rim, 0.035, lace if rng.uniform() < 0.5 else hide, sides=8))
    return parts


def tennis_racket(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A racket held aslant: oval head with strings, open throat, wrapped handle."""
    first, second = looks.two_tone(rng)
    frame, mark = kit.material("frame", first, roughness=0.3), kit.material("mark", second, roughness=0.3)
    string = looks.plain("#f4f2d8", 0.6)
    a, b, middle = 0.15, rng.uniform(0.18, 0.2), 0.72
    head = [(a * x, 0, middle + b * z) for x, z in kit.ring_of(64, 1.0)]
    parts = [kit.tube("head", head, 0.014, frame, closed=True), kit.tube("top", head[10:23], 0.0155, mark)]
    for side in (-1, 1):
        throat = kit.smooth_path(
            [(0.118 * side, 0, 0.6), (0.07 * side, 0, 0.48), (0.018 * side, 0, 0.37), (0.012 * side, 0, 0.28)], 16
        )
        parts.append(kit.tube("throat", throat, 0.014, frame))
    parts.append(
        kit.tube("handle", [(0, 0, 0.0), (0, 0, 0.02), (0, 0, 0.28)], [0.025, 0.021, 0.02], looks.black(0.8), sides=8)
    )
    parts.append(kit.tube("collar", [(0, 0, 0.27), (0, 0, 0.3)], 0.022, mark))
    for x in np.linspace(-0.9, 0.9, 15):
        reach = b * math.sqrt(1 - x * x)
        parts.append(
            kit.tube("string", [(a * x, 0, middle - reach), (a * x, 0, middle + reach)], 0.0022, string, sides=4)
        )
    for z in np.linspace(-0.92, 0.92, 18):
        reach = a * math.sqrt(1 - z * z)
        parts.append(
            kit.tube("string", [(-reach, 0, middle + b * z), (reach, 0, middle + b * z)], 0.0022, string, sides=4)
        )
    return kit.tilted(parts, (-12, rng.uniform(20, 42), 0))


BUILDERS = {
    "frisbee": frisbee,
    "kite": kite,
    "baseball_bat": baseball_bat,
    "baseball_glove": baseball_glove,
    "tennis_racket": tennis_racket,
}
