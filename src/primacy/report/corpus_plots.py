"""A plot of a corpus analysis: its title, its words, its scale, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from primacy.report.corpus_marks import Place, Row, draw_places, draw_rows, span
from primacy.report.drawing import HEIGHT, WIDTH
from primacy.report.svg import Palette
from primacy.results.record import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LETTER = 6.5  # width of a letter of a row's label, in SVG units
_TOP, _BOTTOM, _END = 24, 46, 56  # above, below and right of rows, in SVG units
_PLACE = (0.115, 0.165, 0.865, 0.80)
_HEADED = (0.115, 0.165, 0.865, 0.745)  # with room for headings above


class Told(NamedTuple):
    """A plot in words: its title with what is counted, what is to be seen, and its numbers for who cannot see it."""

    title: str
    seen: str
    numbers: Sequence[str]


class Plot(NamedTuple):
    """One set of axes in a drawing of `width` x `height` SVG units, at `place` (left, bottom, width, height in
    fractions of it)."""

    told: Told
    width: float
    height: float
    place: tuple[float, float, float, float]
    draw: Callable[[Axes, Palette], None]


class Scale(NamedTuple):
    """What rows that are to be compared share: the ends of their axis, and the room for labels to its left."""

    ends: tuple[float, float]
    left: float


def level_plot(told: Told, places: Sequence[Place], ends: tuple[float, float], below: str) -> Plot:
    """Marks above places (`corpus_marks.draw_places`); `below` names the horizontal axis."""

    def draw(axes: Axes, colours: Palette) -> None:
        draw_places(axes, places, ends, colours)
        axes.set_xlabel(below, color=colours.ink, labelpad=4)

    at = _HEADED if any(place.heading for place in places) else _PLACE
    return Plot(told, WIDTH, HEIGHT, at, draw)


def row_plot(told: Told, rows: Sequence[Row], scale: Scale) -> Plot:
    """Marks in rows (`corpus_marks.draw_rows`), as high as they need."""

    def draw(axes: Axes, colours: Palette) -> None:
        draw_rows(axes, rows, scale.ends, colours)
        axes.set_xlabel("points", color=colours.ink, labelpad=4)

    height = len(rows) * (12 + 11 * max(len(row.marks) for row in rows))
    whole = height + _TOP + _BOTTOM
    place = (scale.left / WIDTH, _BOTTOM / whole, (WIDTH - scale.left - _END) / WIDTH, height / whole)
    return Plot(told, WIDTH, whole, place, draw)


def share_top(values: Iterable[Value], chances: Iterable[float]) -> float:
    """Upper end of an axis of shares, at most 1."""
    return min(1.02, 1.06 * span(values, chances)[1])


def scale_of(rows: Sequence[Row]) -> Scale:
    """The scale that holds all intervals of `rows`, as far as differences of shares can go, and all labels."""
    low, high = span(mark.value for row in rows for mark in row.marks)
    room = 0.04 * (high - low or 0.1)
    left = 14 + _LETTER * max(len(row.label) for row in rows)
    return Scale((max(-1.0, low) - room, min(1.0, high) + room), left)
