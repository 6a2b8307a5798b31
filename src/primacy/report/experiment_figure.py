"""The figure of an experiment: readings against the dose, or of each point, with every seed shown."""

from __future__ import annotations

import math
from itertools import cycle, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primacy.errors import RunError
from primacy.files import atomic_path, os_errors_as
from primacy.lab.experiment import Point
from primacy.lab.outcome import Cell, Outcome, cells
from primacy.report.drawing import FONT, drawing, frame, new_figure
from primacy.report.svg import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#1f4f8f", "#b4552d", "#4d7c3a", "#7a4f99", "#8a7a1f")
_MARKS = ("o", "s", "^", "D", "v", "P", "X")  # no common factor with the colours: 35 series differ
_ROOM = 20.0  # points beside the first and the last dose, at least
_ASIDE = 4.0  # points between series at a dose
_HALF_MARK = 8.0  # points from the middle of a mark to its edge, with some air
_PANEL = (400.0, 300.0)
_AXES = 324.0  # of a panel's width
_LETTER = 6.3  # points that a letter of the legend takes, rather more than less
_LINE = 24.0


def save_experiment(outcome: Outcome, path: Path) -> None:
    """Draw the readings that the experiment shows, a panel each; the format follows the suffix (.png, .svg).

    Readings that no model has get no panel. Doses that span a wide range (`Outcome.log_doses`) stand on a logarithmic
    axis.

    Raises:
        RunError: no reading is there, or the file cannot be written.
    """
    shown = {name: cells(outcome, name) for name in outcome.shown}
    if not shown:
        raise RunError(f"no model of {outcome.name} has any of {', '.join(outcome.experiment.shows)}")
    doses = all(cell.dose is not None for own in shown.values() for cell in own)
    looks = _looks(list(dict.fromkeys(cell.series for own in shown.values() for cell in own)))
    with drawing("experiment"):
        if doses:
            named = _LETTER * max(map(len, looks)) if len(looks) > 1 else 0.0
            width, height = _PANEL[0] * len(shown) + 40 + named, _PANEL[1] + 70
        else:
            there = {cell.point for own in shown.values() for cell in own}
            rows = _rows([point for point in outcome.experiment.points if point.name in there])
            width, height = 270 + 300.0 * len(shown), 96 + _LINE * len(rows)
        figure = new_figure(width, height)
        figure.patch.set(facecolor=LIGHT.paper, alpha=1)
        for k, (name, own) in enumerate(shown.items()):
            if doses:
                left = 52 + k * _PANEL[0]
                axes = figure.add_axes((left / width, 62 / height, _AXES / width, (height - 118) / height))
                _dose_panel(axes, own, looks, outcome.experiment.dose, log=outcome.log_doses)
            else:
                left = 262 + k * 300
                axes = figure.add_axes((left / width, 44 / height, 272 / width, (height - 96) / height))
                _point_panel(axes, own, rows, labelled=k == 0)
            axes.set_title(name, loc="left", fontsize=FONT - 1, color=LIGHT.ink)
        if doses and len(looks) > 1:
            _legend(figure, looks, (_PANEL[0] * len(shown) - 14) / width, 1 - 56 / height)
        figure.text(
            12 / width, 1 - 18 / height, outcome.experiment.title, color=LIGHT.ink, fontsize=FONT, weight="bold"
        )
        with os_errors_as(RunError, f"cannot write {path}"), atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=160, metadata={"Date": None} if path.suffix == ".svg" else None)


