"""The report's section on photos: retrieval by each object's measured size and place, and the crops."""

from __future__ import annotations

from primacy.report import words
from primacy.report.layout import Block, Detail, Section, draw_levels, nulls_of, only_own
from primacy.report.panels import Panel, panel
from primacy.report.retrieval_sections import uid
from primacy.report.select import MANY, PHOTOS, Case, Records

_FIRST = ("size_rank", "step")


def photo_section(records: Records) -> Section | None:
    """IOR and I2TOR on photos and on crops of them."""
    blocks = tuple(block for case in photo_cases(records) for block in (_photos(records, case),) if block)
    intro = (
        "Photos, with each annotated category as one object: the share that it wins, by the rank of its area in the"
        " photo. In the crops the same object of the same photo grows from step to step."
    )
    return Section("photos", "Photos", intro, blocks) if blocks else None


def photo_cases(records: Records) -> list[Case]:
    """The cases on photos, those of any number of objects first."""
    found = [case for probe in ("ior", "i2tor") for case in records.cases(probe) if case.stimuli in PHOTOS]
    return sorted(found, key=lambda case: (case.probe != "ior", PHOTOS.index(case.stimuli)))


def photo_panels(records: Records, case: Case) -> list[Panel]:
    """A panel for each group of shares of the case, by rank of size (or step of the crops) first."""
    groups = [g for g in records.own.groups(case, "winner_share") if g != "category"]
    groups.sort(key=lambda g: (g not in _FIRST,))
    return [p for group in groups if (p := panel(records, case, "winner_share", group))]


def _photos(records: Records, case: Case) -> Block | None:
    shown = photo_panels(records, case)
    if not shown:
        return None
    drawn = [p for p in shown if p.group in _FIRST]
    by_category = panel(records, case, "winner_share", "category")
    title = f"{case.probe.upper()}, {words.case_title(case)}"
    detail = Detail(f"By category, {title}", turned=(only_own(by_category),) if by_category else ())
    return Block(
        title=title,
        drawings=draw_levels(drawn, [f"By {words.group_title(p.group)}" for p in drawn], uid(case)),
        chance=("chance" if case.n_objects == MANY else f"chance, 1/{case.n_objects}") if drawn else "",
        nulls=nulls_of(drawn),
        panels=tuple(shown),
        details=(detail,) if detail.filled else (),
    )
