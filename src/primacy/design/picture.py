"""What a picture shows, as far as an audit needs to know: its objects, how large they are and where they stand.

Facts are measured (from masks where there are any, else from boxes), never what a design asked for. Probes and null
encoders read these; encoders see the pixels only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

HALF_DIAGONAL = math.sqrt(0.5)


@dataclass(frozen=True, slots=True)
class Shown:
    """One object of a picture.

    `category` is its name. `area`: share of the picture's pixels that it is seen on. `x`, `y`: where it stands, in
    fractions of the frame, y downwards: the centre of the box of what is seen, or (in photos, where a category may be
    several things) the centroid. `slot`, `size_level` and `role` are the design's names, "" where there is no design.
    `contrast`: distance of its mean colour from that of the ground around it, 0 to 1, NaN where not measured.
    `instances`: how many things of the category `area` adds up.
    """

    category: str
    area: float
    x: float
    y: float
    slot: str = ""
    size_level: str = ""
    role: str = ""
    contrast: float = math.nan
    instances: int = 1

    @property
    def centrality(self) -> float:
        """1 in the middle of the frame, 0 in a corner: one minus the distance over half the diagonal."""
        return 1 - math.hypot(self.x - 0.5, self.y - 0.5) / HALF_DIAGONAL


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. `objects` are in slot order and of distinct categories; `cluster` is what intervals resample (the
    object set of a scene, the photo of a crop). `factors` holds what else the design varies in it."""

    picture_id: str
    cluster: int
    objects: tuple[Shown, ...]
    factors: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of its objects."""
        return tuple(shown.category for shown in self.objects)
