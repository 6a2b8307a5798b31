"""Fruit and vegetables."""

from __future__ import annotations

import math

import bpy
import forms
import kit
import numpy as np
from procedural import looks

Parts = list[bpy.types.Object]
GREEN = kit.linear("#4c8a2a")
BARK = kit.linear("#5a3d20")


def banana(rng: np.random.Generator) -> Parts:
    """One, or a hand of two or three, bow down and stalk at the left."""
    count = int(rng.integers(1, 4))
    made = [_finger(rng, float(k - (count - 1) / 2)) for k in range(count)]
    if count > 1:
        made.append(
            kit.ball(
                "crown", 0.1, kit.material("crown", BARK, roughness=0.8), at=(-1.09, 0, 0.66), stretch=(1, 1.3, 0.8)
            )
        )
    return made


def _finger(rng: np.random.Generator, place: float) -> bpy.types.Object:
    """One banana; `place` is its number in the hand, counted from the middle: they fan out from the stalk."""
    bow = rng.uniform(50, 60)
    angles = np.radians(np.linspace(-bow - 2, bow, 48))
    path = [(1.15 * math.sin(a), 0.0, 1.15 - 1.15 * math.cos(a)) for a in angles]
    path = [(-1.12, 0, 0.72), (-1.07, 0, 0.63), *path]
    share = np.linspace(0, 1, len(path))
    sizes = np.interp(
        share,
        [0, 0.07, 0.12, 0.3, 0.7, 0.9, 0.965, 0.975, 1],
        [0.06, 0.055, 0.07, 0.185, 0.19, 0.12, 0.055, 0.05, 0.045],
    )
    section = forms.rounded_outline(kit.ring_of(5, 1.12, start=90), 0.45)
    made = forms.swept("banana", path, sizes.tolist(), kit.material("peel", (1, 1, 1)), section=section)
    yellow, green, brown = kit.linear("#f2c81e"), kit.linear("#a8b52a"), kit.linear("#3a2712")
    field, ripeness = forms.ripple(rng, 0.16), rng.uniform(0, 1)

    def peel(where: np.ndarray) -> np.ndarray:
        ends = looks.mix(yellow, green, np.clip(np.abs(where[:, 0]) * 2.6 - 1.9 - ripeness, 0, 1))
        spots = np.where(field(where) > 2.1 - 1.2 * ripeness, 0.75, 0.0)
        dark = np.maximum(spots, np.maximum(where[:, 0] - 0.955, -1.1 - where[:, 0]) * 40)
        return looks.mix(ends, brown, np.clip(dark, 0, 1))

    stalk = np.array(path[0])
    kit.moved(kit.painted(made, peel, roughness=0.45), -stalk)
    return kit.moved(kit.turned(made, (22 * place, 15 * place, 0)), stalk)


