"""Low contrast: objects drawn nearer to the colour of the ground around them, after rendering."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from primacy.errors import RenderError

_FEW = 16


def apply_contrast(image: np.ndarray, mask: np.ndarray, contrasts: Sequence[float]) -> None:
    """Scale each object's difference from the ground's colour, in place.

    Each sRGB level v of an object becomes g + contrast * (v - g), rounded and clipped. g is the mean level of the
    ground in the object's bounding box grown by a quarter of its longer side (all ground of the image where that is
    less than 16 pixels), leaving out the pixels next to objects, whose colours are mixed. Those mixed pixels around
    an object are changed with it, so that no outline stays behind.

    Args:
        image: uint8 (S, S, 3), changed.
        mask: uint8 (S, S), value k is object k.
        contrasts: of the objects 1..n; 0 makes one flat in the ground's colour, 1 leaves it, above 1 exaggerates it.

    Raises:
        RenderError: a contrast is negative or not finite.
    """
    for contrast in contrasts:
        if not (math.isfinite(contrast) and contrast >= 0):
            raise RenderError(f"a contrast is {contrast}, expected 0 or more")
    chosen = [k for k, contrast in enumerate(contrasts, 1) if contrast != 1 and (mask == k).any()]
    if not chosen:
        return
    pure = ~grown(mask > 0)
    # All means before any change, so that no object's ground is another's changed outline.
    grounds = {k: ground_levels(image, mask == k, pure) for k in chosen}
    untouched = mask == 0
    for k in chosen:
        inside = mask == k
        inside |= grown(inside) & untouched
        untouched &= ~inside
        image[inside] = np.take_along_axis(_table(grounds[k], contrasts[k - 1]), image[inside], axis=0)


def ground_levels(image: np.ndarray, seen: np.ndarray, pure: np.ndarray) -> np.ndarray:
    """Mean levels float64 (3,) of the ground about an object."""
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    margin = max(2, math.ceil(max(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1) / 4))
    near = np.s_[
        max(rows[0] - margin, 0) : rows[-1] + margin + 1, max(columns[0] - margin, 0) : columns[-1] + margin + 1
    ]
    for window in (near, np.s_[:, :]):
        found = image[window][pure[window]]
        if len(found) >= _FEW:
            break
    # Sums of integers, so that the mean is the same whatever the order of summation.
    levels = found if len(found) else image.reshape(-1, 3)
    return levels.sum(axis=0, dtype=np.int64) / len(levels)


def _table(ground: np.ndarray, contrast: float) -> np.ndarray:
    """New levels uint8 (256, 3) of the old ones."""
    levels = ground + contrast * (np.arange(256)[:, None] - ground)
    return np.clip(np.floor(levels + 0.5), 0, 255).astype(np.uint8)


def grown(inside: np.ndarray) -> np.ndarray:
    """`inside` and its eight neighbours."""
    out = inside.copy()
    out[1:] |= inside[:-1]
    out[:-1] |= inside[1:]
    across = out.copy()
    out[:, 1:] |= across[:, :-1]
    out[:, :-1] |= across[:, 1:]
    return out
