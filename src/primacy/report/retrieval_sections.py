"""The report's sections on retrieval with pictures: IOR, I2TOR, TOIR, and the ladder of areas."""

from __future__ import annotations

from markupsafe import Markup

from primacy.report import words
from primacy.report.heats import heats
from primacy.report.layout import Block, Detail, Drawing, Section, draw_levels, nulls_of, only_own
from primacy.report.line_figures import Chart, Line, Point, lines_svg
from primacy.report.panels import Column, Panel, of_columns, panel
from primacy.report.select import PHOTOS, Case, Records, Source, crossing, ordered
from primacy.report.text_views import OTHER_METRICS

LADDER = "area_ratio"
_SPLIT_LADDER = "area_ratio*centred"
_CENTRED = {"target": "target centred", "other": "other centred"}
_INTROS = {
    "ior": "Of the objects that a picture shows, which one is its vector nearest to, among pictures of single objects?"
    " The share that an object of each size, or at each place, wins; an encoder blind to both sits on the dashed line,"
    " at one over the number of objects.",
    "i2tor": "The same pictures against texts that name single objects: the winner is the name that the picture\u2019s"
    " vector is nearest to.",
}
_TITLES = {"ior": "Pictures against pictures (IOR)", "i2tor": "Pictures against names (I2TOR)"}


def retrieval_sections(records: Records) -> list[Section]:
    """IOR and I2TOR on scenes, by size and by slot."""
    found = []
    for probe in ("ior", "i2tor"):
        blocks = tuple(_by_size_and_slot(records, case) for case in scene_cases(records, probe))
        if blocks:
            found.append(Section(probe, _TITLES[probe], _INTROS[probe], blocks))
    return found


def scene_cases(records: Records, probe: str) -> list[Case]:
    """The cases of a probe that show neither photos nor a ladder of areas."""
    ladders = ladder_cases(records, probe)
    return [case for case in records.cases(probe) if case.stimuli not in PHOTOS and case not in ladders]


def ladder_cases(records: Records, probe: str) -> list[Case]:
    """The cases of a probe that show a ladder of areas."""
    return [case for case in records.cases(probe) if records.own.levels(case, "winner_share", LADDER)]


def headline(records: Records, case: Case) -> Panel | None:
    """Winner share by size level; by measured rank where pictures have no levels."""
    return panel(records, case, "winner_share", "size_level") or panel(records, case, "winner_share", "size_rank")


def elasticity(records: Records, case: Case) -> Panel | None:
    """Area elasticity, centre preference and the ratio at which both are even."""
    columns = (
        Column("area elasticity", "area_elasticity", "logit", "log area"),
        Column("centre preference", "centre_preference", "logit", "centrality"),
        Column("tie ratio", "tie_ratio", "logit", "off-centre:centre"),
    )
    return of_columns(records, case, {"": columns}, title="area elasticity and centre preference in logits")


def _by_size_and_slot(records: Records, case: Case) -> Block:
    size, slot = headline(records, case), panel(records, case, "winner_share", "slot")
    shown = [p for p in (size, slot) if p]
    drawings = draw_levels(shown, [f"By {words.group_title(p.group)}" for p in shown], uid(case))
    published = panel(records, case, "paper_share", "published")
    tables = (size, published if case.protocol == "paper" else None, slot, elasticity(records, case))
    scales = heats(records, case, "size_level*gallery_scale")[:1]
    return Block(
        title=words.case_title(case),
        drawings=drawings,
        chance=f"chance, 1/{case.n_objects}",
        nulls=nulls_of(shown),
        panels=tuple(p for p in tables if p),
        heats=tuple(scales),
        details=_details(records, case, size),
    )


def _details(records: Records, case: Case, size: Panel | None) -> tuple[Detail, ...]:
    group = size.group if size else "size_level"
    levels = [column.level for column in size.columns] if size else []
    measures = [p for metric in OTHER_METRICS if (p := panel(records, case, metric, group, levels))]
    by_category = panel(records, case, "winner_share", "category")
    others = [panel(records, case, "winner_share", "size_rank") if group != "size_rank" else None]
    others.append(panel(records, case, "paper_share", "published") if case.protocol != "paper" else None)
    title = words.case_title(case)
    details = (
        Detail(f"Other measures of retrieval, {title}", measures=tuple(measures)),
        Detail(f"By measured size and as published, {title}", panels=tuple(filter(None, others))),
        Detail(f"Slot by gallery slot, {title}", heats=tuple(heats(records, case, "slot*gallery_slot")[:1])),
        Detail(f"By category, {title}", turned=(only_own(by_category),) if by_category else ()),
    )
    return tuple(detail for detail in details if detail.filled)


