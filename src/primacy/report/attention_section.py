"""The report's section on attention against area."""

from __future__ import annotations

from markupsafe import Markup

from primacy.report import words
from primacy.report.heats import heats
from primacy.report.layout import Block, Detail, Drawing, Section, nulls_of
from primacy.report.line_figures import Chart, Line, Point, lines_svg
from primacy.report.panels import Column, Panel, of_columns
from primacy.report.retrieval_sections import uid
from primacy.report.select import Case, Records, Source, crossing

_BY_LAYER = "size_level*layer"
_BY_HEAD = "size_level*layer*head"
_CHARTS = {
    "attention_density": "Density by layer: share of the attention over share of the area",
    "attention_share": "Share of the attention by layer",
}
_VIEWS = {"rollout": "rollout", "gradient": "gradient \u00d7 attention"}


def attention_section(records: Records) -> Section | None:
    """Attention on large and on small objects, by layer; or why there is none."""
    blocks = tuple(block for case in records.cases("attention") if (block := _attention(records, case)))
    intro = (
        "How much of the attention of the pooled token falls on each object, on exact masks: in all (share), and over the"
        " object\u2019s share of the picture\u2019s area (density; 1 is as much as its area). A slope of 1 of log share"
        " on log area is attention in proportion to area; below 1, density falls with size."
    )
    if not blocks:
        reasons = [check.message for check in records.result.checks if check.name.startswith("attention")]
        if not reasons or ("attention" not in records.result.spec.probes and records.result.spec.probes):
            return None
        blocks, intro = (Block(text=f"Not available: {' '.join(reasons)}"),), ""
    return Section("attention", "Attention against area", intro, blocks)


def last_layer(records: Records, case: Case) -> Panel | None:
    """Density, share and slope in the last layer and by the other views, for each encoder."""
    layers, views = _layers(records, case)
    if not layers:
        return None
    rows = {f"layer {layers[-1]}" if layers[-1].isdigit() else layers[-1]: _columns(records, case, layers[-1])}
    rows |= {_VIEWS[view]: _columns(records, case, view) for view in views}
    return of_columns(records, case, rows)


def _columns(records: Records, case: Case, layer: str) -> list[Column]:
    sizes, _ = crossing(records.own, case, "attention_density", _BY_LAYER)
    columns = [Column(f"density, {size}", "attention_density", _BY_LAYER, f"{size}*{layer}") for size in sizes]
    columns += [Column(f"share, {size}", "attention_share", _BY_LAYER, f"{size}*{layer}") for size in sizes]
    columns.append(Column("slope", "attention_slope", "layer", layer))
    columns.append(Column("agreement with the winner", "attention_agreement", "layer", layer))
    known = records.own.get
    return [column for column in columns if known(case, *column[1:]) or layer in _VIEWS]


def _layers(records: Records, case: Case) -> tuple[list[str], list[str]]:
    """The layers in their order, and the views that are none."""
    found = [level.rpartition("*")[2] for level in records.own.levels(case, "attention_density", _BY_LAYER)]
    unique = list(dict.fromkeys(found))
    return [x for x in unique if x not in _VIEWS], [x for x in unique if x in _VIEWS]


def _attention(records: Records, case: Case) -> Block | None:
    table = last_layer(records, case)
    if table is None:
        return None
    drawings = tuple(
        Drawing(caption, Markup(_layers_svg(records, case, metric, caption)))  # noqa: S704
        for metric, caption in _CHARTS.items()
        if len(_layers(records, case)[0]) > 1
    )
    title = words.case_title(case)
    heads = heats(records, case, _BY_HEAD, "attention_density")[:1]
    heads += heats(records, case, _BY_HEAD, "attention_share")[:1]
    details = Detail(f"By layer and head, {title}", heats=tuple(heads))
    return Block(
        title=title,
        drawings=drawings,
        chance="as much as its area",
        nulls=nulls_of([table]),
        panels=(table,),
        details=(details,) if details.filled else (),
    )


def _layers_svg(records: Records, case: Case, metric: str, caption: str) -> str:
    layers, _ = _layers(records, case)
    sizes, _ = crossing(records.own, case, metric, _BY_LAYER)
    own, *nulls = records.sources
    lines = [
        _line(source, case, metric, size, layers, dashed=k > 0) for source in nulls for k, size in enumerate(sizes)
    ]
    lines += [_line(own, case, metric, size, layers, dashed=k > 0) for k, size in enumerate(sizes)]
    chart = Chart(
        title=f"{words.METRICS[metric]} by layer, {words.case_title(case)}",
        description=f"{caption}. The audited encoder in colour, untrained twins in grey.",
        xlabel="layer",
        ticks=tuple((k, layer) for k, layer in enumerate(layers)),
        reference=(1.0, "1") if metric == "attention_density" else None,
        percent=metric == "attention_share",
        band=True,
    )
    return lines_svg(chart, [line for line in lines if line.points], uid=f"{metric}-{uid(case)}")


def _line(source: Source, case: Case, metric: str, size: str, layers: list[str], *, dashed: bool) -> Line:
    points = []
    for k, layer in enumerate(layers):
        e = source.look.get(case, metric, _BY_LAYER, f"{size}*{layer}")
        if e and e.value is not None:
            points.append(Point(k, e.value, e.ci_low, e.ci_high))
    return Line("" if source.is_null else size, tuple(points), source.label if source.is_null else None, dashed)
