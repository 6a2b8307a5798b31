"""What the report shows of the text probes."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from primacy.report.layout import Drawing, draw_levels
from primacy.report.line_figures import curves_svg
from primacy.report.panels import Panel, headline_panels, panel
from primacy.report.select import Records
from primacy.results.record import CurvePoint

OTHER_METRICS = ("top1_share", "paper_share", "recall_at_n", "mean_rank", "mean_cosine", "margin")


class Figure(NamedTuple):
    """A panel with its drawing."""

    panel: Panel
    drawing: Drawing


class Curve(NamedTuple):
    """The learning curves for one number of objects, with their drawing."""

    n_objects: int
    points: tuple[CurvePoint, ...]
    sizes: tuple[int, ...]
    svg: Markup


def position_figures(records: Records, probe: str) -> list[Figure]:
    """The headline metric of a text probe by mention position."""
    shown = headline_panels(records, probe, "mention_position")
    titles = [_title(records, p) for p in shown]
    return [Figure(p, d) for p, d in zip(shown, draw_levels(shown, titles, probe), strict=True)]


def other_metrics(records: Records, probe: str, group: str) -> list[list[Panel]]:
    """For each case of a retrieval probe, the encoder's further metrics by the levels of `group`."""
    tables = []
    for case in records.cases(probe):
        levels = records.own.levels(case, "winner_share", group)
        found = (panel(records, case, metric, group, levels) for metric in OTHER_METRICS)
        tables.append([p for p in found if p])
    return [table for table in tables if table]


def by_template(records: Records) -> list[list[Panel]]:
    """For each number of objects that was asked in several templates, the winner shares of each."""
    tables = []
    for case in records.cases("tor"):
        single = records.by_template(case)
        if len(single) > 1:
            found = (panel(records, one, "winner_share", "mention_position") for one in single)
            tables.append([p for p in found if p])
    return tables


def curves(records: Records) -> list[Curve]:
    """The learning curves of the TOC probe."""
    chances = {
        p.case.n_objects: p.chance
        for p in headline_panels(records, "toc", "mention_position")
        if p.case.protocol == "balanced"
    }
    found = []
    for n in sorted({point.n_objects for point in records.result.curves}):
        points = tuple(point for point in records.result.curves if point.n_objects == n)
        svg = curves_svg(points, chances.get(n, ()), uid=f"curve-{n}")
        found.append(Curve(n, points, tuple(sorted({p.n_train for p in points})), Markup(svg)))  # noqa: S704
    return found


def _title(records: Records, shown: Panel) -> str:
    if shown.case.probe == "tor":
        return f"{shown.case.n_objects} objects"
    head = ""
    if shown.case.protocol == "paper":
        head = ", published schedule"
    elif records.result.spec.protocol == "paper":
        head = ", converged head"
    return f"Accuracy by position, {shown.case.n_objects} objects{head}"
