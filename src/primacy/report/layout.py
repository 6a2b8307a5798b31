"""What a page consists of: parts, and in those of pictures blocks of text, figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from markupsafe import Markup

from primacy.report.figures import ceiling, level_svg, reach
from primacy.report.heats import Heat
from primacy.report.numbers import unit
from primacy.report.panels import Panel


class Drawing(NamedTuple):
    """A figure and what stands above it."""

    caption: str
    svg: Markup


class Detail(NamedTuple):
    """Tables behind a summary line that opens them. `measures` holds panels that share one table, a row each;
    `turned` panels whose levels are rows and whose encoders are columns."""

    summary: str
    panels: tuple[Panel, ...] = ()
    measures: tuple[Panel, ...] = ()
    turned: tuple[Panel, ...] = ()
    heats: tuple[Heat, ...] = ()

    @property
    def filled(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.panels or self.measures or self.turned or self.heats)


class Block(NamedTuple):
    """A part of a section: title and text (both may be empty), figures, tables, and tables behind summaries.

    `chance` is what the legend calls the dashed line ("" where there is no legend), `nulls` the nulls that it names.
    """

    title: str = ""
    text: str = ""
    drawings: tuple[Drawing, ...] = ()
    chance: str = ""
    nulls: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    heats: tuple[Heat, ...] = ()
    details: tuple[Detail, ...] = ()
    note: str = ""


class Section(NamedTuple):
    """A section made of blocks; `id` is its anchor."""

    id: str
    title: str
    intro: str
    blocks: tuple[Block, ...]


def draw_levels(shown: Sequence[Panel], captions: Sequence[str], prefix: str) -> tuple[Drawing, ...]:
    """A figure of each panel, on one scale; ids start with `prefix`."""
    if not shown:
        return ()
    top = reach(shown) if unit(shown[0].metric) == "points" else ceiling(shown)
    return tuple(
        Drawing(caption, Markup(level_svg(p, top=top, uid=f"{prefix}-{k}")))  # noqa: S704
        for k, (p, caption) in enumerate(zip(shown, captions, strict=True))
    )


def nulls_of(shown: Sequence[Panel]) -> tuple[str, ...]:
    """The names of the nulls in any of the panels, in their order."""
    return tuple(dict.fromkeys(row.label for p in shown for row in p.rows if row.is_null))


def only_own(shown: Panel) -> Panel:
    """The panel without its nulls."""
    return replace(shown, rows=tuple(row for row in shown.rows if not row.is_null))
