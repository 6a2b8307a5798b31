"""What every figure of a report is drawn with: size, axes, markers of the nulls, labels that keep apart.

Everything is drawn without pyplot. Text in a figure is only numbers and fixed words; names stand in the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from primacy.report.svg import Palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = {
    "constant": "s",
    "bag": "o",
    "weighted-bag": "^",
    "untrained": "D",
    "flat-bag": "o",
    "area-bag": "^",
    "centre-bag": "p",
    "noisy-flat-bag": "<",
    "noisy-area-bag": ">",
    "mean-colour": "h",
    "low-res": "P",
}
OTHER_MARKER = "v"
WIDTH, HEIGHT, FONT = 440, 300, 13.0  # SVG units: legible when the figure is 350 pixels wide
PLACE = (0.115, 0.165, 0.80, 0.80)
_SPREAD = (0.10, 0.34)  # distance of the nulls from the encoder's abscissa


def marker(null_name: str) -> str:
    """The marker of a null encoder; numbered twins share one."""
    return MARKERS.get(null_name.partition("#")[0], OTHER_MARKER)


@contextmanager
def drawing(uid: str) -> Iterator[None]:
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


def new_figure(width: float, height: float) -> Figure:
    """An empty, transparent figure; sides in SVG units."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    figure.patch.set_alpha(0)
    return figure


def offsets(k: int) -> list[float]:
    """Abscissa shifts of k nulls: in their order from left to right, half on either side of the encoder."""
    near, far = _SPREAD
    sides = []
    for side, size in ((-1, (k + 1) // 2), (1, k // 2)):
        step = (far - near) / max(1, size - 1)
        sides += [side * (near + step * i) for i in range(size)]
    return sorted(sides)


def apart(labels: Sequence[tuple[float, str]], gap: float) -> list[tuple[float, str]]:
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


def end_label(axes: Axes, y: float, text: str, colour: str, *, size: float) -> None:
    """A label to the right of the axes at height `y`, in units of the data."""
    axes.annotate(
        text, (1, y), xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points",
        color=colour, va="center", ha="left", fontsize=size, annotation_clip=False,
    )  # fmt: skip


def frame(axes: Axes, colours: Palette, top: float, *, bottom: float = 0.0, symbol: str | None = " %") -> None:
    """An axis from `bottom` to `top`, light horizontal rules, no box. `symbol` follows values in percent ("" for
    points); None for plain numbers."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes.patch.set_alpha(0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours.muted)
    axes.set_ylim(bottom, top)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    if symbol is not None:
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=symbol))
    axes.grid(axis="y", color=colours.rule, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, colors=colours.muted, labelsize=FONT - 1)
    axes.tick_params(axis="x", length=3, color=colours.muted, labelcolor=colours.ink)
