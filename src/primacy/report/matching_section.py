"""The report's sections on matching and on linear probes of pictures."""

from __future__ import annotations

from primacy.report import words
from primacy.report.layout import Block, Detail, Section, draw_levels, nulls_of
from primacy.report.panels import Panel, panel
from primacy.report.retrieval_sections import uid
from primacy.report.select import Case, Records


def matching_section(records: Records) -> Section | None:
    """The two published scenarios beside the nulls, and the main effects that tell them apart."""
    blocks = tuple(block for case in records.cases("matching") if (block := _matching(records, case)))
    intro = (
        "A picture, a caption that is right, and one in which a word is replaced by something that is not shown: is the"
        " right one nearer? Guessing is right in half of the pairs. The second published scenario is not just the first"
        " in another order: it replaces another object as well, so an encoder blind to order falls from one to the"
        " other too. The factorial design turns each choice by itself: which object is replaced, whether the large one"
        " stands first or last in the right caption, whether the object that is kept stands first or last in the wrong"
        " one, and where the foil stands."
    )
    return Section("matching", "Matching captions to pictures", intro, blocks) if blocks else None


def main_effects(records: Records, case: Case) -> Panel | None:
    """Main effects of the factorial design, in points."""
    return panel(records, case, "matching_effect", "factor", [x for x in words.FACTORS if x in _levels(records, case)])


def _levels(records: Records, case: Case) -> tuple[str, ...]:
    return records.own.levels(case, "matching_effect", "factor")


def _matching(records: Records, case: Case) -> Block | None:
    published = panel(records, case, "matching_accuracy", "scenario")
    effects = main_effects(records, case)
    shown = [p for p in (published, effects) if p]
    if not shown:
        return None
    drawings = draw_levels([published], ["Published scenarios"], f"{uid(case)}-s") if published else ()
    if effects:
        drawings += draw_levels([effects], ["Effect of each factor, points"], f"{uid(case)}-f")
    further = [level for level in _levels(records, case) if level not in words.FACTORS]
    pairs = panel(records, case, "matching_effect", "factor", further) if further else None
    cells = panel(records, case, "matching_accuracy", "cell")
    title = words.case_title(case)
    details = (
        Detail(f"Interactions and further contrasts, {title}", turned=(pairs,) if pairs else ()),
        Detail(f"The cells of the factorial design, {title}", turned=(cells,) if cells else ()),
    )
    return Block(
        title=title,
        drawings=drawings,
        chance="chance, or no effect",
        nulls=nulls_of(shown),
        panels=tuple(shown),
        details=tuple(detail for detail in details if detail.filled),
    )


def ioc_section(records: Records) -> Section | None:
    """Linear probes of a picture's vector, by slot and by rank of size."""
    blocks = []
    for case in records.cases("ioc"):
        shown = ioc_panels(records, case)
        if not shown:
            continue
        head = f", {words.HEADS[case.protocol]}" if records.result.spec.protocol == "paper" else ""
        blocks.append(
            Block(
                title=f"{words.case_title(case)}{head}",
                drawings=draw_levels(shown, [f"By {words.group_title(p.group)}" for p in shown], uid(case)),
                chance="chance",
                nulls=nulls_of(shown),
                panels=tuple(shown),
            )
        )
    intro = (
        "How well a linear head reads an object from the picture\u2019s vector, one head for each slot and one for each"
        " rank of size, on object sets that it has not met."
    )
    return Section("ioc", "Which object stands where: linear probes (IOC)", intro, tuple(blocks)) if blocks else None


def ioc_panels(records: Records, case: Case) -> list[Panel]:
    """Probe accuracy by slot and by rank of size."""
    found = (panel(records, case, "probe_accuracy", group) for group in ("slot", "size_rank"))
    return [p for p in found if p]
