"""The figures of a report: a metric by mention position with its nulls, and the learning curves of TOC.

Everything is drawn without pyplot. Text in a figure is only numbers and fixed words; names stand in the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primacy.errors import RunError
from primacy.report.numbers import number, printable, shortened
from primacy.report.select import Panel, Row, panels
from primacy.report.svg import LIGHT, SENTINEL, Palette, inline_svg
from primacy.results.record import CurvePoint, RunResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = {"constant": "s", "bag": "o", "weighted-bag": "^", "untrained": "D"}
OTHER_MARKER = "v"
WIDTH, HEIGHT, FONT = 440, 300, 13.0  # SVG units: legible when the figure is 350 pixels wide
_SPREAD = (0.10, 0.34)  # distance of the nulls from the encoder's abscissa


def marker(null_name: str) -> str:
    """The marker of a null encoder; numbered twins share one."""
    return MARKERS.get(null_name.partition("#")[0], OTHER_MARKER)


def ceiling(shown: Sequence[Panel]) -> float:
    """Upper end of a share axis that holds all intervals of `shown`, at most 1."""
    tops = [
        max(x for x in (cell.value, cell.ci_high) if x is not None)
        for panel in shown
        for row in panel.rows
        for cell in row.cells
        if cell and cell.value is not None
    ]
    tops += [c for panel in shown for c in panel.chance if c is not None]
    return min(1.02, max(1.06 * max(tops, default=1.0), 0.05))


def position_svg(panel: Panel, *, top: float, uid: str) -> str:
    """The metric of `panel` by mention position, with intervals, nulls and chance, as inline SVG."""
    what = "probe accuracy" if panel.metric == "probe_accuracy" else "winner share"
    values = ", ".join(
        f"position {p + 1}: {number(panel.metric, cell.value if cell else None)} %"
        for p, cell in enumerate(panel.encoder.cells)
    )
    with _drawing(uid):
        figure = _figure(WIDTH, HEIGHT)
        _draw_positions(figure.add_axes((0.115, 0.165, 0.80, 0.80)), panel, top, SENTINEL)
        return inline_svg(
            figure,
            uid=uid,
            title=f"{what.capitalize()} by mention position, {panel.n_objects} objects",
            description=f"{values}. {len(panel.rows) - 1} null encoders are drawn beside it in grey.",
        )


def curves_svg(points: Sequence[CurvePoint], chance: Sequence[float | None], *, uid: str) -> str:
    """TOC accuracy against the number of training sentences, one line a position, as inline SVG."""
    with _drawing(uid):
        figure = _figure(WIDTH, HEIGHT)
        axes = figure.add_axes((0.115, 0.165, 0.80, 0.80))
        _draw_curves(axes, points, chance, SENTINEL)
        largest = max(point.n_train for point in points)
        return inline_svg(
            figure,
            uid=uid,
            title=f"Learning curves of TOC, {points[0].n_objects} objects",
            description=f"Accuracy by mention position against training sentences, up to {largest:,}.",
        )


def save_png(result: RunResult, path: Path, *, dpi: int = 200) -> None:
    """Save the winner-share figure of `result` (light theme, one panel for each number of objects) as a PNG.

    Raises:
        RunError: the run has no winner shares.
    """
    shown = panels(result, "tor")
    if not shown:
        raise RunError("the run holds no winner share to draw", hint="Audit with --probes tor.")
    with _drawing("png"):
        width, height = WIDTH * len(shown), HEIGHT + 86
        figure = _figure(width, height)
        figure.patch.set(facecolor=LIGHT.paper, alpha=1)
        for k, panel in enumerate(shown):
            left = (k * WIDTH + 0.115 * WIDTH) / width
            axes = figure.add_axes((left, 85 / height, 0.80 * WIDTH / width, 236 / height))
            _draw_positions(axes, panel, ceiling(shown), LIGHT)
            if len(shown) > 1:
                axes.set_title(f"{panel.n_objects} objects", loc="left", fontsize=FONT, color=LIGHT.ink)
        name = shortened(printable(result.spec.encoder), 58)
        figure.text(12 / width, 1 - 20 / height, name, color=LIGHT.ink, fontsize=FONT, weight="bold", va="center")
        below = f"winner share by mention position, {100 * result.spec.level:g} % intervals"
        figure.text(12 / width, 1 - 38 / height, below, color=LIGHT.muted, fontsize=FONT - 1.5, va="center")
        _legend(figure, shown[0], LIGHT)
        figure.savefig(path, format="png", dpi=dpi, metadata={"Software": None})


@contextmanager
def _drawing(uid: str) -> Iterator[None]:
    """The settings that matplotlib only takes from its rcParams, for as long as one figure is drawn."""
    import warnings

    import matplotlib

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": uid,
        "text.parse_math": False,
        "font.size": FONT,
        "font.family": "DejaVu Sans",
        "axes.unicode_minus": True,
    }
    with warnings.catch_warnings(), matplotlib.rc_context(settings):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    figure.patch.set_alpha(0)
    return figure


def _draw_positions(axes: Axes, panel: Panel, top: float, colours: Palette) -> None:
    positions = list(range(1, panel.n_objects + 1))
    _frame(axes, colours, top)
    for p, chance in zip(positions, panel.chance, strict=True):
        if chance is not None:
            axes.plot([p - 0.5, p + 0.5], [chance, chance], color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
    if panel.chance[-1] is not None:
        label = f"1/{panel.n_objects}" if panel.probe == "tor" else "chance"
        _end_label(axes, panel.chance[-1], label, colours.ink, size=FONT if panel.probe == "tor" else FONT - 3)
    nulls = panel.rows[1:]
    for row, shift in zip(nulls, _offsets(len(nulls)), strict=True):
        style = {
            "color": colours.muted,
            "marker": marker(row.label),
            "mfc": colours.paper,
            "ms": 4.5,
            "lw": 0,
        }
        _series(axes, row, shift, {**style, "mew": 1.1}, bar=1.0, zorder=3)
    own = {"color": colours.accent, "marker": "o", "mfc": colours.accent, "ms": 7.5, "lw": 1.6}
    _series(axes, panel.encoder, 0.0, own, bar=2.2, zorder=5)
    axes.set_xlim(0.5, panel.n_objects + 0.5)
    axes.set_xticks(positions, [str(p) for p in positions])
    axes.set_xlabel("mention position", color=colours.ink, labelpad=5)


def _series(axes: Axes, row: Row, shift: float, style: dict[str, Any], *, bar: float, zorder: int) -> None:
    known = [(p + 1 + shift, cell.value, cell) for p, cell in enumerate(row.cells) if cell and cell.value is not None]
    for x, _, cell in known:
        if cell.ci_low is not None and cell.ci_high is not None:
            axes.plot([x, x], [cell.ci_low, cell.ci_high], color=style["color"], lw=bar, zorder=zorder)
    axes.plot([x for x, _, _ in known], [value for _, value, _ in known], zorder=zorder, **style)


def _offsets(k: int) -> list[float]:
    """Abscissa shifts of k nulls: in their order from left to right, half on either side of the encoder."""
    near, far = _SPREAD
    sides = []
    for side, size in ((-1, (k + 1) // 2), (1, k // 2)):
        step = (far - near) / max(1, size - 1)
        sides += [side * (near + step * i) for i in range(size)]
    return sorted(sides)


def _draw_curves(axes: Axes, points: Sequence[CurvePoint], chance: Sequence[float | None], colours: Palette) -> None:
    known = [point for point in points if point.value is not None]
    sizes = sorted({point.n_train for point in points})
    tops = [x for point in known for x in (point.value, point.ci_high) if x is not None]
    _frame(axes, colours, min(1.02, max(1.06 * max(tops, default=1.0), 0.05)))
    axes.set_xscale("log")
    ends = []
    n = points[0].n_objects
    for position in range(1, n + 1):
        line = sorted((p for p in known if p.position == position), key=lambda p: p.n_train)
        if not line:
            continue
        alpha = 1.0 - 0.5 * (position - 1) / max(1, n - 1)
        for point in line:
            if point.ci_low is not None and point.ci_high is not None:
                limits = [point.ci_low, point.ci_high]
                axes.plot([point.n_train] * 2, limits, color=colours.accent, lw=1.4, alpha=alpha, zorder=4)
        x, y = [p.n_train for p in line], [p.value for p in line if p.value is not None]
        axes.plot(x, y, color=colours.accent, marker="o", ms=4.5, lw=1.5, alpha=alpha, zorder=5)
        ends.append((y[-1], str(position)))
    if chance and chance[-1] is not None:
        axes.axhline(chance[-1], color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
        ends.append((chance[-1], "chance"))
    for height, text in _apart(ends, gap=0.062 * axes.get_ylim()[1]):
        size = FONT - 3 if text == "chance" else FONT
        _end_label(axes, height, text, colours.ink, size=size)
    low, high = sizes[0], sizes[-1]
    axes.set_xlim(low / 1.15, high * 1.12 if high > low else high * 1.5)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("training sentences", color=colours.ink, labelpad=5)


def _apart(labels: Sequence[tuple[float, str]], gap: float) -> list[tuple[float, str]]:
    """Heights moved just enough that no two are nearer than `gap`, collisions stacked around their mean."""
    groups: list[list[tuple[float, str]]] = []
    for label in sorted(labels):
        groups.append([label])
        while len(groups) > 1 and _low(groups[-1], gap) < _low(groups[-2], gap) + gap * len(groups[-2]):
            last = groups.pop()
            groups[-1] += last
    return [(_low(group, gap) + gap * k, text) for group in groups for k, (_, text) in enumerate(group)]


def _low(group: Sequence[tuple[float, str]], gap: float) -> float:
    """Height of the lowest of a group of labels stacked around their mean."""
    return sum(y for y, _ in group) / len(group) - gap * (len(group) - 1) / 2


def _end_label(axes: Axes, y: float, text: str, colour: str, *, size: float) -> None:
    axes.annotate(
        text, (1, y), xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points",
        color=colour, va="center", ha="left", fontsize=size, annotation_clip=False,
    )  # fmt: skip


def _frame(axes: Axes, colours: Palette, top: float) -> None:
    """A share axis from 0 to `top` in percent, light horizontal rules, no box."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes.patch.set_alpha(0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours.muted)
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.grid(axis="y", color=colours.rule, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, colors=colours.muted, labelsize=FONT - 1)
    axes.tick_params(axis="x", length=3, color=colours.muted, labelcolor=colours.ink)


def _legend(figure: Figure, panel: Panel, colours: Palette) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colours.accent, marker="o", ms=7, lw=1.6, label="encoder")]
    for stem in dict.fromkeys(row.label.partition("#")[0] for row in panel.rows[1:]):
        style: dict[str, Any] = {"marker": marker(stem), "mfc": colours.paper, "color": colours.muted, "ms": 5, "lw": 0}
        handles.append(Line2D([], [], label=f"\u200b{stem}", **style))
    figure.legend(
        handles=handles, loc="lower left", ncols=5, frameon=False, fontsize=FONT - 2.5,
        labelcolor=colours.ink, handletextpad=0.3, columnspacing=1.0, borderaxespad=0.3, handlelength=1.4,
    )  # fmt: skip
