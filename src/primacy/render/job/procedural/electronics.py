"""Screens, keys and what belongs to them."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import kit
import numpy as np
from procedural import looks

Paint = Callable[[np.ndarray], np.ndarray]


def _landscape(rng: np.random.Generator) -> Paint:
    """What a screen shows: sky, sun, hills and water; x and z from -0.5 to 0.5."""
    dusk = rng.uniform() < 0.4
    high, low = (kit.linear(code) for code in (("#2b2d6e", "#f08a4b") if dusk else ("#2f7fd6", "#bfe3f7")))
    hills = [kit.linear(code) for code in (("#6b3f5e", "#3a2440") if dusk else ("#5f9e58", "#2f6e3a"))]
    phases, sun = rng.uniform(0, 6, 4), rng.uniform(-0.3, 0.3)

    def paint(p: np.ndarray) -> np.ndarray:
        x, z = p[:, 0], p[:, 2]
        colour = looks.mix(low, high, np.clip(z + 0.5, 0, 1))
        colour = looks.mix(colour, (1.0, 0.85, 0.45), np.hypot(x - sun, (z - 0.2) * 0.7) < 0.08)
        for k, hill in enumerate(hills):
            ridge = 0.05 - 0.2 * k + 0.09 * np.sin(5 * x + phases[k]) + 0.04 * np.sin(13 * x + phases[k + 2])
            colour = looks.mix(colour, hill, z < ridge)
        return looks.mix(colour, (0.1, 0.3, 0.5), z < -0.36)

    return paint


def _icons(rng: np.random.Generator, columns: int, rows: int) -> Paint:
    """A telephone's screen: coloured icons on a wallpaper, a bar above and a dock below."""
    low, high = (kit.linear(looks.BRIGHT[k]) for k in rng.permutation(len(looks.BRIGHT))[:2])
    colours = np.array([kit.linear(code) for code in (*looks.BRIGHT, "#f2f2f2", "#22c55e")])
    which = rng.integers(len(colours), size=(columns, rows))

    def paint(p: np.ndarray) -> np.ndarray:
        x, z = p[:, 0] + 0.5, p[:, 2] + 0.5
        colour = looks.mix(looks.mix(low, high, np.clip(z, 0, 1)), (0.9, 0.9, 0.95), 0.25)
        colour = looks.mix(colour, (0.75, 0.77, 0.8), z < 1.0 / (rows + 0.7))
        i, j = np.clip((x * columns).astype(int), 0, columns - 1), np.clip((z * (rows + 0.7)).astype(int), 0, rows - 1)
        inside = (abs(x * columns - i - 0.5) < 0.33) & (abs(z * (rows + 0.7) - j - 0.5) < 0.33)
        colour[inside] = colours[which[i, j]][inside]
        return looks.mix(colour, (0.9, 0.9, 0.9), (z > 0.965) & (np.abs(x - 0.85) < 0.08))

    return paint


