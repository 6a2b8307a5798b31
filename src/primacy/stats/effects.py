"""From resampled columns to effects, and from effects to verdicts over one family.

Columns of an encoder and of its nulls stand side by side in one `Draws`, so every difference between them is paired
by cluster.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from primacy.results.record import NullComparison, VerdictRecord
from primacy.stats.compare import equivalence, holm, two_sided_p
from primacy.stats.intervals import Interval, interval, share_intervals, simultaneous_level, standard_error
from primacy.stats.resample import Draws
from primacy.stats.verdict import Effect, NullEffect, Unit, decide

AUDITED = "encoder"
"""Key of the audited encoder among the columns; every other key is a null's name."""

SIZE_NULLS = ("weighted-bag", "area-bag", "noisy-area-bag", "mean-colour", "low-res")
"""Nulls that prefer large things by construction, and so are none for an effect of size or area (docs/image-nulls.md):
bags weighted by size, and pixels, of which a large object simply has more."""

PLACE_NULLS = ("centre-bag", "low-res")
"""Nulls that see where things stand, and so are none for an effect of slot or centrality."""


@dataclass(frozen=True)
class PendingEffect:
    """An effect that awaits Holm's adjustment over its family.

    `margin` is the equivalence margin that `p_equivalence` was computed for, None for that of the run. `unit`, `per`
    and `clusters` are for the verdict's sentence (`primacy.stats.verdict.Effect`).
    """

    probe: str
    n_objects: int
    metric: str
    effect: str
    interval: Interval
    p: float
    p_equivalence: float
    se: float
    n_clusters: int
    nulls: tuple[NullEffect, ...]
    stimuli: str = ""
    margin: float | None = None
    unit: Unit = "share"
    per: str = ""
    clusters: str = "object sets"


def on_own_columns(
    draws: Draws, weights: np.ndarray, names: Iterable[str], without: Collection[str] = ()
) -> dict[str, np.ndarray]:
    """The same contrast for each encoder, as `contrast_effect` takes it.

    Args:
        draws: all columns (M,): w of each encoder in turn, then whatever else was resampled, which weighs 0.
        weights: of the contrast on the w columns of one encoder.
        names: the encoders, in the order of their columns.
        without: those to leave out, such as nulls that are none for this effect.

    Returns:
        By encoder, float64 (M,): the weights on its own columns, 0 elsewhere.
    """
    width = len(weights)
    placed = {}
    for i, name in enumerate(names):
        if name not in without:
            placed[name] = np.zeros(len(draws.value))
            placed[name][i * width : (i + 1) * width] = weights
    return placed


def contrast_effect(
    draws: Draws, weights: Mapping[str, np.ndarray], margin: float, level: float, **labels: str | int
) -> PendingEffect:
    """The effect that a weighting of columns defines, for the audited encoder and each null.

    Args:
        draws: all columns (M,).
        weights: for each encoder (M,) the weights of the contrast on its own columns.
        margin: equivalence margin.
        level: confidence level.
        **labels: `probe`, `n_objects`, `metric`, `effect` of the result, and optionally `stimuli` and `clusters`.
    """
    own = draws.contrast(weights[AUDITED])
    clusters = int(own.support[0])
    nulls = tuple(
        NullEffect(name, _interval(draws.contrast(w), level), _interval(draws.contrast(weights[AUDITED] - w), level))
        for name, w in weights.items()
        if name != AUDITED
    )
    return PendingEffect(
        **labels,  # type: ignore[arg-type]
        interval=_interval(own, level),
        p=float(two_sided_p(own.value, own.draws, n_clusters=clusters)[0]),
        p_equivalence=float(equivalence(own.value, own.draws, margin, n_clusters=clusters)[0]),
        se=float(standard_error(own.draws, n_clusters=clusters)[0]),
        n_clusters=clusters,
        nulls=nulls,
    )


def largest_deviation(
    draws: Draws,
    columns: Mapping[str, Sequence[int]],
    chance: float,
    margin: float,
    level: float,
    **labels: str | int,
) -> PendingEffect:
    """The largest deviation of an encoder's position shares from `chance`, at whichever position it occurs.

    The interval is simultaneous over the positions, its p-value Bonferroni's over them, and equivalence needs every
    position inside the margin (intersection-union). A null is compared at the encoder's position.
    """
    own = list(columns[AUDITED])
    k = int(draws.support[own].min())
    deviations, resampled = draws.value[own] - chance, draws.draws[:, own] - chance
    at = int(np.argmax(np.abs(deviations)))
    wider = simultaneous_level(resampled, level, n_clusters=k)
    bands = share_intervals(draws.value[own], draws.draws[:, own], wider, n_clusters=k)
    p = two_sided_p(deviations, resampled, n_clusters=k)
    nulls = []
    for name, theirs in columns.items():
        if name != AUDITED:
            shifted = draws.contrast(np.eye(len(draws.value))[theirs[at]])
            shifted = shifted._replace(value=shifted.value - chance, draws=shifted.draws - chance)
            difference = draws.contrast(np.eye(len(draws.value))[own[at]] - np.eye(len(draws.value))[theirs[at]])
            nulls.append(NullEffect(name, _interval(shifted, level), _interval(difference, level)))
    return PendingEffect(
        **labels,  # type: ignore[arg-type]
        interval=Interval(float(deviations[at]), float(bands.low[at] - chance), float(bands.high[at] - chance)),
        p=float(min(1.0, len(own) * p[at])),
        p_equivalence=float(np.max(equivalence(deviations, resampled, margin, n_clusters=k))),
        se=float(standard_error(resampled, n_clusters=k)[at]),
        n_clusters=k,
        nulls=tuple(nulls),
    )


def settle(pending: Sequence[PendingEffect], margin: float, level: float = 0.95) -> list[VerdictRecord]:
    """Adjust the family's p-values (Holm) and decide on each effect; `margin` is that of effects without their own."""
    adjusted = holm([effect.p for effect in pending])
    return [
        _record(effect, float(p), margin if effect.margin is None else effect.margin, 1 - level)
        for effect, p in zip(pending, adjusted, strict=True)
    ]


def _record(pending: PendingEffect, p_holm: float, margin: float, alpha: float) -> VerdictRecord:
    effect = Effect(
        pending.interval,
        p_holm,
        pending.p_equivalence,
        pending.se,
        pending.n_clusters,
        pending.unit,
        pending.per,
        pending.clusters,
    )
    verdict = decide(effect, pending.nulls, margin, alpha)
    return VerdictRecord(
        probe=pending.probe,
        n_objects=pending.n_objects,
        metric=pending.metric,
        effect=pending.effect,
        kind=verdict.kind,
        reason=verdict.reason,
        value=pending.interval.value,
        ci_low=pending.interval.low,
        ci_high=pending.interval.high,
        p_holm=p_holm,
        p_equivalence=pending.p_equivalence,
        margin=margin,
        n_clusters=pending.n_clusters,
        clusters_needed=verdict.clusters_needed,
        nulls=tuple(_comparison(null) for null in pending.nulls),
        stimuli=pending.stimuli,
        unit=pending.unit,
    )


def _comparison(null: NullEffect) -> NullComparison:
    return NullComparison(
        name=null.name,
        value=null.interval.value,
        ci_low=null.interval.low,
        ci_high=null.interval.high,
        difference=null.difference.value,
        difference_low=null.difference.low,
        difference_high=null.difference.high,
    )


def _interval(column: Draws, level: float) -> Interval:
    return interval(
        float(column.value[0]), column.draws[:, 0], level, n_clusters=int(column.support[0]), bounds=(-1, 1)
    )
