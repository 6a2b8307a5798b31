"""The lines of a run in the terminal: captions of tables, verdicts, attributions."""

from __future__ import annotations

from primacy.report import numbers
from primacy.report.panels import Panel
from primacy.report.printer import Head
from primacy.report.words import HEADS, METRICS, case_title, cluster_noun, group_title, probe_name, trial_noun
from primacy.results.record import Attribution, Coefficient, VerdictRecord
from primacy.results.spec import AuditSpec

_STYLES = {"bias": "bold red", "artefact": "bold yellow", "equivalent": "bold green", "inconclusive": "bold"}
KIND_WIDTH = max(map(len, _STYLES))
"""Columns that the longest kind of verdict takes."""
_TITLES = {"paper_share": "paper share"}
_EFFECTS = {
    "first-last": "first minus last",
    "largest_deviation": "largest deviation",
    "big-small": "big minus small in first place",
    "big-small, first against elsewhere": "big minus small, first place against elsewhere",
    "large-small": "large minus small",
    "log area": "slope on log area",
    "centrality": "slope on centrality",
    "removed": "large minus small object removed",
    "correct": "large object first minus last in the correct caption",
    "wrong": "kept object first minus last in the wrong caption",
    "foil": "foil first minus last",
    "1-2": "scenario 1 minus 2",
    "largest-smallest": "largest minus smallest",
    "last-first": "last crop minus first",
    "wrong, small removed": "large object first minus last in the wrong caption, small one removed",
}
_LEVELS = ("category", "slot ")
"""Coefficients with many levels, which only the report lists."""


def caption(panel: Panel, spec: AuditSpec) -> tuple[Head, str]:
    """What stands above a table: what it shows, contrasts, chance, and denominators where rows share them."""
    parts = [f" with {100 * spec.level:g} % intervals"]
    if panel.case.probe in ("toc", "ioc") and spec.protocol == "paper":
        parts.append(f"; {HEADS.get(panel.case.protocol, panel.case.protocol)}")
    parts += [f"; {column.title} in points" for column in panel.extras if numbers.unit(column.metric) == "points"]
    if panel.chance[0] is not None:
        parts.append(f"; chance {numbers.percent_range(panel.chance)} %")
    if panel.same_denominators:
        trials = trial_noun(panel.case.probe, panel.metric, panel.case.stimuli)
        clusters = cluster_noun(spec, panel.case.stimuli)
        parts.append(f"; {panel.encoder.trials} {trials} / {panel.encoder.clusters} {clusters}")
    return Head(f"{probe_name(panel.case.probe)}, {case_title(panel.case)}: {_what(panel)}", "bold"), "".join(parts)


def _what(panel: Panel) -> str:
    """What a table shows, and in which unit."""
    if panel.title:
        return panel.title
    if panel.extras[:1] and panel.extras[0].title == "big-small":
        title = "winner share of the big and the small target"
    else:
        title = _TITLES.get(panel.metric, METRICS[panel.metric].lower())
    unit = numbers.unit(panel.metric)
    return f"{title} by {group_title(panel.group)}{', ' + unit if unit else ','}"


def verdict_line(verdict: VerdictRecord) -> tuple[Head, str]:
    """A verdict: kind, probe, what was shown, effect, reason."""
    effect = numbers.printable(_EFFECTS.get(verdict.effect, verdict.effect))
    if verdict.probe == "attention":
        effect = f"slope of log density on {numbers.printable(verdict.effect)}"
    what = f"{probe_name(verdict.probe)}, {numbers.printable(case_title(verdict))}, {effect}: "
    return Head(verdict.kind.ljust(KIND_WIDTH + 2), _STYLES[verdict.kind]), what + verdict.reason


def attribution_line(attribution: Attribution, clusters: str) -> tuple[Head, str]:
    """An attribution: deviance explained and its split, then positions, or the slopes on what objects are."""
    split = ", ".join(
        f"{name.replace('_', ' ')} {numbers.fixed(share, 1, factor=100)} %" for name, share in attribution.split.items()
    )
    effects = ", ".join(_coefficient(c, 1) for c in attribution.marginal_effects)
    terms = ", ".join(_coefficient(c, 2) for c in attribution.coefficients if not c.name.startswith(_LEVELS))
    of_text = attribution.probe == "tor"
    told = f"effect of each position in points: {effects}" if of_text else f"coefficients in logits: {terms or 'none'}"
    explained = numbers.fixed(attribution.explained, 1, factor=100)
    text = (
        f"{explained} % of deviance explained ({split}); {told};"
        f" {attribution.n:,} {trial_noun(attribution.probe, 'attribution')} / {attribution.n_clusters:,} {clusters}"
    )
    if not attribution.converged:
        text += "; the fit did not converge"
    probe = "" if of_text else f"{probe_name(attribution.probe)}, "
    return Head(f"Attribution, {probe}{case_title(attribution)}: ", "bold"), text


def _coefficient(found: Coefficient, digits: int) -> str:
    value, low, high = (numbers.fixed(x, digits, signed=True) for x in (found.value, found.ci_low, found.ci_high))
    return f"{found.name}: {value} [{low}, {high}]"
