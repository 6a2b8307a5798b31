"""The vocabulary of presets: which member of a set goes where, how large and in which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from primacy.design.scenes.slots import Slot


@dataclass(frozen=True, slots=True)
class Spot:
    """One object of an arrangement. `member` counts the members of a set; `area` is a share of the set's base area,
    the area of its largest objects. The other fields are those of `Placed`."""

    member: int
    slot: Slot
    area: float = 1.0
    level: str = "equal"
    role: str = "other"
    visibility: float = 1.0
    contrast: float = 1.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One scene of every set: its objects in slot order, and what it adds to `Scene.factors`."""

    spots: tuple[Spot, ...]
    factors: Mapping[str, float | int | str] = field(default_factory=dict)
