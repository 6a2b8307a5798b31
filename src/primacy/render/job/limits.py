"""What is refused before a mesh is loaded: files that would fill the memory, and files that name others outside."""

from __future__ import annotations

import json
import struct
from operator import index
from pathlib import Path
from typing import Any

MAX_BYTES = 500_000_000
MAX_FACES = 5_000_000
MAX_PIXELS = 67_108_864
MAX_IMAGE_BYTES = 100_000_000
_MAX_JSON = 50_000_000
# "f 1 2 3\n": no face of an OBJ takes fewer bytes, so small files need no counting.
_BYTES_OF_A_FACE = 8


def check(path: Path) -> None:
    """Refuse a mesh file by its size, its number of faces or what it points to.

    Raises:
        ValueError: more than `MAX_BYTES` or `MAX_FACES`, or a link out of its folder.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{path.name} has {size:,} bytes, at most {MAX_BYTES:,} are read")
    kind = path.suffix.lower()
    if kind == ".obj" and size > MAX_FACES * _BYTES_OF_A_FACE:
        _refuse_faces(path, _obj_faces(path))
    elif kind in (".glb", ".gltf"):
        try:
            _check_gltf(path, _gltf_json(path))
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name} is damaged: {error}") from None


def pixels(head: bytes) -> int | None:
    """Width times height from the first bytes of a PNG or JPEG file, None for other formats."""
    if head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return int(width * height)
    if head[:2] == b"\xff\xd8":
        return _jpeg_pixels(head)
    return None


def _jpeg_pixels(head: bytes) -> int | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        mark, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return int(width * height)
        at += 2 + length
    return None


def _obj_faces(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(line[:1] == b"f" for line in stream)


def _refuse_faces(path: Path, faces: int) -> None:
    if faces > MAX_FACES:
        raise ValueError(f"{path.name} has {faces:,} faces, at most {MAX_FACES:,} are read")


def _check_gltf(path: Path, data: dict[str, Any]) -> None:
    accessors = data.get("accessors", [])
    # A sparse accessor may claim any length without a byte behind it.
    if any(index(a.get("count", 0)) > 3 * MAX_FACES for a in accessors):
        raise ValueError(f"{path.name} has a list of more than {3 * MAX_FACES:,} entries")
    faces = [sum(_faces(p, accessors) for p in m.get("primitives", [])) for m in data.get("meshes", [])]
    shown = [index(n["mesh"]) for n in data.get("nodes", []) if "mesh" in n]
    _refuse_faces(path, sum(faces[k] for k in shown if 0 <= k < len(faces)))
    for entry in (*data.get("buffers", []), *data.get("images", [])):
        name = str(entry.get("uri", ""))
        if name and not name.startswith("data:"):
            _check_beside(path, name)


def _check_beside(path: Path, name: str) -> None:
    plain = name.replace("\\", "/").replace("%2e", ".").replace("%2E", ".").replace("%2f", "/").replace("%2F", "/")
    if plain.startswith("/") or ":" in plain or ".." in plain.split("/"):
        raise ValueError(f"{path.name} names the file {name!r}, which lies outside its folder")
    beside = path.parent / name
    if beside.is_file() and beside.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path.name} needs {name!r}, which has more than {MAX_BYTES:,} bytes")


def _faces(primitive: dict[str, Any], accessors: list[dict[str, Any]]) -> int:
    which = primitive.get("indices", primitive.get("attributes", {}).get("POSITION"))
    return index(accessors[which].get("count", 0)) // 3 if isinstance(which, int) and which < len(accessors) else 0


def _gltf_json(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        head = stream.read(20)
        if path.suffix.lower() == ".glb":
            if head[:4] != b"glTF" or len(head) < 20:
                raise ValueError(f"{path.name} is no GLB file")
            length = struct.unpack("<I", head[12:16])[0]
        else:
            stream.seek(0)
            length = path.stat().st_size
        if length > _MAX_JSON:
            raise ValueError(f"{path.name} has a description of {length:,} bytes, at most {_MAX_JSON:,} are read")
        try:
            data = json.loads(stream.read(length))
        except (ValueError, RecursionError):
            raise ValueError(f"{path.name} is damaged: its description is no JSON") from None
    if not isinstance(data, dict):
        raise ValueError(f"{path.name} is damaged: its description is no JSON object")
    return data
