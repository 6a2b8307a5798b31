"""The catalogue: every object that we know how to make, from which source and under which licence."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

KINDS = ("file", "procedural", "simco")


@dataclass(frozen=True, slots=True)
class Asset:
    """One object. `asset` is "category/instance".

    kind "file": `source` names the pack ("Scopia", "BlendSwap-CC-0", "0ad", "user"), `path` the mesh in it, `keep` a
    pattern of the mesh groups to keep, `texture` an image to use, `material` "cutout" if that image's alpha cuts holes.
    kind "procedural" and "simco": `builder` and `seed` / `material` name the code. `yaw` and `tilt` are degrees that
    turn the front to the camera and raise flat things; `size_m` is the real longest extent in metres.
    """

    asset: str
    category: str
    kind: str
    title: str
    author: str
    licence: str
    source: str
    size_m: float
    path: str = ""
    keep: str = ""
    texture: str = ""
    builder: str = ""
    seed: int = 0
    material: str = ""
    yaw: float = 0.0
    tilt: float = 0.0

    def spec(
        self, path: str = "", texture: str = "", colour: tuple[float, float, float] | None = None
    ) -> dict[str, Any]:
        """What the job inside Blender is told (render/job/objects.py): `path`, `texture` are the unpacked files."""
        return {
            "asset": self.asset,
            "kind": self.kind,
            "builder": self.builder,
            "seed": self.seed,
            "material": self.material,
            "path": path,
            "texture": texture,
            "keep": self.keep,
            "yaw": self.yaw,
            "tilt": self.tilt,
            "colour": colour,
        }


def load() -> list[Asset]:
    """All objects of the package's catalogue files, in the order of the files' names, then of their entries."""
    folder = resources.files("primacy.assets") / "catalogue"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return [Asset(**entry) for f in files for entry in tomllib.loads(f.read_text("utf-8"))["object"]]
