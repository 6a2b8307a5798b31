"""A sprite scaled so that its silhouette covers a given number of pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from primacy.assets.strips import SOLID
from primacy.errors import RenderError

# Its weights are polynomials, so that they come out the same on every machine; Lanczos' come from a library's sine.
_FILTER = Image.Resampling.BICUBIC
_TRIES = 16
_CLOSE = 0.005


@dataclass(frozen=True, eq=False)
class Fitted:
    """A view at its final size, w x h pixels, cut to what is not wholly transparent.

    `rgb` uint8 (h, w, 3), not multiplied by alpha; `alpha` uint8 (h, w); `solid` bool (h, w): the silhouette;
    `left`, `top`: pixels from the crop's upper left corner to that of the silhouette's bounding box, `width` x `height`
    its size; `pixels` of the silhouette; `scale`: output pixels a sprite pixel.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    solid: np.ndarray
    left: int
    top: int
    width: int
    height: int
    pixels: int
    scale: float


def fit(picture: np.ndarray, pixels: int, largest: int, *, scale: float | None = None) -> Fitted:
    """Scale a view so that its silhouette (alpha >= 128) has exactly `pixels` pixels.

    The scale is free, the grid is not: near the best scale the count still jumps by rows or columns. The last pixels
    are therefore won or lost by moving the alpha of those nearest to the threshold across it.

    Args:
        picture: uint8 (S, S, 4), RGB not multiplied by alpha.
        pixels: wanted, 1 or more.
        largest: a silhouette wider or higher than this is refused, before memory is spent on it.
        scale: what an earlier call with the same arguments found, to skip the search.

    Raises:
        RenderError: the view is empty, would be too large, or has too little substance for so many pixels.
    """
    view = _View(picture)
    for tried in _search(view, pixels, largest) if scale is None else (scale,):
        scaled = view.scaled(tried)
        alpha = np.array(scaled[..., 3])
        if _settle(alpha, pixels):
            return _cut(scaled, alpha, tried)
    raise RenderError(f"cannot cover {pixels} pixels without being more than {largest} pixels wide or high")


def _search(view: _View, pixels: int, largest: int) -> list[float]:
    """The scales nearest below and above the wanted count, the nearer one first."""
    limit = (largest + 2) / max(view.width, view.height)
    low, high = 0.0, limit
    best: dict[bool, tuple[int, float]] = {}
    scale = min(math.sqrt(pixels / view.pixels), limit)
    for _ in range(_TRIES):
        found = view.count(scale)
        missed, enough = abs(found - pixels), found >= pixels
        if enough not in best or missed < best[enough][0]:
            best[enough] = (missed, scale)
        if missed <= max(_CLOSE * pixels, min(1, pixels // 10)) or (scale == limit and not enough):
            break
        low, high = (low, scale) if enough else (scale, high)
        # Thin objects fade before they shrink: their scale runs up until the silhouette shows, or no longer fits.
        scale = min(scale * (math.sqrt(pixels / found) if found else 2.0), limit)
        if not low < scale < high and not (scale == limit and True not in best):
            scale = (low + high) / 2
    return [scale for _, scale in sorted(best.values())]


class _View:
    """One view, multiplied by alpha, and the box of its silhouette."""

    def __init__(self, picture: np.ndarray) -> None:
        solid = picture[..., 3] >= SOLID
        self.pixels = int(solid.sum())
        if not self.pixels:
            raise RenderError("its sprite shows nothing")
        self.width, self.height = extent(solid)[2:]
        shown = extent(picture[..., 3] > 0)
        self._size = shown[2:]
        whole = Image.fromarray(picture).convert("RGBa")
        self._colours = whole.crop((shown[0], shown[1], shown[0] + shown[2], shown[1] + shown[3]))
        self._alpha = self._colours.getchannel("a")

    def count(self, scale: float) -> int:
        """Pixels of the silhouette at this scale."""
        return int(np.count_nonzero(np.asarray(self._resized(self._alpha, scale)) >= SOLID))

    def scaled(self, scale: float) -> np.ndarray:
        """The view at this scale, uint8 (h, w, 4), RGB not multiplied by alpha."""
        return np.asarray(self._resized(self._colours, scale).convert("RGBA"))

    def _resized(self, picture: Image.Image, scale: float) -> Image.Image:
        # Whole output pixels need a source box that is a little larger than the view: a transparent margin gives it.
        out = [math.ceil(side * scale) + 2 for side in self._size]
        pad = math.ceil(max(o / scale - side for o, side in zip(out, self._size, strict=True)) / 2) + 1
        width, height = self._size
        padded = picture.crop((-pad, -pad, width + pad, height + pad))
        box = []
        for sign in (-1, 1):
            box += [pad + side / 2 + sign * o / scale / 2 for o, side in zip(out, self._size, strict=True)]
        return padded.resize((out[0], out[1]), _FILTER, box=(box[0], box[1], box[2], box[3]))


def _settle(alpha: np.ndarray, pixels: int) -> bool:
    """Move the fewest alphas across the threshold so that `pixels` are solid, nearest first, then in reading order.

    False where pixels would have to be won from what is wholly transparent.
    """
    flat = alpha.reshape(-1)
    levels = flat.astype(np.int64)
    surplus = int(np.count_nonzero(flat >= SOLID)) - pixels
    if surplus > 0:
        order = np.argsort(np.where(levels >= SOLID, levels, 1000), kind="stable")
        flat[order[:surplus]] = SOLID - 1
    elif surplus < 0:
        usable = np.where(levels < SOLID, levels, 0)
        order = np.argsort(-usable, kind="stable")[:-surplus]
        if len(order) < -surplus or not usable[order].all():
            return False
        flat[order] = SOLID
    return True


def _cut(scaled: np.ndarray, alpha: np.ndarray, scale: float) -> Fitted:
    x, y, width, height = extent(alpha > 0)
    crop = np.s_[y : y + height, x : x + width]
    solid = alpha[crop] >= SOLID
    left, top, solid_width, solid_height = extent(solid)
    return Fitted(
        rgb=np.ascontiguousarray(scaled[crop][..., :3]),
        alpha=np.ascontiguousarray(alpha[crop]),
        solid=solid,
        left=left,
        top=top,
        width=solid_width,
        height=solid_height,
        pixels=int(np.count_nonzero(solid)),
        scale=scale,
    )


def extent(shown: np.ndarray) -> tuple[int, int, int, int]:
    """Box of the true pixels of bool (h, w), of which there are some: x, y, width, height."""
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