def ladder_section(records: Records) -> Section | None:
    """Two objects (or more) at a ladder of area ratios: the winner curve and its slope."""
    blocks = tuple(_ladder(records, case) for probe in ("ior", "i2tor") for case in ladder_cases(records, probe))
    intro = (
        "The same objects at a ladder of area ratios: how often the target wins as it grows and the other shrinks."
        " Area elasticity is the slope of the log odds of winning on log area, at fixed slot and category: 0 is"
        " blind to area, 1 is odds in proportion to it. Centre preference is the same slope on centrality,"
        " from 0 in a corner to 1 in the middle. The tie ratio is the area, relative to a centred object, at which an"
        " object away from the centre wins as often."
    )
    return Section("ladder", "The ladder of areas", intro, blocks) if blocks else None


def _ladder(records: Records, case: Case) -> Block:
    curve = panel(records, case, "winner_share", LADDER)
    ratios, kinds = _places(records, case)
    parts = {
        _CENTRED.get(kind, kind): [Column(words.ratio(r), "winner_share", _SPLIT_LADDER, f"{r}*{kind}") for r in ratios]
        for kind in kinds
    }
    split = of_columns(records, case, parts) if parts else None
    sized = (panel(records, case, "winner_share", group) for group in ("size_level", "slot"))
    panels = [p for p in (elasticity(records, case), curve, only_own(split) if split else None) if p]
    title = f"{words.probe_name(case.probe)}, {words.case_title(case)}"
    details = Detail(f"By size level and slot, {title}", panels=tuple(p for p in sized if p))
    return Block(
        title=title,
        drawings=(Drawing("Winner share of the target by area ratio", Markup(_ladder_svg(records, case))),),  # noqa: S704
        chance=f"chance, 1/{case.n_objects}",
        nulls=nulls_of(panels),
        panels=tuple(panels),
        details=(details,) if details.filled else (),
    )


def _places(records: Records, case: Case) -> tuple[list[str], list[str]]:
    """The ratios, and which object is centred: the target first."""
    ratios, kinds = crossing(records.own, case, "winner_share", _SPLIT_LADDER)
    return ratios, sorted(kinds, key=lambda kind: (kind != "target", kind))


def _ladder_svg(records: Records, case: Case) -> str:
    ratios = ordered(records.own.levels(case, "winner_share", LADDER))
    _, kinds = _places(records, case)
    own, *nulls = records.sources
    lines = [_line(source, case, "", ratios, null=source.label) for source in nulls]
    if kinds:
        lines += [_line(own, case, kind, ratios, dashed=k > 0) for k, kind in enumerate(kinds)]
    else:
        lines.append(_line(own, case, "", ratios))
    chart = Chart(
        title=f"Winner share of the target by area ratio, {words.case_title(case)}",
        description="The audited encoder in colour, null encoders in grey; the table below holds the numbers.",
        xlabel="area of the target : area of the other",
        ticks=tuple((float(r), words.ratio(r)) for r in ratios),
        reference=(1 / case.n_objects, f"1/{case.n_objects}"),
        log=True,
    )
    return lines_svg(chart, [line for line in lines if line.points], uid=f"ladder-{uid(case)}")


def _line(
    source: Source, case: Case, kind: str, ratios: list[str], *, null: str | None = None, dashed: bool = False
) -> Line:
    group = _SPLIT_LADDER if kind else LADDER
    points = []
    for r in ratios:
        e = source.look.get(case, "winner_share", group, f"{r}*{kind}" if kind else r)
        if e and e.value is not None:
            points.append(Point(float(r), e.value, e.ci_low, e.ci_high))
    return Line(_CENTRED.get(kind, kind), tuple(points), null, dashed)


def toir_section(records: Records) -> Section | None:
    """Captions against pictures of single objects, by mention position."""
    blocks = []
    for case in records.cases("toir"):
        shown = panel(records, case, "winner_share", "mention_position")
        if not shown:
            continue
        measures = [p for m in OTHER_METRICS if (p := panel(records, case, m, "mention_position"))]
        title = words.case_title(case)
        detail = Detail(f"Other measures of retrieval, {title}", measures=tuple(measures))
        blocks.append(
            Block(
                title=title,
                drawings=draw_levels([shown], ["By mention position"], uid(case)),
                chance=f"chance, 1/{case.n_objects}",
                nulls=nulls_of([shown]),
                panels=(shown,),
                heats=tuple(heats(records, case, "mention_position*gallery_scale")[:1]),
                details=(detail,) if detail.filled else (),
            )
        )
    intro = (
        "Of the objects that a caption mentions, which one is its vector nearest to, among pictures of single objects?"
    )
    return Section("toir", "Captions against pictures (TOIR)", intro, tuple(blocks)) if blocks else None


def uid(case: Case) -> str:
    """A prefix of ids, the same for no two cases of a page."""
    kind = "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}" for c in case.stimuli)
    return f"{case.probe}-{case.n_objects}-{case.protocol}-{kind}"
