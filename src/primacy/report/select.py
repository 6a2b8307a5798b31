"""Estimates of a run, ready to be looked up: the audited encoder first, then each null."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from primacy.results.record import Estimate, RunResult, VerdictRecord
from primacy.results.spec import PROBES

POOLED = "*"
MANY = 0
"""`n_objects` of estimates that pool pictures with different numbers of objects."""
PHOTOS = ("photos", "crops")
"""Names of stimuli that are photos, so that a cluster is a photo."""


class Span(NamedTuple):
    """A value with its interval; None where not defined."""

    value: float | None
    ci_low: float | None
    ci_high: float | None


class Case(NamedTuple):
    """What the estimates of one table share; `stimuli` names the pictures, "" for captions."""

    probe: str
    n_objects: int
    template: str = POOLED
    protocol: str = "balanced"
    stimuli: str = ""


class Source(NamedTuple):
    """An encoder of the run: its name, whether it is a null, and its estimates."""

    label: str
    is_null: bool
    look: Lookup


class Lookup:
    """Estimates of one encoder by case, metric, group and level."""

    def __init__(self, estimates: Iterable[Estimate]) -> None:
        """Index `estimates`; of two with one key the last counts."""
        self._by_key: dict[tuple[Case, str, str, str], Estimate] = {}
        self._levels: dict[tuple[Case, str, str], dict[str, None]] = {}
        self._cases: dict[Case, None] = {}
        for e in estimates:
            case = Case(e.probe, e.n_objects, e.template, e.protocol, e.stimuli)
            self._cases[case] = None
            self._by_key[case, e.metric, e.group, e.level] = e
            self._levels.setdefault((case, e.metric, e.group), {})[e.level] = None

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every case that there are estimates of, in their order."""
        return tuple(self._cases)

    def get(self, case: Case, metric: str, group: str, level: str) -> Estimate | None:
        """The estimate, or None."""
        return self._by_key.get((case, metric, group, level))

    def levels(self, case: Case, metric: str, group: str) -> tuple[str, ...]:
        """The levels that there are estimates of, in their order."""
        return tuple(self._levels.get((case, metric, group), ()))

    def groups(self, case: Case, metric: str) -> tuple[str, ...]:
        """The groups that there are estimates of, in their order."""
        return tuple(g for c, m, g in self._levels if (c, m) == (case, metric))


class Records:
    """A run by encoder and case."""

    def __init__(self, result: RunResult) -> None:
        """Index the estimates of `result` and of its nulls."""
        self.result = result
        self.sources: Sequence[Source] = (
            Source(result.spec.encoder, False, Lookup(result.estimates)),
            *(Source(null.name, True, Lookup(null.estimates)) for null in result.nulls),
        )

    @property
    def own(self) -> Lookup:
        """The audited encoder's estimates."""
        return self.sources[0].look

    @property
    def probes(self) -> tuple[str, ...]:
        """The probes that there are estimates of, in the order of the specification."""
        found = {case.probe for case in self.own.cases}
        return tuple(probe for probe in PROBES if probe in found)

    def cases(self, probe: str) -> list[Case]:
        """One case for each kind of stimuli, number of objects and protocol of `probe`: pooled over templates (the
        first template where nothing is pooled), the run's own protocol first (TOC of a `paper` run has both)."""
        known = [case for case in self.own.cases if case.probe == probe]
        stimuli = list(dict.fromkeys(case.stimuli for case in known))
        first: dict[tuple[str, int, str], Case] = {}
        for case in known:
            key = (case.stimuli, case.n_objects, case.protocol)
            best = first.setdefault(key, case)
            if self._template_rank(case) < self._template_rank(best):
                first[key] = case
        own = self.result.spec.protocol
        return sorted(
            first.values(),
            key=lambda c: (stimuli.index(c.stimuli), c.n_objects, c.protocol != own, c.protocol),
        )

    def by_template(self, case: Case) -> list[Case]:
        """The same case in each single template, in the order of the specification."""
        found = [c for c in self.own.cases if c._replace(template=case.template) == case and c.template != POOLED]
        return sorted(found, key=self._template_rank)

    def verdict(self, case: Case, metrics: Sequence[str], effect: str) -> VerdictRecord | None:
        """The verdict on an effect of `case`, or None. Verdicts are on pooled templates and, of linear probes, on the
        converged head."""
        if case.probe in ("toc", "ioc") and case.protocol != "balanced":
            return None
        if case not in self.cases(case.probe):
            return None
        for verdict in self.result.verdicts:
            same = (verdict.probe, verdict.n_objects, verdict.stimuli) == (case.probe, case.n_objects, case.stimuli)
            if same and verdict.metric in metrics and verdict.effect == effect:
                return verdict
        return None

    def _template_rank(self, case: Case) -> tuple[int, str]:
        order = (POOLED, *self.result.spec.templates)
        return (order.index(case.template) if case.template in order else len(order), case.template)


_ORDERS = (
    ("large", "big", "middle", "equal", "small"),
    ("largest", "between", "smallest"),
    ("centre", "middle", "edge"),
    ("upper-left", "upper", "upper-right", "left", "centre", "right", "lower-left", "lower", "lower-right"),
)
"""Levels in the order of tables: sizes, and slots as one reads a picture."""


def ordered(levels: Iterable[str]) -> list[str]:
    """Levels in the order that tables have them in: sizes from large to small, slots as one reads, numbers ascending;
    others as they come."""
    found = list(levels)
    for known in _ORDERS:
        if set(found) <= set(known):
            return sorted(found, key=known.index)
    try:
        return sorted(found, key=float)
    except ValueError:
        return found


def crossing(look: Lookup, case: Case, metric: str, group: str) -> tuple[list[str], list[str]]:
    """The outer and the inner levels of a group like "slot*gallery_slot", each `ordered`; of three factors the first
    two are the outer level."""
    pairs = [level.rpartition("*") for level in look.levels(case, metric, group)]
    return ordered(dict.fromkeys(a for a, _, _ in pairs)), ordered(dict.fromkeys(b for _, _, b in pairs))
