"""Balls of four sports, painted by direction from the centre."""

from __future__ import annotations

import math

import bpy
import kit
import numpy as np
from procedural import looks


def _icosahedron() -> np.ndarray:
    """The twelve corners, unit vectors (12, 3)."""
    golden = (1 + math.sqrt(5)) / 2
    corners = [(a, s * golden * b, 0) for a in (-1, 1) for s in (-1, 1) for b in (1,)]
    turned = [np.roll(corner, k) for corner in corners for k in range(3)]
    return np.array(turned) / math.hypot(1, golden)


def _soccer(p: np.ndarray, first: np.ndarray) -> np.ndarray:
    near = np.sort(p @ _icosahedron().T, axis=1)[:, ::-1]
    # A truncated icosahedron: pentagons around the corners, hexagons meeting along the edges, where the third and
    # the fourth nearest corner tie.
    colour = looks.mix((0.86, 0.86, 0.85), (0.3, 0.3, 0.3), near[:, 2] - near[:, 3] < 0.035)
    return looks.mix(colour, first, near[:, 1] + near[:, 2] < 1.3225 * near[:, 0])


def _basketball(p: np.ndarray, first: np.ndarray) -> np.ndarray:
    x, _, z = p.T
    line = (abs(x) < 0.02) | (abs(z) < 0.02) | (abs(np.hypot(x - np.copysign(0.95, x), z) - 0.72) < 0.02)
    return looks.mix((0.75, 0.2, 0.03), (0.02, 0.015, 0.01), line)


def _seam(p: np.ndarray) -> np.ndarray:
    """How far unit vectors (V, 3) are from the seam of a tennis ball or baseball, and where along it, (V, 2)."""
    t = np.linspace(0, 2 * math.pi, 360, endpoint=False)
    curve = np.stack(
        [
            0.75 * np.cos(t) + 0.25 * np.cos(3 * t),
            0.75 * np.sin(t) - 0.25 * np.sin(3 * t),
            2 * math.sqrt(0.1875) * np.sin(2 * t),
        ],
        axis=1,
    )
    gap = p @ (curve / np.linalg.norm(curve, axis=1, keepdims=True)).T
    return np.stack([np.arccos(np.clip(gap.max(axis=1), -1, 1)), gap.argmax(axis=1)], axis=1)


def _baseball(p: np.ndarray, first: np.ndarray) -> np.ndarray:
    gap, along = _seam(p).T
    return looks.mix((0.85, 0.83, 0.78), (0.6, 0.02, 0.03), (gap < 0.012) | ((gap < 0.09) & (np.mod(along, 6) < 2.6)))


def _tennis(p: np.ndarray, first: np.ndarray) -> np.ndarray:
    return looks.mix((0.5, 0.72, 0.03), (0.9, 0.92, 0.85), _seam(p)[:, 0] < 0.05)


def sports_ball(rng: np.random.Generator) -> list[bpy.types.Object]:
    """A soccer ball, basketball, baseball or tennis ball, turned at random."""
    kinds = ((_soccer, 0.0), (_basketball, 0.35), (_baseball, 0.05), (_tennis, 0.6))
    paint, bump = kinds[int(rng.uniform() * len(kinds))]
    first = np.array(kit.linear(kit.one_of(rng, ("#111111", "#111111", "#12306e", "#a31621"))))
    rings = [
        [
            (math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a))
            for b in np.linspace(0, 2 * math.pi, 240, endpoint=False)
        ]
        for a in np.linspace(0.002, math.pi - 0.002, 140)
    ]
    made = kit.painted(
        kit.loft("ball", rings, looks.white()), lambda p: paint(p, first), roughness=0.5, bump=bump, bump_scale=70.0
    )
    return [kit.turned(made, rng.uniform(-40, 40, 3))]


BUILDERS = {
    "sports_ball": sports_ball,
}
