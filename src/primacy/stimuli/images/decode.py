"""Pictures of unknown origin, decoded within bounds into RGB; every liberty that is taken is noted."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from primacy.errors import DatasetError

MAX_FILE = 128_000_000
"""Bytes of the largest file that is opened."""
MAX_PIXELS = 64_000_000
"""Pixels of the largest picture that is decoded: 192 MB as RGB. Photos of 50 megapixels pass."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
# No format that runs a program (EPS) or that nobody keeps photos in: each decoder is one more thing to trust.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIXTEEN_BITS = 65_535


class Decoded(NamedTuple):
    """A picture as RGB. `notes`: what had to be done to it, in a few words each. `coverage`: share of its pixels that
    are at least half opaque, NaN where nothing is transparent."""

    image: Image.Image
    notes: tuple[str, ...]
    coverage: float


def read_picture(data: bytes | Path, *, expected: tuple[int, int] | None = None, name: str = "") -> Decoded:
    """Decode a picture.

    The header is read before any pixel, so that a small file that announces a huge picture costs nothing. Of an
    animation the first frame is taken. Channels of 16 bits are scaled to 8. Transparency is dropped as
    `Image.convert("RGB")` drops it: colours under transparent pixels come to light. An EXIF orientation is applied
    unless the expected size is that of the pixels as they are stored.

    Args:
        data: the bytes of a file, or its path.
        expected: width and height that the picture must have.
        name: what messages call it, by default its path.

    Raises:
        DatasetError: missing, empty, too large, not a picture of a known format, cut off or broken, of a kind that RGB
            cannot stand for (floating point, 32 bits), or of another size than expected.
    """
    name = name or (str(data) if isinstance(data, Path) else "the picture")
    content = read_bytes(data) if isinstance(data, Path) else data
    if not content:
        raise DatasetError(f"{name} is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            _refuse_bomb(picture.size, name)
            return _decoded(picture, expected, name)
    except DatasetError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DatasetError(_bomb(name)) from None
    except Exception as error:  # decoders raise whatever they stumble over: EOFError, struct.error, KeyError, ...
        raise DatasetError(f"{name} is no readable picture: {_said(error)}") from None


def read_mask(data: bytes | Path, size: tuple[int, int] | None = None, *, name: str = "") -> np.ndarray:
    """Decode an instance mask: a PNG of one channel, grey or indexed.

    Args:
        data: the bytes of a file, or its path.
        size: width and height that it must have.
        name: what messages call it, by default its path.

    Returns:
        uint8 (height, width): 0 ground, k object k.

    Raises:
        DatasetError: missing, empty, not readable, of another size, or with colours where values are expected.
    """
    name = name or (str(data) if isinstance(data, Path) else "the mask")
    content = read_bytes(data) if isinstance(data, Path) else data
    if not content:
        raise DatasetError(f"{name} is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as mask:
            _refuse_bomb(mask.size, name)
            if size is not None and mask.size != size:
                raise DatasetError(f"{name} is {_by(mask.size)}, expected {_by(size)}")
            if mask.mode not in ("L", "P", "1"):
                raise DatasetError(f"{name} has mode {mask.mode}, expected one channel of 8 bits (L or P)")
            return np.array(mask, dtype=np.uint8)
    except DatasetError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DatasetError(_bomb(name)) from None
    except Exception as error:  # as above
        raise DatasetError(f"{name} is no readable mask: {_said(error)}") from None


def read_bytes(path: Path, limit: int = MAX_FILE) -> bytes:
    """The bytes of a file.

    Raises:
        DatasetError: it is missing, no plain file, not readable, or larger than `limit`.
    """
    try:
        if not path.is_file():
            raise DatasetError(f"{path} is {'not a file' if path.exists() else 'missing'}")
        if path.stat().st_size > limit:
            raise DatasetError(f"{path} is larger than {limit:,} bytes")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot read {path}: {_said(error)}") from None


def _decoded(picture: Image.Image, expected: tuple[int, int] | None, name: str) -> Decoded:
    notes: list[str] = []
    turn = _orientation(picture)
    stored, upright = picture.size, picture.size[::-1] if turn in _SIDEWAYS else picture.size
    if expected is not None and expected not in (stored, upright):
        raise DatasetError(f"{name} is {_by(stored)}, expected {_by(expected)}")
    if getattr(picture, "is_animated", False):
        notes.append("first picture of several")
    picture.load()
    rgb, coverage = _rgb(picture, notes, name)
    if turn != 1:
        if expected is None or expected != stored:
            notes.append(f"turned upright (EXIF orientation {turn})")
            rgb = rgb.transpose(_TURNS[turn])
        else:
            notes.append(f"EXIF orientation {turn} not applied: the stored size is the expected one")
    return Decoded(_bare(rgb), tuple(notes), coverage)


def _rgb(picture: Image.Image, notes: list[str], name: str) -> tuple[Image.Image, float]:
    """The picture as RGB, and its coverage."""
    mode = picture.mode
    if mode == "F":
        raise DatasetError(f"{name} has floating-point pixels, whose range is not known")
    if mode == "I" or mode.startswith("I;16"):
        notes.append("16 bits a channel scaled to 8")
        return _from_sixteen_bits(picture, name).convert("RGB"), math.nan
    if mode not in ("RGB", "L", "1", "RGBX"):
        notes.append(f"{mode} turned into RGB")
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        # By way of RGBA: straight from a palette with transparency Pillow warns; the colours are the same.
        picture = picture.convert("RGBA")
        seen = float(np.mean(np.asarray(picture.getchannel("A")) >= 128))
        if picture.getchannel("A").getextrema() != (255, 255):
            notes.append("transparency dropped")
            return picture.convert("RGB"), seen
    return picture.convert("RGB"), math.nan


def _from_sixteen_bits(picture: Image.Image, name: str) -> Image.Image:
    """Grey levels 0..65535 as 0..255, rounded; `convert` would clip them."""
    levels = np.asarray(picture).astype(np.int64)
    if levels.min() < 0 or levels.max() > _SIXTEEN_BITS:
        raise DatasetError(f"{name} has grey levels of {levels.min()} to {levels.max()}, expected 16 bits at most")
    return Image.fromarray(((levels * 255 + _SIXTEEN_BITS // 2) // _SIXTEEN_BITS).astype(np.uint8))


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 where there is none, none that can be read, or Pillow applies it by itself (TIFF)."""
    if picture.format == "TIFF":
        return 1
    try:
        found = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # EXIF data are written by all kinds of programs; the pixels do not depend on them
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _bare(image: Image.Image) -> Image.Image:
    """The pixels without what a file says beside them."""
    image.info.clear()
    return image


def _refuse_bomb(size: tuple[int, int], name: str) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise DatasetError(_bomb(name, size))


def _bomb(name: str, size: tuple[int, int] | None = None) -> str:
    what = f"is {_by(size)}, " if size else "has "
    return f"{name} {what}more than {MAX_PIXELS // 1_000_000} million pixels"


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # Pillow's words for an unknown format hold the address of a buffer.
    return str(error).partition(" <_io")[0] or type(error).__name__
