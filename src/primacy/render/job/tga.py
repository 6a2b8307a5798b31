"""Uncompressed TARGA pictures, the quickest that Blender writes and numpy reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_HEADER = 18
_TRUE_COLOUR = 2
_FROM_TOP = 0x20


def read(path: Path) -> np.ndarray:
    """RGB of a 24-bit picture, uint8 (S, S, 3), the upper row first.

    Raises:
        ValueError: not such a picture, or cut short.
    """
    data = path.read_bytes()
    head = data[:_HEADER]
    if len(head) < _HEADER or head[2] != _TRUE_COLOUR or head[16] != 24:
        raise ValueError("the picture that Blender wrote is no uncompressed 24-bit TARGA")
    width, height = int.from_bytes(head[12:14], "little"), int.from_bytes(head[14:16], "little")
    start = _HEADER + head[0]
    flat = np.frombuffer(data, dtype=np.uint8, count=width * height * 3, offset=start)
    picture = flat.reshape(height, width, 3)[:, :, ::-1]
    return picture if head[17] & _FROM_TOP else picture[::-1]
