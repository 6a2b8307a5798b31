"""Sprite libraries: each object seen from eight sides, as transparent pictures, with its source and licence.

A library is a folder with `library.json` and one WebP strip an object (its views from left to right, square, RGBA).
It is all that the collage renderer and the layout of scenes need of an object; meshes are needed by Blender alone.
`views[k].width`, `height`: bounding box of the silhouette (alpha >= 128) in fractions of the longer side of the largest
view's box, so that they keep an object's proportions between views; `fill`: silhouette area over its box area.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from primacy.design.scenes.silhouettes import N_VIEWS, Silhouette
from primacy.errors import AssetError, UnknownNameError

VERSION = 1
SPRITE_PX = 128
ELEVATION = 25.0
BUILTIN = ("comco", "comco-sa", "simco")
_MAX_JSON = 20_000_000
_MAX_STRIP = 5_000_000


@dataclass(frozen=True, slots=True)
class Sprite:
    """One object of a library. `asset` is "category/instance"; `views[k]` is the object at yaw 45 k degrees."""

    asset: str
    category: str
    title: str
    author: str
    licence: str
    source: str
    size_m: float
    file: str
    sha256: str
    tintable: bool
    views: tuple[Silhouette, ...]
    folder: Path

    def pictures(self) -> np.ndarray:
        """The views, uint8 (8, S, S, 4), RGB not multiplied by alpha.

        Raises:
            AssetError: the strip is missing, altered (by sha256), too large or no picture of that shape.
        """
        from primacy.assets.strips import read_strip

        return read_strip(self.folder / self.file, self.sha256)


@dataclass(frozen=True)
class Library:
    """Sprites in a fixed order, of one or several folders."""

    sprites: tuple[Sprite, ...]

    @cached_property
    def by_asset(self) -> dict[str, Sprite]:
        """Sprites by asset id."""
        return {s.asset: s for s in self.sprites}

    @cached_property
    def by_category(self) -> dict[str, tuple[Sprite, ...]]:
        """Sprites of each category, in order."""
        found: dict[str, list[Sprite]] = {}
        for sprite in self.sprites:
            found.setdefault(sprite.category, []).append(sprite)
        return {category: tuple(some) for category, some in found.items()}

    @property
    def categories(self) -> list[str]:
        """Categories in order of first appearance."""
        return list(self.by_category)

    def sprite(self, asset: str) -> Sprite:
        """The sprite called `asset`.

        Raises:
            UnknownNameError: there is none.
        """
        try:
            return self.by_asset[asset]
        except KeyError:
            raise UnknownNameError("object", asset, self.by_asset) from None

    @cached_property
    def digest(self) -> str:
        """Hex sha256 over asset ids and picture hashes: two libraries of one digest look the same."""
        from primacy.identity import fingerprint

        return fingerprint([[s.asset, s.sha256] for s in self.sprites])


def builtin(name: str, *, share_alike: bool = True) -> Library:
    """A library that the package carries: comco (with the CC-BY-SA sprites unless not wanted) or simco.

    Raises:
        UnknownNameError: no such library.
    """
    root = Path(str(resources.files("primacy.assets") / "sprites"))
    if name == "comco":
        return read([root / "comco", root / "comco-sa"] if share_alike else [root / "comco"])
    if name not in BUILTIN:
        raise UnknownNameError("sprite library", name, BUILTIN)
    return read([root / name])


def read(folders: Sequence[Path]) -> Library:
    """Read libraries and join them.

    Raises:
        AssetError: a folder is no library, or two hold an object of the same id.
    """
    sprites: list[Sprite] = []
    for folder in folders:
        sprites.extend(_read_one(folder))
    seen: set[str] = set()
    for sprite in sprites:
        if sprite.asset in seen:
            raise AssetError(f"two libraries hold an object called {sprite.asset!r}", hint="Rename one of them.")
        seen.add(sprite.asset)
    return Library(tuple(sprites))


def _read_one(folder: Path) -> list[Sprite]:
    path = folder / "library.json"
    try:
        if path.stat().st_size > _MAX_JSON:
            raise AssetError(f"{path} is larger than {_MAX_JSON:,} bytes", hint="This is no sprite library.")
        data = json.loads(path.read_text("utf-8"))
        if data["version"] != VERSION:
            raise AssetError(f"{path} has version {data['version']!r}, expected {VERSION}")
        return [_sprite(entry, folder) for entry in data["objects"]]
    except FileNotFoundError:
        raise AssetError(
            f"{folder} is no sprite library: library.json is missing", hint="`primacy assets install --help` makes one."
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise AssetError(f"{path} is not readable as a sprite library: {error}") from None


def _sprite(entry: dict[str, Any], folder: Path) -> Sprite:
    fields = dict(entry)
    views = tuple(Silhouette(**view) for view in fields.pop("views"))
    if len(views) != N_VIEWS:
        raise ValueError(f"{fields.get('asset')!r} has {len(views)} views, expected {N_VIEWS}")
    if Path(fields["file"]).name != fields["file"]:
        raise ValueError(f"file {fields['file']!r} leaves the folder")
    return Sprite(views=views, folder=folder, **fields)
