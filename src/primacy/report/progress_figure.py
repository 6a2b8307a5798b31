"""The figure of effects along training: the effect above, the accuracy below, untrained models at the left end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from primacy.report.drawing import FONT, drawing, frame, marker, new_figure
from primacy.report.numbers import printable, shortened
from primacy.report.progress_table import samples, series_title, series_unit
from primacy.report.svg import LIGHT, Palette
from primacy.results.progress import Progress, ProgressPoint, ProgressSeries, Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png")
_WIDTH, _HEIGHT = 420, 440
_LEFT, _SPAN = 0.13, 0.83
_UPPER, _LOWER = (0.41, 0.45), (0.20, 0.13)  # bottom and height
_GAP = 0.14  # of the trained span, between the untrained models and the first checkpoint
_LETTER = 6.5  # width of a letter below a tick


class Axis(NamedTuple):
    """Places of samples on a logarithmic axis that has one more place, for 0, left of all others."""

    zero: float
    low: float
    high: float

    @classmethod
    def of(cls, seen: Iterable[float]) -> Axis:
        """The axis that holds `seen`, of which one at least is above 0."""
        logs = [math.log10(x) for x in seen if x > 0]
        low, high = min(logs), max(logs)
        return cls(low - max(_GAP * (high - low), 0.12), low, high)

    def place(self, x: float) -> float:
        """Where x samples stand."""
        return math.log10(x) if x > 0 else self.zero


def save_figures(progress: Progress, folder: Path) -> list[Path]:
    """Draw `progress.svg` and `progress.png` into the folder of the result.

    One column for each series: the effect with its interval band, the range of its nulls in grey, untrained models set
    apart; below it the top-1 accuracy.

    Raises:
        RunError: a file cannot be written.
    """
    from primacy.errors import RunError
    from primacy.files import atomic_path, os_errors_as

    shown = [series for series in progress.series if any(point.x > 0 for point in series.points)]
    written = []
    with drawing("progress"):
        figure = _figure(progress, shown)
        for kind in FORMATS:
            path = folder / f"progress.{kind}"
            metadata = {"Date": None} if kind == "svg" else {"Software": None}
            with os_errors_as(RunError, f"cannot write {path}"), atomic_path(path) as temporary:
                figure.savefig(temporary, format=kind, dpi=200, metadata=metadata)
            written.append(path)
    return written


def _figure(progress: Progress, shown: Sequence[ProgressSeries]) -> Figure:
    width, colours = _WIDTH * max(1, len(shown)), LIGHT
    figure = new_figure(width, _HEIGHT)
    figure.patch.set(facecolor=colours.paper, alpha=1)
    for k, series in enumerate(shown):
        axis = Axis.of(point.x for point in series.points)
        upper, lower = (
            figure.add_axes(((k + _LEFT) / len(shown), bottom, _SPAN / len(shown), height))
            for bottom, height in (_UPPER, _LOWER)
        )
        _effect(upper, series, axis, colours)
        _accuracy(lower, series, axis, colours)
        lower.set_xlabel("samples seen", color=colours.ink, labelpad=4)
    name = shortened(printable(progress.spec.encoder), 52)
    figure.text(12 / width, 1 - 16 / _HEIGHT, name, color=colours.ink, fontsize=FONT - 1, weight="bold", va="center")
    _legend(figure, shown, colours)
    return figure


def _effect(axes: Axes, series: ProgressSeries, axis: Axis, colours: Palette) -> None:
    rows = [*series.points, *series.untrained]
    values = [x for point in rows for x in (point.effect.value, point.effect.ci_low, point.effect.ci_high)]
    values += [null.value for point in series.points for null in point.nulls]
    known = [x for x in values if x is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    room = 0.06 * ((high - low) or 0.1)
    share = series.unit == "share"
    frame(axes, colours, high + room, bottom=low - room if low < 0 else 0.0, symbol="" if share else None)
    axes.axhline(0, color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
    _null_band(axes, series.points, axis, colours)
    _line(axes, [(point, point.effect) for point in series.points], axis, colours)
    _untrained(axes, [(point, point.effect) for point in series.untrained], axis, colours)
    _ticks(axes, series, axis, colours, labels=False)
    title = shortened(printable(series_title(series)), 56)
    axes.set_title(f"{title}\n{series_unit(series)}", loc="left", fontsize=FONT - 2.5, color=colours.ink)


def _accuracy(axes: Axes, series: ProgressSeries, axis: Axis, colours: Palette) -> None:
    frame(axes, colours, 1.02, symbol=" %")
    axes.set_yticks([0, 0.5, 1])
    _line(axes, [(point, point.accuracy) for point in series.points], axis, colours)
    _untrained(axes, [(point, point.accuracy) for point in series.untrained], axis, colours)
    _ticks(axes, series, axis, colours, labels=True)
    axes.set_title("top-1 accuracy", loc="left", fontsize=FONT - 3, color=colours.muted, pad=3)


def _line(axes: Axes, rows: Sequence[tuple[ProgressPoint, Value]], axis: Axis, colours: Palette) -> None:
    """Trained points with their band; a point at 0 hollow, with a bar, joined by a dashed line."""
    known = [(axis.place(point.x), value.value, value, point.x > 0) for point, value in rows if value.value is not None]
    trained = [(place, height, value) for place, height, value, is_trained in known if is_trained]
    banded = [(p, v.ci_low, v.ci_high) for p, _, v in trained if v.ci_low is not None and v.ci_high is not None]
    places, low, high = ([row[i] for row in banded] for i in range(3))
    axes.fill_between(places, low, high, color=colours.accent, alpha=0.18, lw=0, zorder=4)
    if len(banded) == 1:  # a band of one point has no width
        axes.plot(places * 2, [*low, *high], color=colours.accent, lw=1.6, zorder=4)
    x, y = [place for place, _, _ in trained], [height for _, height, _ in trained]
    axes.plot(x, y, color=colours.accent, marker="o", ms=5, lw=1.6, zorder=6)
    for place, height, value, is_trained in known:
        if not is_trained:
            axes.plot([place, *x[:1]], [height, *y[:1]], color=colours.accent, lw=1, dashes=(2, 2), zorder=3)
            _mark(axes, place, value, colours.accent, colours, "o")


def _untrained(axes: Axes, rows: Sequence[tuple[ProgressPoint, Value]], axis: Axis, colours: Palette) -> None:
    """Twins side by side about the place of 0."""
    known = [(point, value) for point, value in rows if value.value is not None]
    step = 0.2 * (axis.low - axis.zero)
    for k, (point, value) in enumerate(known):
        place = axis.zero + step * (k - (len(known) - 1) / 2)
        _mark(axes, place, value, colours.muted, colours, marker(point.name))


def _mark(axes: Axes, place: float, value: Value, colour: str, colours: Palette, symbol: str) -> None:
    if value.ci_low is not None and value.ci_high is not None:
        axes.plot([place, place], [value.ci_low, value.ci_high], color=colour, lw=1.2, zorder=5)
    axes.plot(place, value.value or 0.0, color=colour, marker=symbol, mfc=colours.paper, mew=1.2, ms=5, lw=0, zorder=7)


def _null_band(axes: Axes, points: Sequence[ProgressPoint], axis: Axis, colours: Palette) -> None:
    """The range of the nulls' values at each trained checkpoint; untrained twins among them as well."""
    ranges = [
        (axis.place(point.x), [null.value for null in point.nulls if null.value is not None])
        for point in points
        if point.x > 0
    ]
    known = [(place, min(values), max(values)) for place, values in ranges if values]
    places, low, high = ([row[i] for row in known] for i in range(3))
    style: dict[str, Any] = {"color": colours.muted, "zorder": 1}
    axes.fill_between(places, low, high, alpha=0.25, lw=0, **style)
    for edge in (low, high):
        axes.plot(places, edge, lw=0.8, **style)


