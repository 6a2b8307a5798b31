"""Dishes and baked things."""

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
SPRINKLES = ("#f8f4ec", "#f2c514", "#e23a6e", "#2f9fd8", "#56b33c", "#f07a1a")


def donut(rng: np.random.Generator) -> Parts:
    """A ring of dough with icing that runs over its edge, and sprinkles."""
    tone = kit.one_of(rng, ["#ef7fa8", "#4a2413", "#d8d2c6"])
    dough = kit.material("dough", kit.linear("#c98a45"), roughness=0.7, mottle=kit.linear("#d9a35e"), mottle_scale=5)
    icing = kit.material("icing", kit.linear(tone), roughness=0.25)
    ring, thick = 0.36, rng.uniform(0.18, 0.21)
    body = forms.revolved("dough", [(ring + thick * x, 0.85 * thick * z) for x, z in kit.ring_of(20, 1.0)], dough)
    waves, phase = int(rng.integers(7, 11)), rng.uniform(0, 6)

    def coat(u: float, v: float) -> tuple[float, float, float]:
        turn = 2 * math.pi * u
        run = 0.22 * math.sin(waves * turn + phase) + 0.12 * math.sin((waves - 4) * turn)
        angle = (-0.05 + run) * (1 - v) + (math.pi + 0.1 - 0.6 * run) * v
        reach, high = ring + 1.05 * thick * math.cos(angle), 0.85 * 1.07 * thick * math.sin(angle)
        return reach * math.cos(turn), reach * math.sin(turn), high

    top = kit.applied(kit.sheet("icing", coat, icing, steps=(96, 18), thickness=0.03))
    parts = [body, top]
    for colour in [c for c in SPRINKLES if c != tone]:
        look = kit.material("sprinkle", kit.linear(colour), roughness=0.4)
        found = forms.spots(top, rng, 16, keep=lambda at, up: (up[:, 2] > 0.25) & (at[:, 2] > 0.06), apart=0.05)
        rod = kit.tube("sprinkle", [(-0.028, 0, 0.012), (0.028, 0, 0.012)], 0.012, look, sides=6)
        parts.append(forms.copies(rod, [forms.place(at, towards=up, spin=rng.uniform(0, 180)) for at, up in found]))
    return parts


def pizza(rng: np.random.Generator) -> Parts:
    """A whole one cut in eight, one slice of it drawn out, with salami, olives and basil or mushrooms."""
    crust = kit.material("crust", kit.linear("#c98b45"), roughness=0.8, mottle=kit.linear("#8a5222"), mottle_scale=7)
    slices = [(k * 45 + 0.5, k * 45 + 44.5, 0.0) for k in range(7)] + [(315.5, 359.5, rng.uniform(0.1, 0.22))]
    parts: Parts = []
    for start, stop, out in slices:
        middle = math.radians((start + stop) / 2)
        slice_ = _slice(rng, crust, (start, stop))
        parts += [kit.moved(part, (out * math.cos(middle), out * math.sin(middle), 0)) for part in slice_]
    return kit.tilted(parts, (0, 0, rng.uniform(-25, 0)))


