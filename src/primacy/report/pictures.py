"""What a report shows of the image probes: sections of a page, and the tables of a terminal."""

from __future__ import annotations

from primacy.report.attention_section import attention_section, last_layer
from primacy.report.layout import Section, only_own
from primacy.report.matching_section import ioc_panels, ioc_section, main_effects, matching_section
from primacy.report.panels import Panel, panel
from primacy.report.photo_section import photo_panels, photo_section
from primacy.report.retrieval_sections import (
    elasticity,
    headline,
    ladder_cases,
    ladder_section,
    retrieval_sections,
    scene_cases,
    toir_section,
)
from primacy.report.select import Records


def image_sections(records: Records) -> list[Section]:
    """The sections of the image probes that ran, in the order of the page."""
    others = (
        ladder_section(records),
        toir_section(records),
        ioc_section(records),
        matching_section(records),
        attention_section(records),
        photo_section(records),
    )
    return retrieval_sections(records) + [section for section in others if section]


def compact_panels(records: Records) -> list[Panel]:
    """The tables of the image probes that a terminal shows: one or two for each kind of pictures."""
    found: list[Panel | None] = []
    for probe in ("ior", "i2tor"):
        for case in scene_cases(records, probe):
            slots = panel(records, case, "winner_share", "slot")
            found += [headline(records, case), only_own(slots) if slots else None]
        found += [elasticity(records, case) for case in ladder_cases(records, probe)]
    found += [panel(records, case, "winner_share", "mention_position") for case in records.cases("toir")]
    for case in records.cases("ioc"):
        found += ioc_panels(records, case)
    for case in records.cases("matching"):
        found += [panel(records, case, "matching_accuracy", "scenario"), main_effects(records, case)]
    found += [last_layer(records, case) for case in records.cases("attention")]
    return [shown for shown in found if shown] + photo_panels(records)
