"""What stands above a table."""

from __future__ import annotations

from primacy.report import words
from primacy.report.heats import Heat
from primacy.report.numbers import unit
from primacy.report.panels import Panel
from primacy.report.select import MANY
from primacy.results.spec import AuditSpec


def of_table(panel: Panel, level: str) -> str:
    """Metric, group, unit, case and confidence level of a panel."""
    if panel.title:
        return f"{_capital(panel.title)}, {words.case_title(panel.case)}, with {level}\u00a0% intervals."
    metric = words.METRICS.get(panel.metric, panel.metric)
    head = f"; {words.HEADS[panel.case.protocol]}" if panel.metric == "probe_accuracy" else ""
    more = f" {words.FACTORS_TEXT}" if panel.group == "factor" and panel.columns[0].level in words.FACTORS else ""
    return (
        f"{metric} by {words.group_title(panel.group)}, in {unit(panel.metric) or 'its own unit'},"
        f" {words.case_title(panel.case)}, with {level}\u00a0% intervals{head}.{more}"
    )


def of_heat(heat: Heat, level: str) -> str:
    """What a crossed table shows."""
    outer, _, inner = heat.group.rpartition("*")
    rows, columns = words.group_title(outer), words.group_title(inner)
    metric, measured = words.METRICS[heat.metric].lower(), unit(heat.metric)
    return (
        f"{_capital(words.case_title(heat.case))}: {metric}{' in ' + measured if measured else ''} by {rows} (rows) and"
        f" {columns} (columns), with {level}\u00a0% intervals."
    )


def corner(heat: Heat) -> str:
    """What stands in the corner of a crossed table."""
    outer, _, inner = heat.group.rpartition("*")
    first, last = (words.group_title(part).split(",")[0].split(" ")[0] for part in (outer, inner))
    return f"{first}\u00a0\u2193 {last}\u00a0\u2192"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def has_chance_row(panel: Panel) -> bool:
    """Whether a table states chance in a row of its own: where it is not one over the number of objects."""
    own = panel.metric == "probe_accuracy" or panel.case.n_objects == MANY
    return own and panel.chance[0] is not None


def clusters(panel: Panel, spec: AuditSpec) -> str:
    """The last word of what a panel's intervals resample: "sets", "images" or "photos"."""
    return words.cluster_noun(spec, panel.case.stimuli).split(" ")[-1]