def _slice(rng: np.random.Generator, crust: bpy.types.Material, arc: tuple[float, float]) -> Parts:
    """One slice: base and rim, sauce, cheese, and toppings that stay off its edges."""
    rim = [(0.02, 0), (0.98, 0), (1.02, 0.05), (1.0, 0.11), (0.93, 0.125), (0.86, 0.08), (0.84, 0.04), (0.02, 0.04)]
    cheese = forms.revolved(
        "cheese",
        [(0.02, 0.03), (0.87, 0.03), (0.87, 0.06), (0.6, 0.066), (0.3, 0.066), (0.02, 0.066)],
        crust,
        arc=arc,
        steps=14,
    )
    cheese = kit.applied(kit.subdivided(cheese, 2))
    field, fine = forms.ripple(rng, 0.22), forms.ripple(rng, 0.07)

    def melt(where: np.ndarray) -> np.ndarray:
        edge = np.clip(np.hypot(where[:, 0], where[:, 1]) * 14 - 11.2, 0, 1)
        tone = looks.mix(
            kit.linear("#f3c75a"), kit.linear("#cf5a1c"), np.clip(0.8 * field(where) + 0.3 * fine(where), 0, 1)
        )
        return looks.mix(tone, kit.linear("#b02a10"), edge)

    kit.painted(cheese, melt, roughness=0.45)
    parts = [forms.revolved("crust", rim, crust, arc=arc, steps=14), cheese]
    salami = kit.material(
        "salami", kit.linear("#a8241a"), roughness=0.45, mottle=kit.linear("#c8503c"), mottle_scale=22
    )
    olive = kit.material("olive", kit.linear("#1d1a1c"), roughness=0.3)
    basil = kit.material("basil", kit.linear("#2f7a22"), roughness=0.5)
    shapes = [
        (2, 0.3, kit.lathe("salami", [(0.12, 0), (0.13, 0.018), (0.115, 0.026), (0, 0.018)], salami, steps=20)),
        (
            2,
            0.2,
            forms.revolved(
                "olive", [(0.042 + 0.02 * x, 0.02 + 0.02 * z) for x, z in kit.ring_of(8, 1)], olive, steps=16
            ),
        ),
        (2, 0.2, forms.leaf("basil", 0.16, 0.1, basil, droop=-0.1)),
    ]
    taken: list[np.ndarray] = []
    for count, room, shape in shapes:
        found = forms.spots(
            cheese, rng, 40, keep=lambda at, up, room=room: _inside(at, arc, room) & (up[:, 2] > 0.9), apart=0.1
        )
        free = [at for at, _ in found if all(np.linalg.norm(at - other) > 0.19 for other in taken)][:count]
        taken += free
        parts.append(forms.copies(shape, [forms.place((*at[:2], 0.062), spin=rng.uniform(0, 360)) for at in free]))
    return parts


def _inside(at: np.ndarray, arc: tuple[float, float], room: float) -> np.ndarray:
    """Which points are at least half of `room` away from both cuts of a slice, and from its rim."""
    turn = np.degrees(np.arctan2(at[:, 1], at[:, 0])) % 360
    reach = np.hypot(at[:, 0], at[:, 1])
    aside = np.radians(np.minimum(turn - arc[0], arc[1] - turn)) * reach
    return (aside > 0.42 * room) & (reach < 0.85 - 0.5 * room) & (reach > 0.2)


def hot_dog(rng: np.random.Generator) -> Parts:
    """A sausage in a split bun under a wavy line of mustard or ketchup."""
    bun = kit.material("bun", kit.linear("#d2924a"), roughness=0.55, mottle=kit.linear("#c27d35"), mottle_scale=4)
    crumb = kit.material("crumb", kit.linear("#f0d7a4"), roughness=0.9)
    meat = kit.material("sausage", kit.linear(kit.one_of(rng, ["#a63c1c", "#8f3218"])), roughness=0.3)
    sauces = kit.one_of(rng, [("#e8b50c",), ("#c41a10",), ("#e8b50c", "#c41a10")])
    bow = rng.uniform(0.02, 0.07)
    share = np.linspace(-1, 1, 40)
    ends = np.sqrt(np.clip(1 - np.abs(share) ** 7, 0.004, 1))
    parts = []
    for side in (-1, 1):
        path = [(0.86 * t, side * 0.2, 0.25) for t in share]
        parts.append(forms.swept("bun", path, [(0.2 * e, 0.25 * e) for e in ends], bun))
        inside = [(0.83 * t, side * 0.13, 0.31) for t in share]
        parts.append(forms.swept("crumb", inside, [(0.14 * e, 0.2 * e) for e in ends], crumb))
    path = [(1.0 * t, 0.0, 0.42 + bow * t * t) for t in share]
    parts.append(forms.swept("sausage", path, (0.155 * ends).tolist(), meat))
    waves = rng.uniform(5.5, 8)
    for sauce, shift in zip(sauces, (0.0, math.pi), strict=False):
        line = [
            (0.85 * t, 0.075 * math.sin(waves * math.pi * t + shift), 0.42 + bow * t * t + 0.155 - 0.012)
            for t in np.linspace(-1, 1, 120)
        ]
        parts.append(kit.tube("sauce", line, 0.036, kit.material("sauce", kit.linear(sauce), roughness=0.2)))
    return parts


def sandwich(rng: np.random.Generator) -> Parts:
    """Two halves of toast, of two or three slices, cut across, their cut sides to the front; or a long filled roll."""
    if rng.random() < 0.5:
        return _roll(rng)
    tone, slices = kit.one_of(rng, ["#e6d3aa", "#e6d3aa", "#a87a45"]), int(rng.integers(2, 4))
    front = kit.tilted(_toast(rng, tone, slices), (0, 0, rng.uniform(4, 18)))
    back = [
        kit.moved(part, (0.34, 0.5, 0)) for part in kit.tilted(_toast(rng, tone, slices), (0, 0, rng.uniform(-30, -5)))
    ]
    return front + back


