"""The report's section on photos: retrieval and matching by each object's measured size and place, and the crops."""

from __future__ import annotations

from primacy.report import words
from primacy.report.layout import Block, Detail, Drawing, Section, draw_levels, nulls_of, only_own
from primacy.report.panels import HEADLINE, Column, Panel, of_columns, panel
from primacy.report.retrieval_sections import elasticity, uid
from primacy.report.select import MANY, PHOTOS, Case, Records, crossing

EXCESS = "excess_share"
STEPS = ("crop_step", "crop_step, same objects")
_METRIC = {"ior": EXCESS, "i2tor": EXCESS, "matching": "matching_accuracy"}
"""What is pooled over photos, by probe."""
_POOLED = ("size_rank", "area_tercile", "centrality_tercile", "instances")
_DRAWN = 3
"""So many figures of a block at the most."""


def photo_section(records: Records) -> Section | None:
    """Retrieval and matching on photos, and retrieval on crops of them."""
    blocks: list[Block | None] = []
    for probe in _METRIC:
        cases = [case for case in records.cases(probe) if case.stimuli in PHOTOS]
        blocks += [_pooled(records, case) for case in cases if case.n_objects == MANY]
        blocks.append(_by_number(records, [case for case in cases if case.n_objects != MANY]))
        blocks += [_crops(records, case) for case in cases]
    found = tuple(block for block in blocks if block)
    intro = (
        "Photos, with each annotated category as one object. Photos differ in how many objects they show, so what is"
        " pooled over them is the share of wins beyond one over that number. Nobody designed them: large things are of"
        " other kinds than small ones, and stand elsewhere. In the crops the same object of the same photo grows from"
        " step to step. Matching asks of each object whether the photo is nearer to its caption than to the same one"
        " with a foil in place of that object."
    )
    return Section("photos", "Photos", intro, found) if found else None


def photo_panels(records: Records) -> list[Panel]:
    """What a terminal shows of photos: by rank of size, and by step of the crops among the same objects."""
    found: list[Panel | None] = []
    for probe, metric in _METRIC.items():
        for case in records.cases(probe):
            if case.stimuli in PHOTOS and case.n_objects == MANY:
                found.append(panel(records, case, metric, "size_rank"))
                found.append(panel(records, case, "winner_share", STEPS[1]))
    return [shown for shown in found if shown]


def _pooled(records: Records, case: Case) -> Block | None:
    metric = _METRIC[case.probe]
    shown = [p for group in _POOLED if (p := panel(records, case, metric, group))]
    if not shown:
        return None
    title = f"{words.probe_name(case.probe)}, {words.case_title(case)}"
    slices = [p for p in (_slices(records, case), _category_alone(records, case), elasticity(records, case)) if p]
    by_category = panel(records, case, metric, "category")
    details = (
        Detail(f"By area, place and number, {title}", panels=tuple(shown[1:])),
        Detail(f"By size in photos of a kind, {title}", panels=tuple(slices)),
        Detail(f"By category, {title}", turned=(only_own(by_category),) if by_category else ()),
    )
    return Block(
        title=title,
        drawings=_drawn(shown, case),
        chance="1/n" if metric == EXCESS else "chance",
        nulls=nulls_of(shown),
        panels=tuple(shown[:1]),
        details=tuple(detail for detail in details if detail.filled),
    )


def _slices(records: Records, case: Case) -> Panel | None:
    """The largest and the smallest object, in photos with and without the category that they are split by."""
    group, metric = "slice*size_rank", _METRIC[case.probe]
    kinds, sizes = crossing(records.own, case, metric, group)
    if not kinds:
        return None
    rows = {kind: [Column(size, metric, group, f"{kind}*{size}") for size in sizes] for kind in kinds}
    return of_columns(records, case, rows)


def _category_alone(records: Records, case: Case) -> Panel | None:
    """The effect of size, beside what category alone would make of it."""
    effect = "size_bias" if _METRIC[case.probe] == EXCESS else "matching_effect"
    columns = [
        Column("largest \u2212 smallest", effect, "size_rank", "largest-smallest"),
        Column("as category alone makes it", effect, "category alone", "largest-smallest"),
    ]
    return of_columns(records, case, {"": columns}, title=f"{words.METRICS[effect].lower()} in points")


def _by_number(records: Records, cases: list[Case]) -> Block | None:
    metrics = [HEADLINE[case.probe] for case in cases]
    shown = [p for case, metric in zip(cases, metrics, strict=True) if (p := panel(records, case, metric, "size_rank"))]
    if not shown:
        return None
    first = shown[0].case
    title = f"{words.probe_name(first.probe)}, {first.stimuli}, by number of objects"
    captions = [words.objects(p.case.n_objects).capitalize() for p in shown[:_DRAWN]]
    return Block(
        title=title,
        drawings=draw_levels(shown[:_DRAWN], captions, f"{uid(first)}-n"),
        chance="chance, 1/n" if first.probe != "matching" else "chance",
        nulls=nulls_of(shown),
        details=(Detail(f"{words.METRICS[shown[0].metric]} by size rank, {title}", panels=tuple(shown)),),
    )


def _crops(records: Records, case: Case) -> Block | None:
    shown = [p for group in STEPS if (p := panel(records, case, "winner_share", group))]
    if not shown:
        return None
    area = panel(records, case, "target_area", STEPS[0])
    slope = panel(records, case, "crop_slope", "within photo")
    return Block(
        title=f"{words.probe_name(case.probe)}, {words.case_title(case)}",
        text="The winner share of the target, first among all objects that a window shows, then among those that all"
        " windows of its ladder show.",
        drawings=_drawn(shown, case),
        chance="chance",
        nulls=nulls_of(shown),
        panels=tuple(p for p in (*shown, slope, only_own(area) if area else None) if p),
    )


def _drawn(shown: list[Panel], case: Case) -> tuple[Drawing, ...]:
    captions = [f"By {words.group_title(p.group)}{', points' if p.metric == EXCESS else ''}" for p in shown]
    return draw_levels(shown[:_DRAWN], captions[:_DRAWN], uid(case))
