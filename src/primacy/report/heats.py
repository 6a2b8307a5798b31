"""Tables of shares by two crossed factors, for one encoder: mention by gallery position, size by gallery scale."""

from __future__ import annotations

from typing import NamedTuple

from primacy.report.select import Case, Records, Source, crossing
from primacy.report.words import level_title
from primacy.results.record import Estimate

GALLERY_TABLE = "mention_position*gallery_position"


class Heat(NamedTuple):
    """`metric` by outer level (`rows`) and inner level (`columns`) of `group`, for one encoder.

    `largest` is the largest share of the table (a hair above 0 at least). Where rows and columns are the same levels,
    `square`, `on` and `off` are plain means of the known cells on and off the diagonal, None where there is none, and
    `leading` counts the columns whose largest share is the diagonal's.
    """

    case: Case
    metric: str
    group: str
    label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Estimate | None, ...], ...]
    largest: float
    on: float | None
    off: float | None
    leading: int

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns as headings."""
        group = self.group.rpartition("*")[2]
        return tuple(level_title(group, level) for level in self.columns)

    @property
    def square(self) -> bool:
        """Whether rows and columns are the same levels, so that a diagonal means something."""
        return set(self.rows) == set(self.columns)

    def matched(self, row: int, column: int) -> bool:
        """Whether the cell is of one level with itself."""
        return self.rows[row] == self.columns[column]


def heats(records: Records, case: Case, group: str = GALLERY_TABLE, metric: str = "winner_share") -> list[Heat]:
    """The tables of `metric` by `group` of one case, encoder first; those without any cell left out."""
    found = (_heat(source, case, metric, group) for source in records.sources)
    return [heat for heat in found if heat]


def _heat(source: Source, case: Case, metric: str, group: str) -> Heat | None:
    outer, inner = crossing(source.look, case, metric, group)
    cells = tuple(tuple(source.look.get(case, metric, group, f"{a}*{b}") for b in inner) for a in outer)
    values = {
        (outer[r], inner[c]): cell.value
        for r, row in enumerate(cells)
        for c, cell in enumerate(row)
        if cell and cell.value is not None
    }
    if not values:
        return None
    on = [value for (a, b), value in values.items() if a == b]
    off = [value for (a, b), value in values.items() if a != b]
    leading = sum(
        (b, b) in values and values[b, b] >= max(v for (_, column), v in values.items() if column == b) for b in inner
    )
    largest = max(*values.values(), 1e-9)
    return Heat(
        case, metric, group, source.label, tuple(outer), tuple(inner), cells, largest, _mean(on), _mean(off), leading
    )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
