"""Images and masks as files: how they are written, and read back within bounds."""

from __future__ import annotations

import colorsys
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from primacy.errors import DatasetError

MAX_FILE = 128_000_000
"""Bytes of the largest picture that is opened: 4096 x 4096 pixels of noise stay below it."""

_SETTINGS: dict[str, dict[str, Any]] = {
    "png": {"format": "PNG", "compress_level": 3},
    "webp": {"format": "WEBP", "quality": 90, "method": 4},
}


def _palette() -> bytes:
    """Colours of mask values: 0 black, then hues far from each other."""
    hues = [(0.0, 0.0, 0.0)] + [colorsys.hsv_to_rgb(0.61803 * k % 1, 0.75, 1.0) for k in range(255)]
    return bytes(round(255 * channel) for colour in hues for channel in colour)


_PALETTE = _palette()


def encode_image(image: np.ndarray, image_format: str) -> bytes:
    """A file of `image`, uint8 (S, S, 3): png keeps each pixel, webp is lossy (quality 90)."""
    stream = io.BytesIO()
    Image.fromarray(image, "RGB").save(stream, **_SETTINGS[image_format])
    return stream.getvalue()


def encode_mask(mask: np.ndarray) -> bytes:
    """An indexed PNG of `mask`, uint8 (S, S); value 0 is shown transparent, the others in colours of their own."""
    picture = Image.fromarray(mask, "L")
    picture.putpalette(_PALETTE)
    stream = io.BytesIO()
    picture.save(stream, format="PNG", transparency=0, compress_level=6)
    return stream.getvalue()


def decode_image(data: bytes, size: int, name: str | Path) -> np.ndarray:
    """uint8 (size, size, 3).

    Raises:
        DatasetError: no picture of that size and kind; `name` is what the message calls it.
    """
    return _decode(data, size, name, ("RGB",), ("PNG", "WEBP"))


def decode_mask(data: bytes, size: int, name: str | Path) -> np.ndarray:
    """uint8 (size, size): 0 ground, k object k.

    Raises:
        DatasetError: no mask of that size; `name` is what the message calls it.
    """
    return _decode(data, size, name, ("P",), ("PNG",))


def read_bounded(path: Path) -> bytes:
    """The bytes of a picture file.

    Raises:
        DatasetError: it is missing, or larger than `MAX_FILE`.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise DatasetError(f"{path} is larger than {MAX_FILE:,} bytes", hint="It is not one of ours.")
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}", hint=MEND) from None


MEND = "`primacy stimuli verify` lists all that is wrong; the command that rendered the folder draws it anew."


def _decode(data: bytes, size: int, name: str | Path, modes: tuple[str, ...], formats: tuple[str, ...]) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data), formats=formats) as picture:
            # Before a pixel is decoded: a small file may announce a huge picture.
            if picture.size != (size, size) or picture.mode not in modes:
                what = f"{picture.size[0]} x {picture.size[1]} {picture.mode}"
                raise DatasetError(f"{name} is {what}, expected {size} x {size} {modes[0]}", hint=MEND)
            return np.asarray(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{name} is no readable picture: {error}", hint=MEND) from None
