"""What stands above a table."""

from __future__ import annotations

from primacy.report import words
from primacy.report.heats import Heat
from primacy.report.numbers import unit
from primacy.report.panels import Panel
from primacy.results.spec import AuditSpec


def of_table(panel: Panel, level: str) -> str:
    """Metric, group, unit, case and confidence level of a panel."""
    measured = {column.metric for column in panel.columns}
    if len(measured) > 1:
        return f"{_capital(words.case_title(panel.case))}, with {level} % intervals."
    metric = words.METRICS.get(panel.metric, panel.metric)
    head = f"; {words.HEADS[panel.case.protocol]}" if panel.metric == "probe_accuracy" else ""
    return (
        f"{metric} by {words.group_title(panel.group)}, in {unit(panel.metric) or 'its own unit'},"
        f" {words.case_title(panel.case)}, with {level} % intervals{head}."
    )


def of_heat(heat: Heat, level: str) -> str:
    """What a crossed table shows."""
    outer, _, inner = heat.group.rpartition("*")
    rows, columns = words.group_title(outer), words.group_title(inner)
    metric, measured = words.METRICS[heat.metric].lower(), unit(heat.metric)
    return (
        f"{_capital(words.case_title(heat.case))}: {metric}{' in ' + measured if measured else ''} by {rows} (rows) and"
        f" {columns} (columns), with {level} % intervals."
    )


def corner(heat: Heat) -> str:
    """What stands in the corner of a crossed table."""
    outer, _, inner = heat.group.rpartition("*")
    first, last = (words.group_title(part).split(",")[0].split(" ")[0] for part in (outer, inner))
    return f"{first} \u2193 {last} \u2192"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def clusters(panel: Panel, spec: AuditSpec) -> str:
    """The last word of what a panel's intervals resample: "sets", "images" or "photos"."""
    return words.cluster_noun(spec, panel.case.stimuli).split(" ")[-1]
