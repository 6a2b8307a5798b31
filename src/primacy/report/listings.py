"""All estimates of a run in groups, and the parts of the page that list settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from primacy.report import numbers, words
from primacy.report.select import POOLED
from primacy.results.record import Estimate, RunResult

MAX_ESTIMATE_ROWS = 2500
"""More rows than this, and the page leaves estimates out: result.json holds them all."""


class Listing(NamedTuple):
    """The estimates of one probe, number of objects, template and kind of pictures."""

    title: str
    is_null: bool
    rows: tuple[Estimate, ...]


class DesignCell(NamedTuple):
    """A cell of the design: its title, its balance in a sentence (may be empty), and its other settings."""

    title: str
    balance: str
    settings: dict[str, Any]


def listings(result: RunResult) -> tuple[list[Listing], int]:
    """All estimates in their groups, and how many were left out for the sake of the page's size."""
    sources: Sequence[tuple[str, Sequence[Estimate]]] = (
        ("", result.estimates),
        *((f", null {null.name}", null.estimates) for null in result.nulls),
    )
    budget, left_out = MAX_ESTIMATE_ROWS, 0
    found = []
    for source, estimates in sources:
        groups: dict[tuple[str, str, int, str, str], list[Estimate]] = {}
        for e in estimates:
            groups.setdefault((e.probe, e.stimuli, e.n_objects, e.template, e.protocol), []).append(e)
        for (probe, stimuli, n, template, protocol), rows in groups.items():
            if len(rows) > budget:
                left_out += len(rows)
                continue
            budget -= len(rows)
            told = (
                words.probe_name(probe),
                words.objects(n),
                stimuli or ("all templates" if template == POOLED else f"template {template}"),
                f"protocol {protocol}{source}",
            )
            found.append(Listing(", ".join(told), bool(source), tuple(rows)))
    return found, left_out


def design_cell(cell: Mapping[str, Any]) -> DesignCell:
    """A cell of the design: what names it goes into the title, the rest is listed."""
    told = ("balance", "balance_text", "captions", "clusters") if "balance_text" in cell else ()
    rest = {key: value for key, value in cell.items() if key not in told}
    names = [str(rest.pop("probe", "")).upper()]
    if "n_objects" in rest:
        names.append(f"{rest.pop('n_objects')} objects")
    if rest.get("stimuli"):
        names.append(str(rest.pop("stimuli")))
    if "template" in rest:
        names.append(f"template \u201c{rest.pop('template')}\u201d")
    return DesignCell(", ".join(filter(None, names)), str(cell.get("balance_text", "")), rest)


def setting(value: Any) -> str:
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
        return "; ".join(f"{key} {setting(item)}" for key, item in value.items()) or numbers.DASH
    if isinstance(value, (list, tuple)):
        return ", ".join(setting(item) for item in value) or numbers.DASH
    return str(value)
