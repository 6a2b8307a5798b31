"""The records of `result.json` (docs/formats.md): versioned, complete, NaN written as null and counted, never 0."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from primacy.results.spec import AuditSpec

SCHEMA_VERSION = 2
"""2 adds pictures: `stimuli`, `unit` and `examples`. Files of version 1 lack them and load as they are."""


def _nan_to_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_nan_to_none)]
"""A float, or None where it is not defined (an interval of one cluster, a share with denominator 0)."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Value(_Record):
    """A number with its interval; None where not defined."""

    value: Number
    ci_low: Number
    ci_high: Number


class Estimate(_Record):
    """One number: a metric of a probe at one level of a group, with its interval and denominators.

    `template` is "*" when pooled over the templates of the run. `stimuli` names the pictures ("one-large", "photos"),
    "" for captions; `n_objects` is 0 where pictures with different numbers of objects stand together. `n` is the
    denominator (captions or pictures; for `paper_share` those whose top-n set is right, fractional where ties are
    shared), `n_clusters` what the interval resamples.
    """

    probe: str
    protocol: str
    n_objects: int
    template: str
    metric: str
    group: str
    level: str
    value: Number
    ci_low: Number
    ci_high: Number
    n: float
    n_clusters: int
    stimuli: str = ""


class NullResult(_Record):
    """A null encoder on the same trials: its estimates, record for record as the audited encoder's."""

    name: str
    fingerprint: str
    estimates: tuple[Estimate, ...]


class NullComparison(_Record):
    """A null encoder's value of an effect, and the encoder's minus it, paired by cluster."""

    name: str
    value: Number
    ci_low: Number
    ci_high: Number
    difference: Number
    difference_low: Number
    difference_high: Number


class VerdictRecord(_Record):
    """The decision on one effect; `kind` as defined in `primacy.stats.verdict`.

    `effect` is "first-last" (winner share or probe accuracy at the first position minus the last),
    "largest_deviation" (from 1/n over all positions, simultaneous interval), "big-small", "large-small",
    "log area" (a slope) or a factor of the matching design. `unit` is "share" or "logits".
    """

    probe: str
    n_objects: int
    metric: str
    effect: str
    kind: Literal["bias", "artefact", "equivalent", "inconclusive"]
    reason: str
    value: Number
    ci_low: Number
    ci_high: Number
    p_holm: Number
    p_equivalence: Number
    margin: float
    n_clusters: int
    clusters_needed: int | None
    nulls: tuple[NullComparison, ...]
    stimuli: str = ""
    unit: Literal["share", "logits"] = "share"


class Coefficient(_Record):
    """A coefficient or marginal effect with its cluster-robust interval."""

    name: str
    value: Number
    ci_low: Number
    ci_high: Number


class Attribution(_Record):
    """Conditional logit of the winner (`primacy.stats.choice`) for one number of objects, probe and kind of stimuli.

    `marginal_effects` are percentage points by mention position or slot; `explained` the share of null deviance that
    the full model explains; `split` its Shapley shares by factor, which sum to `explained`.
    """

    n_objects: int
    n: int
    n_clusters: int
    converged: bool
    marginal_effects: tuple[Coefficient, ...]
    coefficients: tuple[Coefficient, ...]
    explained: Number
    split: dict[str, Number]
    probe: str = "tor"
    stimuli: str = ""


class CurvePoint(_Record):
    """TOC accuracy at a mention position after training on `n_train` sentences."""

    n_objects: int
    position: int
    n_train: int
    value: Number
    ci_low: Number
    ci_high: Number
    n: int
    n_clusters: int


class Check(_Record):
    """A methodological check of the run: what was looked at and what was found."""

    name: str
    status: Literal["ok", "note", "warning"]
    message: str


class Provenance(_Record):
    """Where a result comes from."""

    created: str
    primacy: str
    git_commit: str | None
    git_dirty: bool | None
    python: str
    packages: dict[str, str]
    machine: dict[str, Any]
    encoder_fingerprint: str
    encoder: dict[str, Any]
    stimuli_hash: str
    timings_s: dict[str, float]


class Example(_Record):
    """A picture that the report shows: `file` below the run folder, a title, and a caption that says what is seen."""

    file: str
    title: str
    caption: str


class RunResult(_Record):
    """All that `result.json` holds."""

    schema_version: Literal[1, 2] = 2
    status: Literal["complete"] = "complete"
    run_id: str
    spec: AuditSpec
    provenance: Provenance
    design: tuple[dict[str, Any], ...]
    estimates: tuple[Estimate, ...]
    nulls: tuple[NullResult, ...]
    attribution: tuple[Attribution, ...]
    curves: tuple[CurvePoint, ...]
    checks: tuple[Check, ...]
    verdicts: tuple[VerdictRecord, ...]
    examples: tuple[Example, ...] = ()
