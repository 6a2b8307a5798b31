"""What flies, rolls on rails or floats."""

from __future__ import annotations

import math

import bpy
import kit
import numpy as np
from procedural import looks


def _ellipse(
    y: float, middle: float, wide: float, high: float, power: float = 1.0, steps: int = 40
) -> list[tuple[float, float, float]]:
    """A ring across the Y axis; `power` below 1 makes the ellipse boxier."""
    ring = []
    for a in np.linspace(0, 2 * math.pi, steps, endpoint=False):
        c, s = math.cos(a), math.sin(a)
        ring.append((wide * math.copysign(abs(c) ** power, c), y, middle + high * math.copysign(abs(s) ** power, s)))
    return ring


def _fin(
    name: str, root: kit.RGB, tip: kit.RGB, chords: tuple[float, float], look: bpy.types.Material
) -> bpy.types.Object:
    """A wing between the middles of two chords; the chords lie along Y."""
    along = np.subtract(tip, root)
    thick = np.cross(along, (0, 1, 0)) / np.linalg.norm(along)
    section = [(-0.5, 0.0), (-0.35, 0.05), (0.0, 0.06), (0.5, 0.0), (0.0, -0.06), (-0.35, -0.05)]
    rings = [
        [np.add(at, chord * (np.array((0, y, 0)) + t * thick)) for y, t in section]
        for at, chord in zip((root, tip), chords, strict=True)
    ]
    return kit.loft(name, rings, look)


def airplane(rng: np.random.Generator) -> list[bpy.types.Object]:
    """An airliner: painted fuselage with cockpit and cabin windows, swept wings with engines, tail, wheels."""
    accent = kit.linear(kit.one_of(rng, looks.BRIGHT))
    white, belly, stripe_at = np.array((0.74, 0.74, 0.76)), np.array((0.4, 0.42, 0.45)), rng.uniform(-0.25, -0.1)
    half, engines = rng.uniform(4.2, 5.0), 2 if rng.uniform() < 0.6 else 4

    def paint(p: np.ndarray) -> np.ndarray:
        _, y, z = p.T
        colour = looks.mix(white, belly, z < -0.32)
        colour[(abs(z - stripe_at) < 0.07) | (y + 0.9 * z > 0.62 * half)] = accent
        colour[(abs(z - 0.14) < 0.07) & (abs(y) < 0.7 * half) & (np.sin(y * 28) > -0.2)] = (0.03, 0.04, 0.06)
        colour[(y < -0.865 * half) & (y > -0.945 * half) & (z > 0.1) & (z < 0.34)] = (0.02, 0.02, 0.03)
        return colour

    rings = []
    for y in np.linspace(-1, 1, 240):
        nose = min(1.0, math.sqrt(max(1 - ((y + 0.78) / 0.22) ** 2, 0.0))) if y < -0.78 else 1.0
        tail = 1 - 0.88 * (max(y - 0.45, 0) / 0.55) ** 1.5
        size = 0.52 * max(nose * tail, 0.02)
        rings.append(_ellipse(y * half, 0.4 * (1 - tail) - 0.12 * (1 - nose), size, size, steps=64))
    skin, grey = looks.plain("#d8dade"), looks.steel(0.5)
    tail_look = kit.material("tail", accent, roughness=0.4)
    parts = [kit.painted(kit.loft("fuselage", rings, skin), paint, roughness=0.35)]
    parts.append(_fin("fin", (0, 0.8 * half, 0.45), (0, 1.02 * half, 1.9), (1.5, 0.7), tail_look))
    spots = [(0.36, 0.1)] if engines == 2 else [(0.3, 0.0), (0.58, 0.3)]
    for side in (-1, 1):
        parts.append(_fin("wing", (0.3 * side, 0.0, -0.25), (4.3 * side, 1.7, 0.25), (2.1, 0.55), skin))
        parts.append(
            _fin("stabiliser", (0.1 * side, 0.86 * half, 0.35), (1.6 * side, 1.02 * half, 0.5), (1.0, 0.45), skin)
        )
        parts.append(_fin("winglet", (4.28 * side, 1.7, 0.24), (4.4 * side, 2.0, 0.8), (0.55, 0.25), tail_look))
        for share, shift in spots:
            cowl = kit.lathe(
                "engine",
                [(0.1, -0.95), (0.2, -0.8), (0.3, -0.2), (0.3, 0.25), (0.26, 0.3), (0.24, 0.2)],
                grey,
                steps=24,
            )
            fan = kit.lathe("fan", [(0.24, 0.21), (0.05, 0.22), (0.0, 0.3)], looks.black(), steps=24)
            parts += [
                kit.moved(kit.turned(part, (90, 0, 0)), (4.3 * share * side, shift - 0.75, -0.45))
                for part in (cowl, fan)
            ]
    for x, y in ((0, -0.7 * half), (-0.55, 0.4), (0.55, 0.4)):
        parts.append(kit.lathe("strut", [(0.05, -1.0), (0.05, -0.3)], grey, steps=8, at=(x, y, 0)))
        parts.append(kit.ball("wheel", 0.2, looks.black(), at=(x, y, -1.0), stretch=(0.7, 1, 1)))
    return parts


