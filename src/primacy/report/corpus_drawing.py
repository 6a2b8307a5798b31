"""Figures of a corpus analysis as inline SVG for the page, and as PNG files for documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from primacy.errors import CorpusError
from primacy.files import atomic_path, os_errors_as
from primacy.report import numbers
from primacy.report.corpus_figures import CorpusFigure, corpus_figures
from primacy.report.corpus_marks import legend_handles
from primacy.report.drawing import FONT, drawing, new_figure
from primacy.report.svg import LIGHT, SENTINEL, inline_svg
from primacy.results.corpus import CorpusResult

_MOST_COLUMNS = 3
_HEAD, _TITLE, _LINE = 34, 26, 20  # above all plots, above each row of plots, a line of the legend, in SVG units
_LETTER = 6.8  # of the legend


def inline_plots(figure: CorpusFigure) -> list[Markup]:
    """Every plot of `figure` as one <svg>, in the colours and the font of the page."""
    found = []
    for k, plot in enumerate(figure.plots):
        uid = f"{figure.name}-{k}"
        with drawing(uid):
            drawn = new_figure(plot.width, plot.height)
            plot.draw(drawn.add_axes(plot.place), SENTINEL)
            title, description = (
                numbers.true_minus(numbers.printable(text))
                for text in (f"{figure.title}. {plot.told.title}", "; ".join(plot.told.numbers))
            )
            svg = inline_svg(drawn, uid=uid, title=title, description=description)
        found.append(Markup(svg))  # noqa: S704 made here, its texts escaped by the XML writer
    return found


def save_corpus_figures(result: CorpusResult, folder: Path, *, dpi: int = 200) -> list[Path]:
    """Draw every figure that `result` has numbers for as `corpus-<name>.png` (light theme) into `folder`.

    Raises:
        CorpusError: a file cannot be written.
    """
    written = []
    for figure in corpus_figures(result).values():
        path = folder / f"corpus-{figure.name}.png"
        with os_errors_as(CorpusError, f"cannot write {path}"), atomic_path(path) as temporary:
            _save(figure, temporary, dpi)
        written.append(path)
    return written


def _save(figure: CorpusFigure, path: Path, dpi: int) -> None:
    """The plots in rows of up to three, each with its title, below the title of all and above the legend."""
    columns = min(_MOST_COLUMNS, len(figure.plots))
    rows = [figure.plots[k : k + columns] for k in range(0, len(figure.plots), columns)]
    heights = [max(plot.height for plot in row) + _TITLE for row in rows]
    width = columns * max(plot.width for plot in figure.plots)
    labels = [*(label for _, label in figure.legend), figure.chance]
    beside = max(1, int(width / (44 + _LETTER * max(map(len, labels)))))
    height = _HEAD + sum(heights) + _LINE * -(-len(labels) // beside) + 12
    with drawing(figure.name):
        drawn = new_figure(width, height)
        drawn.patch.set(facecolor=LIGHT.paper, alpha=1)
        words: dict[str, Any] = {"color": LIGHT.ink, "va": "center"}
        drawn.text(12 / width, 1 - 18 / height, figure.title, **words, fontsize=FONT, weight="bold")
        for number, row in enumerate(rows):
            top = height - _HEAD - sum(heights[:number])
            for place, plot in enumerate(row):
                left, bottom = place * plot.width, top - _TITLE - plot.height
                x, y, wide, high = plot.place
                at = (left + x * plot.width, bottom + y * plot.height, wide * plot.width, high * plot.height)
                plot.draw(drawn.add_axes((at[0] / width, at[1] / height, at[2] / width, at[3] / height)), LIGHT)
                drawn.text((left + 12) / width, (top - 12) / height, plot.told.title, **words, fontsize=FONT - 1)
        drawn.legend(
            handles=legend_handles(figure.legend, figure.chance, LIGHT), loc="lower left", ncols=beside,
            frameon=False, fontsize=FONT - 1.5, labelcolor=LIGHT.ink, handletextpad=0.4, columnspacing=1.4,
            borderaxespad=0.4,
        )  # fmt: skip
        drawn.savefig(path, format="png", dpi=dpi, metadata={"Software": None})
