"""Where the files of a folder of rendered scenes lie, and what its `dataset.json` says.

dataset.json       what was asked for and who drew it (`Header`)
scenes.jsonl       every scene of the design, one a line: {"scene_id": ..., "scene": {...}}
images/, masks/    one file a scene, named by its id
parts/             rows of the manifest, as they were finished
manifest.parquet   all rows in the order of the scenes; its presence says that the folder is finished
stats.json         what `describe` finds, written with the manifest
failed.jsonl       scenes that could not be drawn, and why; absent where there are none
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from primacy.errors import DatasetError, UnknownNameError
from primacy.files import atomic_write_text, os_errors_as

VERSION = 1
IMAGE_FORMATS = ("png", "webp")
_MAX_HEADER = 1_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths in the folder `root`."""

    root: Path

    @property
    def header(self) -> Path:
        """What was asked for and who drew it."""
        return self.root / "dataset.json"

    @property
    def scenes(self) -> Path:
        """Every scene of the design."""
        return self.root / "scenes.jsonl"

    @property
    def images(self) -> Path:
        """Folder of the images."""
        return self.root / "images"

    @property
    def masks(self) -> Path:
        """Folder of the masks."""
        return self.root / "masks"

    @property
    def parts(self) -> Path:
        """Folder of the finished rows."""
        return self.root / "parts"

    @property
    def manifest(self) -> Path:
        """All rows in order."""
        return self.root / "manifest.parquet"

    @property
    def stats(self) -> Path:
        """What `describe` finds."""
        return self.root / "stats.json"

    @property
    def failed(self) -> Path:
        """Scenes that could not be drawn."""
        return self.root / "failed.jsonl"

    def lock(self, name: str) -> Path:
        """Lock file for `name`."""
        return self.root / f".lock-{name}"

    def image(self, scene_id: str, image_format: str) -> Path:
        """The image of a scene."""
        return self.images / f"{scene_id}.{image_format}"

    def mask(self, scene_id: str) -> Path:
        """The mask of a scene."""
        return self.masks / f"{scene_id}.png"


@dataclass(frozen=True, slots=True)
class Header:
    """What `dataset.json` says.

    `request` is what the design was asked for, JSON-able; `renderer` a name, `renderer_fingerprint` and
    `library_digest` hex sha256; `scenes_sha256` that of the file `scenes.jsonl`, which holds `n_scenes` lines.
    """

    request: Mapping[str, Any]
    renderer: str
    renderer_fingerprint: str
    library_digest: str
    image_format: str
    n_scenes: int
    scenes_sha256: str
    primacy_version: str
    version: int = VERSION

    def identity(self) -> dict[str, Any]:
        """What has to be the same for rendering to go on in a folder; the fields of the request by name."""
        return {
            "image format": self.image_format,
            "renderer": self.renderer,
            "object library": self.library_digest,
            "renderer fingerprint": self.renderer_fingerprint,
        } | {f"request.{name}": value for name, value in sorted(self.request.items())}


def write_header(layout: Layout, header: Header) -> None:
    """Write `dataset.json`.

    Raises:
        OSError: as the operating system says.
    """
    text = json.dumps(asdict(header) | {"request": dict(header.request)}, indent=1, ensure_ascii=False)
    atomic_write_text(layout.header, text + "\n")


def read_header(layout: Layout) -> Header | None:
    """What `dataset.json` says; None where there is none.

    Raises:
        DatasetError: it is not readable, or of another version.
    """
    path = layout.header
    try:
        with os_errors_as(DatasetError, f"cannot read {path}"):
            if not path.exists():
                return None
            if path.stat().st_size > _MAX_HEADER:
                raise DatasetError(f"{path} is larger than {_MAX_HEADER:,} bytes", hint="It is not one of ours.")
            data = json.loads(path.read_text("utf-8"))
        if data["version"] != VERSION:
            raise DatasetError(
                f"{path} has version {data['version']!r}, expected {VERSION}",
                hint="It was written by another version of Primacy: use that one, or another folder.",
            )
        header = Header(**data)
        if not isinstance(header.request, dict) or header.image_format not in IMAGE_FORMATS:
            raise ValueError("request or image_format is not what it should be")
        return header
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path} is damaged: {error}", hint="Render into another folder.") from None


def check_format(image_format: str) -> None:
    """Refuse an image format that we do not write.

    Raises:
        UnknownNameError: not one of `IMAGE_FORMATS`.
    """
    if image_format not in IMAGE_FORMATS:
        raise UnknownNameError("image format", image_format, IMAGE_FORMATS)
