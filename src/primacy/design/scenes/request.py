"""What a user asks of a design of scenes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from primacy.design.scene import TEXTURES, Ground
from primacy.design.scenes.presets import PRESETS, Preset
from primacy.design.scenes.slots import SLOTS
from primacy.errors import DesignError, UnknownNameError

Rgb = tuple[float, float, float]
Copies = Literal["same", "different"]
COPIES = get_args(Copies)
Sizes = Literal["canonical", "real"]
SIZES = get_args(Sizes)
MOST_REAL = 25.0
"""How many times the largest object's area may be the smallest's where sizes are real: a bus beside a fork is not."""

FRONT_VIEWS = (315.0, 0.0, 45.0)
ALL_VIEWS = tuple(45.0 * k for k in range(8))
PALETTE: tuple[Rgb, ...] = (
    (0.61, 0.03, 0.04),
    (0.03, 0.12, 0.62),
    (0.04, 0.36, 0.07),
    (0.80, 0.52, 0.02),
    (0.30, 0.05, 0.45),
    (0.02, 0.40, 0.44),
    (0.78, 0.20, 0.02),
    (0.62, 0.14, 0.33),
)
"""Colours of objects that take one: red, blue, green, yellow, purple, cyan, orange, pink."""

DEFAULT_SETS = 100
MAX_JITTER = {"camera_jitter": 10.0, "light_jitter": 40.0}


@dataclass(frozen=True)
class SceneRequest:
    """A design of scenes, before any draw.

    Attributes:
        design: name of a preset.
        objects: numbers of objects, each its own part of the design; None for the preset's default. Where objects are
            copied (`count`) this is the number of categories.
        sets: object sets for each number of objects; None for 100, or for every object of a gallery.
        seed: of every random draw.
        size: side of the image in pixels.
        area: share of the image that the large (or equal) objects are to cover; sets that do not fit get less, see
            `base_area`. None for the preset's.
        ratio: large area over small area; None for the preset's.
        yaws: degrees, multiples of 45, spread evenly over sets.
        textures: of the ground, combined with every one of `ground_colours` (linear RGB, 0 to 1).
        camera_jitter: most degrees by which the camera's elevation differs from 25, up or down, constant in a set.
        light_jitter: the same for the light's azimuth and elevation.
        palette: linear RGB colours of objects that take one; empty for their neutral grey.
        categories: those to use; None for all.
        large_slot: where the large object of `paper` stands; None for the published place.
        copies: whether the copies of `count` are one and the same object or as different as the category allows.
        sizes: of `equal` only: "canonical", all objects of one area, or "real", areas in proportion to the squares of
            real lengths, the smallest at least 1/25 of the largest.

    Raises:
        UnknownNameError: no such preset, texture or slot.
        DesignError: a value that no scene can have, or that this preset cannot use.
    """

    design: str
    objects: tuple[int, ...] | None = None
    sets: int | None = None
    seed: int = 0
    size: int = 224
    area: float | None = None
    ratio: float | None = None
    yaws: tuple[float, ...] = FRONT_VIEWS
    textures: tuple[str, ...] = ("plain",)
    ground_colours: tuple[Rgb, ...] = (Ground().colour,)
    camera_jitter: float = 0.0
    light_jitter: float = 0.0
    palette: tuple[Rgb, ...] = PALETTE
    categories: tuple[str, ...] | None = None
    large_slot: str | None = None
    copies: Copies = "same"
    sizes: Sizes = "canonical"

    def __post_init__(self) -> None:
        if self.design not in PRESETS:
            raise UnknownNameError("design of scenes", self.design, PRESETS)
        self._check_numbers()
        self._check_looks()
        self._check_particulars()

    @property
    def preset(self) -> Preset:
        """The preset called `design`."""
        return PRESETS[self.design]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of objects, defaults filled in."""
        return self.preset.default if self.objects is None else self.objects

    def area_for(self, n: int) -> float:
        """Area asked for the largest of `n` objects, share of the image."""
        return self.preset.areas[n] if self.area is None else float(self.area)

    @property
    def area_ratio(self) -> float:
        """Large area over small area, default filled in."""
        return float(self.preset.ratio if self.ratio is None else self.ratio)

    def _check_numbers(self) -> None:
        possible = list(self.preset.areas)
        if not self.numbers or len(set(self.numbers)) < len(self.numbers):
            raise DesignError(f"objects are {self.numbers}, expected different numbers, at least one")
        for n in self.numbers:
            if not (_whole(n) and n in possible):
                allowed = f"{possible[0]} to {possible[-1]}" if len(possible) > 1 else f"{possible[0]}"
                raise DesignError(f"{n} objects asked of design {self.design!r}, expected {allowed}")
        if self.sets is not None and not (_whole(self.sets) and 1 <= self.sets <= 10_000_000):
            raise DesignError(f"{self.sets} sets asked for, expected 1 to 10,000,000")
        if not (_whole(self.seed) and self.seed >= 0):
            raise DesignError(f"the seed is {self.seed!r}, expected a whole number of at least 0")
        if not (_whole(self.size) and 16 <= self.size <= 4096):
            raise DesignError(f"images of {self.size} pixels asked for, expected 16 to 4096")
        if self.area is not None and not 0 < self.area <= 1:
            raise DesignError(f"objects are to cover {self.area} of the image, expected more than 0, at most 1")
        if self.ratio is not None and not 1 < self.ratio <= 64:
            raise DesignError(f"the ratio of areas is {self.ratio}, expected more than 1, at most 64")

    def _check_looks(self) -> None:
        if not self.yaws or len({yaw % 360 for yaw in self.yaws}) < len(self.yaws) or any(y % 45 for y in self.yaws):
            raise DesignError(
                f"yaws are {self.yaws}, expected different multiples of 45 degrees",
                hint="Objects are known from eight sides only.",
            )
        if not self.textures or not self.ground_colours:
            raise DesignError("no ground texture or no ground colour is given, expected at least one of each")
        for texture in self.textures:
            if texture not in TEXTURES:
                raise UnknownNameError("ground texture", texture, TEXTURES)
        for colour in (*self.ground_colours, *self.palette):
            if len(colour) != 3 or not all(0 <= value <= 1 for value in colour):
                raise DesignError(f"a colour is {colour}, expected three numbers of 0 to 1")
        for name, most in MAX_JITTER.items():
            if not 0 <= getattr(self, name) <= most:
                raise DesignError(f"{name} is {getattr(self, name)} degrees, expected 0 to {most:g}")
        if self.categories is not None and len(set(self.categories)) < len(self.categories):
            raise DesignError("a category is named twice")

    def _check_particulars(self) -> None:
        """Refuse what this preset would ignore: a user who sets it expects it to matter."""
        if self.copies not in COPIES:
            raise UnknownNameError("kind of copies", self.copies, COPIES)
        if self.copies != "same" and self.design != "count":
            raise DesignError(f"design {self.design!r} has no copies; only 'count' has")
        if self.sizes not in SIZES:
            raise UnknownNameError("kind of sizes", self.sizes, SIZES)
        if self.sizes != "canonical" and self.design != "equal":
            raise DesignError(f"design {self.design!r} sets sizes itself; only 'equal' can have real ones")
        if self.ratio is not None and math.isnan(self.preset.ratio):
            raise DesignError(f"design {self.design!r} has objects of one size, so that a ratio means nothing")
        if self.large_slot is not None:
            if self.design != "paper":
                raise DesignError(f"design {self.design!r} fixes no slot for the large object; only 'paper' does")
            for n in self.numbers:
                if self.large_slot not in (known := [slot.name for slot in SLOTS[n]]):
                    raise UnknownNameError(f"slot of {n} objects", self.large_slot, known)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
