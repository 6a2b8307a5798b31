"""What a source of pictures is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from PIL import Image

from primacy.design.picture import Picture


class Skipped(NamedTuple):
    """Something that a source could not use, by name, and why, in a few words."""

    name: str
    reason: str


class PictureSource(Protocol):
    """Pictures with their facts. Facts stand in memory, pixels never do: `image` and `mask` fetch those of one picture
    each time they are asked, from any thread."""

    @property
    def name(self) -> str:
        """What the pictures are, in a word or two: "one-large", "photos". It labels estimates."""
        ...

    @property
    def clusters(self) -> str:
        """What a cluster is, in the plural: "object sets", "photos"."""
        ...

    @property
    def pictures(self) -> Sequence[Picture]:
        """The facts of all pictures."""
        ...

    @property
    def skipped(self) -> Sequence[Skipped]:
        """What could not be used, and why."""
        ...

    @property
    def digest(self) -> str:
        """Hex sha256 of what is shown: equal digests, equal pictures."""
        ...

    def image(self, index: int) -> Image.Image:
        """Picture `index` as RGB.

        Raises:
            DatasetError: it has become unreadable since the source was opened.
        """
        ...

    def mask(self, index: int) -> np.ndarray | None:
        """uint8 (height, width): 0 ground, k the seen pixels of object k, from 1; None where there is none."""
        ...
