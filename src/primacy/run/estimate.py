"""From what the probes gave to everything that a result says: records, attribution, curves, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from primacy import identity
from primacy.probes.tor import TorSums
from primacy.results.record import Attribution, Coefficient, CurvePoint, Estimate, VerdictRecord
from primacy.results.spec import TEXT_PROBES, AuditSpec
from primacy.run.plan import Plan
from primacy.run.scores import Scores
from primacy.stats.choice import Attribution as ChoiceFit
from primacy.stats.choice import attribute
from primacy.stats.effects import AUDITED, PendingEffect, settle
from primacy.stats.intervals import Interval
from primacy.stats.size_estimates import size_estimates
from primacy.stats.toc_estimates import toc_estimates
from primacy.stats.tor_estimates import Cell, pooled, tor_estimates


@dataclass
class Findings:
    """Records by encoder ("encoder" or a null's name) and everything else that the report shows. `notes`: what could
    not be estimated, and why."""

    records: dict[str, list[Estimate]] = field(default_factory=dict)
    attribution: list[Attribution] = field(default_factory=list)
    curves: list[CurvePoint] = field(default_factory=list)
    pending: list[PendingEffect] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, records: Mapping[str, Sequence[Estimate]]) -> None:
        """Append records of a cell."""
        for name, own in records.items():
            self.records.setdefault(name, []).extend(own)

    def settled(self, spec: AuditSpec) -> list[VerdictRecord]:
        """Verdicts on all effects of the run. Those of texts are one family, those of pictures another: a run that
        shows pictures as well must not take back what it says of texts."""
        texts = [effect for effect in self.pending if effect.probe in TEXT_PROBES]
        pictures = [effect for effect in self.pending if effect.probe not in TEXT_PROBES]
        return [verdict for family in (texts, pictures) for verdict in settle(family, spec.margin, spec.level)]


def estimate_run(spec: AuditSpec, plan: Plan, scores: Scores, token_counts: np.ndarray) -> Findings:
    """Estimate all cells; effects are those of pooled cells (all templates of one number of objects together)."""
    found = Findings()
    pending = found.pending
    for n in spec.objects:
        pending += _tor(spec, plan, scores, n, token_counts, found)
        pending += _size(spec, scores, n, found)
    for protocol in scores.of(AUDITED).toc:
        for i, design in enumerate(plan.toc):
            results = {name: own.toc[protocol][i] for name, own in scores.encoders.items()}
            cell = replace(_cell(spec, "*"), protocol=protocol)
            estimates = toc_estimates(results, cell, rng=_rng(spec, design.n_objects, f"toc {protocol}"))
            found.add(estimates.records)
            if protocol == "balanced":
                found.curves += estimates.curve
                pending += estimates.effects
    return found


def _tor(
    spec: AuditSpec, plan: Plan, scores: Scores, n: int, token_counts: np.ndarray, found: Findings
) -> list[PendingEffect]:
    at = [i for i, cell in enumerate(plan.tor) if cell.n_objects == n]
    if not at:
        return []
    together = {name: pooled([own.tor[i] for i in at]) for name, own in scores.encoders.items()}
    estimates = tor_estimates(together, _cell(spec, "*"), rng=_rng(spec, n, "*"))
    found.add(estimates.records)
    found.attribution.append(_attribution(together[AUDITED], n, token_counts, spec.level))
    for i in at if len(at) > 1 else ():
        template = plan.tor[i].template.name
        parts = {name: own.tor[i] for name, own in scores.encoders.items()}
        found.add(tor_estimates(parts, _cell(spec, template), rng=_rng(spec, n, template)).records)
    return estimates.effects


def _size(spec: AuditSpec, scores: Scores, n: int, found: Findings) -> list[PendingEffect]:
    if n not in scores.of(AUDITED).by_size:
        return []
    sums = {name: own.by_size[n] for name, own in scores.encoders.items()}
    estimates = size_estimates(sums, _cell(spec, "*"), rng=_rng(spec, n, "size"))
    found.add(estimates.records)
    return estimates.effects


def _cell(spec: AuditSpec, template: str) -> Cell:
    return Cell(spec.protocol, template, spec.level, spec.margin)


def _rng(spec: AuditSpec, n: int, what: str) -> np.random.Generator:
    return identity.rng_stream(spec.seed, "resampling", f"n={n}", what)


def _attribution(sums: TorSums, n: int, token_counts: np.ndarray, level: float) -> Attribution:
    fit: ChoiceFit = attribute(*sums.choice_data(), token_counts, level=level)
    split: dict[str, float | None] = {
        "position": fit.deviance.position,
        "token count": fit.deviance.token_count,
        "category": fit.deviance.category,
    }
    return Attribution(
        n_objects=n,
        n=fit.n,
        n_clusters=fit.n_clusters,
        converged=fit.converged,
        marginal_effects=tuple(_coefficient(str(p + 1), fit.marginal.at(p), 100) for p in range(n)),
        coefficients=(
            *(_coefficient(f"position {p + 1}", fit.position.at(p)) for p in range(n)),
            _coefficient("tokens", fit.token_slope),
        ),
        explained=fit.deviance.explained,
        split=split,
    )


def _coefficient(name: str, interval: Interval, scale: float = 1.0) -> Coefficient:
    value, low, high = (scale * x for x in interval)
    return Coefficient(name=name, value=value, ci_low=low, ci_high=high)
