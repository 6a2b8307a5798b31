"""Scenes as pictures of 3-D objects, drawn by Blender in processes of their own."""

from __future__ import annotations

import base64
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from primacy.assets.build import Resolve, no_files
from primacy.assets.catalogue import Asset
from primacy.assets.library import Library
from primacy.design.scene import Placed, Scene
from primacy.errors import PrimacyError, RenderError, UnknownNameError
from primacy.identity import file_digest, fingerprint
from primacy.render.base import Failed, Rendered
from primacy.render.child import JOB, Child, ChildDiedError, Children
from primacy.render.contrast import apply_contrast

SAMPLES = 6
TIMEOUT = 120.0
_ANY_FILL = 0.6  # of the box of an object that no library shows


class BlenderRenderer:
    """Stands meshes on a ground and draws them with Cycles. See docs/scenes-blender.md.

    A scene has the same pixels in any order, from any process, of one version of Blender on one kind of machine.

    Args:
        library: sprites of the objects; their silhouettes are where the search for an object's size begins.
        assets: the catalogue's entries, of all objects that scenes may name.
        command: starts Blender's Python on a script (assets.blender_env.command).
        resolve: finds the mesh files of an asset.
        samples: rays a pixel.
        workers: Blender processes, one thread each; default: one a core.
        timeout: seconds after which a scene that has not been drawn is given up.
    """

    name = "blender"

    def __init__(
        self,
        library: Library,
        assets: Sequence[Asset],
        command: Sequence[str],
        *,
        resolve: Resolve = no_files,
        samples: int = SAMPLES,
        workers: int | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._library = library
        self._assets: Mapping[str, Asset] = {a.asset: a for a in assets}
        self._resolve = resolve
        self._samples = samples
        self._workers = workers or os.cpu_count() or 1
        self._children = Children(command, self._workers, timeout=timeout)

    @cached_property
    def version(self) -> str:
        """Blender's version.

        Raises:
            RenderError: Blender cannot be started.
        """
        return str(self._children.ask("version"))

    @cached_property
    def fingerprint(self) -> str:
        """Hex sha256 of everything but the scene that decides the pixels: Blender, code, settings, meshes and sprites.

        Raises:
            RenderError: Blender cannot be started.
        """
        return fingerprint(
            {
                "renderer": self.name,
                "blender": self.version,
                "code": [[str(p.relative_to(JOB.parent)), file_digest(p)] for p in sorted(JOB.parent.rglob("*.py"))],
                "samples": self._samples,
                "library": self._library.digest,
                "assets": [self._identity(self._assets[name]) for name in sorted(self._assets)],
            }
        )

    def render(self, scenes: Sequence[Scene]) -> Iterator[Rendered | Failed]:
        """Draw `scenes`, in their order; a scene that fails does not stop the others.

        Raises:
            RenderError: Blender cannot be started.
        """
        _ = self.version
        stop = threading.Event()
        pool = ThreadPoolExecutor(self._workers)
        waiting: deque[Future[Rendered | Failed]] = deque()
        rest = iter(scenes)
        try:
            # A few ahead of the one whose turn it is: a slow scene leaves no process idle, and memory stays bounded.
            for scene in islice(rest, 4 * self._workers):
                waiting.append(pool.submit(self._draw, scene, stop))
            while waiting:
                done = waiting.popleft().result()
                for scene in islice(rest, 1):
                    waiting.append(pool.submit(self._draw, scene, stop))
                yield done
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if waiting:
                self._children.close()  # broken off: nobody wants what they are at
            pool.shutdown(wait=True)
            if waiting:
                self._children.close()

    def close(self) -> None:
        """End the processes; idempotent."""
        self._children.close()

    def _draw(self, scene: Scene, stop: threading.Event) -> Rendered | Failed:
        try:
            scene.check()
            request = {
                "scene": scene.as_dict(),
                "specs": [self._spec(placed) for placed in scene.objects],
                "fills": [self._fill(placed) for placed in scene.objects],
                "samples": self._samples,
            }
            with self._children.lent() as child:
                answer = _asked_twice(child, request, stop)
            return _rendered(scene, answer)
        except PrimacyError as error:
            return Failed(scene, str(error))

    def _spec(self, placed: Placed) -> dict[str, Any]:
        asset = self._asset(placed.asset)
        mesh, texture = self._resolve(asset)
        return asset.spec(mesh, texture, placed.colour)

    def _asset(self, name: str) -> Asset:
        try:
            return self._assets[name]
        except KeyError:
            raise UnknownNameError("object", name, self._assets) from None

    def _fill(self, placed: Placed) -> float:
        """Share of its box that the silhouette fills at this yaw, from the nearest two views of the library."""
        sprite = self._library.by_asset.get(placed.asset)
        if sprite is None:
            return _ANY_FILL
        views = sprite.views
        turn = placed.yaw % 360 / 360 * len(views)
        low = int(turn) % len(views)
        between = turn - int(turn)
        return (1 - between) * views[low].fill + between * views[(low + 1) % len(views)].fill

    def _identity(self, asset: Asset) -> list[Any]:
        try:
            mesh, texture = self._resolve(asset)
        except PrimacyError:
            return [asset.spec(), None]  # not unpacked: scenes with it fail
        return [asset.spec(), [file_digest(Path(p)) for p in (mesh, texture) if p]]


def _asked_twice(child: Child, request: dict[str, Any], stop: threading.Event) -> Any:
    """The answer to a scene, asked again where Blender died: it may have been the scene before, or the system."""
    try:
        return child.ask("scene", **request)
    except ChildDiedError:
        if stop.is_set():
            raise
        return child.ask("scene", **request)


def _rendered(scene: Scene, answer: Mapping[str, Any]) -> Rendered:
    side = scene.size
    image = _pixels(answer["image"], (side, side, 3)).copy()
    mask = _pixels(answer["mask"], (side, side)).copy()
    apply_contrast(image, mask, [o.contrast for o in scene.objects])
    whole, depth = (np.array(answer[name], dtype=np.int64) for name in ("whole", "depth"))
    return Rendered(scene, image, mask, whole, depth)


def _pixels(text: str, shape: tuple[int, ...]) -> np.ndarray:
    data = base64.b64decode(text)
    if len(data) != int(np.prod(shape)):
        raise RenderError(f"Blender sent {len(data)} bytes of a picture, expected {int(np.prod(shape))}")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
