"""Captions of one template that are rendered when they are looked at.

A block of captions is a table of category ids and the wording of a template; the strings follow from these. Whoever
knows that (a tokenizer, a counter) can work with the table and never make the strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import overload

import numpy as np

from primacy.errors import DesignError

_ROWS = 4096  # rendered at a time while iterating, so that a long design never stands in memory as strings


@dataclass(frozen=True, eq=False)
class TemplatedCaptions(Sequence[str]):
    """m captions of n objects: caption i is literals[0] + surfaces[0][objects[i, 0]] + literals[1] + ...

    Indexing and iterating give strings; a slice gives `TemplatedCaptions` without rendering any.

    Attributes:
        literals: the n + 1 stretches of text around the slots.
        surfaces: [slot][category], what a category reads as in a slot.
        objects: category ids in mention order, int64 (m, n).

    Raises:
        DesignError: the three do not belong to the same number of slots, or slots hold unlike numbers of categories.
    """

    literals: tuple[str, ...]
    surfaces: tuple[tuple[str, ...], ...]
    objects: np.ndarray

    def __post_init__(self) -> None:
        """Refuse parts that do not fit together, which would render as nonsense or never end."""
        n = len(self.surfaces)
        if n < 1 or len(self.literals) != n + 1 or self.objects.ndim != 2 or self.objects.shape[1] != n:
            raise DesignError(
                f"captions of {n} slots with {len(self.literals)} literals and objects of shape {self.objects.shape},"
                " expected at least one slot, one literal more than slots, and objects (m, slots)"
            )
        if len(sizes := set(map(len, self.surfaces))) > 1:
            raise DesignError(f"slots of captions hold {sorted(sizes)} categories, expected as many in each")

    def __len__(self) -> int:
        return len(self.objects)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> TemplatedCaptions: ...

    def __getitem__(self, index: int | slice) -> str | TemplatedCaptions:
        if isinstance(index, slice):
            return self.take(index)
        return next(self._rendered(self.objects[index][None]))

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _ROWS):
            yield from self._rendered(self.objects[start : start + _ROWS])

    def take(self, rows: np.ndarray | slice) -> TemplatedCaptions:
        """The captions of `rows` (ids, a mask or a slice), in that order."""
        return TemplatedCaptions(self.literals, self.surfaces, self.objects[rows])

    def _rendered(self, objects: np.ndarray) -> Iterator[str]:
        # One column of strings for each literal and slot, joined row by row; the loop over rows runs inside zip and
        # map, which is several times faster than one in Python.
        columns: list[Iterable[str]] = [repeat(self.literals[0])]
        for surfaces, ids, literal in zip(self.surfaces, objects.T.tolist(), self.literals[1:], strict=True):
            columns += [map(surfaces.__getitem__, ids), repeat(literal)]
        return map("".join, zip(*columns, strict=False))  # the repeated literals never end
