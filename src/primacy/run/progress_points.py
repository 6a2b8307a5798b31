"""What one run says of an encoder on the way: each effect with its nulls, the shares behind it, and the accuracy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from primacy.results.progress import NullValue, ProgressPoint, Value
from primacy.results.record import Estimate, NullComparison, RunResult, VerdictRecord
from primacy.run.checkpoints import Checkpoint

PROBES = ("tor", "toir", "ior", "i2tor")
"""Probes whose effects are followed: those that ask which object wins."""

_SHARES = {
    "first-last": ("mention_position", "1", "{n}"),
    "big-small": ("size_level*mention_position", "big*1", "small*1"),
    "large-small": ("size_level", "large", "small"),
    "largest-smallest": ("size_rank", "1", "{n}"),
    "log area": None,
}
"""Effects that are followed: group and levels of the winner shares that each is the difference of, None for a slope."""
_GROUPS = ("mention_position", "size_level", "size_rank")
_TWIN = "untrained"


class Effect(NamedTuple):
    """What is followed along training."""

    probe: str
    stimuli: str
    n_objects: int
    metric: str
    effect: str
    unit: str


_Place = tuple[str, str, int, str, str, str]
_Index = Mapping[_Place, Estimate]


def followed(result: RunResult) -> dict[Effect, VerdictRecord]:
    """The effects of a run that are followed.

    Of a ladder of areas, made for the slope, the difference between its large and small objects is left out.
    """
    ladders = {e.stimuli for e in result.estimates if e.group == "area_ratio"}
    return {
        Effect(v.probe, v.stimuli, v.n_objects, v.metric, v.effect, v.unit): v
        for v in result.verdicts
        if v.probe in PROBES and v.effect in _SHARES and (v.metric != "size_bias" or v.stimuli not in ladders)
    }


def point(result: RunResult, checkpoint: Checkpoint, effect: Effect, verdict: VerdictRecord) -> ProgressPoint:
    """The audited encoder's."""
    index = _index(result.estimates, result.spec.protocol)
    return ProgressPoint(
        name=checkpoint.name,
        x=checkpoint.x,
        run=result.run_id,
        effect=_value(verdict),
        shares=_shares(index, effect),
        accuracy=_accuracy(index, effect),
        nulls=tuple(NullValue(name=null.name, value=null.value) for null in verdict.nulls),
        verdict=verdict.kind,
        n_clusters=verdict.n_clusters,
    )


def twins(result: RunResult, effect: Effect, verdict: VerdictRecord) -> list[ProgressPoint]:
    """Its untrained twins', which were among the nulls."""
    estimates = {null.name: null.estimates for null in result.nulls}
    found = []
    for null in verdict.nulls:
        if null.name.startswith(_TWIN):
            index = _index(estimates.get(null.name, ()), result.spec.protocol)
            found.append(
                ProgressPoint(
                    name=null.name,
                    x=0,
                    run=result.run_id,
                    effect=_value(null),
                    shares=_shares(index, effect),
                    accuracy=_accuracy(index, effect),
                    n_clusters=verdict.n_clusters,
                )
            )
    return found


def _index(estimates: Iterable[Estimate], protocol: str) -> _Index:
    """Estimates that are pooled over templates, by where they stand."""
    return {
        (e.probe, e.stimuli, e.n_objects, e.metric, e.group, e.level): e
        for e in estimates
        if e.template == "*" and e.protocol == protocol
    }


def _shares(index: _Index, effect: Effect) -> tuple[Value, ...]:
    places = _SHARES[effect.effect]
    if places is None:
        return ()
    group, *levels = (text.format(n=effect.n_objects) for text in places)
    found = [index.get((*effect[:3], "winner_share", group, level)) for level in levels]
    return tuple(_value(e) for e in found if e is not None) if all(found) else ()


def _accuracy(index: _Index, effect: Effect) -> Value:
    """1 minus the top-1 share of what is not there."""
    others = (index.get((*effect[:3], "top1_share", group, "other")) for group in _GROUPS)
    other = next((e for e in others if e is not None), None)
    if other is None:
        return Value(value=None, ci_low=None, ci_high=None)
    value, high, low = (None if x is None else 1 - x for x in (other.value, other.ci_low, other.ci_high))
    return Value(value=value, ci_low=low, ci_high=high)


def _value(found: Estimate | VerdictRecord | NullComparison) -> Value:
    return Value(value=found.value, ci_low=found.ci_low, ci_high=found.ci_high)
