"""What the objects of a collage stand on: a floor seen from the usual camera, painted once and kept."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from primacy.design.scene import Camera, Ground
from primacy.identity import rng_stream
from primacy.render.colour import encode
from primacy.render.lru import ByteLRU

N_PATTERNS = 16
_UNIT = 200  # level of a pattern at which the floor has just the ground's colour
_FINE = 3  # sub-pixels a side, so that edges are smooth
_DISTANCE = 10.0
_MASK64 = (1 << 64) - 1


class Floor:
    """Paints grounds. A pattern is one of 16 of its texture, chosen by the scene's seed."""

    def __init__(self, limit: int) -> None:
        self._patterns: ByteLRU[np.ndarray] = ByteLRU(limit // 2)
        self._painted: ByteLRU[np.ndarray] = ByteLRU(limit // 2)

    def paint(self, ground: Ground, strength: float, size: int, seed: int) -> np.ndarray:
        """The empty floor, uint8 (S, 3 S), read-only: rows of R, G, B levels.

        Args:
            ground: texture and colour.
            strength: of the light; multiplies the colour in linear light.
            size: S in pixels.
            seed: of the scene.
        """
        pattern = 0 if ground.texture == "plain" else _mixed(seed) % N_PATTERNS
        key = (ground.texture, pattern, size, ground.colour, strength)
        return self._painted.get(key, lambda: self._coloured(ground, strength, size, pattern))

    def clear(self) -> None:
        """Forget all floors."""
        self._patterns.clear()
        self._painted.clear()

    def _coloured(self, ground: Ground, strength: float, size: int, pattern: int) -> np.ndarray:
        levels = self._patterns.get((ground.texture, pattern, size), lambda: _pattern(ground.texture, pattern, size))
        light = np.multiply.outer(np.arange(256) / _UNIT, np.multiply(ground.colour, strength))
        painted = encode(light)[levels].reshape(size, 3 * size)
        painted.flags.writeable = False
        return painted


def _pattern(texture: str, pattern: int, size: int) -> np.ndarray:
    """Brightness uint8 (S, S) of a floor; `_UNIT` is the ground's own."""
    rng = rng_stream(pattern, "ground", texture)
    x, y = _floor_points(size * _FINE)
    tone = _TEXTURES[texture](x, y, rng).reshape(size, _FINE, size, _FINE).mean(axis=(1, 3))
    across = (np.arange(size) + 0.5) / size - 0.5
    # Light falls off a little towards the corners and with distance.
    tone = tone * (1.05 - 0.22 * (across**2 + across[:, None] ** 2)) * (0.97 + 0.1 * across[:, None])
    return np.clip(np.floor(tone * _UNIT + 0.5), 0, 255).astype(np.uint8)


def _floor_points(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the sight lines of `size` x `size` pixels meet the floor: x to the right, y away from the camera."""
    camera = Camera()
    up = math.radians(camera.elevation)
    half = math.tan(math.radians(camera.field_of_view) / 2)
    across = ((np.arange(size) + 0.5) / size * 2 - 1) * half
    right, down = across[None, :], across[:, None]
    sinking = math.sin(up) + math.cos(up) * down
    along = _DISTANCE * math.sin(up) / sinking
    return along * right, along * (math.cos(up) - math.sin(up) * down) - _DISTANCE * math.cos(up)


def _plain(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.ones(np.broadcast_shapes(x.shape, y.shape))


def _checker(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = 0.6
    shift = rng.uniform(0, 2, size=2)
    odd = (np.floor(x / side + shift[0]) + np.floor(y / side + shift[1])) % 2
    return 0.84 + 0.3 * odd


def _planks(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    width, length, n = 0.5, 3.0, 64
    tones, joints = rng.uniform(0.84, 1.12, size=(n, n)), rng.uniform(0, 1, size=n)
    across = x / width + rng.uniform(0, 1)
    board = np.floor(across).astype(np.int64) % n
    along = y / length + joints[board]
    tone = tones[board, np.floor(along).astype(np.int64) % n]
    grain = rng.uniform(0.96, 1.04, size=(n, n))[board, np.floor(across * 9).astype(np.int64) % n]
    gap = np.maximum(np.abs(across % 1 - 0.5) * width, np.abs(along % 1 - 0.5) * length - (length - width) / 2)
    return np.where(gap > width / 2 - 0.015, 0.62, tone * grain)


def _speckle(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    tone, n = np.ones(np.broadcast_shapes(x.shape, y.shape)), 128
    for cell, depth in ((0.16, 0.07), (0.06, 0.12), (0.03, 0.12)):
        levels = rng.uniform(-depth, depth, size=(n, n))
        tone += levels[np.floor(x / cell).astype(np.int64) % n, np.floor(y / cell).astype(np.int64) % n]
    return tone


_TEXTURES: dict[str, Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]] = {
    "plain": _plain,
    "checker": _checker,
    "planks": _planks,
    "speckle": _speckle,
}


def _mixed(seed: int) -> int:
    """Scatter neighbouring seeds (splitmix64), without the cost of a random generator for each scene."""
    z = (seed + 0x9E3779B97F4A7C15) & _MASK64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK64
    return z ^ (z >> 31)
