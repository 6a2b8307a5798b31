"""Lines and tables on a console that may be narrow, colourless or confined to ASCII."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from primacy.report import numbers

GAP = 2
"""Columns of the terminal between two columns of a table."""
_GLUE = "\u00a0"
_RULED = "    \n    \n ── \n    \n    \n    \n    \n    \n"
_RULED_ASCII = "    \n    \n -- \n    \n    \n    \n    \n    \n"


class Head(NamedTuple):
    """The start of a line and its style."""

    text: str
    style: str


class Line(NamedTuple):
    """A line of a table: its cells, and its style."""

    cells: Sequence[str]
    style: str = ""


class Printer:
    """Writes to `console`; no number is broken over two lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._ascii = console.options.ascii_only

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self._console.width

    def blank(self) -> None:
        """An empty line."""
        self._console.print()

    def line(self, head: Head, body: str, *, indent: int = 0) -> None:
        """A paragraph that starts with the styled `head`, later lines indented."""
        room = max(24, self._console.width)
        lead = self._plain(numbers.printable(head.text))
        wrapped = textwrap.wrap(
            _glued(lead + self._plain(numbers.printable(body))),
            room,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for number, text in enumerate(wrapped):
            line = Text(text.replace(_GLUE, " "))
            if number == 0:
                line.stylize(head.style, 0, len(lead))
            self._console.print(line, soft_wrap=True)

    def table(self, titles: Sequence[str], lines: Sequence[Line], *, names: int = 1) -> None:
        """A table whose first `names` columns start at the left, the others end at the right."""
        box = Box(_RULED_ASCII if self._ascii else _RULED, ascii=self._ascii)
        table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0), header_style="bold")
        for place, title in enumerate(titles):
            table.add_column(self._plain(title), justify="left" if place < names else "right", no_wrap=True)
        for line in lines:
            table.add_row(*(Text(self._plain(text)) for text in line.cells), style=line.style)
        self._console.print(table)

    def _plain(self, text: str) -> str:
        return numbers.ascii_only(text) if self._ascii else text


def in_blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """Places of columns of these widths, in as many blocks as `room` columns of the terminal ask for."""
    blocks: list[list[int]] = [[]]
    used = 0
    for place, width in enumerate(widths):
        if blocks[-1] and used + GAP + width > room:
            blocks.append([])
            used = 0
        blocks[-1].append(place)
        used += GAP + width
    return blocks


def _glued(text: str) -> str:
    """`text` with no place to break inside an interval, or between a number and its unit or interval."""
    text = re.sub(r"\[[^\[\]]*\]", lambda match: match.group().replace(" ", _GLUE), text)
    text = re.sub(
        r"(?<=[\d\u2013]) (?=%|points\b|captions\b|pictures\b|pairs\b|object sets\b|images\b|photos\b|\[)", _GLUE, text
    )
    text = re.sub(r"(?<=\d:) (?=[-+\d])", _GLUE, text)
    return re.sub(r"(?<=\d) / (?=\d)", f"{_GLUE}/{_GLUE}", text)
