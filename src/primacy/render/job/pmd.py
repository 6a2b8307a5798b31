"""Meshes of the game 0 A.D. (.pmd, version 3 and 4): positions, triangles and the first texture coordinates."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

MAX_BYTES = 50_000_000


def read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read a mesh in the pose that it was modelled in.

    Returns:
        Positions float32 (V, 3), +Y up; triangles int32 (F, 3); texture coordinates float32 (V, 2), V up.

    Raises:
        ValueError: it is no such file, or it is damaged.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path.name} is larger than {MAX_BYTES:,} bytes")
    data = path.read_bytes()
    if data[:4] != b"PSMD":
        raise ValueError(f"{path.name} is no .pmd mesh")
    try:
        return _parse(data)
    except (struct.error, ValueError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from None


def _parse(data: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    version, _, count = struct.unpack_from("<III", data, 4)
    if version not in (3, 4):
        raise ValueError(f"version {version}, expected 3 or 4")
    at, coordinates = 16, 1
    if version == 4:
        (coordinates,) = struct.unpack_from("<I", data, at)
        at += 4
    if not 1 <= coordinates <= 8:
        raise ValueError(f"{coordinates} sets of texture coordinates, expected 1 to 8")
    vertex = np.dtype(
        [
            ("position", "<f4", 3),
            ("normal", "<f4", 3),
            ("uv", "<f4", (coordinates, 2)),
            ("bones", "u1", 4),
            ("weights", "<f4", 4),
        ]
    )
    vertices = np.frombuffer(data, vertex, count, at)
    at += count * vertex.itemsize
    (n_faces,) = struct.unpack_from("<I", data, at)
    faces = np.frombuffer(data, "<u2", 3 * n_faces, at + 4).reshape(-1, 3).astype(np.int32)
    if faces.size and faces.max() >= count:
        raise ValueError("a triangle names a vertex that is not there")
    return vertices["position"].copy(), faces, vertices["uv"][:, 0].copy()
