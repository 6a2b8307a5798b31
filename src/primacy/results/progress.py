"""The records of `progress.json` (docs/progress.md): effects along training, read off one run an encoder."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from primacy.results.record import Number, Value
from primacy.results.spec import AuditSpec


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NullValue(_Record):
    """The value of an effect on a null encoder."""

    name: str
    value: Number


class ProgressPoint(_Record):
    """An effect on one encoder.

    `x`: samples seen, 0 for untrained. `shares`: the two winner shares that the effect is the difference of; empty for
    a slope. `accuracy`: share of trials whose most similar of the whole vocabulary is one of the objects there.
    `nulls`: those that count for the effect, of the same run; empty for an untrained twin, which is one itself.
    `verdict` likewise "".
    """

    name: str
    x: float
    run: str
    effect: Value
    shares: tuple[Value, ...]
    accuracy: Value
    nulls: tuple[NullValue, ...] = ()
    verdict: str = ""
    n_clusters: int

    @property
    def largest_null(self) -> NullValue | None:
        """The null with the largest absolute value; None where none was scored."""
        known = [null for null in self.nulls if null.value is not None]
        return max(known, key=lambda null: abs(null.value or 0.0), default=None)


class Trend(_Record):
    """How an effect moves over the trained points, x above 0.

    `tau`: Kendall's correlation of the effect with x; `p` exact over all orders of the points, None for few points or
    ties. `accuracy_tau`: the same of the accuracy; `with_accuracy`: of the effect with the accuracy. `change`: last
    minus first trained point, paired by cluster; `since_untrained`: last minus the point at x = 0. `up`, `down`,
    `unresolved`: steps from one trained point to the next that rise, fall, or are neither after Holm's adjustment.
    What needs pairing is None where trials could not be paired.
    """

    n_points: int
    tau: Number
    p: Number
    accuracy_tau: Number
    with_accuracy: Number
    change: Value | None
    since_untrained: Value | None
    up: int | None
    down: int | None
    unresolved: int | None


class ProgressSeries(_Record):
    """One effect along training. `metric`, `effect` and `unit` are those of the runs' verdicts; `points` ascend in x;
    `untrained` are twins of the first encoder with fresh weights."""

    probe: str
    stimuli: str
    n_objects: int
    metric: str
    effect: str
    unit: Literal["share", "logits"]
    points: tuple[ProgressPoint, ...]
    untrained: tuple[ProgressPoint, ...]
    trend: Trend


class Failure(_Record):
    """An encoder that could not be audited, why, and what to do next."""

    name: str
    x: float
    error: str
    hint: str


class Progress(_Record):
    """All that `progress.json` holds. `spec`: of every run, but for the encoder, which is the last one."""

    schema_version: Literal[1] = 1
    progress_id: str
    primacy: str
    spec: AuditSpec
    series: tuple[ProgressSeries, ...]
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
