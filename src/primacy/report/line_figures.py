"""Figures of lines over a number: learning curves, the ladder of areas, attention by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from primacy.report.drawing import FONT, HEIGHT, PLACE, WIDTH, apart, drawing, end_label, frame, marker, new_figure
from primacy.report.svg import SENTINEL, Palette, inline_svg
from primacy.results.record import CurvePoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Point(NamedTuple):
    """A value at `x` with its interval; limits None where not defined."""

    x: float
    value: float
    low: float | None
    high: float | None


class Line(NamedTuple):
    """A line of the chart. `name` stands at its end ("" for none); `null` is the null encoder that it belongs to,
    None for the audited one's; `strength` is its opacity."""

    name: str
    points: tuple[Point, ...]
    null: str | None = None
    dashed: bool = False
    strength: float = 1.0


@dataclass(frozen=True)
class Chart:
    """What the axes say.

    `ticks` holds places on the x axis and what stands there; `reference` a height with its name, drawn dashed;
    `percent` whether values are shares; `band` whether intervals of the audited encoder are bands, not bars.
    """

    title: str
    description: str
    xlabel: str
    ticks: tuple[tuple[float, str], ...]
    reference: tuple[float, str] | None = None
    log: bool = False
    percent: bool = True
    band: bool = False


def lines_svg(chart: Chart, lines: Sequence[Line], *, uid: str) -> str:
    """The chart as inline SVG, nulls in grey under the encoder's lines."""
    names = [line.name for line in lines] + ([chart.reference[1]] if chart.reference else [])
    margin = max(0.085 * WIDTH, 5 + 5.7 * max(map(len, names), default=0))
    left, bottom, _, tall = PLACE
    with drawing(uid):
        figure = new_figure(WIDTH, HEIGHT)
        axes = figure.add_axes((left, bottom, 1 - left - margin / WIDTH, tall))
        _draw(axes, chart, lines, SENTINEL)
        return inline_svg(figure, uid=uid, title=chart.title, description=chart.description)


def curves_svg(points: Sequence[CurvePoint], chance: Sequence[float | None], *, uid: str) -> str:
    """TOC accuracy against the number of training sentences, one line a position, as inline SVG."""
    n, sizes = points[0].n_objects, sorted({point.n_train for point in points})
    lines = []
    for position in range(1, n + 1):
        own = sorted((p for p in points if p.position == position), key=lambda p: p.n_train)
        drawn = tuple(Point(p.n_train, p.value, p.ci_low, p.ci_high) for p in own if p.value is not None)
        lines.append(Line(str(position), drawn, strength=1.0 - 0.5 * (position - 1) / max(1, n - 1)))
    chart = Chart(
        title=f"Learning curves of TOC, {n} objects",
        description=f"Accuracy by mention position against training sentences, up to {sizes[-1]:,}.",
        xlabel="training sentences",
        ticks=tuple((size, f"{size:,}") for size in sizes),
        reference=(chance[-1], "chance") if chance and chance[-1] is not None else None,
        log=True,
    )
    return lines_svg(chart, lines, uid=uid)


def _draw(axes: Axes, chart: Chart, lines: Sequence[Line], colours: Palette) -> None:
    tops = [x for line in lines for p in line.points for x in (p.value, p.high) if x is not None]
    tops += [chart.reference[0]] if chart.reference else []
    top = max(1.06 * max(tops, default=1.0), 0.05)
    frame(axes, colours, min(1.02, top) if chart.percent else top, symbol=" %" if chart.percent else None)
    if chart.log:
        axes.set_xscale("log")
    ends: list[tuple[float, str]] = []
    for line in lines:
        if not line.points:
            continue
        _draw_line(axes, line, chart, colours)
        if line.name:
            ends.append((line.points[-1].value, line.name))
    if chart.reference:
        axes.axhline(chart.reference[0], color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
        ends.append(chart.reference)
    for height, text in apart(ends, gap=0.062 * axes.get_ylim()[1]):
        end_label(axes, height, text, colours.ink, size=FONT if len(text) < 4 else FONT - 3)
    _ticks(axes, chart, colours)


def _draw_line(axes: Axes, line: Line, chart: Chart, colours: Palette) -> None:
    own = line.null is None
    colour = colours.accent if own else colours.muted
    dashes = (4, 2) if line.dashed else (None, None)
    x, y = [p.x for p in line.points], [p.value for p in line.points]
    known = [p for p in line.points if p.low is not None and p.high is not None]
    if chart.band and own:
        low, high = [p.low or 0.0 for p in known], [p.high or 0.0 for p in known]
        axes.fill_between([p.x for p in known], low, high, color=colour, alpha=0.16, lw=0, zorder=3)
    else:
        for p in known:
            axes.plot([p.x] * 2, [p.low or 0.0, p.high or 0.0], color=colour, lw=1.4 if own else 0.8,
                      alpha=line.strength, zorder=4 if own else 3)  # fmt: skip
    axes.plot(
        x, y, color=colour, marker="o" if own else marker(line.null or ""), ms=4.5 if own else 3.5,
        mfc=colour if own else colours.paper, lw=1.5 if own else 0.9, dashes=dashes, alpha=line.strength,
        zorder=5 if own else 3,
    )  # fmt: skip


def _ticks(axes: Axes, chart: Chart, colours: Palette) -> None:
    places = [x for x, _ in chart.ticks]
    low, high = places[0], places[-1]
    if chart.log:
        axes.set_xlim(low / 1.15, high * 1.12 if high > low else high * 1.5)
    else:
        room = 0.03 * (high - low) or 0.5
        axes.set_xlim(low - room, high + room)
    axes.set_xticks(places, [text for _, text in chart.ticks])
    axes.minorticks_off()
    axes.set_xlabel(chart.xlabel, color=colours.ink, labelpad=5)
