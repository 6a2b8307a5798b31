"""The report of a run: one HTML page that needs nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment
from markupsafe import Markup

from primacy.pages import environment
from primacy.report import numbers, words
from primacy.report.figures import ceiling, curves_svg, marker, position_svg
from primacy.report.select import (
    POOLED,
    Panel,
    Question,
    heats,
    object_counts,
    panel,
    panels,
    protocols,
    size_panels,
    templates,
)
from primacy.results.record import Attribution, CurvePoint, Estimate, RunResult, VerdictRecord

MAX_ESTIMATE_ROWS = 2500
"""More rows than this, and the page lists pooled estimates only: result.json holds them all."""

_OTHER_METRICS = ("top1_share", "paper_share", "recall_at_n", "mean_rank", "mean_cosine", "margin")
_FACTORS = {"position": "mention position"}


class Figure(NamedTuple):
    """A panel with its drawing."""

    panel: Panel
    svg: Markup


class Curve(NamedTuple):
    """The learning curves for one number of objects, with their drawing."""

    n_objects: int
    points: tuple[CurvePoint, ...]
    sizes: tuple[int, ...]
    svg: Markup


class Part(NamedTuple):
    """A segment of the deviance bar: its name, its share (None where not defined) and its width, 0 to 1."""

    name: str
    share: float | None
    width: float


class DesignCell(NamedTuple):
    """A cell of the design: its title, its balance in a sentence (may be empty), and its other settings."""

    title: str
    balance: str
    settings: dict[str, Any]


class Listing(NamedTuple):
    """The estimates of one probe, number of objects and template."""

    title: str
    is_null: bool
    rows: tuple[Estimate, ...]


def build_report(result: RunResult) -> str:
    """The whole report as the text of one HTML file; equal results give equal text."""
    listings, left_out = _listings(result)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            spec=result.spec,
            words=words,
            verdicts=_effects(result),
            tor=_figures(result, "tor"),
            toc=_figures(result, "toc"),
            other=[rows for n in object_counts(result, "tor") if (rows := _other_metrics(result, n))],
            heats=[found for n in object_counts(result, "tor") if (found := heats(result, n))],
            published=panels(result, "tor", "paper_share") if result.spec.protocol == "paper" else [],
            sizes=size_panels(result),
            clusters=words.cluster_noun(result.spec),
            splits=[(a, _parts(a)) for a in result.attribution],
            curves=_curves(result),
            by_template=_by_template(result),
            design=[_design(cell) for cell in result.design],
            listings=listings,
            left_out=left_out,
            null_names=[null.name for null in result.nulls],
            command=words.command(result.spec),
            identity=json.dumps(result.provenance.encoder, indent=2, sort_keys=True, ensure_ascii=False),
            level=numbers.fixed(100 * result.spec.level, 1).removesuffix(".0"),
        )
    )


@cache
def _environment() -> Environment:
    made = environment("primacy.report")
    made.filters |= {
        "number": lambda value, metric: numbers.true_minus(numbers.number(metric, value)),
        "points": lambda value: numbers.true_minus(numbers.points(value)),
        "plain_points": lambda value: numbers.true_minus(numbers.fixed(value, 1, signed=True)),
        "percent": lambda value: numbers.fixed(value, 1, factor=100),
        "count": numbers.count,
        "p_value": numbers.p_value,
        "minus": numbers.true_minus,
        "fixed": lambda value, digits: numbers.true_minus(numbers.fixed(value, digits)),
        "marker": marker,
        "setting": _setting,
        "short": numbers.shortened,
    }
    made.globals |= {"unit": numbers.unit, "dash": numbers.DASH}
    return made


def _figures(result: RunResult, probe: str) -> list[Figure]:
    shown = panels(result, probe)
    top = ceiling(shown)
    return [Figure(p, Markup(position_svg(p, top=top, uid=f"{probe}-{p.n_objects}-{p.protocol}"))) for p in shown]  # noqa: S704


def _effects(result: RunResult) -> list[list[VerdictRecord]]:
    """The verdicts on one effect together, one for each number of objects, in the order of the run."""
    groups: dict[tuple[str, str, str], list[VerdictRecord]] = {}
    for verdict in result.verdicts:
        groups.setdefault((verdict.probe, verdict.metric, verdict.effect), []).append(verdict)
    return list(groups.values())


def _other_metrics(result: RunResult, n: int) -> list[Panel]:
    """The encoder's further TOR metrics by mention position."""
    template, protocol = templates(result, "tor", n)[0], protocols(result, "tor", n)[0]
    found = (panel(result, Question("tor", n, template, protocol, metric)) for metric in _OTHER_METRICS)
    return [p for p in found if p]