def cell_phone(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A telephone held upright: icons on its screen, lens above, cameras behind."""
    case = looks.plain(kit.one_of(rng, ("#111214", "#e8e8ea", "#b08d57", "#1d3557", "#a31621")), 0.25)
    high, button = rng.uniform(1.9, 2.15), rng.uniform() < 0.5
    body = kit.plate("body", kit.oblong(0.96, high - 0.04, 0.13), 0.1, case, bevel=0.02)
    margin = 0.34 if button else 0.12
    glass = kit.plate("glass", kit.oblong(0.93, high - 0.07, 0.12), 0.01, looks.black(0.15))
    screen = kit.picture(
        "screen", (0.86, high - 2 * margin), _icons(rng, 4, 6 if button else 7), steps=220, roughness=0.25, shine=0.25
    )
    parts = [body, kit.moved(glass, (0, -0.055, 0)), kit.moved(screen, (0, -0.063, 0))]
    if button:
        disc = kit.turned(
            kit.lathe("button", [(0.08, 0), (0.08, 0.012), (0.0, 0.012)], looks.steel(0.25), steps=24), (90, 0, 0)
        )
        parts.append(kit.moved(disc, (0, -0.056, -high / 2 + 0.17)))
    parts.append(
        kit.box(
            "speaker",
            (0.18, 0.01, 0.025),
            looks.steel(0.3),
            at=(0, -0.066, high / 2 - (0.17 if button else 0.07)),
            bevel=0.004,
        )
    )
    parts.append(
        kit.moved(
            kit.plate("cameras", kit.oblong(0.36, 0.36, 0.1), 0.03, looks.black(0.2)), (0.24, 0.065, high / 2 - 0.27)
        )
    )
    for x, z in ((0.16, 0.2), (0.16, 0.35), (0.32, 0.27)):
        parts.append(kit.ball("lens", 0.06, looks.steel(0.2), at=(x, 0.08, high / 2 - z), stretch=(1, 0.3, 1)))
    return parts


def tv(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A flat television showing a landscape, on a foot or two legs."""
    bezel, wide = looks.black(0.25), rng.uniform(1.65, 1.8)
    parts = [kit.box("panel", (wide, 0.08, 1.02), bezel, at=(0, 0, 0.75), bevel=0.015)]
    screen = kit.picture("screen", (wide - 0.08, 0.93), _landscape(rng), steps=160, roughness=0.3, shine=0.5)
    parts.append(kit.moved(screen, (0, -0.045, 0.76)))
    if rng.uniform() < 0.5:
        parts += [
            kit.box("neck", (0.2, 0.06, 0.3), bezel, at=(0, 0.03, 0.15)),
            kit.box("foot", (0.7, 0.35, 0.03), looks.steel(0.2), at=(0, 0, 0.015), bevel=0.01),
        ]
    else:
        for x in (-0.55, 0.55):
            for y in (-0.16, 0.16):
                parts.append(kit.tube("leg", [(x, 0, 0.3), (x, y, 0.0)], 0.022, looks.steel(0.2)))
    return parts


def laptop(rng: np.random.Generator) -> list[bpy.types.Object]:
    """An open laptop with keys, touchpad and a picture on its screen."""
    shell = kit.material(
        "shell", kit.linear(kit.one_of(rng, ("#b9bcc0", "#2a2c2f", "#d8c9b8"))), metallic=0.4, roughness=0.35
    )
    angle = rng.uniform(12, 26)
    base = [kit.box("base", (1.4, 0.95, 0.045), shell, at=(0, 0, 0.022), bevel=0.015)]
    base.append(kit.box("pad", (0.4, 0.26, 0.004), looks.steel(0.3), at=(0, -0.29, 0.046)))
    for row in range(5):
        spans = (
            [(-0.62 + 0.095 * k, 0.085) for k in range(14)]
            if row
            else [(-0.62, 0.18), (-0.43, 0.18), (-0.24, 0.54), (0.31, 0.18), (0.5, 0.195)]
        )
        for x, wide in spans:
            base.append(
                kit.box("key", (wide, 0.085, 0.01), looks.black(), at=(x + wide / 2 - 0.005, -0.08 + 0.1 * row, 0.05))
            )
    lid = [
        kit.box("lid", (1.4, 0.035, 0.95), shell, at=(0, 0.0, 0.475), bevel=0.012),
        kit.box("bezel", (1.36, 0.006, 0.9), looks.black(0.2), at=(0, -0.019, 0.48)),
    ]
    lid.append(
        kit.moved(
            kit.picture("screen", (1.28, 0.8), _landscape(rng), steps=150, roughness=0.3, shine=0.5), (0, -0.024, 0.49)
        )
    )
    disc = kit.turned(kit.lathe("mark", [(0.07, 0), (0.07, 0.005), (0, 0.005)], looks.white(), steps=24), (-90, 0, 0))
    lid.append(kit.moved(disc, (0, 0.018, 0.5)))
    return base + [kit.moved(part, (0, 0.46, 0.03)) for part in kit.tilted(lid, (-angle, 0, 0))]


ROWS = (
    (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2),
    (1.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.5),
    (1.75, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2.25),
    (2.25, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2.75),
    (1.25, 1.25, 1.25, 6.25, 1.25, 1.25, 1.25, 1.25),
)


def keyboard(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A computer keyboard: rows of keys, function keys, arrows and mostly a block of digits."""
    case_code, key_code, special = kit.one_of(
        rng,
        (
            ("#17181a", "#2c2e31", "#2c2e31"),
            ("#d9d6cb", "#efede4", "#b9b5a8"),
            ("#c4c7cb", "#f4f4f4", "#f4f4f4"),
            ("#1b1c1f", "#3a3d42", "#b3202a"),
        ),
    )
    case, key, other = (looks.plain(code) for code in (case_code, key_code, special))
    number_block = rng.uniform() < 0.7
    wide = 15 + (7.9 if number_block else 0)
    parts = [kit.box("case", (wide + 0.7, 7.2, 0.5), case, at=(wide / 2, 0.45, -0.3), bevel=0.15)]
    spans = [
        (x, 4.0 - 1.25, 1.0, other if k in (0, 12) else key)
        for k, x in enumerate((0, *(2 + k + 0.33 * (k // 4) for k in range(12))))
    ]
    for j, row in enumerate(ROWS):
        x = 0.0
        for w in row:
            spans.append((x, 1.45 - j, w, key if w in (1, 6.25) else other))
            x += w
    if number_block:
        spans += [(15.4 + i, 1.45 - j, 1.0, other) for j in (0, 1) for i in range(3)]
        spans += [(16.4, -1.55, 1.0, other), *((15.4 + i, -2.55, 1.0, other) for i in range(3))]
        spans += [(18.8 + i, 1.45 - j, 1.0, key) for j in range(5) for i in range(4)]
    for x, y, w, look in spans:
        rings = [
            [
                (x + w / 2 + sx * (w / 2 - inset), y + sy * (0.5 - inset), z)
                for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))
            ]
            for inset, z in ((0.05, -0.1), (0.08, 0.2), (0.15, 0.3))
        ]
        parts.append(kit.loft("key", rings, look, smooth=False))
    return parts


def mouse(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A computer mouse: arched body, two buttons, wheel and cable; seen from its user's side."""
    body_code, accent = kit.one_of(
        rng, (("#1a1b1e", "#3c3f45"), ("#e6e6e8", "#9a9da3"), ("#2a2c30", "#c8102e"), ("#c9ccd1", "#2a2c30"))
    )
    body, dark = looks.plain(body_code, 0.3), looks.black()
    high = rng.uniform(0.34, 0.42)

    def shell(inset: float, low: float, top: float) -> list[list[tuple[float, float, float]]]:
        rings = []
        for t in np.linspace(0.0, 1.0, 40):
            half = (0.33 - 0.04 * math.sin(math.pi * t)) * max(1 - abs(2 * t - 1) ** 3.2, 0.0) ** 0.45 - inset
            arch = top * max(math.sin(math.pi * (0.04 + 0.94 * t**1.25)), 0.02) ** 0.55
            rings.append(
                [
                    (max(half, 0.01) * x, 0.58 - 1.16 * t, max(low, arch * max(z, 0) ** 0.75))
                    for x, z in kit.ring_of(48, 1.0)
                ]
            )
        return rings

    parts = [
        kit.loft("body", shell(0, 0.03, high), body),
        kit.loft("base", shell(-0.012, 0.0, 0.1), looks.plain(accent)),
    ]
    seam = [
        (0.0, y, high * math.sin(math.pi * (0.04 + 0.94 * ((0.58 - y) / 1.16) ** 1.25)) ** 0.55 + 0.002)
        for y in np.linspace(0.55, 0.02, 20)
    ]
    parts.append(kit.tube("seam", seam, 0.01, dark, sides=6))
    across = [
        (x, 0.02, (seam[-1][2]) * math.sqrt(max(1 - (x / 0.3) ** 2, 0)) ** 0.75 + 0.002)
        for x in np.linspace(-0.27, 0.27, 24)
    ]
    parts.append(kit.tube("seam", across, 0.008, dark, sides=6))
    wheel = kit.turned(
        kit.lathe(
            "wheel",
            [(0.04, -0.035), (0.085, -0.035), (0.09, 0.0), (0.085, 0.035), (0.04, 0.035)],
            looks.plain("#6b6f76"),
            steps=24,
        ),
        (0, 90, 0),
    )
    parts.append(kit.moved(wheel, (0, 0.3, seam[9][2] - 0.03)))
    bend = float(rng.choice((-1, 1)))
    cable = kit.smooth_path(
        [
            (0, 0.56, 0.08),
            (0, 0.75, 0.04),
            (0.12 * bend, 0.95, 0.03),
            (0.4 * bend, 1.05, 0.03),
            (0.62 * bend, 0.9, 0.03),
        ],
        40,
    )
    return [*parts, kit.tube("cable", cable, 0.026, dark)]


def remote(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A remote control stood up: rows of buttons, a red one for power, a ring of arrows."""
    code = kit.one_of(rng, ("#17181a", "#17181a", "#d5d7da", "#4a4e55"))
    grey = looks.plain("#c9ccd1" if code != "#d5d7da" else "#4a4e55")
    body = kit.plate("body", kit.oblong(0.5, 2.0, 0.16), 0.2, looks.plain(code, 0.35), bevel=0.04)
    buttons = [(-0.15, 0.85, 0.055, looks.plain("#d6151f"))]
    buttons += [(0.15 * i, 0.6 - 0.15 * j, 0.05, grey) for j in range(4) for i in (-1, 0, 1)]
    buttons += [(0.15 * i, -0.62, 0.05, grey) for i in (-1, 0, 1)]
    buttons += [
        (-0.18 + 0.12 * k, -0.82, 0.045, looks.plain(c))
        for k, c in enumerate(("#d6151f", "#1f9d45", "#f2b705", "#1f5fb0"))
    ]
    parts = [body]
    for x, z, r, look in buttons:
        parts.append(kit.ball("button", r, look, at=(x, -0.12, z), stretch=(1, 0.5, rng.uniform(0.7, 0.75))))
    ring = [(0.15 * x, -0.13, -0.26 + 0.15 * z) for x, z in kit.ring_of(40, 1.0)]
    parts += [
        kit.tube("ring", ring, 0.035, grey, closed=True),
        kit.ball("enter", 0.07, grey, at=(0, -0.12, -0.26), stretch=(1, 0.5, 1)),
    ]
    return kit.tilted(parts, (0, rng.uniform(8, 20), 0))


BUILDERS = {
    "cell_phone": cell_phone,
    "tv": tv,
    "laptop": laptop,
    "keyboard": keyboard,
    "mouse": mouse,
    "remote": remote,
}
