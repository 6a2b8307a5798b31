"""Make a sprite library: ask Blender for each object's eight sides, shrink them, measure them, say whose they are.

A library that is built again keeps what has not changed: `build.json` remembers by which mesh, settings, code and
version of Blender each strip was made (see build_key).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from primacy.assets.attribution import is_share_alike
from primacy.assets.build_key import build_key
from primacy.assets.build_state import BuildState
from primacy.assets.catalogue import Asset
from primacy.assets.library import BUILTIN, ELEVATION, N_VIEWS, SPRITE_PX
from primacy.assets.strips import LIGHT_GREY, measure_views, write_strip
from primacy.errors import AssetError, PrimacyError
from primacy.files import os_errors_as
from primacy.identity import file_digest
from primacy.listener import Listener, Silent
from primacy.render.child import Children

RENDER_PX = 2 * SPRITE_PX
QUALITY = 80  # of WebP: a third smaller than at 90, and at 128 pixels no eye tells them apart

Resolve = Callable[[Asset], tuple[str, str]]
"""Gives the unpacked mesh and texture of an asset as paths, "" where there is none; raises AssetError."""


@dataclass(frozen=True)
class Built:
    """What a build did, as asset ids; `failed` maps an asset to the reason."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    failed: Mapping[str, str]


def shipped(assets: Sequence[Asset]) -> dict[str, list[Asset]]:
    """`assets` by the library of the package that they belong in: what a licence passes itself on to stays apart."""
    made: dict[str, list[Asset]] = {name: [] for name in BUILTIN}
    for asset in assets:
        name = "simco" if asset.kind == "simco" else "comco-sa" if is_share_alike(asset.licence) else "comco"
        made[name].append(asset)
    return made


def no_files(asset: Asset) -> tuple[str, str]:
    """The `Resolve` of libraries that are made from code alone.

    Raises:
        AssetError: the asset is made from a file.
    """
    if asset.kind == "file":
        raise AssetError(f"{asset.asset} is made from a file of {asset.source!r}, which is not unpacked")
    return "", ""


def build_library(
    assets: Sequence[Asset],
    folder: Path,
    command: Sequence[str],
    *,
    resolve: Resolve = no_files,
    samples: int = 8,
    workers: int = 2,
    listener: Listener | None = None,
) -> Built:
    """Make `folder` the sprite library of exactly `assets`, in their order; objects made before and unchanged are kept.

    An object that cannot be made is reported and left out; the others are made. The folder can be read after every
    object; after a break, call again: strips that were finished are found.

    Args:
        command: starts Blender's Python (see render.child).
        resolve: finds the mesh files of an asset.
        samples: rays a pixel of the 256-pixel renders, which are denoised.
        workers: Blender processes, one thread each.

    Raises:
        AssetError: two assets share an id, or the folder cannot be written.
        RenderError: Blender cannot be started.
    """
    files = _file_names(assets)
    listener = listener or Silent()
    listener.stage("sprites", len(assets))
    with os_errors_as(AssetError, f"cannot write the sprite library {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        state = BuildState(folder, assets, files)
        with Children(command, workers) as children:
            maker = _Maker(state, children, resolve, samples)
            made, failed = _make_all(assets, maker, workers, listener)
        state.finish()
    kept = tuple(a.asset for a in assets if a.asset not in made and a.asset not in failed)
    return Built(tuple(a.asset for a in assets if a.asset in made), kept, failed)


def _make_all(
    assets: Sequence[Asset], maker: _Maker, workers: int, listener: Listener
) -> tuple[set[str], dict[str, str]]:
    made: set[str] = set()
    failed: dict[str, str] = {}
    pool = ThreadPoolExecutor(workers)
    try:
        waiting = {pool.submit(maker.make, a): a.asset for a in assets}
        for done in as_completed(waiting):
            asset = waiting[done]
            try:
                result = done.result()
                if result is not None:
                    maker.state.add(asset, *result)
                    made.add(asset)
            except PrimacyError as error:
                maker.state.drop(asset)
                failed[asset] = str(error)
                listener.note(f"{asset}: {error}")
            maker.state.save()
            listener.advance(1)
    finally:
        pool.shutdown(cancel_futures=True)
    return made, {a.asset: failed[a.asset] for a in assets if a.asset in failed}


class _Maker:
    """Makes one object after the other, in any thread; changes no state but the strip's file."""

    def __init__(self, state: BuildState, children: Children, resolve: Resolve, samples: int) -> None:
        self.state = state
        self._children = children
        self._resolve = resolve
        self._samples = samples
        self._settings = {
            "blender": str(children.ask("version")),
            "samples": samples,
            "views": N_VIEWS,
            "size": RENDER_PX,
            "elevation": ELEVATION,
            "grey": LIGHT_GREY,
            "quality": QUALITY,
        }

    def make(self, asset: Asset) -> tuple[str, str] | None:
        """Key and digest of the strip that was written; None where it is there already."""
        mesh, texture = self._resolve(asset)
        with os_errors_as(AssetError, "cannot read the mesh or its texture"):
            inputs = [file_digest(Path(p)) for p in (mesh, texture) if p]
        key = build_key(asset, inputs, self._settings)
        if self.state.is_current(asset.asset, key):
            return None
        colour = LIGHT_GREY if asset.kind == "simco" else None
        with tempfile.TemporaryDirectory() as scratch:
            paths = self._children.ask(
                "sprites",
                spec=asset.spec(mesh, texture, colour),
                folder=scratch,
                views=N_VIEWS,
                size=RENDER_PX,
                elevation=ELEVATION,
                samples=self._samples,
            )
            views = np.stack([halved(_rgba(Path(p))) for p in paths])
        measure_views(views)  # refuses an object that a side does not show, before it has a file
        return key, write_strip(self.state.strip(asset.asset), views, quality=QUALITY)


def halved(picture: np.ndarray) -> np.ndarray:
    """Half the side of a uint8 (2S, 2S, 4) picture: means of four pixels, colours weighted by alpha."""
    side = picture.shape[0] // 2
    blocks = picture.reshape(side, 2, side, 2, 4).astype(np.float64)
    alpha = blocks[..., 3:].sum(axis=(1, 3))
    colour = (blocks[..., :3] * blocks[..., 3:]).sum(axis=(1, 3)) / np.maximum(alpha, 1)
    return np.rint(np.concatenate([colour, alpha / 4], axis=-1)).astype(np.uint8)


def _rgba(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA"))


def _file_names(assets: Sequence[Asset]) -> dict[str, str]:
    """A file name for each asset id.

    Raises:
        AssetError: two ids are equal, or differ in nothing but what file names cannot say.
    """
    made: dict[str, str] = {}
    for asset in assets:
        name = "--".join(re.sub(r"\W+", "-", part)[:60] for part in asset.asset.lower().split("/")) + ".webp"
        if name in made.values():
            raise AssetError(f"two objects would be kept in {name}", hint=f"Give {asset.asset!r} another name.")
        made[asset.asset] = name
    return made
