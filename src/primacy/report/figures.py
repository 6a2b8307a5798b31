"""The figure of a metric by level (mention position, size, slot), with its nulls, for the page and as a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primacy.errors import RunError
from primacy.report import words
from primacy.report.drawing import FONT, HEIGHT, PLACE, WIDTH, drawing, end_label, frame, marker, new_figure, offsets
from primacy.report.numbers import number, printable, shortened, unit
from primacy.report.panels import Panel, Row, headline_panels
from primacy.report.select import MANY, Records
from primacy.report.svg import LIGHT, SENTINEL, Palette, inline_svg
from primacy.results.record import RunResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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


def reach(shown: Sequence[Panel]) -> float:
    """How far an axis of differences must go on either side of zero to hold all intervals of `shown`."""
    found = [
        abs(x)
        for panel in shown
        for row in panel.rows
        for cell in row.cells
        if cell
        for x in (cell.value, cell.ci_low, cell.ci_high)
        if x is not None
    ]
    return 1.06 * (max(found, default=0.0) or 0.05)


def level_svg(panel: Panel, *, top: float, uid: str) -> str:
    """The metric of `panel` by level, with intervals, nulls and chance, as inline SVG.

    Args:
        panel: of shares, or of differences of them, whose axis then goes to `top` on either side of zero.
        top: upper end of the axis.
        uid: prefix of every id in the figure.
    """
    what, group = words.METRICS[panel.metric], words.group_title(panel.group)
    values = ", ".join(
        f"{column.title}: {number(panel.metric, cell.value if cell else None)} {unit(panel.metric)}"
        for column, cell in zip(panel.columns, panel.encoder.cells, strict=True)
    )
    with drawing(uid):
        figure = new_figure(WIDTH, HEIGHT)
        _draw_levels(figure.add_axes(PLACE), panel, top, SENTINEL)
        return inline_svg(
            figure,
            uid=uid,
            title=f"{what} by {group}, {words.case_title(panel.case)}",
            description=f"{values}. {len(panel.rows) - 1} null encoders are drawn beside it in grey.",
        )


def save_png(result: RunResult, path: Path, *, dpi: int = 200) -> None:
    """Save the winner-share figure of `result` as a PNG (light theme): by mention position, one panel for each number
    of objects; of a run without TOR by size level, one for each kind of pictures.

    Raises:
        RunError: the run has no winner shares.
    """
    records = Records(result)
    shown = headline_panels(records, "tor", "mention_position")
    for probe in ("ior", "i2tor"):
        shown = shown or headline_panels(records, probe, "size_level")[:4]
    if not shown:
        raise RunError("the run holds no winner share to draw", hint="Audit with --probes tor or --probes ior.")
    with drawing("png"):
        width, height = WIDTH * len(shown), HEIGHT + 86
        figure = new_figure(width, height)
        figure.patch.set(facecolor=LIGHT.paper, alpha=1)
        for k, panel in enumerate(shown):
            left = (k * WIDTH + 0.115 * WIDTH) / width
            axes = figure.add_axes((left, 85 / height, 0.80 * WIDTH / width, 236 / height))
            _draw_levels(axes, panel, ceiling(shown), LIGHT)
            if len(shown) > 1:
                name = shortened(printable(words.case_title(panel.case)), 40)
                axes.set_title(name, loc="left", fontsize=FONT, color=LIGHT.ink)
        name = shortened(printable(result.spec.encoder), 58)
        figure.text(12 / width, 1 - 20 / height, name, color=LIGHT.ink, fontsize=FONT, weight="bold", va="center")
        below = f"winner share by {words.group_title(shown[0].group)}, {100 * result.spec.level:g} % intervals"
        figure.text(12 / width, 1 - 38 / height, below, color=LIGHT.muted, fontsize=FONT - 1.5, va="center")
        _legend(figure, shown[0], LIGHT)
        figure.savefig(path, format="png", dpi=dpi, metadata={"Software": None})


def _draw_levels(axes: Axes, panel: Panel, top: float, colours: Palette) -> None:
    places = list(range(1, len(panel.columns) + 1))
    differences = unit(panel.metric) == "points"
    frame(axes, colours, top, bottom=-top if differences else 0.0, symbol="" if differences else " %")
    if differences:
        axes.axhline(0, color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
    for p, chance in zip(places, panel.chance, strict=True):
        if chance is not None:
            axes.plot([p - 0.5, p + 0.5], [chance, chance], color=colours.ink, lw=1, dashes=(4, 3), zorder=2)
    if panel.chance[-1] is not None:
        shared = panel.metric == "winner_share" and panel.case.n_objects != MANY
        label = f"1/{panel.case.n_objects}" if shared else "chance"
        end_label(axes, panel.chance[-1], label, colours.ink, size=FONT if shared else FONT - 3)
    nulls = panel.rows[1:]
    for row, shift in zip(nulls, offsets(len(nulls)), strict=True):
        style = {
            "color": colours.muted,
            "marker": marker(row.label),
            "mfc": colours.paper,
            "ms": 4.5,
            "lw": 0,
        }
        _series(axes, row, shift, {**style, "mew": 1.1}, bar=1.0, zorder=3)
    ordered = panel.group in (
        "mention_position",
        "size_rank",
        "crop_step",
        "crop_step, same objects",
    )  # a line joins levels that have an order
    own = {"color": colours.accent, "marker": "o", "mfc": colours.accent, "ms": 7.5, "lw": 1.6 if ordered else 0}
    _series(axes, panel.encoder, 0.0, own, bar=2.2, zorder=5)
    axes.set_xlim(0.5, len(places) + 0.5)
    titles = [column.title for column in panel.columns]
    crowded = max(map(len, titles)) * len(titles) > 40
    axes.set_xticks(
        places,
        [title.replace("-", "-\n") if crowded else title for title in titles],
        fontsize=FONT - 3 if crowded else FONT,
    )
    axes.set_xlabel(words.group_title(panel.group).partition(" (")[0], color=colours.ink, labelpad=5)


def _series(axes: Axes, row: Row, shift: float, style: dict[str, Any], *, bar: float, zorder: int) -> None:
    known = [(p + 1 + shift, cell.value, cell) for p, cell in enumerate(row.cells) if cell and cell.value is not None]
    for x, _, cell in known:
        if cell.ci_low is not None and cell.ci_high is not None:
            axes.plot([x, x], [cell.ci_low, cell.ci_high], color=style["color"], lw=bar, zorder=zorder)
    axes.plot([x for x, _, _ in known], [value for _, value, _ in known], zorder=zorder, **style)


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