def apple(rng: np.random.Generator) -> Parts:
    """Round with a dimple, a stalk and a leaf; red, yellow-red or green."""
    ground, blush = kit.one_of(rng, [("#c9a227", "#b3141c"), ("#8a0f16", "#a5121b"), ("#7fb32a", "#9cc63f")])
    profile = [
        (0.0, 0.1),
        (0.12, 0.05),
        (0.24, 0.0),
        (0.38, 0.08),
        (0.48, 0.3),
        (0.53, 0.55),
        (0.5, 0.76),
        (0.38, 0.92),
        (0.24, 0.95),
        (0.12, 0.88),
        (0.04, 0.76),
        (0.0, 0.74),
    ]
    made = kit.lathe("apple", kit.smooth_path(profile, 40), kit.material("skin", (1, 1, 1)), steps=64)
    lobes, field = rng.uniform(0.01, 0.03), forms.ripple(rng, 0.5)

    def shaped(where: np.ndarray) -> np.ndarray:
        angle = np.arctan2(where[:, 1], where[:, 0])
        return where * (1 + lobes * np.cos(5 * angle) * np.abs(where[:, 2] - 0.5) * 2)[:, None]

    def skin(where: np.ndarray) -> np.ndarray:
        angle = np.arctan2(where[:, 1], where[:, 0])
        share = (
            0.75
            + 0.45 * field(where)
            + 0.12 * np.sin(37 * angle + 5 * field(where))
            - 0.5 * np.exp(-(where[:, :2] ** 2).sum(axis=1) / 0.02)
        )
        return looks.mix(kit.linear(ground), kit.linear(blush), np.clip(share, 0, 1))

    kit.painted(kit.warped(made, shaped), skin, roughness=0.28)
    lean = rng.uniform(-0.1, 0.14)
    stalk = kit.tube(
        "stalk",
        kit.smooth_path([(0, 0, 0.74), (lean * 0.3, 0, 0.92), (lean, 0, 1.1)], 10),
        [0.02] * 9 + [0.03],
        kit.material("stalk", BARK),
    )
    leaf = forms.leaf("leaf", 0.45, 0.22, kit.material("leaf", GREEN))
    kit.moved(kit.turned(leaf, (20, -25, rng.uniform(-40, 30))), (lean * 0.4, 0, 0.98))
    return [made, stalk, leaf]


def orange(rng: np.random.Generator) -> Parts:
    """One whole, some with a leaf on it, some with half of another in front."""
    tone = kit.linear(kit.one_of(rng, ["#f28c0f", "#f07a08", "#f49a20"]))
    peel = kit.material("peel", tone, roughness=0.4, bump=0.35, bump_scale=90)
    whole = kit.ball("orange", 0.5, peel, at=(0, 0, 0.48), stretch=(1, 1, 0.95))
    navel = kit.lathe(
        "navel",
        [(0.06, 0.945), (0.05, 0.962), (0.03, 0.958), (0, 0.95)],
        kit.material("navel", kit.linear("#6d7a2c")),
        steps=10,
    )
    if rng.random() < 0.5:
        leaf = forms.leaf("leaf", 0.6, 0.28, kit.material("leaf", GREEN, roughness=0.35))
        return [whole, navel, kit.moved(kit.turned(leaf, (15, -12, rng.uniform(-50, -10))), (0.0, 0, 0.95))]
    return [whole, navel, *(kit.moved(part, (0.5, -0.42, 0.5)) for part in kit.tilted(_half(tone, peel), (58, 0, 14)))]


def _half(tone: kit.RGB, peel: bpy.types.Material) -> Parts:
    """Half an orange, cut side up: pith, and ten segments."""
    bowl = kit.lathe("half", [(0.48 * math.cos(a), 0.48 * math.sin(a)) for a in np.linspace(-math.pi / 2, 0, 14)], peel)
    pith = kit.lathe("pith", [(0.46, 0.001), (0.44, 0.012), (0, 0.012)], kit.material("pith", kit.linear("#fbe6b8")))
    pulp = kit.material(
        "pulp", np.asarray(tone) * [1.0, 1.05, 2.0], roughness=0.2, mottle=np.asarray(tone), mottle_scale=30
    )
    wedge = forms.rounded_outline([(0.05, 0), (0.4, -0.105), (0.4, 0.105)], 0.06)
    segments = forms.copies(
        forms.flat(wedge, 0.02, pulp, bevel=0.006), [forms.place((0, 0, 0.008), spin=36 * k) for k in range(10)]
    )
    return [bowl, pith, segments]


