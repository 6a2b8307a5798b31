"""Effects along training: an ordinary audit of every checkpoint, then one series for each effect (docs/progress.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import primacy
from primacy import identity
from primacy.encoders.base import EncoderOptions, EncodesImages, ReadsFacts
from primacy.encoders.load import load_encoder
from primacy.errors import PrimacyError, RunError, UsageError
from primacy.files import atomic_write_text, os_errors_as
from primacy.listener import Listener
from primacy.results.progress import Failure, Progress, ProgressPoint, ProgressSeries, Trend, Value
from primacy.results.record import VerdictRecord
from primacy.results.spec import AuditSpec, Probe
from primacy.run.audit import Outcome
from primacy.run.checkpoints import Checkpoint
from primacy.run.progress_clusters import influence_of
from primacy.run.progress_points import PROBES, Effect, followed, point, twins
from primacy.stats.intervals import Interval
from primacy.stats.trend import Steps, change, rank_correlation, steps

RESULT = "progress.json"

Run = Callable[[AuditSpec, str], Outcome]
"""Audits a specification; the text says which of how many."""


class _Done(NamedTuple):
    checkpoint: Checkpoint
    outcome: Outcome
    effects: dict[Effect, VerdictRecord]


class Numbered:
    """A listener that says before each stage which encoder of how many it is."""

    def __init__(self, listener: Listener, which: str) -> None:
        self._listener, self._which = listener, which
        self.advance, self.note = listener.advance, listener.note

    def stage(self, name: str, total: int) -> None:
        """A stage of the encoder at hand."""
        self._listener.stage(f"{self._which} {name}", total)


def follow(checkpoints: Sequence[Checkpoint], spec: AuditSpec, run: Run) -> Progress:
    """Audit every checkpoint and set their effects side by side.

    An encoder that cannot be audited is listed with its error, and the others go on.

    Args:
        checkpoints: ascending in samples seen.
        spec: of all audits; its encoder is not looked at.
        run: how an audit is run.

    Raises:
        UsageError: a probe is asked for whose effects are not followed, or no run has any effect to follow.
        PrimacyError: no encoder could be audited; or two fail alike before any could be, so that it is not theirs.
    """
    if others := [probe for probe in spec.probes if probe not in PROBES]:
        raise UsageError(f"--probes {others[0]} has no effect to follow", hint=f"Expected any of {', '.join(PROBES)}.")
    done: list[_Done] = []
    failures: list[Failure] = []
    for k, checkpoint in enumerate(checkpoints, start=1):
        asked = spec.model_copy(update={"encoder": checkpoint.name})
        try:
            outcome = run(asked, f"{k}/{len(checkpoints)}")
        except PrimacyError as error:
            if not done and any(failure.error == str(error) for failure in failures):
                raise
            failures.append(Failure(name=checkpoint.name, x=checkpoint.x, error=str(error), hint=error.hint))
        else:
            done.append(_Done(checkpoint, outcome, followed(outcome.result)))
    if not done:
        told = "; ".join(f"{failure.name}: {failure.error}" for failure in failures)
        raise UsageError(f"none of the {len(checkpoints)} encoders could be audited", hint=told)
    effects = list(dict.fromkeys(effect for one in done for effect in one.effects))
    if not effects:
        raise UsageError("these audits show no effect to follow", hint=f"Ask for --probes {', '.join(PROBES)}.")
    key = [[one.outcome.result.run_id, one.checkpoint.x] for one in done]
    return Progress(
        progress_id=identity.fingerprint(key)[:10],
        primacy=primacy.__version__,
        spec=done[-1].outcome.result.spec,
        series=tuple(_series(effect, done) for effect in effects),
        failures=tuple(failures),
        notes=tuple(_notes(done)),
    )


def keep(progress: Progress, out: Path) -> Path:
    """Write the result into a folder of its own beside the run folders, and return its path.

    Raises:
        RunError: it cannot be written.
    """
    slug = re.sub(r"[^A-Za-z0-9]+", "-", progress.spec.encoder).strip("-").lower()[:60]
    path = out / f"progress-{progress.progress_id}-{slug}" / RESULT
    with os_errors_as(RunError, f"cannot write {path}"):
        atomic_write_text(path, progress.model_dump_json(indent=1) + "\n")
    return path


def _series(effect: Effect, done: Sequence[_Done]) -> ProgressSeries:
    having = [one for one in done if effect in one.effects]
    points = [point(one.outcome.result, one.checkpoint, effect, one.effects[effect]) for one in having]
    first = having[0]
    untrained = [] if points[0].x == 0 else twins(first.outcome.result, effect, first.effects[effect])
    return ProgressSeries(
        **effect._asdict(), points=tuple(points), untrained=tuple(untrained), trend=_trend(effect, having, points)
    )


def _trend(effect: Effect, having: Sequence[_Done], points: Sequence[ProgressPoint]) -> Trend:
    known = [(p.x, p.effect.value, p.accuracy.value) for p in points if p.x > 0]
    values = [(x, e, a) for x, e, a in known if e is not None and a is not None]
    x, effects, accuracy = ([float(row[i]) for row in values] for i in range(3))
    tau, p = rank_correlation(x, effects)
    moved, since, counted = _paired(effect, having)
    return Trend(
        n_points=len(values),
        tau=tau,
        p=p,
        accuracy_tau=rank_correlation(x, accuracy)[0],
        with_accuracy=rank_correlation(accuracy, effects)[0],
        change=moved,
        since_untrained=since,
        up=counted.up if counted else None,
        down=counted.down if counted else None,
        unresolved=counted.unresolved if counted else None,
    )


def _paired(effect: Effect, having: Sequence[_Done]) -> tuple[Value | None, Value | None, Steps | None]:
    """Last minus first trained, last minus untrained, and the steps; None where trials cannot be paired."""
    if not _same_stimuli(having):
        return None, None, None
    found = [(one.checkpoint.x, influence_of(one.outcome.folder, one.effects[effect])) for one in having]
    trained = [influence for x, influence in found if x > 0]
    known = [influence for influence in trained if influence is not None]
    if len(known) < len(trained) or not known:
        return None, None, None
    level, last = having[0].outcome.result.spec.level, known[-1]
    before = found[0][1] if found[0][0] == 0 else None
    since = None if before is None else _value(change(before, last, level))
    if len(known) < 2:
        return None, since, None
    return _value(change(known[0], last, level)), since, steps(known, level)


def _same_stimuli(done: Sequence[_Done]) -> bool:
    return len({one.outcome.result.provenance.stimuli_hash for one in done}) == 1


def _value(interval: Interval) -> Value:
    return Value(value=interval.value, ci_low=interval.low, ci_high=interval.high)


def _notes(done: Sequence[_Done]) -> list[str]:
    first, notes = done[0], []
    if first.checkpoint.x and not any(null.name.startswith("untrained") for null in first.outcome.result.nulls):
        notes.append(f"{first.checkpoint.name} has no untrained twin among its nulls, so the left end is trained.")
    if not _same_stimuli(done):
        notes.append("The encoders were not shown the same, so changes between them have no interval.")
    return notes


def default_probes(checkpoints: Sequence[Checkpoint], options: EncoderOptions) -> tuple[Probe, ...]:
    """The probes that are followed unless others are named: TOR, and IOR where the encoders take pictures.

    The first encoder that can be loaded decides.
    """
    for checkpoint in checkpoints:
        with suppress(PrimacyError):
            encoder = load_encoder(checkpoint.name, options)
            return ("tor", "ior") if isinstance(encoder, EncodesImages | ReadsFacts) else ("tor",)
    return ("tor",)  # `follow` will say why none can be had
