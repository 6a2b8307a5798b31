"""Flowers and plants that stand about a home."""

from __future__ import annotations

import math

import bpy
import forms
import kit
import numpy as np
from procedural import looks

Parts = list[bpy.types.Object]


def flower_vase(rng: np.random.Generator) -> Parts:
    """A bellied vase with bands and a bunch of flowers."""
    tone, band = kit.one_of(
        rng, [("#2a4f8f", "#d0c8b0"), ("#a8452a", "#2c1a14"), ("#3f8078", "#d8cfae"), ("#c8c2b4", "#2f5fa0")]
    )
    belly, neck, lip = rng.uniform(0.3, 0.42), rng.uniform(0.13, 0.2), rng.uniform(0.2, 0.27)
    outer = kit.smooth_path(
        [(0.2, 0.0), (0.24, 0.1), (belly, 0.42), (belly * 0.8, 0.68), (neck, 0.88), (lip, 1.02)], 48
    )
    inner = [(r - 0.025, z) for r, z in reversed(outer) if z > 0.8]
    made = kit.lathe("vase", [(0.0, 0.0), *outer, *inner, (0.0, 0.8)], kit.material("vase", (1, 1, 1)), steps=64)
    bands = np.sort(rng.uniform(0.2, 0.8, 3))

    def glaze(where: np.ndarray) -> np.ndarray:
        near = np.abs(where[:, 2:] - bands).min(axis=1)
        zigzag = np.abs(where[:, 2] - 0.5 - 0.06 * np.sign(np.sin(12 * np.arctan2(where[:, 1], where[:, 0]))))
        return looks.mix(kit.linear(tone), kit.linear(band), ((near < 0.022) | (zigzag < 0.02)).astype(float))

    return [kit.painted(kit.applied(kit.subdivided(made, 1)), glaze, roughness=0.2), *_bunch(rng)]


def _bunch(rng: np.random.Generator) -> Parts:
    """Stalks that fan out of a vase, a flower on each, leaves between them."""
    green = kit.material("stalk", kit.linear("#3f7a2a"), roughness=0.6)
    petal = kit.material(
        "petal", kit.linear(kit.one_of(rng, ["#d8304a", "#e8b21a", "#c85aa8", "#d2cec8"])), roughness=0.6
    )
    heart = kit.material("heart", kit.linear("#8a5a14"), roughness=0.9)
    count = int(rng.integers(6, 9))
    heads, parts = [], []
    for k in range(count):
        angle, lean = 2.4 * k + rng.uniform(-0.3, 0.3), 0.1 + 0.42 * math.sqrt(k / count)
        tip = np.array([lean * math.cos(angle), lean * math.sin(angle), 1.75 - 0.6 * lean + rng.uniform(-0.08, 0.05)])
        path = kit.smooth_path([(0.1 * math.cos(angle), 0.1 * math.sin(angle), 0.8), tip * [0.5, 0.5, 0.78], tip], 10)
        parts.append(kit.tube("stalk", path, 0.014, green))
        heads.append((tip, tip - np.array([0, 0.25, 1.15])))
    inner, outer = (forms.leaf("petal", size, 0.13, petal, droop=-0.25) for size in (0.15, 0.19))
    for shape, many, turn in ((inner, 7, 0), (outer, 9, 20)):
        parts.append(
            forms.copies(
                shape,
                [forms.place(at, towards=up, spin=turn + 360 * j / many) for at, up in heads for j in range(many)],
            )
        )
    parts.append(
        forms.copies(
            kit.ball("heart", 0.05, heart, stretch=(1, 1, 0.6)), [forms.place(at, towards=up) for at, up in heads]
        )
    )
    leaf = forms.leaf("leaf", 0.42, 0.14, green, droop=0.5)
    spread = [
        forms.place((0, 0, 1.0), towards=(rng.normal(0, 0.5), rng.normal(0, 0.5), 1), spin=40 * k) for k in range(9)
    ]
    return [*parts, forms.copies(kit.turned(leaf, (0, -45, 0)), spread)]


def potted_plant(rng: np.random.Generator) -> Parts:
    """A bushy plant or a rosette of long leaves, in a pot of clay or glaze."""
    clay = kit.material("pot", kit.linear(kit.one_of(rng, ["#b35a30", "#c8c4bc", "#3f5f7f", "#b35a30"])), roughness=0.7)
    soil = kit.material("soil", kit.linear("#2f2016"), roughness=1.0, bump=0.8)
    pot = [(0.0, 0.0), (0.26, 0.0), (0.36, 0.5), (0.41, 0.5), (0.42, 0.62), (0.37, 0.62), (0.35, 0.56), (0.0, 0.56)]
    parts: Parts = [kit.lathe("pot", pot, clay), kit.lathe("soil", [(0.36, 0.56), (0.2, 0.585), (0.0, 0.59)], soil)]
    grown = _bush(rng) if rng.random() < 0.5 else _rosette(rng)
    return parts + grown


def _bush(rng: np.random.Generator) -> Parts:
    crown = kit.ball("crown", 0.48, kit.material("shade", kit.linear("#1f4016")), at=(0, 0, 0), stretch=(1, 1, 0.8))
    kit.moved(forms.lumpy(crown, rng, 0.13, 0.5), (0, 0, 1.05))
    places = forms.spots(crown, rng, 330, keep=lambda at, _: at[:, 2] > 0.7, apart=0.045)
    kit.scaled(crown, (0.86, 0.86, 0.97))
    parts: Parts = [
        crown,
        kit.tube("trunk", [(0, 0, 0.55), (0.02, 0, 0.9)], 0.05, kit.material("trunk", kit.linear("#5a3d20"))),
    ]
    for k, colour in enumerate(("#3f7d24", "#5a9a34", "#2f661f")):
        look = kit.material("leaf", kit.linear(colour), roughness=0.45)
        leaf = forms.leaf("leaf", 0.27, 0.14, look, droop=0.35)
        kit.turned(leaf, (0, -50, 0))
        parts.append(
            forms.copies(
                leaf,
                [
                    forms.place(at, towards=up, spin=rng.uniform(0, 360), size=rng.uniform(0.8, 1.2))
                    for at, up in places[k::3]
                ],
            )
        )
    return parts


def _rosette(rng: np.random.Generator) -> Parts:
    greens = [kit.material("blade", kit.linear(c), roughness=0.4) for c in ("#4a8a2c", "#6aa83e", "#2f6a22")]
    parts: Parts = []
    for k in range(26):
        length, rise = rng.uniform(0.75, 1.15), rng.uniform(40, 84)
        blade = forms.leaf("blade", length, 0.17, greens[k % 3], droop=rng.uniform(0.2, 0.55), fold=0.5)
        parts.append(kit.moved(kit.turned(blade, (0, -rise, 137.5 * k + rng.uniform(-10, 10))), (0, 0, 0.58)))
    return parts


BUILDERS = {"flower_vase": flower_vase, "potted_plant": potted_plant}