def broccoli(rng: np.random.Generator) -> Parts:
    """A branching pale stem under a crown of many small buds."""
    stem = kit.material("stem", kit.linear("#93b55a"), roughness=0.6, mottle=kit.linear("#a9c577"), mottle_scale=8)
    buds = kit.material(
        "buds",
        kit.linear("#2f6b23"),
        roughness=0.75,
        bump=0.9,
        bump_scale=60,
        mottle=kit.linear("#4a8a35"),
        mottle_scale=14,
    )
    parts = [kit.lathe("trunk", [(0.17, 0.0), (0.15, 0.25), (0.17, 0.45), (0.24, 0.62), (0.05, 0.8)], stem, steps=20)]
    heads = int(rng.integers(7, 10))
    turn = rng.uniform(0, 360)
    tops = [(0.0, 0.0, 0.98, 0.3)]
    for k in range(heads):
        angle = math.radians(turn + 360 * k / heads + rng.uniform(-8, 8))
        reach, high = rng.uniform(0.38, 0.46), rng.uniform(0.68, 0.82)
        tops.append((reach * math.cos(angle), reach * math.sin(angle), high, rng.uniform(0.19, 0.25)))
        path = kit.smooth_path([(0, 0, 0.36), (0.55 * tops[-1][0], 0.55 * tops[-1][1], 0.5), tops[-1][:3]], 10)
        parts.append(kit.tube("branch", path, 0.075, stem))
    for x, y, z, size in tops:
        head = kit.ball("head", size, buds, at=(x, y, z), stretch=(1, 1, 0.8))
        grown = forms.spots(head, rng, 70, keep=lambda at, _, z=z: at[:, 2] > z - 0.05, apart=0.045)
        cluster = forms.copies(
            forms.bead("buds", 0.052, buds), [forms.place(at, size=rng.uniform(0.8, 1.35)) for at, _ in grown]
        )
        parts += [head, cluster]
    return parts


def carrot(rng: np.random.Generator) -> Parts:
    """One to three carrots lying, their ferny tops to the left."""
    count = int(rng.integers(1, 4))
    parts: Parts = []
    for k in range(count):
        parts += [
            kit.moved(part, (rng.uniform(-0.08, 0.08), 0.34 * k, 0.0))
            for part in kit.tilted(_root(rng), (0, 0, rng.uniform(-9, 9)))
        ]
    return kit.tilted(parts, (0, 0, 12))


def _root(rng: np.random.Generator) -> Parts:
    share = np.linspace(0, 1, 60)
    bend = rng.uniform(-0.08, 0.08)
    path = [(-0.75 + 1.75 * t, bend * math.sin(3 * t), 0.17 - 0.09 * t) for t in share]
    rings = 1 + 0.03 * np.sin(share * 61 + 3 * np.sin(share * 23))
    sizes = rings * np.interp(
        share, [0, 0.015, 0.05, 0.2, 0.6, 0.93, 1], [0.05, 0.12, 0.165, 0.175, 0.12, 0.035, 0.008]
    )
    skin = kit.material("carrot", kit.linear(kit.one_of(rng, ["#ee7414", "#f08322", "#e2660e"])), roughness=0.5)
    top = kit.material("fern", kit.linear("#3f8a2b"), roughness=0.6)
    parts = [forms.swept("carrot", path, sizes.tolist(), skin)]
    for _ in range(7):
        away, rise, length = rng.uniform(-0.32, 0.32), rng.uniform(0.05, 0.35), rng.uniform(0.5, 0.75)
        stalk = kit.smooth_path(
            [
                (-0.72, 0, 0.17),
                (-0.72 - 0.5 * length, away * 0.4, 0.17 + 0.7 * rise),
                (-0.72 - length, away, 0.15 + rise),
            ],
            14,
        )
        parts.append(kit.tube("stalk", stalk, 0.018, top))
        fronds = [
            forms.place(
                stalk[j],
                spin=180 + side * rng.uniform(30, 60),
                size=rng.uniform(0.7, 1.2) * (0.5 + j / 28),
                towards=(0, rng.uniform(-0.5, 0.5), 1),
            )
            for j in range(5, 14)
            for side in (-1, 1)
        ]
        parts.append(forms.copies(forms.leaf("frond", 0.2, 0.08, top), fronds))
    return parts


BUILDERS = {"banana": banana, "apple": apple, "orange": orange, "broccoli": broccoli, "carrot": carrot}
