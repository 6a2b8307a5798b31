"""What the tables of a corpus analysis consist of, the same for the terminal and the page."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from primacy.report import numbers
from primacy.report.corpus_words import PERCENT, Unit
from primacy.results.record import Value


class Cell(NamedTuple):
    """A number with its interval in its unit, or a text."""

    value: Value | str
    unit: Unit = PERCENT

    def text(self, fewer: int = 0) -> str:
        """The number, or the text."""
        return self.value if isinstance(self.value, str) else self.unit.write(self.value.value, fewer)

    def interval(self, fewer: int = 0, *, tight: bool = False) -> str:
        """The interval in brackets; "" for a text, and where there is no number."""
        if isinstance(self.value, str) or self.value.value is None:
            return ""
        low, high = (self.unit.write(x, fewer) for x in (self.value.ci_low, self.value.ci_high))
        return numbers.bracket(low, high, tight=tight)


class Row(NamedTuple):
    """A line: what it is about, then its cells."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]


class Table(NamedTuple):
    """`caption` says what is counted, and in what; `names` and `columns` are the titles of what `rows` hold, where a
    line break says where they may be broken; `grouped`: rows with the same first name belong together."""

    title: str
    caption: str
    names: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    grouped: bool = False

    @property
    def spans(self) -> list[int]:
        """How many rows the first name of each row stands for: 0 where it is that of the row before."""
        names = [row.names[0] if self.grouped else k for k, row in enumerate(self.rows)]
        spans: list[int] = []
        for _, same in groupby(names):
            size = len(list(same))
            spans += [size, *([0] * (size - 1))]
        return spans


def counted(n: int, images: int) -> Cell:
    """Captions or pairs, and the images that they are of."""
    return Cell(f"{n:,} / {images:,}")