def _filling(rng: np.random.Generator, outline: Sequence[tuple[float, float]], z: float) -> tuple[Parts, float]:
    """Lettuce, tomato, cheese and ham that stick out of an outline a little; and the height of their top."""
    meat = kit.one_of(rng, ["#d88a86", "#b5543c", "#e6c8a0"])
    tomato = kit.material(
        "tomato", kit.linear("#c8281a"), roughness=0.25, mottle=kit.linear("#e2604a"), mottle_scale=12
    )
    cheese = kit.material("cheese", kit.linear("#f5b81c"), roughness=0.4)
    ham = kit.material("ham", kit.linear(meat), roughness=0.4)
    wider = [(1.05 * x, 1.05 * y - 0.02) for x, y in outline]
    spread = [(0.86 * x, 0.8 * y) for x, y in kit.smooth_path([*outline, outline[0]], 10)]
    disc = kit.lathe("tomato", [(0.17, 0), (0.18, 0.02), (0.17, 0.045), (0, 0.045)], tomato, steps=24)
    return [
        _ruffle(rng, outline, z + 0.03),
        kit.moved(forms.flat(wider, 0.045, ham, bevel=0.012), (0, 0, z + 0.045)),
        forms.copies(disc, [forms.place((x, y, z + 0.1)) for x, y in spread]),
        kit.moved(forms.flat([(1.03 * x, 1.03 * y) for x, y in wider], 0.035, cheese, bevel=0.01), (0, 0, z + 0.15)),
        _ruffle(rng, outline, z + 0.2),
    ], z + 0.22


def _toast(rng: np.random.Generator, tone: str, slices: int) -> Parts:
    crumb = kit.material("crumb", kit.linear(tone), roughness=0.9, bump=0.4, bump_scale=40)
    toasted = kit.material("toast", kit.linear("#c98f48"), roughness=0.8, mottle=kit.linear("#a86c2c"), mottle_scale=7)
    crust = kit.material("crust", kit.linear("#8a5020"), roughness=0.7)
    triangle = [(-0.66, 0.0), (0.66, 0.0), (0.0, 0.66)]
    band = [(-0.69, 0.0), (-0.64, 0.0), (0.0, 0.64), (0.64, 0.0), (0.69, 0.0), (0.0, 0.69)]
    parts: Parts = []
    top = 0.0
    for k in range(slices):
        if k:
            filling, top = _filling(rng, [(-0.62, 0.01), (0.62, 0.01), (0.0, 0.63)], top + 0.13)
            parts += filling
        parts.append(kit.moved(forms.flat(forms.rounded_outline(triangle, 0.05), 0.13, crumb, bevel=0.01), (0, 0, top)))
        parts.append(kit.moved(forms.flat(band, 0.125, crust, bevel=0.01), (0, 0, top)))
    parts.append(kit.moved(forms.flat(forms.rounded_outline(triangle, 0.08), 0.012, toasted), (0, 0, top + 0.135)))
    return parts


def _roll(rng: np.random.Generator) -> Parts:
    bread = kit.material("roll", kit.linear("#cf8f45"), roughness=0.6, mottle=kit.linear("#b9752f"), mottle_scale=5)
    crumb = kit.material("crumb", kit.linear("#f2dfb4"), roughness=0.9)
    share = np.linspace(-1, 1, 36)
    ends = np.sqrt(np.clip(1 - np.abs(share) ** 5, 0.01, 1))
    oval = [(0.8 * x, 0.36 * y) for x, y in forms.rounded_outline([(-1, -1), (1, -1), (1, 1), (-1, 1)], 0.5)]
    parts, top = _filling(rng, oval, 0.14)
    for low, section, high in (
        (0.16, [(math.cos(a), math.sin(a)) for a in np.linspace(math.pi, 2 * math.pi, 14)], 0.16),
        (top, [(math.cos(a), math.sin(a)) for a in np.linspace(0, math.pi, 20)], 0.3),
    ):
        path = [(0.82 * t, 0.03, low) for t in share]
        parts.append(forms.swept("roll", path, [(0.33 * e, high * e) for e in ends], bread, section=section))
        parts.append(
            kit.moved(forms.flat([(0.98 * x, 0.92 * y) for x, y in oval], 0.03, crumb, bevel=0.01), (0, 0, low - 0.02))
        )
    return kit.tilted(parts, (0, 0, 10))


