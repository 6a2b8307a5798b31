"""Catalogues of Sweet Home 3D's furniture libraries (.sh3f): authors, sizes and licence of the models."""

from __future__ import annotations

import re
from dataclasses import dataclass

from primacy.errors import AssetError

FILE = "PluginFurnitureCatalog.properties"
_MAX_BYTES = 20_000_000
_LICENCES = (
    ("public domain", "CC0-1.0"),
    ("attribution 3.0 united states", "CC-BY-3.0-US"),
    ("attribution 3.0", "CC-BY-3.0"),
)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a library. `path`: of its mesh within the library; `size_m`: width, depth, height in metres."""

    path: str
    name: str
    author: str
    licence: str
    size_m: tuple[float, float, float]


def models(data: bytes) -> dict[str, Model]:
    """The models of a library by `path`, from the content of its `FILE`.

    Raises:
        AssetError: it is no such file, or its licence is not one that we know.
    """
    if len(data) > _MAX_BYTES:
        raise AssetError(f"{FILE} has more than {_MAX_BYTES:,} bytes")
    table = parse(data.decode("latin-1"))
    licence = _licence(table.get("license", ""))
    found: dict[str, Model] = {}
    for key, value in table.items():
        if key.startswith("model#"):
            model = _model(table, key.removeprefix("model#"), value.lstrip("/"), licence)
            found[model.path] = model
    return found


def parse(text: str) -> dict[str, str]:
    r"""Keys and values of a Java properties file, with its comments, continued lines and \u escapes.

    Raises:
        AssetError: an escape is cut short.
    """
    table: dict[str, str] = {}
    held = ""
    for raw in re.split(r"\r\n|\r|\n", text):
        line = held + raw.lstrip(" \t\f")
        if not held and line[:1] in ("", "#", "!"):
            continue
        if (len(line) - len(line.rstrip("\\"))) % 2:
            held = line[:-1]
            continue
        held = ""
        match = re.match(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)", line, re.DOTALL)
        if match:
            table[_unescaped(match[1])] = _unescaped(match[2])
    return table


def _unescaped(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] == "u":
            raise AssetError(f"{FILE} has a broken \\u escape in {text[:60]!r}")
        return _ESCAPES.get(match[2], match[2])

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", plain, text, flags=re.DOTALL)


def _licence(text: str) -> str:
    for phrase, name in _LICENCES:
        if phrase in text.lower():
            return name
    raise AssetError(f"{FILE} states the licence {text[:80]!r}, which is none that we know")


def _model(table: dict[str, str], number: str, path: str, licence: str) -> Model:
    try:
        width, depth, height = (float(table[f"{side}#{number}"]) / 100 for side in ("width", "depth", "height"))
        return Model(path, table[f"name#{number}"], table[f"creator#{number}"], licence, (width, depth, height))
    except (KeyError, ValueError) as error:
        raise AssetError(f"{FILE}: model {number} has a broken entry: {error}") from None
