"""Sprites at the sizes that scenes ask for, kept within a bound of memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from primacy.assets.library import N_VIEWS, Library
from primacy.design.scene import Placed
from primacy.render.fit import Fitted, extent, fit
from primacy.render.lru import ByteLRU

_MAX_SCALES = 100_000


@dataclass(frozen=True, eq=False)
class Cutout:
    """One view of one object at one size, ready to be laid on a picture whose rows are 3 S bytes long.

    `rgb`, `alpha` uint8 (h, 3 w): colour not multiplied by alpha, and alpha three times over; `solid` bool (h, w): the
    silhouette, of `pixels` pixels, `width` x `height` at (`left`, `top`) of the crop. `shade` uint8 (hs, 3 ws): what
    the contact shadow leaves of the ground's levels, in 255ths, at (`shade_left`, `shade_top`) from the crop's corner.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    solid: np.ndarray
    left: int
    top: int
    width: int
    height: int
    pixels: int
    shade: np.ndarray
    shade_left: int
    shade_top: int

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays, and some for the object itself."""
        return self.rgb.nbytes + self.alpha.nbytes + self.solid.nbytes + self.shade.nbytes + 1000


@dataclass(frozen=True, eq=False)
class _Views:
    """An object's views, uint8 (h, w, 4) each, cut to what is not wholly transparent: half the memory or less."""

    pictures: tuple[np.ndarray, ...]

    @property
    def nbytes(self) -> int:
        return sum(picture.nbytes for picture in self.pictures) + 1000


def view_of(yaw: float) -> int:
    """The view nearest to a yaw in degrees; halfway (22.5, 67.5, ...) the higher one."""
    return math.floor((yaw % 360.0) / 45.0 + 0.5) % N_VIEWS


class SpriteCache:
    """Cutouts of a library's objects. What it holds never changes what it gives."""

    def __init__(self, library: Library, strip_bytes: int, cutout_bytes: int) -> None:
        self._library = library
        self._strips: ByteLRU[_Views] = ByteLRU(strip_bytes)
        self._cutouts: ByteLRU[Cutout] = ByteLRU(cutout_bytes)
        # A solved scale outlives the pixels: finding it takes several resizes, using it one.
        self._scales: dict[tuple[str, int, int, int], float] = {}

    def cutout(self, placed: Placed, size: int) -> Cutout:
        """The object as it looks at its size in a picture of `size` x `size` pixels.

        Raises:
            UnknownNameError: the library has no such object.
            AssetError: its pictures cannot be read.
            RenderError: it cannot be scaled to that area, or would be larger than the picture.
        """
        key = (placed.asset, view_of(placed.yaw), max(1, math.floor(placed.area * size * size + 0.5)), size)
        return self._cutouts.get(key, lambda: self._make(key))

    def clear(self) -> None:
        """Forget all pictures."""
        self._strips.clear()
        self._cutouts.clear()
        self._scales.clear()

    def _make(self, key: tuple[str, int, int, int]) -> Cutout:
        asset, view, pixels, size = key
        sprite = self._library.sprite(asset)
        picture = self._strips.get(asset, lambda: _trimmed(sprite.pictures())).pictures[view]
        fitted = fit(picture, pixels, size, scale=self._scales.get(key))
        if len(self._scales) >= _MAX_SCALES:
            self._scales.clear()
        self._scales[key] = fitted.scale
        return _cutout(fitted)


def _trimmed(pictures: np.ndarray) -> _Views:
    views = []
    for picture in pictures:
        shown = picture[..., 3] > 0
        if shown.any():
            x, y, width, height = extent(shown)
            picture = picture[y : y + height, x : x + width]
        views.append(picture.copy())
    return _Views(tuple(views))


def _cutout(fitted: Fitted) -> Cutout:
    height, width = fitted.alpha.shape
    shade, shade_left, shade_top = _contact_shadow(fitted.alpha)
    return Cutout(
        rgb=fitted.rgb.reshape(height, 3 * width),
        alpha=np.repeat(fitted.alpha, 3, axis=1),
        solid=fitted.solid,
        left=fitted.left,
        top=fitted.top,
        width=fitted.width,
        height=fitted.height,
        pixels=fitted.pixels,
        shade=np.repeat(shade, 3, axis=1),
        shade_left=shade_left,
        shade_top=shade_top,
    )


def _contact_shadow(alpha: np.ndarray) -> tuple[np.ndarray, int, int]:
    """A soft shadow on the ground: the silhouette pressed flat at its foot, blurred, a little to the right.

    To the right because the light of the sprites comes from the left. Levels that it leaves, in 255ths, and its place.
    """
    height, width = alpha.shape
    flat = max(2, round(0.4 * min(width, height)))
    blur = max(1, round(0.07 * math.sqrt(width * height)))
    pressed = Image.fromarray(alpha).resize((width, flat), Image.Resampling.BOX)
    margin = 2 * blur
    canvas = Image.new("L", (width + 2 * margin, flat + 2 * margin))
    canvas.paste(pressed, (margin, margin))
    soft = np.asarray(canvas.filter(ImageFilter.BoxBlur(blur)).filter(ImageFilter.BoxBlur(blur)))
    return 255 - soft // 2, round(0.06 * width) - margin, height - flat + blur // 2 - margin