def train(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A passenger train: a locomotive with a slanting windscreen and lamps, and a coach behind it, on bogies."""
    main, second = (
        kit.linear(code)
        for code in kit.one_of(
            rng,
            (
                ("#c8102e", "#e9e9e4"),
                ("#1446a0", "#f2b705"),
                ("#e9e9e4", "#1446a0"),
                ("#0e6a3e", "#e8dca0"),
                ("#f2b705", "#1d2a55"),
            ),
        )
    )
    slope = rng.uniform(0.15, 0.7)
    lengths = (2.9, 2.5)
    parts, y = [], 0.0
    for k, length in enumerate(lengths):
        parts += [kit.moved(part, (0, y, 0)) for part in _coach(length, main, second, slope if k == 0 else 0.0)]
        y += length + 0.2
    lamp = kit.material("lamp", (1, 0.95, 0.8), roughness=0.2, glow=1.0)
    front = [kit.box("buffer beam", (1.0, 0.2, 0.25), looks.black(), at=(0, -0.05, 0.4), bevel=0.03)]
    front.append(kit.ball("lamp", 0.07, lamp, at=(0, -0.02 + 0.95 * slope, 1.62), stretch=(1.3, 0.6, 1)))
    for x in (-0.36, 0.36):
        front.append(kit.ball("lamp", 0.09, lamp, at=(x, 0.0, 0.72), stretch=(1, 0.6, 1)))
        buffer = kit.turned(
            kit.lathe("buffer", [(0.05, 0), (0.05, 0.16), (0.12, 0.16), (0.12, 0.19)], looks.steel(0.2), steps=16),
            (90, 0, 0),
        )
        front.append(kit.moved(buffer, (x, -0.12, 0.42)))
    return parts + front + _track(y)


def _track(length: float) -> list[bpy.types.Object]:
    steel, sleeper = looks.steel(0.25), looks.plain("#4a3a2c", 0.9)
    parts = [kit.box("rail", (0.07, length + 0.3, 0.1), steel, at=(x, length / 2, -0.14)) for x in (-0.4, 0.4)]
    return parts + [kit.box("sleeper", (1.2, 0.18, 0.06), sleeper, at=(0, y, -0.2)) for y in np.arange(0, length, 0.42)]


def _coach(length: float, main: kit.RGB, second: kit.RGB, slope: float) -> list[bpy.types.Object]:
    """A car from y = 0 to `length`; the front leans back by `slope` and has a windscreen where that is not zero."""
    dark = (0.02, 0.025, 0.035)
    cab = slope > 0

    def lean(p: np.ndarray) -> np.ndarray:
        near = np.clip(1 - p[:, 1] / 1.2, 0, 1)
        return p + np.stack(
            [-0.18 * cab * near**3 * p[:, 0], slope * near * np.clip(p[:, 2] - 0.75, 0, None), 0 * near], axis=1
        )

    def paint(p: np.ndarray) -> np.ndarray:
        x, y, z = p.T
        colour = np.broadcast_to(np.asarray(main, float), p.shape).copy()
        colour[abs(z - 0.72) < 0.1] = second
        colour[z < 0.32] = (0.06, 0.06, 0.065)
        colour[z > 1.62] = (0.1, 0.105, 0.11)
        side = abs(x) > 0.42
        colour[side & (abs(z - 1.22) < 0.2) & (y > 0.9 * cab + 0.2) & (np.mod(y, 0.42) < 0.34) & (y < length - 0.2)] = (
            dark
        )
        colour[
            side & (z > 0.4) & (abs(z - 0.95) < 0.5) & (abs(np.mod(y, length - 0.5) - 0.62 - 0.35 * cab) < 0.015)
        ] = dark
        colour[side & cab & (abs(z - 1.25) < 0.18) & (abs(y - 0.35) < 0.18)] = dark
        colour[cab & (y < 0.02) & (z < 1.0) & (z > 0.62)] = second
        colour[cab & (y < 0.02) & (abs(z - 1.28) < 0.23) & (abs(x) < 0.44) & (abs(x) > 0.025)] = dark
        return colour

    body = [_ellipse(y, 0.94, 0.52, 0.76, power=0.3, steps=160) for y in np.linspace(0.0, length, round(length * 32))]
    # The ends are rings within rings, for the paint needs vertices there.
    ends = [
        [
            [(s * px, y, 0.94 + s * (pz - 0.94)) for px, y, pz in _ellipse(at, 0.94, 0.52, 0.76, power=0.3, steps=160)]
            for s in scales
        ]
        for at, scales in ((0.0, np.linspace(0.02, 0.98, 30)), (length, np.linspace(0.98, 0.02, 10)))
    ]
    parts = [
        kit.warped(kit.painted(kit.loft("car", [*ends[0], *body, *ends[1]], looks.white()), paint, roughness=0.3), lean)
    ]
    grey, iron = looks.plain("#26282b"), looks.steel(0.2)
    parts.append(kit.box("frame", (0.8, length - 0.3, 0.15), grey, at=(0, length / 2, 0.2)))
    for middle in (0.75, length - 0.75):
        parts.append(kit.box("bogie", (0.86, 1.0, 0.14), grey, at=(0, middle, 0.14), bevel=0.03))
        for x, y in ((-0.4, -0.3), (-0.4, 0.3), (0.4, -0.3), (0.4, 0.3)):
            wheel = kit.turned(kit.lathe("wheel", [(0.17, -0.05), (0.17, 0.05)], iron, steps=20), (0, 90, 0))
            parts.append(kit.moved(wheel, (x, middle + y, 0.08)))
    return parts


def boat(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A small sailing boat with mast, mainsail and jib, the sails swung out."""
    hull_code, band = kit.one_of(
        rng, (("#f2f2ee", "#1446a0"), ("#1d3557", "#e8e8e8"), ("#b3202a", "#f2f2ee"), ("#7a4a21", "#e8dca0"))
    )
    spinnaker = kit.linear(kit.one_of(rng, ("#f4f1e6", "#f4f1e6", "#c8102e", "#1446a0", "#f2b705")))
    swing = math.radians(rng.uniform(18, 40))
    rings = []
    for t in np.linspace(0, 1, 40):
        wide = 0.55 * (math.sin(math.pi * min(0.5, 0.62 * t + 0.004)) ** 0.8 if t < 0.8 else 1 - 0.25 * (t - 0.8))
        sheer, keel = 0.55 + 0.16 * (1 - t) ** 2, 0.05 + 0.4 * max(0.25 - t, 0) ** 0.5
        profile = [
            (1, sheer),
            (0.97, 0.35),
            (0.72, 0.16),
            (0.0, keel),
            (-0.72, 0.16),
            (-0.97, 0.35),
            (-1, sheer),
            (-0.86, sheer - 0.04),
            (0.86, sheer - 0.04),
        ]
        rings.append([(wide * x, -1.6 + 3.2 * t, max(z, keel)) for x, z in profile])
    deck_z = 0.57

    def coat(p: np.ndarray) -> np.ndarray:
        colour = looks.mix(kit.linear(hull_code), kit.linear(band), p[:, 2] < 0.2)
        colour[p[:, 2] > 0.47 + 0.1 * (p[:, 1] < -0.6)] = kit.linear("#b98a54")
        return colour

    pole = looks.steel(0.6)
    cockpit = kit.box("cockpit", (0.5, 1.0, 0.06), looks.plain("#5d3c20"), at=(0, 0.8, 0.545), bevel=0.02)
    parts = [
        kit.painted(kit.loft("hull", rings, pole), coat, roughness=0.35),
        cockpit,
        kit.box("cabin", (0.55, 0.75, 0.22), looks.white(), at=(0, -0.25, deck_z + 0.08), bevel=0.05),
    ]
    parts += [kit.box("pane", (0.57, 0.5, 0.07), looks.glass(), at=(0, -0.25, deck_z + 0.1), bevel=0.01)]
    parts += [
        kit.tube("mast", [(0, -0.35, 0.4), (0, -0.35, 4.1)], 0.04, pole),
        kit.tube("stay", [(0, -1.55, 0.7), (0, -0.35, 4.0)], 0.01, pole),
    ]
    out = np.array((math.sin(swing), math.cos(swing)))

    def sail(
        u: float, v: float, foot: float, tack: tuple[float, float, float], top: float, rake: float, belly: float
    ) -> tuple[float, float, float]:
        reach, sag = (
            foot * u * (1 - v) ** 0.85,
            belly * math.sin(math.pi * u) * (1 - v) * math.sin(math.pi * (0.25 + 0.6 * v)),
        )
        x, y = reach * out + sag * np.array((out[1], -out[0]))
        return tack[0] + x, tack[1] + rake * v + y, tack[2] + (top - tack[2]) * v

    cloth = looks.plain("#f4f1e6", 0.8)
    mainsail = kit.sheet(
        "mainsail", lambda u, v: sail(u, v, 1.75, (0, -0.3, 1.05), 4.05, 0.0, 0.3), cloth, thickness=0.015
    )
    jib = kit.sheet("jib", lambda u, v: sail(u, v, 1.15, (0, -1.5, 0.75), 3.6, 1.1, 0.35), cloth, thickness=0.015)
    tint = kit.painted(jib, lambda p: np.broadcast_to(spinnaker, p.shape), roughness=0.8)
    boom = kit.tube("boom", [(0, -0.33, 1.0), (1.75 * out[0], -0.3 + 1.75 * out[1], 1.0)], 0.035, pole)
    rudder = kit.box("rudder", (0.05, 0.2, 0.6), looks.plain("#5d3c20"), at=(0, 1.65, 0.3))
    return [*parts, mainsail, tint, boom, rudder]


def truck(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A box truck: cab with windscreen, grille and lamps, a cargo box, six wheels."""
    coat = looks.plain(kit.one_of(rng, ("#c8102e", "#1446a0", "#e9e9e4", "#f2b705", "#0e6a3e")), 0.3)
    cargo = looks.plain(kit.one_of(rng, ("#eceae4", "#d8dadd", "#f0ead2")), 0.6)
    length = rng.uniform(2.6, 3.6)
    glass, rubber, chrome = looks.glass(), looks.black(0.8), looks.steel(0.6)
    section = [(-0.9, 0.4), (-0.95, 0.95), (-0.72, 1.05), (-0.5, 1.75), (-0.35, 1.85), (0.35, 1.85), (0.35, 0.4)]
    cab = kit.turned(kit.plate("cab", section, 1.3, coat, bevel=0.04), (0, 0, 90))
    parts = [cab, kit.box("frame", (0.8, length + 1.1, 0.2), looks.black(), at=(0, length / 2, 0.42))]
    parts.append(kit.box("cargo", (1.5, length, 1.75), cargo, at=(0, 0.5 + length / 2, 1.45), bevel=0.03))
    stripe = looks.plain(kit.one_of(rng, looks.BRIGHT))
    parts.append(kit.box("stripe", (1.52, length - 0.4, 0.22), stripe, at=(0, 0.5 + length / 2, 1.25)))
    screen = kit.turned(kit.plate("screen", kit.oblong(1.12, 0.62, 0.06), 0.04, glass), (-18, 0, 0))
    parts.append(kit.moved(screen, (0, -0.64, 1.42)))
    parts.append(kit.box("bumper", (1.4, 0.16, 0.2), chrome, at=(0, -0.95, 0.42), bevel=0.04))
    parts.append(kit.box("grille", (0.7, 0.06, 0.28), looks.black(), at=(0, -0.96, 0.72), bevel=0.02))
    for x in (-1, 1):
        parts.append(
            kit.ball(
                "lamp",
                0.11,
                kit.material("lamp", (1, 0.97, 0.85), roughness=0.2),
                at=(0.5 * x, -0.95, 0.72),
                stretch=(1, 0.4, 0.8),
            )
        )
        parts.append(kit.box("window", (0.04, 0.55, 0.42), glass, at=(0.68 * x, -0.15, 1.4), bevel=0.02))
        parts.append(kit.box("mirror", (0.08, 0.06, 0.3), looks.black(), at=(0.84 * x, -0.55, 1.4), bevel=0.02))
        for y in (-0.45, length - 0.35, length + 0.2):
            tyre = kit.lathe(
                "tyre",
                [(0.2, -0.12), (0.34, -0.12), (0.38, -0.06), (0.38, 0.06), (0.34, 0.12), (0.2, 0.12)],
                rubber,
                steps=32,
            )
            hub = kit.lathe("hub", [(0.21, -0.1), (0.21, 0.1), (0.1, 0.13), (0, 0.13)], chrome, steps=24)
            parts += [kit.moved(kit.turned(part, (0, 90 * x, 0)), (0.6 * x, y, 0.38)) for part in (tyre, hub)]
    return parts


BUILDERS = {"airplane": airplane, "train": train, "boat": boat, "truck": truck}