def _ticks(axes: Axes, series: ProgressSeries, axis: Axis, colours: Palette, *, labels: bool) -> None:
    """A tick at each checkpoint, with its samples where there is room; 0 stands apart from them."""
    seen = [point.x for point in series.points if point.x > 0]
    left = bool(series.untrained) or series.points[0].x == 0
    room = 0.06 * (axis.high - axis.zero)
    start = axis.zero if left else axis.low
    axes.set_xlim(start - 1.6 * room, axis.high + room)
    width = axes.get_xlim()[1] - axes.get_xlim()[0]
    places = [axis.place(x) for x in ([0.0] if left else []) + seen]
    texts = (["0"] if left else []) + [samples(x) for x in seen]
    shown: list[int] = []
    for k in (0, len(places) - 1, *range(1, len(places) - 1)):  # both ends first
        apart = (_WIDTH * _SPAN * abs(places[k] - places[other]) / width for other in shown)
        wide = (_LETTER * (len(texts[k]) + len(texts[other]) + 2) / 2 for other in shown)
        if labels and all(a > b for a, b in zip(apart, wide, strict=True)):
            shown.append(k)
    axes.set_xticks(places, [text if k in shown else "" for k, text in enumerate(texts)], fontsize=FONT - 3)
    axes.minorticks_off()
    if left:
        axes.axvline((axis.zero + axis.low) / 2, color=colours.rule, lw=1.2, zorder=1)


def _legend(figure: Figure, shown: Sequence[ProgressSeries], colours: Palette) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    hollow: dict[str, Any] = {"mfc": colours.paper, "ms": 5, "lw": 0}
    handles = [
        Line2D([], [], color=colours.accent, marker="o", ms=5, lw=1.6, label="encoder, with interval"),
        Patch(color=colours.muted, alpha=0.25, lw=0, label="range of nulls"),
    ]
    if any(series.points[0].x == 0 for series in shown):
        handles.append(Line2D([], [], color=colours.accent, marker="o", label="before training", **hollow))
    if any(series.untrained for series in shown):
        handles.append(Line2D([], [], color=colours.muted, marker="D", label="untrained twins", **hollow))
    figure.legend(
        handles=handles, loc="lower left", ncols=2 * min(len(shown), 2), frameon=False, fontsize=FONT - 2.5,
        labelcolor=colours.ink, handletextpad=0.5, columnspacing=1.2, borderaxespad=0.3, handlelength=1.6,
    )  # fmt: skip
