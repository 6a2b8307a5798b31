"""Packs of models that others made: where they are, and the files of an object out of them.

What an object needs is unpacked into the cache folder once, the mesh last: where a mesh is, all that it needs is too.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from primacy.assets import properties
from primacy.assets.archive import Archive
from primacy.assets.catalogue import Asset
from primacy.errors import AssetError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Pack:
    """An archive of models. `bundle` is what one installs, `file` its name, `system` where Debian puts it."""

    source: str
    bundle: str
    file: str
    system: Path


_FURNITURE = Path("/usr/share/sweethome3d/furniture")
PACKS = {
    p.source: p
    for p in (
        *(
            Pack(name, "sweethome3d", f"{name}.sh3f", _FURNITURE)
            for name in ("Scopia", "BlendSwap-CC-0", "BlendSwap-CC-BY", "KatorLegaz", "Reallusion")
        ),
        Pack("0ad", "0ad", "public.zip", Path("/usr/share/games/0ad/mods/public")),
    )
}
"""Packs by the `source` of their objects."""

BUNDLES = ("sweethome3d", "0ad")


class Packs:
    """Finds the files of catalogue objects: in the cache, else in a pack on this system or below `origin`."""

    def __init__(self, cache: Path, origin: Path | None = None) -> None:
        self._folder = cache / "packs"
        self._origin = origin
        self._lock = threading.Lock()
        self._open: dict[str, _OpenPack | None] = {}

    def mesh_paths(self, asset: Asset) -> tuple[str, str]:
        """Paths of the mesh and of the texture of `asset`, unpacked; "" for what it does not need.

        Raises:
            AssetError: its pack is not there (the hint says how to install it), or holds something else.
        """
        if asset.kind != "file":
            return "", ""
        if asset.source not in PACKS:
            return asset.path, asset.texture
        folder = self._folder / asset.source
        with self._lock:
            if not self._unpacked(asset):
                self._pack(asset).unpack(asset, folder)
        return str(folder / asset.path), str(folder / asset.texture) if asset.texture else ""

    def status(self, asset: Asset) -> str:
        """How `asset` is available: "code", "file", "unpacked", "pack" (can be unpacked) or "missing"."""
        if asset.kind != "file":
            return "code"
        if asset.source not in PACKS:
            return "file" if Path(asset.path).is_file() else "missing"
        if self._unpacked(asset):
            return "unpacked"
        return "pack" if self._find(PACKS[asset.source]) else "missing"

    def _unpacked(self, asset: Asset) -> bool:
        folder = self._folder / asset.source
        return (folder / asset.path).is_file() and (not asset.texture or (folder / asset.texture).is_file())

    def _pack(self, asset: Asset) -> _OpenPack:
        pack = PACKS[asset.source]
        if pack.source not in self._open:
            path = self._find(pack)
            self._open[pack.source] = _OpenPack(Archive(path)) if path else None
        found = self._open[pack.source]
        if found is None:
            raise AssetError(
                f"{asset.asset} needs the pack {pack.source}, which is not installed",
                hint=f"Install it with: primacy assets install {pack.bundle}",
            )
        return found

    def _find(self, pack: Pack) -> Path | None:
        """The pack's file: as given, in a folder as given or wherever below it, else where Debian puts it."""
        if self._origin is not None:
            if self._origin.is_file():
                return self._origin if self._origin.name == pack.file else None
            return next(iter(sorted(self._origin.rglob(pack.file))), None)
        path = pack.system / pack.file
        return path if path.is_file() else None


class _OpenPack:
    """An archive with its catalogue of models, if it has one."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @cached_property
    def _models(self) -> dict[str, properties.Model] | None:
        if properties.FILE not in self._archive:
            return None
        return properties.models(self._archive.read(properties.FILE))

    def unpack(self, asset: Asset, folder: Path) -> None:
        """Write what `asset` needs below `folder`."""
        self._check_credit(asset)
        names = [asset.texture] if asset.texture else []
        # An OBJ names its materials and textures itself; they lie in its folder.
        names += self._archive.beside(asset.path) if asset.path.lower().endswith(".obj") else [asset.path]
        self._archive.unpack(names, folder)

    def _check_credit(self, asset: Asset) -> None:
        """Refuse a model that is not the one whose author we name."""
        if self._models is None:
            return
        model = self._models.get(asset.path)
        if model is None:
            raise AssetError(
                f"{self._archive.path} has no model {asset.path!r}", hint="The pack may be of another version."
            )
        if (model.author, model.licence) != (asset.author, asset.licence):
            raise AssetError(
                f"{self._archive.path}: {asset.path} is by {model.author} under {model.licence},"
                f" the catalogue says {asset.author} under {asset.licence}",
                hint="The pack may be of another version.",
            )


def bundle(name: str) -> list[Pack]:
    """The packs that one installs as `name`.

    Raises:
        UnknownNameError: there are none.
    """
    if name not in BUNDLES:
        raise UnknownNameError("pack", name, BUNDLES)
    return [p for p in PACKS.values() if p.bundle == name]