def _by_template(result: RunResult) -> list[list[Panel]]:
    """For each number of objects that was asked in several templates, the winner shares of each."""
    tables = []
    for n in object_counts(result, "tor"):
        names = [name for name in templates(result, "tor", n) if name != POOLED]
        if len(names) > 1:
            protocol = protocols(result, "tor", n)[0]
            found = (panel(result, Question("tor", n, name, protocol, "winner_share")) for name in names)
            tables.append([p for p in found if p])
    return tables


def _curves(result: RunResult) -> list[Curve]:
    chances = {p.n_objects: p.chance for p in panels(result, "toc") if p.protocol == "balanced"}
    found = []
    for n in sorted({point.n_objects for point in result.curves}):
        points = tuple(point for point in result.curves if point.n_objects == n)
        svg = curves_svg(points, chances.get(n, ()), uid=f"curve-{n}")
        found.append(Curve(n, points, tuple(sorted({p.n_train for p in points})), Markup(svg)))  # noqa: S704
    return found


def _parts(attribution: Attribution) -> list[Part]:
    """The deviance bar: each factor, then what no factor explains; negative shares have no width."""
    parts = [(_FACTORS.get(name, name), share) for name, share in attribution.split.items()]
    rest = None if attribution.explained is None else 1 - attribution.explained
    parts.append(("not explained", rest))
    total = sum(max(share or 0.0, 0.0) for _, share in parts) or 1.0
    return [Part(name, share, max(share or 0.0, 0.0) / total) for name, share in parts]


def _design(cell: Mapping[str, Any]) -> DesignCell:
    """A cell of the design: what names it goes into the title, the rest is listed."""
    told = ("balance", "balance_text", "captions", "clusters") if "balance_text" in cell else ()
    rest = {key: value for key, value in cell.items() if key not in told}
    names = [str(rest.pop("probe", "")).upper()]
    if "n_objects" in rest:
        names.append(f"{rest.pop('n_objects')} objects")
    if "template" in rest:
        names.append(f"template \u201c{rest.pop('template')}\u201d")
    return DesignCell(", ".join(filter(None, names)), str(cell.get("balance_text", "")), rest)


def _listings(result: RunResult) -> tuple[list[Listing], int]:
    """All estimates in their groups, and how many were left out for the sake of the page's size."""
    sources: Sequence[tuple[str, Sequence[Estimate]]] = (
        ("", result.estimates),
        *((f", null {null.name}", null.estimates) for null in result.nulls),
    )
    budget, left_out = MAX_ESTIMATE_ROWS, 0
    found = []
    for source, estimates in sources:
        groups: dict[tuple[str, int, str, str], list[Estimate]] = {}
        for estimate in estimates:
            key = (estimate.probe, estimate.n_objects, estimate.template, estimate.protocol)
            groups.setdefault(key, []).append(estimate)
        for (probe, n, template, protocol), rows in groups.items():
            if len(rows) > budget:
                left_out += len(rows)
                continue
            budget -= len(rows)
            shown = "all templates" if template == POOLED else f"template {template}"
            found.append(
                Listing(
                    f"{probe.upper()}, {n} objects, {shown}, protocol {protocol}{source}", bool(source), tuple(rows)
                )
            )
    return found, left_out


def _setting(value: Any) -> str:
    """A value of the design, the machine or the specification in a few words."""
    if value is None:
        return numbers.DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return numbers.fixed(value, 3).rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_setting(item)}" for key, item in value.items()) or numbers.DASH
    if isinstance(value, (list, tuple)):
        return ", ".join(_setting(item) for item in value) or numbers.DASH
    return str(value)
