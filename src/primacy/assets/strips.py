"""Strips: the eight views of one object side by side in one WebP picture, and the silhouettes measured from them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, UnidentifiedImageError

from primacy.design.scenes.silhouettes import N_VIEWS, Silhouette
from primacy.errors import AssetError
from primacy.files import atomic_write_bytes

MAX_BYTES = 5_000_000
MIN_PX, MAX_PX = 8, 512
SOLID = 128  # alpha from which a pixel belongs to the silhouette
LIGHT_GREY = (0.55, 0.55, 0.55)
"""Linear colour of sprites that are tinted later: as light as can be without washed-out highlights."""
_BLEED = (1, 4, 16, 64)


def read_strip(path: Path, sha256: str) -> np.ndarray:
    """Read the views of one object, uint8 (8, S, S, 4), RGB not multiplied by alpha.

    Args:
        path: the WebP strip.
        sha256: hex digest that the file must have.

    Raises:
        AssetError: the file is missing, unreadable, too large, altered, or no WebP picture of eight square views.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise AssetError(
            f"the sprite strip {path} cannot be read: {error.strerror or error}",
            hint="Install the sprite library anew.",
        ) from None
    if len(data) > MAX_BYTES:
        raise AssetError(f"{path} is larger than {MAX_BYTES:,} bytes", hint="This is no strip of sprites.")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise AssetError(
            f"{path} is not the file that library.json describes (its sha256 differs)",
            hint="Install the sprite library anew.",
        )
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as picture:
            width, height = picture.size
            # Checked before any pixel is decoded, so that a small file cannot ask for much memory.
            if width != N_VIEWS * height or not MIN_PX <= height <= MAX_PX:
                raise AssetError(
                    f"{path} is {width} x {height} pixels, expected {N_VIEWS} square views of "
                    f"{MIN_PX} to {MAX_PX} pixels side by side"
                )
            if getattr(picture, "n_frames", 1) != 1:
                raise AssetError(f"{path} is an animation, expected one picture")
            strip = np.asarray(picture.convert("RGBA"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise AssetError(f"{path} is no readable WebP picture: {error}") from None
    return np.ascontiguousarray(strip.reshape(height, N_VIEWS, height, 4).transpose(1, 0, 2, 3))


def write_strip(path: Path, pictures: np.ndarray, *, quality: int = 90) -> str:
    """Write the views of one object as a WebP strip, alpha without loss; the file's hex sha256.

    Args:
        path: written as a whole or not at all.
        pictures: uint8 (8, S, S, 4), S from 8 to 512, RGB not multiplied by alpha.
        quality: of the colours, 0 to 100.

    Raises:
        AssetError: `pictures` has another shape or type, or the strip comes out too large.
        OSError: the file cannot be written.
    """
    side = pictures.shape[1] if pictures.ndim == 4 else 0
    if pictures.dtype != np.uint8 or pictures.shape != (N_VIEWS, side, side, 4) or not MIN_PX <= side <= MAX_PX:
        raise AssetError(
            f"views of shape {pictures.shape} and type {pictures.dtype}, expected uint8 ({N_VIEWS}, S, S, 4) "
            f"with S from {MIN_PX} to {MAX_PX}"
        )
    strip = np.concatenate([_bled(p) for p in pictures], axis=1)
    buffer = io.BytesIO()
    # exact: the colours under transparent pixels are kept, `_bled` put them there on purpose.
    Image.fromarray(strip).save(buffer, "WEBP", quality=quality, alpha_quality=100, method=5, exact=True)
    data = buffer.getvalue()
    if len(data) > MAX_BYTES:
        raise AssetError(f"the strip {path.name} has {len(data):,} bytes, expected at most {MAX_BYTES:,}")
    atomic_write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def measure_views(pictures: np.ndarray) -> list[Silhouette]:
    """Silhouettes (alpha >= 128) of the views uint8 (8, S, S, 4), in the units of `library`.

    Raises:
        AssetError: a view shows nothing.
    """
    boxes = []
    for k, picture in enumerate(pictures):
        solid = picture[..., 3] >= SOLID
        if not solid.any():
            raise AssetError(f"view {k} shows nothing")
        rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
        boxes.append((int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1, int(solid.sum())))
    longest = max(max(width, height) for width, height, _ in boxes)
    return [
        Silhouette(round(width / longest, 6), round(height / longest, 6), round(pixels / (width * height), 6))
        for width, height, pixels in boxes
    ]


def _bled(picture: np.ndarray) -> np.ndarray:
    """Continue the object's colours into its transparent surroundings.

    WebP stores colour at half the resolution of brightness and in blocks; black surroundings would darken the edge.
    """
    view = Image.fromarray(picture)
    out = picture.copy()
    empty = picture[..., 3] == 0
    premultiplied = view.convert("RGBa")
    for radius in _BLEED:
        blurred = np.asarray(premultiplied.filter(ImageFilter.BoxBlur(radius)).convert("RGBA"))
        fill = empty & (blurred[..., 3] > 0)
        out[fill, :3] = blurred[fill, :3]
        empty &= ~fill
    return out
