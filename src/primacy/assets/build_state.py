"""What a folder of sprites holds while it is being built: readable after every object, and after every break."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from primacy.assets.attribution import write_notices
from primacy.assets.catalogue import Asset
from primacy.assets.library import VERSION
from primacy.assets.strips import measure_views, read_strip
from primacy.design.scenes.silhouettes import Silhouette
from primacy.files import atomic_write_text
from primacy.identity import file_digest

_FIELDS = ("asset", "category", "title", "author", "licence", "source", "size_m")


class BuildState:
    """The strips of `folder` that are whole, by asset, with the keys (see build_key) that they were made by."""

    def __init__(self, folder: Path, assets: Sequence[Asset], files: Mapping[str, str]) -> None:
        self._folder = folder
        self._assets = assets
        self._files = files
        self._views: dict[str, list[Silhouette]] = {}
        self._keys = {a: known for a, known in self._read().items() if a in files and self._is_whole(a, known)}

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            data = json.loads((self._folder / "build.json").read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        known = isinstance(data, dict) and data.get("version") == VERSION
        return dict(data["objects"]) if known else {}

    def _is_whole(self, asset: str, known: Mapping[str, str]) -> bool:
        strip = self.strip(asset)
        return strip.is_file() and file_digest(strip) == known["sha256"]

    def strip(self, asset: str) -> Path:
        """Where the strip of an asset lies."""
        return self._folder / self._files[asset]

    def is_current(self, asset: str, key: str) -> bool:
        """Whether the strip of `asset` is what the build of this key made."""
        return asset in self._keys and self._keys[asset]["key"] == key

    def add(self, asset: str, key: str, sha256: str) -> None:
        """Take up a strip that was written."""
        self._keys[asset] = {"key": key, "sha256": sha256}
        self._views.pop(asset, None)

    def drop(self, asset: str) -> None:
        """Leave out an object that could not be made."""
        self._keys.pop(asset, None)

    def save(self) -> None:
        """Write library.json and build.json with what there is so far."""
        entries = [self._entry(a) for a in self._assets if a.asset in self._keys]
        lines = ",\n".join(json.dumps(e, ensure_ascii=False) for e in entries)
        library = f'{{"version": {VERSION}, "objects": [\n{lines}\n]}}\n'
        keys = json.dumps({"version": VERSION, "objects": dict(sorted(self._keys.items()))}, indent=1)
        atomic_write_text(self._folder / "library.json", library)
        atomic_write_text(self._folder / "build.json", keys + "\n")

    def finish(self) -> None:
        """Save, credit the authors, and remove strips of objects that are no longer wanted."""
        self.save()
        present = [a for a in self._assets if a.asset in self._keys]
        write_notices(self._folder, present)
        wanted = {self._files[a.asset] for a in present}
        for strip in sorted(self._folder.glob("*.webp")):
            if strip.name not in wanted:
                strip.unlink()

    def _entry(self, asset: Asset) -> dict[str, Any]:
        sha256 = self._keys[asset.asset]["sha256"]
        if asset.asset not in self._views:
            self._views[asset.asset] = measure_views(read_strip(self.strip(asset.asset), sha256))
        return {
            **{f: getattr(asset, f) for f in _FIELDS},
            "file": self._files[asset.asset],
            "sha256": sha256,
            "tintable": asset.kind == "simco",
            "views": [asdict(view) for view in self._views[asset.asset]],
        }
