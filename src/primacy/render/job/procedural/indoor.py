"""Things that stand or hang in rooms."""

from __future__ import annotations

import math

import bpy
import kit
import numpy as np
from procedural import looks

ROMAN = ("XII", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI")


def clock(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A wall clock: rim, pale face, ticks, numerals, hour and minute hands and mostly one for seconds."""
    rim = (
        looks.wood(rng)
        if rng.uniform() < 0.35
        else looks.plain(kit.one_of(rng, ("#17181a", "#c8102e", "#1446a0", "#b8bcc2", "#b08d57")), 0.3)
    )
    face, ink = looks.plain(kit.one_of(rng, ("#f6f5ef", "#f6f5ef", "#f1e6c8")), 0.6), looks.black()
    square, roman = rng.uniform() < 0.2, rng.uniform() < 0.35
    outline, disc = (
        (kit.oblong(2.06, 2.06, 0.2), kit.oblong(1.8, 1.8, 0.1))
        if square
        else (kit.ring_of(96, 1.05), kit.ring_of(96, 0.94))
    )
    parts = [
        kit.plate("rim", outline, 0.22, rim, holes=[disc], bevel=0.04),
        kit.plate("face", disc, 0.1, face),
        kit.moved(kit.plate("back", outline, 0.06, rim), (0, 0.1, 0)),
    ]
    for k in range(60):
        turn, major = 6.0 * k, k % 5 == 0
        tick = kit.box("tick", (0.035 if major else 0.015, 0.01, 0.1 if major else 0.05), ink, at=(0, -0.055, 0.82))
        parts.append(kit.turned(tick, (0, turn, 0)))
    for hour in range(12):
        turn = math.radians(30 * hour)
        body = ROMAN[hour] if roman else str(hour or 12)
        numeral = kit.text("numeral", body, ink, height=0.15 if roman else 0.19, weight=0.02)
        if roman:
            kit.turned(numeral, (0, 30 * hour, 0))
        parts.append(kit.moved(numeral, (0.62 * math.sin(turn), -0.055, 0.62 * math.cos(turn))))
    shown, minute = int(rng.integers(12)), 5 * int(rng.integers(12))
    red = looks.plain("#c8102e")
    hands = [(0.07, 0.48, 30 * (shown + minute / 60), -0.075, ink), (0.05, 0.74, 6 * minute, -0.09, ink)]
    if rng.uniform() < 0.7:
        hands.append((0.02, 0.8, rng.uniform(0, 360), -0.105, red))
    for wide, reach, turn, y, look in hands:
        outline = [(-wide / 2, -0.14), (wide / 2, -0.14), (wide / 2, 0.6 * reach), (0, reach), (-wide / 2, 0.6 * reach)]
        parts.append(kit.moved(kit.turned(kit.plate("hand", outline, 0.012, look), (0, turn, 0)), (0, y, 0)))
    return [*parts, kit.ball("pin", 0.05, red if len(hands) > 2 else ink, at=(0, -0.1, 0), stretch=(1, 0.5, 1))]


def mirror(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A mirror with streaks of light: an oval in a beaded gold rim, an arch, or a tall one on a stand."""
    kind = int(rng.uniform() * 3)
    wide, high = ((0.62, 0.85), (0.6, 0.9), (0.42, 1.0))[kind]
    frame = (
        looks.wood(rng)
        if kind == 2
        else kit.material(
            "gilt", kit.linear(kit.one_of(rng, ("#c79a3b", "#b9bcc0", "#8a5a2b"))), metallic=0.5, roughness=0.35
        )
    )
    arch = [(wide * math.cos(a), high - wide + wide * math.sin(a)) for a in np.linspace(0, math.pi, 40)]
    ring = (
        [(wide * x, high * z) for x, z in kit.ring_of(96, 1.0)],
        [*arch, (-wide, -high), (wide, -high)],
        kit.oblong(2 * wide, 2 * high, 0.08),
    )[kind]
    ring = kit.resampled(ring, 120)
    slope, start = rng.uniform(0.5, 0.9), rng.uniform(-0.5, 0.1)

    def paint(p: np.ndarray) -> np.ndarray:
        x, z = p[:, 0], p[:, 2]
        colour = looks.mix((0.3, 0.38, 0.45), (0.72, 0.8, 0.87), np.clip(0.5 + 0.5 * z / high, 0, 1))
        level = z - slope * x - start
        return looks.mix(colour, (0.93, 0.96, 0.98), ((level > 0) & (level < 0.22)) | ((level > 0.3) & (level < 0.37)))

    def pane(u: float, v: float) -> tuple[float, float, float]:
        x, z = ring[round(u * len(ring)) % len(ring)]
        return v * x, -0.03, v * z

    glass = kit.sheet("glass", pane, looks.white(), steps=(len(ring), 60))
    parts = [kit.painted(glass, paint, roughness=0.05), kit.plate("back", ring, 0.04, frame)]
    parts.append(kit.tube("frame", [(x, 0, z) for x, z in ring], 0.065, frame, closed=True))
    if kind == 0:
        parts += [kit.ball("bead", 0.05, frame, at=(1.1 * x, 0, 1.08 * z)) for x, z in ring[::4]]
    if kind == 2:
        parts = kit.tilted(parts, (-6, 0, 0))
        for side in (-1, 1):
            x = 0.56 * side
            parts += [
                kit.tube("post", [(x, 0, -1.2), (x, 0, 0.35)], 0.04, frame),
                kit.ball("knob", 0.06, frame, at=(x, 0, 0.4)),
                kit.ball("pivot", 0.05, frame, at=(0.5 * side, 0, 0)),
            ]
            parts.append(
                kit.tube(
                    "foot",
                    kit.smooth_path(
                        [(x, -0.4, -1.3), (x, -0.15, -1.22), (x, 0, -1.16), (x, 0.15, -1.22), (x, 0.4, -1.3)], 20
                    ),
                    0.045,
                    frame,
                )
            )
        parts.append(kit.tube("bar", [(-0.56, 0, -1.12), (0.56, 0, -1.12)], 0.035, frame))
    return parts


def book(rng: np.random.Generator) -> list[bpy.types.Object]:
    """An upright closed book with its title, or three books lying in a pile."""
    if rng.uniform() < 0.5:
        return _volume(rng, 0.95, 1.3, rng.uniform(0.2, 0.3))
    parts, z = [], 0.0
    for _ in range(3):
        thick = rng.uniform(0.16, 0.26)
        volume = kit.tilted(_volume(rng, rng.uniform(0.85, 1.0), rng.uniform(1.15, 1.35), thick), (-90, 0, 90))
        parts += [kit.moved(part, (0, 0, z + thick / 2)) for part in kit.tilted(volume, (0, 0, rng.uniform(-14, 14)))]
        z += thick
    return parts


def _volume(rng: np.random.Generator, wide: float, high: float, thick: float) -> list[bpy.types.Object]:
    """A closed book about the origin, its cover to the front and its spine on the left; title on both."""
    cover = looks.plain(kit.one_of(rng, (*looks.BRIGHT, "#1d2a44", "#4a2a1c", "#22382b")), 0.5)
    paper, gold = looks.plain("#efe6cf", 0.9), looks.plain(kit.one_of(rng, ("#e5c568", "#f3f1ea")))
    title = kit.one_of(rng, ("STORIES", "ATLAS", "POEMS", "HISTORY", "GARDEN", "OCEANS"))
    parts = [kit.box("pages", (wide - 0.06, thick - 0.05, high - 0.08), paper, at=(-0.01, 0, 0))]
    parts += [
        kit.box("cover", (wide, 0.028, high), cover, at=(0, y, 0), bevel=0.008)
        for y in (-thick / 2 + 0.014, thick / 2 - 0.014)
    ]
    spine = [
        (-wide / 2 - 0.05 * math.cos(a), thick / 2 * math.sin(a)) for a in np.linspace(-math.pi / 2, math.pi / 2, 16)
    ]
    parts.append(
        kit.loft(
            "spine",
            [
                [*((x, y, z) for x, y in spine), *((x + 0.03, y, z) for x, y in reversed(spine))]
                for z in (-high / 2, high / 2)
            ],
            cover,
        )
    )
    front = -thick / 2 - 0.006
    parts.append(
        kit.moved(
            kit.text("title", title, gold, height=0.15, width=0.68 * wide, weight=0.02), (0.02, front, 0.32 * high)
        )
    )
    parts.append(
        kit.moved(
            kit.plate("emblem", kit.ring_of(int(rng.integers(3, 9)), 0.2), 0.01, gold), (0.02, front, -0.06 * high)
        )
    )
    parts.append(kit.box("rule", (0.6 * wide, 0.01, 0.03), gold, at=(0.02, front, -0.36 * high)))
    label = kit.turned(kit.text("label", title, gold, height=0.5 * thick, width=0.5 * high, weight=0.01), (0, 90, 0))
    parts.append(kit.moved(kit.turned(label, (0, 0, -90)), (-wide / 2 - 0.056, 0, 0)))
    return [
        *parts,
        *(kit.box("band", (0.012, 0.55 * thick, 0.03), gold, at=(-wide / 2 - 0.05, 0, z * high)) for z in (-0.4, 0.4)),
    ]


def microwave(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A microwave oven: dark door with a handle, panel with display, keys and mostly a dial, feet."""
    code = kit.one_of(rng, ("#e9e9e6", "#5a5e64", "#b9bcc0", "#b3202a"))
    shell, dark = looks.plain(code, 0.3), looks.black(0.15)
    grey = looks.plain("#8d9299" if code != "#b9bcc0" else "#3a3d42")
    parts = [
        kit.box("shell", (1.5, 0.85, 0.85), shell, at=(0, 0, 0.475), bevel=0.03),
        kit.box("door", (1.08, 0.04, 0.78), shell, at=(-0.18, -0.43, 0.475), bevel=0.02),
    ]
    parts += [
        kit.box("window", (0.88, 0.03, 0.55), dark, at=(-0.22, -0.445, 0.475), bevel=0.01),
        kit.box("panel", (0.32, 0.03, 0.76), dark, at=(0.56, -0.43, 0.475), bevel=0.01),
    ]
    parts.append(
        kit.tube(
            "handle",
            [(0.31, -0.46, 0.18), (0.31, -0.52, 0.22), (0.31, -0.52, 0.73), (0.31, -0.46, 0.77)],
            0.022,
            looks.steel(0.6),
        )
    )
    digits = kit.text(
        "digits",
        f"{int(rng.integers(1, 13))}:{int(rng.integers(60)):02d}",
        kit.material("digits", (0.1, 0.9, 0.5), glow=1.0),
        height=0.09,
    )
    parts.append(kit.moved(digits, (0.56, -0.45, 0.77)))
    rows = 3 if rng.uniform() < 0.6 else 5
    parts += [
        kit.box("key", (0.07, 0.02, 0.055), grey, at=(0.56 + 0.09 * i, -0.448, 0.64 - 0.09 * j), bevel=0.006)
        for i in (-1, 0, 1)
        for j in range(rows)
    ]
    if rows == 3:
        dial = kit.turned(
            kit.lathe("dial", [(0.1, 0), (0.09, 0.06), (0, 0.06)], looks.steel(0.6), steps=32), (90, 0, 0)
        )
        parts.append(kit.moved(dial, (0.56, -0.445, 0.26)))
    return [
        *parts,
        *(
            kit.lathe("foot", [(0.05, 0), (0.05, 0.06)], dark, steps=16, at=(x, y, 0))
            for x in (-0.6, 0.6)
            for y in (-0.3, 0.3)
        ),
    ]


def toaster(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A toaster with two slots, slices of toast in them, lever and dial."""
    chrome = kit.material("chrome", (0.6, 0.61, 0.63), metallic=0.85, roughness=0.2)
    shell = (
        chrome
        if rng.uniform() < 0.4
        else looks.plain(kit.one_of(rng, ("#c8102e", "#9fd4c8", "#f0e6d0", "#1d2a44")), 0.25)
    )
    dark = looks.black()
    crust = kit.material("crust", kit.linear("#9a5a20"), roughness=0.9, mottle=kit.linear("#d9a860"), mottle_scale=5.0)
    rings = []
    for x in np.linspace(-0.75, 0.75, 24):
        size = max(1 - abs(x / 0.76) ** 9, 0.02) ** 0.35
        rings.append(
            [
                (x, 0.36 * size * math.copysign(abs(c) ** 0.4, c), 0.48 + 0.4 * size * math.copysign(abs(s) ** 0.5, s))
                for c, s in kit.ring_of(48, 1.0)
            ]
        )
    parts = [kit.loft("shell", rings, shell), kit.box("base", (1.4, 0.68, 0.1), dark, at=(0, 0, 0.07), bevel=0.03)]
    slice_outline = [
        (0.42, 0.0),
        (0.42, 0.3),
        *[(0.42 + 0.06 * math.sin(a), 0.4 - 0.1 * math.cos(a)) for a in np.linspace(0, math.pi, 10)],
        (0.2, 0.54),
        (-0.2, 0.54),
        *[(-0.42 - 0.06 * math.sin(a), 0.4 + 0.1 * math.cos(a)) for a in np.linspace(0, math.pi, 10)],
        (-0.42, 0.3),
        (-0.42, 0.0),
    ]
    for y in (-0.14, 0.14):
        parts.append(kit.box("slot", (1.1, 0.16, 0.02), dark, at=(0, y, 0.872)))
        parts.append(kit.moved(kit.plate("toast", slice_outline, 0.09, crust, bevel=0.015), (0, y, 0.68)))
    parts += [
        kit.box("rail", (0.02, 0.06, 0.45), dark, at=(0.75, 0, 0.5)),
        kit.box("lever", (0.12, 0.24, 0.07), dark, at=(0.81, 0, 0.66), bevel=0.02),
    ]
    dial = kit.turned(kit.lathe("dial", [(0.08, 0), (0.07, 0.05), (0, 0.05)], dark, steps=24), (90, 0, 0))
    return [*parts, kit.moved(dial, (0.45, -0.355, 0.3))]


BUILDERS = {
    "clock": clock,
    "mirror": mirror,
    "book": book,
    "microwave": microwave,
    "toaster": toaster,
}
