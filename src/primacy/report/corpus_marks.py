"""How numbers of a corpus are drawn: marks with intervals, above places on an axis or in rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from primacy.report.drawing import FONT, frame
from primacy.report.svg import Palette
from primacy.results.record import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Look = Literal["own", "hollow", "whole"]
_GAP = 0.17
"""Distance of the marks of a place, or of a row, from each other."""


class Mark(NamedTuple):
    """A value and how it looks: `own`, a full disc; `hollow`, an empty one; `whole`, an empty diamond."""

    look: Look
    value: Value


class Place(NamedTuple):
    """A place on the horizontal axis: where, what stands below it, its marks side by side, its chance level, and the
    heading that it shares with its neighbours."""

    x: float
    label: str
    marks: tuple[Mark, ...]
    chance: float
    heading: str = ""


class Row(NamedTuple):
    """A row: its label to the left, its marks under each other, and what stands at its right end."""

    label: str
    marks: tuple[Mark, ...]
    end: str = ""


def span(values: Iterable[Value], others: Iterable[float] = (0.0,)) -> tuple[float, float]:
    """The least and the largest of all values, limits and `others`."""
    known = [x for value in values for x in (value.value, value.ci_low, value.ci_high) if x is not None]
    known += others
    return min(known, default=0.0), max(known, default=0.0)


def draw_places(axes: Axes, places: Sequence[Place], ends: tuple[float, float], colours: Palette) -> None:
    """Marks above their places, each with its interval, and dashed lines at chance; shares from 0 up.

    Args:
        axes: headings stand above it.
        places: at least one.
        ends: the last place of the horizontal axis, whose first is 0, and the upper end of the vertical one.
        colours: of the figure.
    """
    last, top = ends
    frame(axes, colours, top)
    for place in places:
        axes.plot([place.x - 0.5, place.x + 0.5], [place.chance] * 2, color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
        for mark, shift in zip(place.marks, _shifts(len(place.marks)), strict=True):
            x, value = place.x + shift, mark.value
            if value.ci_low is not None and value.ci_high is not None:
                axes.plot([x, x], [value.ci_low, value.ci_high], lw=_bar(mark), color=_ink(mark, colours), zorder=3)
            if value.value is not None:
                axes.plot([x], [value.value], zorder=5, **_style(mark, colours))
    axes.set_xlim(-0.6, last + 0.6)
    axes.set_xticks([place.x for place in places], [place.label for place in places])
    for heading in dict.fromkeys(place.heading for place in places):
        own = [place.x for place in places if place.heading == heading]
        axes.annotate(
            heading, (sum(own) / len(own), 1), xycoords=("data", "axes fraction"), xytext=(0, 6),
            textcoords="offset points", color=colours.muted, ha="center", fontsize=FONT - 2, annotation_clip=False,
        )  # fmt: skip


def draw_rows(axes: Axes, rows: Sequence[Row], ends: tuple[float, float], colours: Palette) -> None:
    """Rows of marks with their intervals, the first on top; differences of shares, in points, about a dashed zero.

    Args:
        axes: labels stand to its left, ends to its right, outside.
        rows: at least one.
        ends: of the horizontal axis; intervals that reach beyond are cut there.
        colours: of the figure.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.patch.set_alpha(0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours.muted)
    axes.axvline(0, color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
    axes.grid(axis="x", color=colours.rule, lw=0.8)
    axes.set_axisbelow(True)
    axes.set_xlim(*ends)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    for at, row in enumerate(rows):
        for mark, shift in zip(row.marks, _shifts(len(row.marks)), strict=True):
            y, value = at + 1.3 * shift, mark.value
            if value.ci_low is not None and value.ci_high is not None:
                axes.plot([value.ci_low, value.ci_high], [y, y], lw=_bar(mark), color=_ink(mark, colours), zorder=3)
            if value.value is not None:
                axes.plot([value.value], [y], zorder=5, **_style(mark, colours))
        if all(mark.value.value is None for mark in row.marks):
            right = ends[1] > -ends[0]  # the side where the zero line is farther away
            axes.annotate(
                "not defined", (float(right), at), xycoords=("axes fraction", "data"), xytext=(-2 if right else 4, 0),
                textcoords="offset points", color=colours.muted, va="center", ha="right" if right else "left",
                fontsize=FONT - 3,
            )  # fmt: skip
        axes.annotate(
            row.end, (1, at), xycoords=("axes fraction", "data"), xytext=(46, 0), textcoords="offset points",
            color=colours.muted, va="center", ha="right", fontsize=FONT - 2, annotation_clip=False,
        )  # fmt: skip
    axes.annotate(
        "pairs", (1, 1), xycoords="axes fraction", xytext=(46, 4), textcoords="offset points",
        color=colours.muted, ha="right", fontsize=FONT - 2, annotation_clip=False,
    )  # fmt: skip
    axes.set_yticks(range(len(rows)), [row.label for row in rows], fontsize=FONT - 1.5, color=colours.ink)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _points(x)))
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", length=3, color=colours.muted, labelcolor=colours.muted, labelsize=FONT - 1)


def legend_handles(looks: Sequence[tuple[Look, str]], chance: str, colours: Palette) -> list[Any]:
    """What a legend shows: the marks, then the dashed line."""
    from matplotlib.lines import Line2D

    nothing = Value(value=None, ci_low=None, ci_high=None)
    marks = [Line2D([], [], label=label, **_style(Mark(look, nothing), colours)) for look, label in looks]
    return [*marks, Line2D([], [], label=chance, color=colours.ink, lw=1, dashes=(4, 3))]


def _points(x: float) -> str:
    text = f"{100 * x:+.3g}".replace("-", "\u2212")
    return "0" if float(text.replace("\u2212", "-")) == 0 else text


def _shifts(n: int) -> list[float]:
    return [_GAP * (k - (n - 1) / 2) for k in range(n)]


def _ink(mark: Mark, colours: Palette) -> str:
    return colours.accent if mark.look == "own" else colours.muted


def _bar(mark: Mark) -> float:
    return 2.2 if mark.look == "own" else 1.2


def _style(mark: Mark, colours: Palette) -> dict[str, Any]:
    ink = _ink(mark, colours)
    own = mark.look == "own"
    return {
        "color": ink,
        "mfc": ink if own else colours.paper,
        "marker": "D" if mark.look == "whole" else "o",
        "ms": 7 if own else 5.5,
        "mew": 1.2,
        "lw": 0,
    }
