"""Surfaces that many objects share."""

from __future__ import annotations

import bpy
import kit
import numpy as np

BRIGHT = ("#c8102e", "#1446a0", "#0e8a3e", "#f2b705", "#e8641b", "#6a2c91", "#1aa7b8", "#d6336c")


def plain(code: str, roughness: float = 0.45) -> bpy.types.Material:
    """Paint or plastic of a colour "#rrggbb"."""
    return kit.material("plain", kit.linear(code), roughness=roughness)


def steel(grey: float = 0.45) -> bpy.types.Material:
    """Brushed metal."""
    return kit.material("steel", (grey, grey, 1.03 * grey), metallic=0.7, roughness=0.35)


def black(roughness: float = 0.45) -> bpy.types.Material:
    """Black plastic or rubber."""
    return kit.material("black", (0.015, 0.015, 0.016), roughness=roughness)


def white(roughness: float = 0.4) -> bpy.types.Material:
    """White plastic, paint or china."""
    return kit.material("white", (0.8, 0.8, 0.79), roughness=roughness)


def glass() -> bpy.types.Material:
    """Dark window glass: opaque, so that few samples do."""
    return kit.material("glass", (0.02, 0.03, 0.04), roughness=0.08)


def wood(rng: np.random.Generator, light: float = 1.0, *, upright: bool = False) -> bpy.types.Material:
    """Wood between pale and reddish brown, its grain along X or upright."""
    colour = light * mix((0.5, 0.3, 0.13), (0.28, 0.12, 0.05), rng.uniform())
    grain = (7.0, 7.0, 0.5) if upright else (0.5, 7.0, 7.0)
    return kit.material("wood", colour, mottle=0.68 * colour, mottle_scale=5.0, grain=grain, roughness=0.5)


def leather(code: str) -> bpy.types.Material:
    """Grained leather or coarse cloth."""
    return kit.material("leather", kit.linear(code), roughness=0.6, bump=0.25, bump_scale=60.0)


def mix(first: kit.RGB, second: kit.RGB, share: float | np.ndarray) -> np.ndarray:
    """`share` of the second colour in the first; shares of shape (V,) give colours (V, 3)."""
    weight = np.asarray(share, dtype=float)[..., None]
    return (1 - weight) * np.asarray(first) + weight * np.asarray(second)


def two_tone(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two different bright colours."""
    first, second = rng.permutation(len(BRIGHT))[:2]
    return np.array(kit.linear(BRIGHT[first])), np.array(kit.linear(BRIGHT[second]))
