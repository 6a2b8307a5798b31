"""A metric by the levels of a group, encoder first, then each null: what tables and figures are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from primacy.report.numbers import count_range
from primacy.report.select import MANY, Case, Records, Source, Span, crossing, ordered
from primacy.report.words import level_title
from primacy.results.record import Estimate

HEADLINE = {
    "tor": "winner_share",
    "toc": "probe_accuracy",
    "ior": "winner_share",
    "i2tor": "winner_share",
    "toir": "winner_share",
    "ioc": "probe_accuracy",
    "matching": "matching_accuracy",
}
"""The metric that a probe is known by."""
SIZE_TABLE = "size_level*mention_position"


class Column(NamedTuple):
    """A column: its title, and where its estimates come from."""

    title: str
    metric: str
    group: str
    level: str


EXTRAS = {
    "mention_position": (Column("first-last", "order_bias", "mention_position", "first-last"),),
    "size_level": (
        Column("large-small", "size_bias", "size_level", "large-small"),
        Column("large:small", "size_ratio", "size_level", "large:small"),
    ),
    "size_rank": (
        Column("largest-smallest", "size_bias", "size_rank", "largest-smallest"),
        Column("largest:smallest", "size_ratio", "size_rank", "largest:smallest"),
        Column("largest-smallest", "matching_effect", "size_rank", "largest-smallest"),
    ),
    "crop_step, same objects": (Column("last-first", "size_bias", "crop_step", "last-first"),),
    "slot": (Column("largest deviation", "slot_bias", "slot", "largest_deviation"),),
    "scenario": (Column("1-2", "matching_effect", "scenario", "1-2"),),
}
"""Contrasts that stand beside the levels of a group."""
_LARGE_SMALL = Column("large-small", "size_bias", "size_rank", "large-small")
_BIG_SMALL = Column("big-small", "size_bias", "size_level", "big-small")


class Row(NamedTuple):
    """One encoder's numbers: `cells` by level and `extras`, the contrasts of them; None where absent.

    `level` tells several rows of one encoder apart.
    """

    label: str
    is_null: bool
    cells: tuple[Estimate | None, ...]
    extras: tuple[Estimate | Span | None, ...] = ()
    level: str = ""

    @property
    def trials(self) -> str:
        """Denominator of the cells; a range where they differ."""
        return count_range(cell.n for cell in self.cells if cell)

    @property
    def clusters(self) -> str:
        """Number of clusters behind the cells."""
        return count_range(cell.n_clusters for cell in self.cells if cell)


@dataclass(frozen=True)
class Panel:
    """`metric` by `group`, the audited encoder's rows first; `chance` holds what guessing gives at each level (None
    where the run does not say). `title` says what is shown where columns hold different metrics."""

    case: Case
    metric: str
    group: str
    columns: tuple[Column, ...]
    extras: tuple[Column, ...]
    rows: tuple[Row, ...]
    chance: tuple[float | None, ...]
    title: str = ""

    @property
    def encoder(self) -> Row:
        """The audited encoder's (first) row."""
        return self.rows[0]

    @property
    def same_denominators(self) -> bool:
        """Whether all rows rest on the same number of trials and clusters."""
        return len({(row.trials, row.clusters) for row in self.rows}) == 1


def panel(records: Records, case: Case, metric: str, group: str, levels: Sequence[str] | None = None) -> Panel | None:
    """The panel, or None where the encoder has no such estimate.

    Args:
        records: the run.
        case: the case.
        metric: identifier of the metric.
        group: identifier of the group.
        levels: which levels, by default all that the encoder has estimates of, "other" left out.
    """
    if levels is None:
        levels = ordered(x for x in records.own.levels(case, metric, group) if x != "other")
    columns = tuple(Column(level_title(group, level), metric, group, level) for level in levels)
    extras = EXTRAS.get(group, ()) if metric in (HEADLINE.get(case.probe), "excess_share") else ()
    if group == "size_rank" and metric == "probe_accuracy":
        extras = (_LARGE_SMALL,)
    return of_columns(records, case, {"": columns}, extras)


def of_columns(
    records: Records,
    case: Case,
    rows: Mapping[str, Sequence[Column]],
    extras: Sequence[Column] = (),
    title: str = "",
) -> Panel | None:
    """A panel whose columns may hold different metrics; None where the encoder has nothing in it.

    Args:
        records: the run.
        case: the case.
        rows: for each row of an encoder its level ("" where it has one row only) and the columns that it takes its
            cells from; titles, metric and group are those of the first row. The contrasts stand in the first row.
        extras: contrasts; those that no encoder has are left out.
        title: what is shown, where columns hold different metrics.
    """
    layout = list(rows.items())
    columns = tuple(layout[0][1])
    found = []
    for source in records.sources:
        for level, wanted in layout:
            cells = tuple(source.look.get(case, *column[1:]) for column in wanted)
            if any(cells):
                own = extras if level == layout[0][0] else ()
                spans = tuple(_extra(records, source, case, columns[0].metric, column) for column in own)
                found.append(Row(source.label, source.is_null, cells, spans, level))
    if not found or found[0].is_null:
        return None
    kept = [k for k in range(len(extras)) if any(row.extras and row.extras[k] for row in found)]
    trimmed = (row._replace(extras=tuple(row.extras[k] if row.extras else None for k in kept)) for row in found)
    chance = tuple(_chance(records, case, column) for column in columns)
    beside = tuple(extras[k] for k in kept)
    return Panel(case, columns[0].metric, columns[0].group, columns, beside, tuple(trimmed), chance, title)


def headline_panels(records: Records, probe: str, group: str, metric: str | None = None) -> list[Panel]:
    """The panels of `metric` (the probe's headline by default) for each case of the probe."""
    wanted = metric or HEADLINE[probe]
    return [p for case in records.cases(probe) if (p := panel(records, case, wanted, group))]


def size_panels(records: Records) -> list[Panel]:
    """Winner share of the big and of the small target by the position that it stands at (`size-category` designs),
    the contrast taken at the first."""
    found = []
    for case in records.cases("tor"):
        sizes, positions = crossing(records.own, case, "winner_share", SIZE_TABLE)
        if not sizes:
            continue
        rows = {size: [Column(p, "winner_share", SIZE_TABLE, f"{size}*{p}") for p in positions] for size in sizes}
        shown = of_columns(records, case, rows, (_BIG_SMALL,))
        if shown:
            found.append(shown)
    return found


def _extra(records: Records, source: Source, case: Case, metric: str, column: Column) -> Estimate | Span | None:
    """A contrast: its estimate, else what the verdict on it says of the encoder or of the null."""
    found = source.look.get(case, *column[1:])
    if found:
        return found
    verdict = records.verdict(case, (metric, column.metric), column.level)
    if verdict is None:
        return None
    if not source.is_null:
        return Span(verdict.value, verdict.ci_low, verdict.ci_high)
    for null in verdict.nulls:
        if null.name == source.label:
            return Span(null.value, null.ci_low, null.ci_high)
    return None


def _chance(records: Records, case: Case, column: Column) -> float | None:
    for group in ("chance", f"chance: {column.group}"):
        stated = records.own.get(case, column.metric, group, column.level)
        if stated:
            return stated.value
    if column.metric == "matching_accuracy":
        return 0.5
    if column.metric in ("winner_share", "paper_share") and case.n_objects != MANY:
        return 1 / case.n_objects
    return None
