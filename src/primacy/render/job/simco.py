"""The 18 shapes of SimCO: plain, round-edged, of one colour and one of two materials, in the manner of CLEVR."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

import bpy
import forms
import kit
import numpy as np

NEUTRAL = (0.48, 0.48, 0.48)
THICK = 0.34
EDGE = 0.05

Look: TypeAlias = bpy.types.Material
Parts = list[bpy.types.Object]


def build(name: str, material: str, colour: kit.RGB | None) -> Parts:
    """The parts of a shape.

    `material`: "rubber" (matte) or "metal" (glossy). `colour`: linear RGB; None is the light grey that is tinted later.

    Raises:
        KeyError: there is no such shape or material.
    """
    finish = {"rubber": {"roughness": 0.75}, "metal": {"roughness": 0.2, "metallic": 0.4}}[material]
    return SHAPES[name](kit.material(f"{name} {material}", NEUTRAL if colour is None else colour, **finish))


def upright(outline: list[tuple[float, float]], look: Look, thick: float = THICK, edge: float = EDGE) -> Parts:
    """A thick plate that faces the camera, its corners and edges rounded."""
    return [kit.plate("plate", forms.rounded_outline(outline, 0.03), thick, look, bevel=edge)]


def cube(look: Look) -> Parts:
    """A cube, one face to the front."""
    return [kit.box("cube", (1, 1, 1), look, bevel=0.07)]


def sphere(look: Look) -> Parts:
    """A ball."""
    return [kit.subdivided(kit.ball("sphere", 0.5, look), 1)]


def cylinder(look: Look) -> Parts:
    """As high as wide."""
    return [kit.lathe("cylinder", turned_edge([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]), look)]


def cone(look: Look) -> Parts:
    """A cone with a slightly blunt tip."""
    return [kit.lathe("cone", turned_edge([(0, 0), (0.55, 0), (0.02, 1.1), (0, 1.1)]), look)]


def pyramid(look: Look) -> Parts:
    """Four-sided, turned so that two faces are seen."""
    base = [(0.62, 0, 0), (0, 0.62, 0), (-0.62, 0, 0), (0, -0.62, 0)]
    made = kit.mesh("pyramid", [*base, (0, 0, 1.05)], [(0, 1, 2, 3), *((k, (k + 1) % 4, 4) for k in range(4))], look)
    return [kit.turned(kit.rounded(made, 0.035), (0, 0, 20))]


def diamond(look: Look) -> Parts:
    """A cut gem on its point: table, crown and pavilion in flat facets."""
    levels = ((0.0, 0.0, 0), (0.3, 0.36, 22.5), (0.62, 0.72, 0), (0.5, 0.9, 22.5), (0.36, 1.0, 0))
    rings = [[(x, y, z) for x, y in kit.ring_of(8, r, start=start + 11)] for r, z, start in levels]
    points = [p for ring in rings for p in ring]
    faces: list[tuple[int, ...]] = [tuple(range(32, 40))]
    for low, high in pairwise(range(len(levels))):
        # Of two rings, that which is half a step ahead has its corners between those of the other.
        ahead, behind = (high, low) if levels[high][2] > levels[low][2] else (low, high)
        for k in range(8):
            after = (k + 1) % 8
            faces.append((8 * behind + k, 8 * behind + after, 8 * ahead + k))
            faces.append((8 * ahead + k, 8 * behind + after, 8 * ahead + after))
    return [kit.mesh("diamond", points, faces, look, smooth=False)]


def torus(look: Look) -> Parts:
    """A ring that lies on the ground."""
    outline = [(0.4 + x, y) for x, y in kit.ring_of(24, 0.17)]
    return [forms.revolved("torus", outline, look, steps=64)]


def pentagon(look: Look) -> Parts:
    """Regular, standing on a side."""
    return upright(kit.ring_of(5, 0.56, start=90), look)


def heart(look: Look) -> Parts:
    """The heart of playing cards."""
    turns = np.linspace(0.15, math.pi - 0.32, 32)
    z = 13 * np.cos(turns) - 5 * np.cos(2 * turns) - 2 * np.cos(3 * turns) - np.cos(4 * turns)
    half = [(0.5 * math.sin(t) ** 3, float(height) / 32) for t, height in zip(turns, z, strict=True)]
    return upright([*half, *((-x, y) for x, y in reversed(half))], look)


def moon(look: Look) -> Parts:
    """A crescent, open to the right."""
    # Two circles; their arcs stop short of the crossings so that the horns are blunt.
    outer = [(0.55 * math.cos(a), 0.55 * math.sin(a)) for a in np.radians(np.linspace(58, 302, 48))]
    inner = [(0.24 + 0.445 * math.cos(a), 0.445 * math.sin(a)) for a in np.radians(np.linspace(273, 87, 40))]
    return upright([*outer, *inner], look)


def cross(look: Look) -> Parts:
    """A plus with four equal arms."""
    arm, half = 0.55, 0.19
    quarter = [(half, half), (arm, half), (arm, -half)]
    return upright([_spun(p, 90 * k) for k in range(4) for p in reversed(quarter)], look)


def snowflake(look: Look) -> Parts:
    """Six arms, each with two pairs of side branches."""
    stem, branches = 0.045, ((0.24, 0.17, 0.33), (0.42, 0.2, 0.53))
    half = [(stem, stem * math.sqrt(3))]
    for low, reach, high in branches:
        half += [(stem, low), (reach, high), (reach, high + 0.05), (stem, low + 0.08)]
    half.append((stem, 0.64))
    arm = [*((-x, z) for x, z in half), *reversed(half[1:])]
    return upright([_spun(p, -60 * k) for k in range(6) for p in arm], look, 0.2, 0.025)


def leaf(look: Look) -> Parts:
    """A pointed leaf with a stalk, raised veins and a lean."""
    edge = kit.smooth_path([(0, -0.42), (0.26, -0.26), (0.33, 0.0), (0.2, 0.32), (0, 0.62)], 24)
    outline = [*edge, *((-x, z) for x, z in reversed(edge[1:-1]))]
    depth = THICK / 2
    veins = [kit.tube("stalk", [(0, 0, -0.72), (0.01, 0, -0.4)], 0.055, look)]
    for y in (-depth * 0.5, depth * 0.5):
        veins.append(kit.tube("vein", [(0, y, -0.4), (0, y, 0.5)], [0.045, 0.02], look))
        for z in (-0.22, 0.0, 0.22):
            veins += [
                kit.tube("vein", [(0, y, z), (s * (0.24 - abs(z) * 0.3), y, z + 0.16)], [0.03, 0.015], look)
                for s in (-1, 1)
            ]
    return kit.tilted([kit.plate("leaf", outline, depth, look, bevel=EDGE), *veins], (0, 28, 0))


def arrow(look: Look) -> Parts:
    """A block arrow that points to the right."""
    half = [(0.62, 0.0), (0.12, 0.42), (0.12, 0.17), (-0.6, 0.17)]
    return upright([*half, *((x, -z) for x, z in reversed(half[1:]))], look)


def star(look: Look) -> Parts:
    """Five points."""
    return upright([p for k in range(5) for p in (_spun((0, 0.6), 72 * k), _spun((0, 0.26), 72 * k + 36))], look)


def mug(look: Look) -> Parts:
    """A straight mug with a D-shaped handle at the right."""
    wall = turned_edge([(0, 0), (0.42, 0), (0.42, 1.0), (0.35, 1.0), (0.35, 0.1), (0, 0.1)], 0.03)
    handle = kit.smooth_path([(0.4, 0, 0.82), (0.66, 0, 0.8), (0.74, 0, 0.5), (0.62, 0, 0.24), (0.4, 0, 0.2)], 28)
    return [kit.lathe("mug", wall, look), kit.tube("handle", handle, 0.07, look)]


def pot(look: Look) -> Parts:
    """A cooking pot with a lid, its knob and two handles."""
    wall = turned_edge([(0, 0), (0.55, 0), (0.55, 0.58), (0.6, 0.6), (0.6, 0.64), (0, 0.64)], 0.04)
    lid = kit.lathe("lid", [(0.57, 0.64), (0.56, 0.68), (0.42, 0.76), (0.2, 0.82), (0, 0.83)], look)
    knob = kit.lathe(
        "knob", turned_edge([(0, 0.8), (0.05, 0.8), (0.05, 0.88), (0.13, 0.9), (0.13, 0.98), (0, 0.98)], 0.03), look
    )
    loops = [
        kit.tube(
            "handle",
            kit.smooth_path(
                [(s * x, y, 0.46) for x, y in ((0.52, -0.2), (0.74, -0.17), (0.8, 0), (0.74, 0.17), (0.52, 0.2))], 24
            ),
            0.055,
            look,
        )
        for s in (-1, 1)
    ]
    return [kit.lathe("pot", wall, look), lid, knob, *loops]


def cap(look: Look) -> Parts:
    """A baseball cap: six panels, a button and a peak to the right front."""
    profile = kit.smooth_path([(0.5, 0.0), (0.505, 0.15), (0.47, 0.33), (0.36, 0.49), (0.2, 0.58), (0.0, 0.61)], 24)
    crown = kit.lathe("crown", profile, look)
    seam = kit.tube("seam", [(r + 0.002, 0, z) for r, z in profile[2:]], 0.012, look)
    seams = forms.copies(seam, [forms.place((0, 0, 0), spin=60 * k) for k in range(6)])
    sweep = np.linspace(-68, 68, 28)
    outer = [(0.5 * math.sin(math.radians(t)), -0.42 - 0.5 * math.cos(math.radians(t)) ** 0.8) for t in sweep]
    inner = [(0.47 * math.sin(math.radians(t)), -0.44 * math.cos(math.radians(t))) for t in sweep[::-1]]
    peak = kit.warped(
        forms.flat([*outer, *inner], 0.05, look, bevel=0.015),
        lambda p: p + [0, 0, 1] * (0.03 - 0.45 * p[:, :1] ** 2 + 0.1 * (p[:, 1:2] + 0.4)),
    )
    button = kit.ball("button", 0.05, look, at=(0, 0, 0.61), stretch=(1, 1, 0.6))
    return kit.tilted([crown, seams, button, peak], (0, 0, 35))


def turned_edge(profile: list[tuple[float, float]], radius: float = 0.05) -> list[tuple[float, float]]:
    """A lathe profile with its inner corners rounded; its ends stay where they are."""
    steps = 5
    made = forms.rounded_outline(profile, radius, steps)
    return [profile[0], *made[steps:-steps], profile[-1]]


def _spun(point: tuple[float, float], degrees: float) -> tuple[float, float]:
    turn = math.radians(degrees)
    return (
        point[0] * math.cos(turn) - point[1] * math.sin(turn),
        point[0] * math.sin(turn) + point[1] * math.cos(turn),
    )


SHAPES: dict[str, Callable[[Look], Parts]] = {
    shape.__name__: shape
    for shape in (
        cube,
        sphere,
        cylinder,
        mug,
        pentagon,
        heart,
        cone,
        pyramid,
        diamond,
        moon,
        cross,
        snowflake,
        leaf,
        arrow,
        star,
        torus,
        pot,
        cap,
    )
}
