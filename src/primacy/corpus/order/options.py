"""What a user may choose about the statistics of order."""

from __future__ import annotations

from dataclasses import dataclass

from primacy.errors import UsageError

MARGIN = 0.02
"""Excess of a share over chance that does not matter: that of a fixed order in 4 captions of 100
(docs/corpus-statistics.md)."""


@dataclass(frozen=True)
class OrderOptions:
    """How the statistics of order are made.

    `level` of every interval; `margin` inside which an excess counts as none; `groups` of images at most, for the
    jackknife; `permutations` drawn per test, 0 for none; `seed` of those; `set_aside` the category of three of the
    slices, "" for none.

    Raises:
        UsageError: a value is out of its range.
    """

    level: float = 0.95
    margin: float = MARGIN
    groups: int = 200
    permutations: int = 2000
    seed: int = 0
    set_aside: str = ""

    def __post_init__(self) -> None:
        _require(0 < self.level < 1, f"the confidence level is {self.level}", "Give a number between 0 and 1: 0.95.")
        _require(0 < self.margin < 0.5, f"the margin is {self.margin}", "Give a number between 0 and 0.5, e.g. 0.02.")
        _require(self.groups >= 2, f"{self.groups} groups for the jackknife", "Give at least 2; 200 is usual.")
        _require(self.permutations >= 0, f"{self.permutations} permutations", "Give 0 (no test) or more.")
        _require(self.seed >= 0, f"the seed is {self.seed}", "Give 0 or a positive number.")


def _require(holds: bool, what: str, hint: str) -> None:
    if not holds:
        raise UsageError(what, hint=hint)
