"""The gallery of single objects: one picture of every category in each of several versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from primacy.stimuli.images.base import PictureSource


class Version(NamedTuple):
    """How a version of the gallery shows its objects: `scale` names the area that is asked for, as a share of the
    picture ("0.025"), `slot` the place, `yaw` degrees; "" and NaN where it is not known."""

    scale: str
    slot: str
    yaw: float


@dataclass(frozen=True, eq=False)
class ImageGallery:
    """G versions of a gallery of V categories.

    `source`: pictures of one object each. `names`: the V categories, whose places are their ids. `versions`: G of
    them. `rows` int64 (G, V): the picture in `source` of each version and category.
    """

    source: PictureSource
    names: tuple[str, ...]
    versions: tuple[Version, ...]
    rows: np.ndarray
