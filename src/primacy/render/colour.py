"""sRGB as pixels store it and linear light, by tables of 256 values."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def encode(linear: np.ndarray) -> np.ndarray:
    """sRGB levels uint8 of linear light in 0..1 (clipped), any shape."""
    light = np.clip(np.asarray(linear, dtype=np.float64), 0.0, 1.0)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.floor(srgb * 255 + 0.5).astype(np.uint8)


def decode(levels: np.ndarray) -> np.ndarray:
    """Linear light float64 of sRGB levels 0..255, any shape."""
    srgb = np.asarray(levels, dtype=np.float64) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=1024)
def tint_table(red: float, green: float, blue: float) -> np.ndarray:
    """What multiplying by a colour in linear light makes of each sRGB level: uint8 (3, 256), read-only."""
    table = encode(np.multiply.outer((red, green, blue), decode(np.arange(256))))
    table.flags.writeable = False
    return table
