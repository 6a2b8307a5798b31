"""What a design of scenes holds constant, counted from its scenes: as asked for, or as they came out of a renderer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import groupby, product
from typing import Any

from primacy.design.scene import Scene

_NO_CONDITION = ("base_area", "large_slot")
"""Factors that a target's condition does not depend on."""


@dataclass(frozen=True)
class Balance:
    """Counts over scenes whose sets stand together.

    Of the four claims, each is about every set by itself, and None where no scene has such an object. `n_uneven`: sets
    in which one of them fails, as happens where a scene could not be drawn.
    `slots_exact`: each slot holds each object equally often. `large_objects_exact`: each object is large equally often.
    `large_slots_exact`: each object is large in the same share of its scenes in each slot. `targets_exact`: under each
    condition of the design and in each slot, each object is the target equally often.

    `per_category`: least and most sets that one category is in, of those that occur. `yaws`: objects of sets by yaw.
    `mean_area`: mean area asked for by slot; unequal means that size and place go together. `base_areas`: least and
    largest base area.
    """

    n_scenes: int
    n_sets: int
    slots_exact: bool
    large_objects_exact: bool | None
    large_slots_exact: bool | None
    targets_exact: bool | None
    n_uneven: int
    per_category: tuple[int, int]
    n_categories: int
    n_instances: int
    yaws: dict[str, int]
    mean_area: dict[str, float]
    base_areas: tuple[float, float] | None

    def describe(self) -> str:
        """Two sentences for people."""
        claims = [
            ("each object in each slot equally often", self.slots_exact),
            ("each object large equally often", self.large_objects_exact),
            ("each object large equally often in each slot", self.large_slots_exact),
            ("each object the target equally often in each condition", self.targets_exact),
        ]
        holds = [claim for claim, value in claims if value]
        fails = [f"NOT {claim}" for claim, value in claims if value is False]
        where = f" (fails in {self.n_uneven:,} sets)" if fails else ""
        low, high = self.per_category
        often = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        return (
            f"{self.n_scenes:,} scenes of {self.n_sets:,} sets; within every set {'; '.join(holds + fails)}{where}."
            f" {self.n_categories:,} categories ({self.n_instances:,} objects) are in {often} sets each, seen from"
            f" {len(self.yaws)} sides."
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self) | {
            "per_category": list(self.per_category),
            "base_areas": None if self.base_areas is None else list(self.base_areas),
        }


def balance(scenes: Iterable[Scene]) -> Balance:
    """Count the balance of `scenes`, in one pass and bounded memory. Scenes of one set must follow each other."""
    total = _Total()
    for _, group in groupby(scenes, key=lambda scene: scene.set_id):
        total.add(group)
    return total.balance()


@dataclass
class _Total:
    scenes: int = 0
    sets: int = 0
    uneven: int = 0
    exact: dict[str, bool] = field(default_factory=dict)
    categories: Counter[str] = field(default_factory=Counter)
    assets: Counter[str] = field(default_factory=Counter)
    yaws: Counter[float] = field(default_factory=Counter)
    areas: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0]))
    base: tuple[float, float] | None = None

    def add(self, scenes: Iterable[Scene]) -> None:
        found = _Set()
        for scene in scenes:
            self.scenes += 1
            found.add(scene)
            for o in scene.objects:
                pair = self.areas[o.slot]
                pair[0] += o.area
                pair[1] += 1
            if (area := scene.factors.get("base_area")) is not None:
                low, high = self.base or (float(area), float(area))
                self.base = min(low, float(area)), max(high, float(area))
        self.sets += 1
        exact = found.exact()
        self.uneven += not all(exact.values())
        for claim, value in exact.items():
            self.exact[claim] = self.exact.get(claim, True) and value
        self.categories.update({category for category, _, _ in found.shown})
        self.assets.update({asset for _, asset, _ in found.shown})
        self.yaws.update(yaw for _, _, yaw in found.shown)

    def balance(self) -> Balance:
        per = self.categories.values()
        return Balance(
            n_scenes=self.scenes,
            n_sets=self.sets,
            slots_exact=self.exact.get("slots", True),
            large_objects_exact=self.exact.get("large objects"),
            large_slots_exact=self.exact.get("large slots"),
            targets_exact=self.exact.get("targets"),
            n_uneven=self.uneven,
            per_category=(min(per, default=0), max(per, default=0)),
            n_categories=len(self.categories),
            n_instances=len(self.assets),
            yaws={f"{yaw:g}": self.yaws[yaw] for yaw in sorted(self.yaws)},
            mean_area={slot: total / count for slot, (total, count) in sorted(self.areas.items())},
            base_areas=self.base,
        )


class _Set:
    """What one set shows, by category (a set's categories are distinct)."""

    def __init__(self) -> None:
        self.shown: set[tuple[str, str, float]] = set()
        self._slots: Counter[tuple[str, str]] = Counter()
        self._large: Counter[tuple[str, str]] = Counter()
        self._targets: Counter[tuple[str, str]] = Counter()

    def add(self, scene: Scene) -> None:
        condition = repr(sorted((k, v) for k, v in scene.factors.items() if k not in _NO_CONDITION))
        for o in scene.objects:
            self.shown.add((o.category, o.asset, o.yaw))
            self._slots[o.category, o.slot] += 1
            if o.size_level == "large":
                self._large[o.category, o.slot] += 1
            if o.role == "target":
                self._targets[o.category, f"{condition} {o.slot}"] += 1

    def exact(self) -> dict[str, bool]:
        """Which claims hold; those that this set says nothing about are left out."""
        categories = sorted({category for category, _, _ in self.shown})
        found = {"slots": _even_in_each(self._slots, categories)}
        if self._large:
            by_category = Counter[tuple[str, str]]()
            for (category, _), count in self._large.items():
                by_category[category, ""] += count
            found["large objects"] = _even_in_each(by_category, categories)
            slots = sorted({slot for _, slot in self._slots})
            # As a share of its scenes: a slot that is never empty holds the large object more often than others do.
            shares = {Fraction(self._large[pair], self._slots[pair] or 1) for pair in product(categories, slots)}
            found["large slots"] = len(shares) == 1
        if self._targets:
            found["targets"] = _even_in_each(self._targets, categories)
        return found


def _even_in_each(counts: Counter[tuple[str, str]], categories: list[str]) -> bool:
    """Whether under each second key all categories have one count."""
    return all(len({counts[category, key] for category in categories}) == 1 for key in {key for _, key in counts})
