"""The figure of `primacy lab theorem`: where an incomplete encoder's loss gives it away, and where not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import log
from pathlib import Path
from typing import TYPE_CHECKING

from primacy.errors import RunError
from primacy.files import atomic_path, os_errors_as
from primacy.lab.theorem import CONSTANT, HALF, SCALES, TENTH, Gap, Theorem
from primacy.report.drawing import FONT, apart, drawing, end_label, frame, new_figure
from primacy.report.svg import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 980, 690
_COLOURS = dict(zip(SCALES, (LIGHT.muted, "#c26a1b", LIGHT.accent), strict=True))
_SOLID, _DASHED = (None, None), (4, 3)


def save_theorem(found: Theorem, path: Path) -> None:
    """Draw it as SVG. Points are measured, with 95 % intervals; lines are what is expected.

    Raises:
        RunError: `path` cannot be written.
    """
    gaps = [gap for gap in found.gaps if gap.coordinates == "gaussian" and gap.truncated == "both"]
    grown = [gap for gap in gaps if gap.table == "dims"]
    cut = [gap for gap in gaps if gap.table == "dropped"]
    with drawing("theorem"), os_errors_as(RunError, f"cannot write {path}"), atomic_path(path) as temporary:
        figure = new_figure(_WIDTH, _HEIGHT)
        figure.patch.set(facecolor=LIGHT.paper, alpha=1)
        panels = [figure.add_axes((left, bottom, 0.355, 0.335)) for bottom in (0.58, 0.09) for left in (0.06, 0.545)]
        _by_dims(panels[0], "Random negatives only", [gap for gap in grown if gap.hard == 0])
        _by_dims(panels[1], "One hard negative", [gap for gap in grown if gap.hard == 1])
        _by_share(panels[2], cut)
        _by_rate(panels[3], [gap for gap in gaps if gap.table == "rate"])
        figure.savefig(temporary, format="svg", metadata={"Date": None})


def _by_dims(axes: Axes, title: str, gaps: list[Gap]) -> None:
    dims = sorted({gap.dims for gap in gaps})
    _start(axes, f"{title}: half dropped, or {CONSTANT} (dashed)", "dimensions", 1.15)
    axes.set_xscale("log", base=2)
    axes.set_xticks(dims, [f"{d:,}" for d in dims], fontsize=FONT - 2)
    for dashes, chosen in (
        (_SOLID, [gap for gap in gaps if gap.dropped == gap.dims // 2]),
        (_DASHED, [gap for gap in gaps if gap.dropped == CONSTANT]),
    ):
        _lines(axes, chosen, lambda gap: gap.dims, dashes)
    _label_ends(axes, [gap for gap in gaps if gap.dims == dims[-1] and gap.dropped == gap.dims // 2])


def _by_share(axes: Axes, gaps: list[Gap]) -> None:
    _start(axes, "512 dimensions: one hard negative, or none (dashed)", "share of dimensions dropped", 1.15)
    axes.set_xscale("log")
    axes.set_xticks([0.002, 0.01, 0.1, 1], ["0.2 %", "1 %", "10 %", "100 %"])
    axes.minorticks_off()
    shown = [gap for gap in gaps if gap.gap < 1.15]
    for dashes, hard in ((_SOLID, 1), (_DASHED, 0)):
        _lines(axes, [gap for gap in shown if gap.hard == hard], lambda gap: gap.dropped / gap.dims, dashes)
    _label_ends(axes, [gap for gap in gaps if gap.hard == 1 and gap.dropped == HALF])


def _by_rate(axes: Axes, gaps: list[Gap]) -> None:
    _start(axes, "512 dimensions: half dropped, or a tenth (dashed)", "share of samples with a hard negative", 0.8)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    for dashes, dropped in ((_SOLID, HALF), (_DASHED, TENTH)):
        _lines(axes, [gap for gap in gaps if gap.dropped == dropped], lambda gap: gap.rate, dashes)
    _label_ends(axes, [gap for gap in gaps if gap.rate == 1 and gap.dropped == HALF])


def _start(axes: Axes, title: str, xlabel: str, top: float) -> None:
    frame(axes, LIGHT, top, bottom=-0.02 * top, symbol=None)
    axes.set_title(title, loc="left", fontsize=FONT, color=LIGHT.ink, pad=10)
    axes.set_xlabel(xlabel, color=LIGHT.ink, labelpad=4)
    axes.set_ylabel("loss gap (nats)", color=LIGHT.muted)
    axes.axhline(log(2), color=LIGHT.muted, lw=0.8, dashes=(1, 2), zorder=1)


def _lines(
    axes: Axes, gaps: Iterable[Gap], place: Callable[[Gap], float], dashes: tuple[int | None, int | None]
) -> None:
    gaps = sorted(gaps, key=place)
    for scale, colour in _COLOURS.items():
        own = [gap for gap in gaps if gap.scale == scale]
        x = [place(gap) for gap in own]
        expected = [gap.limit if gap.exact is None else gap.exact for gap in own]
        axes.plot(x, expected, color=colour, lw=1.4, dashes=dashes, zorder=3)
        axes.plot(x, [gap.gap for gap in own], "o", color=colour, ms=3.6, zorder=4)
        for at, gap in zip(x, own, strict=True):
            axes.plot([at, at], [gap.ci_low, gap.ci_high], color=colour, lw=1.4, zorder=4)


def _label_ends(axes: Axes, ends: Iterable[Gap]) -> None:
    colours = {"log 2": LIGHT.muted} | {f"scale {gap.scale:g}": _COLOURS[gap.scale] for gap in ends}
    heights = [(log(2), "log 2"), *((gap.gap, f"scale {gap.scale:g}") for gap in ends)]
    for height, name in apart(heights, gap=0.06 * axes.get_ylim()[1]):
        end_label(axes, height, name, colours[name], size=FONT - 2)
