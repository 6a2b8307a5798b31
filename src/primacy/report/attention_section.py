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

DENSITY, SHARE = "attention_density", "attention_share"
LAST = "last"
_CHARTS = {DENSITY: "Density by layer", SHARE: "Share of the attention by layer"}
_VIEWS = {"rollout": "rollout", "gradient": "gradient \u00d7 attention"}


def attention_section(records: Records) -> Section | None:
    """Attention on large and on small objects, by layer; or why there is none."""
    blocks = tuple(block for case in records.cases("attention") if (block := _attention(records, case)))
    intro = (
        "How much of the attention of the pooled token falls on each object, on exact masks: in all (share), and over"
        " the object\u2019s share of the picture\u2019s area (density; 1 is as much as its area). A slope of 1 of log"
        " share on log area is attention in proportion to area; below 1, density falls with size. Agreement is how"
        " often the object with the most attention is the one that wins."
    )
    if not blocks:
        reasons = [check.message for check in records.result.checks if check.name == "attention"]
        blocks, intro = tuple(Block(text=reason) for reason in reasons), ""
    return Section("attention", "Attention against area", intro, blocks) if blocks else None


def last_layer(records: Records, case: Case) -> Panel | None:
    """Density, share and slope in the last layer, for each encoder."""
    layers, _ = _layers(records, case)
    if not layers:
        return None
    at = _last(records, case, layers)
    title = f"attention in the last layer ({layers[-1]})"
    slope = Column("slope", "attention_slope", "layer", at)
    return of_columns(records, case, {"": _columns(records, case, at)}, [slope], title)


def _last(records: Records, case: Case, layers: list[str]) -> str:
    """The level of the last layer, the same for encoders of different depth where there is one."""
    return LAST if records.own.get(case, "attention_slope", "layer", LAST) else layers[-1]


def _other_views(records: Records, case: Case) -> Panel | None:
    """The same by rollout and by gradient x attention."""
    _, views = _layers(records, case)
    if not views:
        return None
    rows = {_VIEWS[view]: _columns(records, case, view) for view in views}
    return of_columns(records, case, rows, title="attention over all layers")


def _group(records: Records, case: Case) -> str:
    """What sizes are told by: the design's levels, or ranks."""
    return "size_level" if records.own.levels(case, DENSITY, "size_level*layer") else "size_rank"


def _columns(records: Records, case: Case, layer: str) -> list[Column]:
    group = f"{_group(records, case)}*layer"
    sizes, _ = crossing(records.own, case, DENSITY, group)
    columns = [Column(f"density, {size}", DENSITY, group, f"{size}*{layer}") for size in sizes]
    return columns + [Column(f"share, {size}, %", SHARE, group, f"{size}*{layer}") for size in sizes]


def _slopes(records: Records, case: Case, layers: list[str], views: list[str]) -> Panel | None:
    """Slope and agreement with the winner, in the last layer and by the other views."""
    shown = {"last layer": _last(records, case, layers)} | {_VIEWS[view]: view for view in views}
    rows = {
        name: [
            Column("slope", "attention_slope", "layer", at),
            Column("agreement, %", "attention_agreement", "layer", at),
        ]
        for name, at in shown.items()
    }
    return of_columns(records, case, rows, title="slope of log attention on log area, and agreement with the winner")


def _off_objects(records: Records, case: Case, layer: str) -> Panel | None:
    """Attention on the ground and on what is no place of the picture."""
    columns = [Column(name, SHARE, "rest*layer", f"{name}*{layer}") for name in ("ground", "elsewhere")]
    return of_columns(records, case, {"": columns}, title="share of the attention off the objects in %, last layer")


def _layers(records: Records, case: Case) -> tuple[list[str], list[str]]:
    """The layers in their order, and the views that are none."""
    levels = records.own.levels(case, DENSITY, f"{_group(records, case)}*layer")
    unique = list(dict.fromkeys(level.rpartition("*")[2] for level in levels))
    return [x for x in unique if x not in (*_VIEWS, LAST)], [x for x in unique if x in _VIEWS]


def _attention(records: Records, case: Case) -> Block | None:
    table = last_layer(records, case)
    if table is None:
        return None
    layers, views = _layers(records, case)
    drawings = tuple(
        Drawing(caption, Markup(_layers_svg(records, case, metric, layers)))  # noqa: S704
        for metric, caption in _CHARTS.items()
        if len(layers) > 1
    )
    title = words.case_title(case)
    by_head = f"{_group(records, case)}*layer*head"
    rest = _off_objects(records, case, _last(records, case, layers))
    details = (
        Detail(f"Off the objects, {title}", panels=(rest,) if rest else ()),
        Detail(
            f"By layer and head, {title}",
            heats=tuple(heats(records, case, by_head, DENSITY)[:1] + heats(records, case, by_head, SHARE)[:1]),
        ),
    )
    return Block(
        title=title,
        drawings=drawings,
        chance="as much as its area" if drawings else "",
        nulls=nulls_of([table]),
        panels=tuple(p for p in (table, _other_views(records, case), _slopes(records, case, layers, views)) if p),
        details=tuple(detail for detail in details if detail.filled),
    )


def _layers_svg(records: Records, case: Case, metric: str, layers: list[str]) -> str:
    group = f"{_group(records, case)}*layer"
    sizes, _ = crossing(records.own, case, metric, group)
    own, *nulls = records.sources
    lines = [
        _line(source, case, (metric, group), size, layers, dashed=k > 0)
        for source in (*nulls, own)
        for k, size in enumerate(sizes)
    ]
    every = 1 + len(layers) // 13
    chart = Chart(
        title=f"{words.METRICS[metric]} by layer, {words.case_title(case)}",
        description=f"{_CHARTS[metric]}. The audited encoder in colour, untrained twins in grey.",
        xlabel="layer",
        ticks=tuple((k, layer) for k, layer in enumerate(layers) if k % every == 0 or len(layers) == k + 1),
        reference=(1.0, "1") if metric == DENSITY else None,
        percent=metric == SHARE,
        band=True,
    )
    return lines_svg(chart, [line for line in lines if line.points], uid=f"{metric}-{uid(case)}")


def _line(source: Source, case: Case, shown: tuple[str, str], size: str, layers: list[str], *, dashed: bool) -> Line:
    points = []
    for k, layer in enumerate(layers):
        e = source.look.get(case, *shown, f"{size}*{layer}")
        if e and e.value is not None:
            points.append(Point(k, e.value, e.ci_low, e.ci_high))
    return Line("" if source.is_null else size, tuple(points), source.label if source.is_null else None, dashed)