def _limits(own: list[Cell]) -> tuple[float, float]:
    ends = [x for c in own for x in (*c.each, c.low, c.high) if math.isfinite(x)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.06 * (high - low or 1)
    return low - room, high + room


def _looks(series: list[str]) -> dict[str, dict[str, Any]]:
    """Colour and mark of each series, the same in all panels."""
    return {
        name: {"color": colour, "marker": mark, "ms": 6, "lw": 1.8}
        for name, colour, mark in zip(series, cycle(_COLOURS), cycle(_MARKS), strict=False)
    }


def _legend(figure: Figure, looks: dict[str, dict[str, Any]], left: float, top: float) -> None:
    """Names of the series beside the last panel, where no data are."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], label=name, **look) for name, look in looks.items() if name]
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(left, top), borderaxespad=0, handlelength=1.6,
        frameon=False, fontsize=FONT - 3, labelcolor=LIGHT.ink,
    )  # fmt: skip


def _dose_panel(axes: Axes, own: list[Cell], looks: dict[str, dict[str, Any]], dose: str, *, log: bool) -> None:
    from matplotlib.transforms import ScaledTranslation

    low, high = _limits(own)
    frame(axes, LIGHT, high, bottom=low, symbol=None)
    axes.axhline(0, color=LIGHT.ink, lw=1, dashes=(4, 3), zorder=2)
    doses = sorted({cell.dose for cell in own if cell.dose is not None})
    beside = max(_ROOM, (len(looks) - 1) / 2 * _ASIDE + _HALF_MARK) / _AXES
    share = beside / (1 - 2 * beside)  # of the range of the doses
    if log:
        room = (doses[-1] / doses[0]) ** share
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlim(doses[0] / room, doses[-1] * room)
    else:
        room = share * (doses[-1] - doses[0] or 1)
        axes.set_xlim(doses[0] - room, doses[-1] + room)
    axes.set_xticks(doses, [f"{x:g}".replace("-", "−") for x in doses])  # as on the other axis
    inches = axes.figure.dpi_scale_trans
    for k, (name, look) in enumerate(looks.items()):
        line = [cell for cell in own if cell.series == name]
        x = [cell.dose or 0.0 for cell in line]
        # Series stand side by side at a dose, so that intervals do not hide each other.
        aside = axes.transData + ScaledTranslation((k - (len(looks) - 1) / 2) * _ASIDE / 72, 0, inches)
        axes.plot(x, [cell.value for cell in line], label=name, zorder=5, transform=aside, **look)
        drawn: dict[str, Any] = {"color": look["color"], "transform": aside, "zorder": 4}
        for at, cell in zip(x, line, strict=True):
            axes.plot([at, at], [cell.low, cell.high], lw=1.8, **drawn)
            axes.plot([at] * len(cell.each), cell.each, lw=0, marker="_", ms=9, mew=1, alpha=0.7, **drawn)
    axes.set_xlabel(dose, color=LIGHT.ink, fontsize=FONT - 2)
    axes.tick_params(axis="x", labelsize=FONT - 1)


def _rows(points: list[Point]) -> list[tuple[str, Point | None]]:
    """Labels of the rows with their points; a series has a heading."""
    rows: list[tuple[str, Point | None]] = []
    for series, own in groupby(points, key=lambda point: point.series):
        if series:
            rows.append((f"{series}:", None))
        rows += [(f"   {point.label}" if series else point.label, point) for point in own]
    return rows


def _point_panel(axes: Axes, own: list[Cell], rows: list[tuple[str, Point | None]], *, labelled: bool) -> None:
    """A point a row, the same rows in all panels, so that a point without this reading leaves its row empty."""
    low, high = _limits(own)
    axes.set_xlim(low, high)
    axes.patch.set_alpha(0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT.muted)
    axes.grid(axis="x", color=LIGHT.rule, lw=0.8)
    axes.set_axisbelow(True)
    axes.axvline(0, color=LIGHT.ink, lw=1, dashes=(4, 3), zorder=2)
    found = {cell.point: cell for cell in own}
    for at, (_, point) in enumerate(rows):
        cell = found.get(point.name) if point is not None else None
        if cell is None:
            continue
        axes.plot([cell.low, cell.high], [at, at], color=LIGHT.accent, lw=2, zorder=4)
        axes.plot(cell.each, [at] * len(cell.each), color=LIGHT.accent, lw=0, marker="|", ms=9, alpha=0.7, zorder=4)
        axes.plot([cell.value], [at], color=LIGHT.accent, marker="o", ms=6.5, zorder=5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    titles = [label if labelled else "" for label, _ in rows]
    axes.set_yticks(range(len(rows)), titles, fontsize=FONT - 2.5, color=LIGHT.ink)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=LIGHT.muted, labelsize=FONT - 2)
