"""What a renderer is, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from primacy.design.scene import Scene


@dataclass(frozen=True, eq=False)
class Rendered:
    """One drawn scene, of side S with n objects.

    `image` uint8 (S, S, 3); `mask` uint8 (S, S): 0 ground, k the pixels of `scene.objects[k - 1]` that are seen;
    `whole` int64 (n,): pixels of each object's whole silhouette, hidden ones included; `depth` int64 (n,): 0 is the
    nearest.
    """

    scene: Scene
    image: np.ndarray
    mask: np.ndarray
    whole: np.ndarray
    depth: np.ndarray


@dataclass(frozen=True)
class Failed:
    """A scene that could not be drawn, and why, in one line."""

    scene: Scene
    reason: str


class Renderer(Protocol):
    """Draws scenes. `fingerprint` says what else than the scene decides the pixels (version, settings, objects)."""

    name: str

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of everything but the scene that decides the pixels."""
        ...

    def render(self, scenes: Sequence[Scene]) -> Iterator[Rendered | Failed]:
        """Draw `scenes`, in their order; a scene that fails does not stop the others."""
        ...

    def close(self) -> None:
        """Free processes and memory; idempotent."""
        ...
