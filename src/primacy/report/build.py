"""The report of a run: one HTML page that needs nothing but itself."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

from primacy.report import numbers, story, text_views, words
from primacy.report.command import command
from primacy.report.environment import report_environment
from primacy.report.heats import heats
from primacy.report.layout import Section
from primacy.report.listings import design_cell, listings
from primacy.report.panels import headline_panels, size_panels
from primacy.report.pictures import image_sections
from primacy.report.select import Records
from primacy.report.splits import Split, split
from primacy.results.record import RunResult, VerdictRecord
from primacy.results.spec import IMAGE_PROBES

_PNG = b"\x89PNG\r\n\x1a\n"
_WIDE = 480


class Part(NamedTuple):
    """A section of the page: its anchor, its title, the template that fills it, and what that needs beyond the
    page's own variables."""

    id: str
    title: str
    template: str
    section: Section | None = None
    splits: tuple[Split, ...] = ()


class Shown(NamedTuple):
    """An example picture; `source` is a data: URI, "" where the picture is not at hand; `wide` ones fill a row."""

    file: str
    title: str
    caption: str
    source: str
    wide: bool


def build_report(result: RunResult, pictures: Mapping[str, bytes] | None = None) -> str:
    """The whole report as the text of one HTML file; equal results give equal text.

    Args:
        result: the run.
        pictures: PNG files of `result.examples` by their `file`; examples without one are named, not shown.
    """
    records = Records(result)
    tables, left_out = listings(result)
    return (
        report_environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            spec=result.spec,
            words=words,
            question=story.question(records),
            method=story.method(records),
            parts=_parts(records),
            has_pictures=any(probe in IMAGE_PROBES for probe in records.probes),
            examples=_examples(result, pictures or {}),
            verdicts=_effects(result),
            tor=text_views.position_figures(records, "tor"),
            toc=text_views.position_figures(records, "toc"),
            other=text_views.other_metrics(records, "tor", "mention_position"),
            gallery_tables=[found for case in records.cases("tor") if (found := heats(records, case))],
            published=headline_panels(records, "tor", "mention_position", "paper_share")
            if result.spec.protocol == "paper"
            else [],
            sizes=size_panels(records),
            clusters=words.cluster_noun(result.spec),
            curves=text_views.curves(records),
            by_template=text_views.by_template(records),
            design=[design_cell(cell) for cell in result.design],
            listings=tables,
            left_out=left_out,
            null_names=[null.name for null in result.nulls],
            command=command(result.spec),
            identity=json.dumps(result.provenance.encoder, indent=2, sort_keys=True, ensure_ascii=False),
            level=numbers.fixed(100 * result.spec.level, 1).removesuffix(".0"),
        )
    )


def _parts(records: Records) -> list[Part]:
    """The sections of the page in their order; those of probes that did not run are left out."""
    result = records.result
    of_text = tuple(split(a) for a in result.attribution if a.probe == "tor")
    of_pictures = tuple(split(a) for a in result.attribution if a.probe != "tor")
    found = [Part("verdicts", "Verdicts", "verdicts")]
    if result.examples:
        found.append(Part("pictures", "Pictures: what was shown", "pictures"))
    if "tor" in records.probes:
        found.append(Part("winner-share", "Winner share by mention position", "winner_share"))
        found.append(Part("gallery", "Mention position by gallery position", "gallery"))
    if of_text:
        found.append(Part("attribution", "Attribution", "attribution", splits=of_text))
    if "toc" in records.probes:
        found.append(Part("toc", "Which object stands where: linear probes", "toc"))
    found += [Part(section.id, section.title, "blocks", section) for section in image_sections(records)]
    if of_pictures:
        found.append(Part("image-attribution", "What decides in a picture", "attribution", splits=of_pictures))
    for name, title in (
        ("estimates", "All estimates"),
        ("nulls", "The null encoders"),
        ("checks", "Checks"),
        ("design", "Design and balance"),
        ("provenance", "Provenance"),
        ("cite", "How to cite"),
        ("reproduce", "How to reproduce"),
    ):
        found.append(Part(name, title, name))
    return found


def _effects(result: RunResult) -> list[list[VerdictRecord]]:
    """The verdicts on one effect together, in the order of the run."""
    groups: dict[tuple[str, str, str], list[VerdictRecord]] = {}
    for verdict in result.verdicts:
        groups.setdefault((verdict.probe, verdict.metric, verdict.effect), []).append(verdict)
    return list(groups.values())


def _examples(result: RunResult, pictures: Mapping[str, bytes]) -> list[Shown]:
    found = []
    for example in result.examples:
        data = pictures.get(example.file, b"")
        known = data.startswith(_PNG)
        source = f"data:image/png;base64,{b64encode(data).decode()}" if known else ""
        wide = known and int.from_bytes(data[16:20], "big") > _WIDE  # where a PNG file says how wide it is
        found.append(Shown(example.file, example.title, example.caption, source, wide))
    return found
