"""Objects of one's own: a folder of GLB, glTF or OBJ files and a manifest that says what they are."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from primacy.assets.archive import contained
from primacy.assets.catalogue import Asset
from primacy.errors import AssetError

MANIFESTS = ("objects.toml", "objects.csv")
KINDS = (".glb", ".gltf", ".obj")
SOURCE = "user"
_REQUIRED = ("file", "category", "title", "author", "licence", "size_m")
_TEXTS = (*_REQUIRED[:-1], "keep", "texture")
_NUMBERS = ("size_m", "yaw", "tilt")
_MAX_BYTES = 5_000_000
_MAX_OBJECTS = 10_000
_MAX_TEXT = 300
_HINT = "docs/assets.md shows a manifest."


def read(folder: Path) -> list[Asset]:
    """The objects of `folder`, as its objects.toml (`[[object]]` tables) or objects.csv lists them.

    Fields: file, category, title, author, licence, size_m (longest side in metres); optional: yaw, tilt (degrees),
    keep (pattern of mesh groups), texture (file). Ids are "category/name-of-the-file".

    Raises:
        AssetError: no or several manifests, a field missing, unknown or out of range, a file missing, of an unknown
            kind or outside the folder, two objects of one id.
    """
    path = _manifest(folder)
    rows = _toml(path) if path.suffix == ".toml" else _csv(path)
    if not 1 <= len(rows) <= _MAX_OBJECTS:
        raise AssetError(f"{path} lists {len(rows)} objects, expected 1 to {_MAX_OBJECTS:,}", hint=_HINT)
    made: dict[str, Asset] = {}
    for number, row in enumerate(rows, 1):
        asset = _asset(row, folder, f"{path.name}, object {number}")
        if asset.asset in made:
            raise AssetError(f"{path.name}: two objects are called {asset.asset!r}", hint="Rename one of the files.")
        made[asset.asset] = asset
    return list(made.values())


def _manifest(folder: Path) -> Path:
    if not folder.is_dir():
        raise AssetError(
            f"{folder} is no folder", hint="Give sweethome3d, 0ad, blender, or a folder of your own objects."
        )
    found = [folder / name for name in MANIFESTS if (folder / name).is_file()]
    if len(found) != 1:
        said = "both" if found else "neither"
        raise AssetError(f"{folder} has {said} of {' and '.join(MANIFESTS)}, expected one", hint=_HINT)
    if found[0].stat().st_size > _MAX_BYTES:
        raise AssetError(f"{found[0]} is larger than {_MAX_BYTES:,} bytes", hint=_HINT)
    return found[0]


def _toml(path: Path) -> list[Mapping[str, Any]]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssetError(f"{path} is no TOML file: {error}", hint=_HINT) from None
    rows = data.get("object")
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise AssetError(f"{path} has no [[object]] tables", hint=_HINT)
    return rows


def _csv(path: Path) -> list[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise AssetError(f"{path} is no CSV file: {error}", hint=_HINT) from None
    if any(None in row or None in row.values() for row in rows):
        raise AssetError(f"{path} has a line with more or fewer fields than its heading", hint=_HINT)
    return [{k: v for k, v in row.items() if v != ""} for row in rows]


def _asset(row: Mapping[str, Any], folder: Path, where: str) -> Asset:
    missing = [f for f in _REQUIRED if f not in row]
    if missing:
        raise AssetError(f"{where} has no {missing[0]!r}", hint=_HINT)
    unknown = sorted(set(row) - {*_TEXTS, *_NUMBERS}, key=str)
    if unknown:
        raise AssetError(f"{where} has an unknown field {unknown[0]!r}", hint=_HINT)
    fields: dict[str, Any] = {f: _text(row[f], f, where) for f in _TEXTS if f in row}
    fields |= {f: _number(row[f], f, where) for f in _NUMBERS if f in row}
    if not 1e-4 <= fields["size_m"] <= 1e4:
        raise AssetError(f"{where}: size_m is {fields['size_m']}, expected 0.0001 to 10,000 metres")
    mesh = contained(folder, fields.pop("file"))
    if mesh.suffix.lower() not in KINDS:
        raise AssetError(f"{where}: {mesh.name} is of an unknown kind, expected one of {', '.join(KINDS)}")
    if "texture" in fields:
        fields["texture"] = str(contained(folder, fields["texture"]))
    name = re.sub(r"[^a-z0-9]+", "-", mesh.stem.lower()).strip("-") or "object"
    return Asset(asset=f"{fields['category']}/{name}", kind="file", source=SOURCE, path=str(mesh), **fields)


def _text(value: Any, field: str, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT or not value.isprintable():
        raise AssetError(
            f"{where}: {field} is {str(value)[:60]!r}, expected a text of 1 to {_MAX_TEXT} characters", hint=_HINT
        )
    if field == "category" and "/" in value:
        raise AssetError(f"{where}: category {value!r} has a slash in it")
    return value.strip()


def _number(value: Any, field: str, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or not abs(number) < 1e9:
        raise AssetError(f"{where}: {field} is {str(value)[:60]!r}, expected a number", hint=_HINT)
    return number
