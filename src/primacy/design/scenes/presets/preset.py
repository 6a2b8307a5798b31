"""What a preset is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from primacy.design.scenes.spots import Arrangement

if TYPE_CHECKING:
    from primacy.design.scenes.request import SceneRequest

Members = Literal["categories", "copies", "views"]


@dataclass(frozen=True)
class Preset:
    """A design by name.

    `arrange(request, n)` gives the scenes of one set of n objects. `varies` and `holds` say for people what differs
    within a set and what does not. `areas` are the possible numbers n of objects, and the share of the image that the
    largest of n are to cover; `default` what is usual. `ratio` is large area over small, NaN where all are equal.
    `members`: a set holds n categories, the same with copies of each (member c + n j is copy j of category c), or one
    object in each of the yaws. In scenes of a preset that `occludes`, the occluder's place is computed from the
    silhouettes.
    """

    name: str
    arrange: Callable[[SceneRequest, int], list[Arrangement]]
    varies: str
    holds: str
    areas: Mapping[int, float]
    default: tuple[int, ...] = (3,)
    ratio: float = math.nan
    members: Members = "categories"
    occludes: bool = False


def rotations(n: int) -> list[list[int]]:
    """n rows; row r, entry p is the member at place p: each member visits each place once."""
    return [[(p + r) % n for p in range(n)] for r in range(n)]