def _ruffle(rng: np.random.Generator, outline: Sequence[tuple[float, float]], z: float) -> bpy.types.Object:
    """A lettuce leaf: a wavy band that follows an outline and sticks out of it."""
    points = np.asarray(kit.smooth_path([*outline, outline[0]], 160))
    middle = points.mean(axis=0)
    field = forms.ripple(rng, 0.09)

    def wave(u: float, v: float) -> tuple[float, float, float]:
        x, y = middle + (points[min(int(u * 159), 159)] - middle) * (0.55 + 0.53 * v)
        lift = 0.05 * v * v * float(field(np.array([[x, y, 0.0]]))[0])
        return x, y, z + lift

    look = kit.material("lettuce", kit.linear("#6fae2e"), roughness=0.5, mottle=kit.linear("#a5cf57"), mottle_scale=9)
    return kit.sheet("lettuce", wave, look, steps=(159, 4), thickness=0.012)


def cake(rng: np.random.Generator) -> Parts:
    """A layer cake on a plate, a piece of it gone so that its layers are seen; cherries, or candles that burn."""
    sponge, cream, coat = kit.one_of(
        rng, [("#e8bf74", "#e2d8c6", "#dcd2c6"), ("#4b2512", "#efd9c0", "#3a1b0d"), ("#e6b96a", "#d84a62", "#f3a9bd")]
    )
    crumb = kit.material("sponge", kit.linear(sponge), roughness=0.9, bump=0.5, bump_scale=50)
    filling, icing = (kit.material("cream", kit.linear(c), roughness=0.45) for c in (cream, coat))
    arc = (-52.0, 252.0)
    high, wide, layers = rng.uniform(0.48, 0.6), 0.5, 3
    parts = [dish(0.72, kit.material("plate", (0.6, 0.6, 0.61), roughness=0.2))]
    base, step = 0.05, high / layers
    for k in range(layers):
        low = base + k * step
        for look, z0, z1 in ((crumb, low, low + 0.75 * step), (filling, low + 0.75 * step, low + step)):
            parts.append(forms.revolved("layer", [(0.005, z0), (wide, z0), (wide, z1), (0.005, z1)], look, arc=arc))
    top = base + high
    shell = forms.rounded_outline(
        [
            (wide, base),
            (wide + 0.045, base),
            (wide + 0.045, top + 0.045),
            (0.005, top + 0.045),
            (0.005, top),
            (wide, top),
        ],
        0.03,
    )
    parts.append(forms.revolved("coat", shell, icing, arc=arc))
    dollop = kit.lathe("dollop", [(0.07, 0), (0.075, 0.03), (0.05, 0.06), (0.03, 0.075), (0, 0.11)], filling, steps=14)
    spins = np.linspace(arc[0] + 12, arc[1] - 12, 11)
    rim = [(0.44 * math.cos(math.radians(a)), 0.44 * math.sin(math.radians(a)), top + 0.04) for a in spins]
    parts.append(forms.copies(dollop, [forms.place(at) for at in rim]))
    if rng.random() < 0.5:
        cherry = kit.material("cherry", kit.linear("#b3101c"), roughness=0.15)
        parts.append(forms.copies(kit.ball("cherry", 0.06, cherry), [forms.place((x, y, z + 0.12)) for x, y, z in rim]))
        return parts
    return [*parts, *_candles(rng, top + 0.04)]


def _candles(rng: np.random.Generator, base: float) -> Parts:
    parts: Parts = []
    flame = kit.material("flame", kit.linear("#ffb42a"), roughness=0.9)
    for k, colour in enumerate(("#e23a5e", "#2f8fd8", "#f2c514", "#56b33c", "#9a4fc4")):
        angle = math.radians(-20 + 55 * k + rng.uniform(-6, 6))
        x, y = 0.25 * math.cos(angle), 0.25 * math.sin(angle)
        stick = kit.material("candle", kit.linear(colour), roughness=0.4)
        parts.append(kit.lathe("candle", [(0.025, 0), (0.025, 0.26), (0, 0.26)], stick, steps=12, at=(x, y, base)))
        parts.append(
            kit.lathe("flame", [(0, 0.27), (0.022, 0.3), (0.018, 0.34), (0, 0.39)], flame, steps=10, at=(x, y, base))
        )
    return parts


BUILDERS = {"donut": donut, "pizza": pizza, "hot_dog": hot_dog, "sandwich": sandwich, "cake": cake}
