"""The decision about one effect: bias, artefact, equivalent or inconclusive, and the sentence that says why.

Effects and margins are differences of shares (0.05 is 5 percentage points) or slopes in logits; sentences give
percentage points or logits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from primacy.errors import UsageError
from primacy.stats.intervals import Interval
from primacy.stats.power import clusters_needed

Kind = Literal["bias", "artefact", "equivalent", "inconclusive"]
Unit = Literal["share", "logits"]


class _Scale(NamedTuple):
    """How sentences print a unit: its word, the factor from stored to printed values, and decimals."""

    word: str
    factor: float
    decimals: int


_SCALES: dict[Unit, _Scale] = {"share": _Scale("points", 100, 1), "logits": _Scale("logits", 1, 2)}


@dataclass(frozen=True)
class Effect:
    """What was measured on the encoder.

    `interval` is of level 1 - alpha; `p_adjusted` the two-sided p-value after Holm's adjustment over the family
    shown; `p_equivalence` that of the two one-sided tests against the margin; `se` the standard error;
    `n_clusters` K. `unit` is that of all values and the margin, `per` what a slope is taken over ("per unit of log
    area", "" for a difference), `clusters` the plural of what K counts.
    """

    interval: Interval
    p_adjusted: float
    p_equivalence: float
    se: float
    n_clusters: int
    unit: Unit = "share"
    per: str = ""
    clusters: str = "object sets"


@dataclass(frozen=True)
class NullEffect:
    """The same effect on a null encoder and on the same trials; `difference` is encoder minus null,
    paired."""

    name: str
    interval: Interval
    difference: Interval


@dataclass(frozen=True)
class Verdict:
    """A decision: its `kind`, a one-sentence `reason`, the nulls that show the effect too, and for
    `inconclusive` the number of clusters that would settle it (None where it cannot be told)."""

    kind: Kind
    reason: str
    nulls_showing: tuple[str, ...] = ()
    clusters_needed: int | None = None


def decide(effect: Effect, nulls: Sequence[NullEffect], margin: float, alpha: float = 0.05) -> Verdict:
    """Decide what may be claimed about an effect.

    In this order: `inconclusive` where it could not be estimated; `equivalent` where it is shown to lie
    inside the margin (even if it differs from zero, which the reason then mentions); `artefact` where it
    differs from zero but a null encoder shows it too (its interval excludes zero with the same sign and its
    value is beyond the margin); `inconclusive` where a null cannot be told from the encoder (the interval of
    their paired difference does not exclude zero in the direction of the effect), so that a bias is never
    claimed that a null may share; `bias` where it differs from zero after Holm's adjustment and every null is
    clean; otherwise `inconclusive`.

    Args:
        effect: the encoder's effect.
        nulls: the same effect on each null encoder.
        margin: equivalence margin, positive.
        alpha: size of every test; the intervals given must be of level 1 - alpha, or tests and intervals disagree.

    Raises:
        UsageError: the margin is not positive.
    """
    if not margin > 0:
        raise UsageError(f"the equivalence margin is {margin}, expected a positive number", hint="Give e.g. 0.05.")
    if not all(map(math.isfinite, (*effect.interval, effect.p_adjusted, effect.p_equivalence))):
        return _unestimated(effect)
    significant = effect.p_adjusted < alpha
    if effect.p_equivalence < alpha:
        return _equivalent(effect, margin, significant)
    if not significant:
        return _undecided(effect, margin)
    showing = [null for null in nulls if _shows(null, effect, margin)]
    if showing:
        return _artefact(effect, showing)
    unclear = [null for null in nulls if not _exceeded(null, effect)]
    if unclear:
        return _unseparated(effect, unclear)
    return _bias(effect, nulls)


def _shows(null: NullEffect, effect: Effect, margin: float) -> bool:
    same_sign = null.interval.value * effect.interval.value > 0
    return null.interval.excludes_zero and same_sign and abs(null.interval.value) > margin


def _exceeded(null: NullEffect, effect: Effect) -> bool:
    return null.difference.excludes_zero and null.difference.value * effect.interval.value > 0


def _unestimated(effect: Effect) -> Verdict:
    if math.isnan(effect.interval.value):
        return Verdict("inconclusive", "The effect could not be scored on any trial.")
    clusters = f"1 {effect.clusters.removesuffix('s')}" if effect.n_clusters == 1 else _count(effect, effect.n_clusters)
    value = f"{_signed(effect.interval.value, effect.unit)} {_SCALES[effect.unit].word}"
    return Verdict("inconclusive", f"The effect of {value} has no interval: it rests on {clusters}.")


def _equivalent(effect: Effect, margin: float, significant: bool) -> Verdict:
    start = f"{_subject(effect)} lies within the margin of {_limits(effect, margin)}"
    tail = ", though it differs from zero." if significant else "."
    return Verdict("equivalent", start + tail)


def _artefact(effect: Effect, showing: list[NullEffect]) -> Verdict:
    largest = max(showing, key=lambda null: abs(null.interval.value))
    others = f" (and {len(showing) - 1} more)" if len(showing) > 1 else ""
    return Verdict(
        "artefact",
        f"{_subject(effect)} cannot be called a bias: "
        f"the null encoder {largest.name}{others} shows "
        f"{_with_limits(largest.interval, effect.unit)} on the same trials, and the encoder's excess over it is "
        f"{_with_limits(largest.difference, effect.unit)}.",
        nulls_showing=tuple(null.name for null in showing),
    )


def _unseparated(effect: Effect, unclear: list[NullEffect]) -> Verdict:
    start = f"{_subject(effect)} differs from zero but"
    unscored = [null.name for null in unclear if not all(map(math.isfinite, null.difference))]
    if unscored:
        return Verdict("inconclusive", f"{start} the null encoder {unscored[0]} could not be compared with it.")
    nearest = min(unclear, key=lambda null: abs(null.difference.value))
    return Verdict(
        "inconclusive",
        f"{start} cannot be told from that of the null encoder {nearest.name}: "
        f"the excess over it is {_with_limits(nearest.difference, effect.unit)}.",
    )


def _bias(effect: Effect, nulls: Sequence[NullEffect]) -> Verdict:
    start = f"{_subject(effect)} excludes zero"
    if not nulls:
        return Verdict("bias", f"{start}; no null encoder was scored.")
    largest = max(nulls, key=lambda null: abs(null.interval.value))
    size = f"{_signed(largest.interval.value, effect.unit)} {_SCALES[effect.unit].word}"
    twin = any(null.name.startswith("untrained") for null in nulls)
    tail = "." if twin else "; no untrained twin was scored, so architecture alone may make it."
    return Verdict("bias", f"{start} and no null encoder shows it (largest: {largest.name} at {size}){tail}")


def _undecided(effect: Effect, margin: float) -> Verdict:
    needed = _clusters_to_settle(effect, margin)
    ask = (
        f"about {_count(effect, needed)} would settle it"
        if needed
        else f"more {effect.clusters} alone would not settle it"
    )
    if effect.interval.excludes_zero:
        what = "excludes zero by itself but not after Holm's adjustment for the effects shown together"
    else:
        what = f"neither excludes zero nor lies within the margin of {_limits(effect, margin)}"
    reason = f"{_subject(effect)} {what}; {ask} (now {effect.n_clusters:,})."
    return Verdict("inconclusive", reason, clusters_needed=needed)


def _clusters_to_settle(effect: Effect, margin: float) -> int | None:
    """Enough both to detect an effect of the margin's size and to show equivalence of none at all; where K is
    already there (the truth then lies in between), the cheaper of the two at the value seen."""
    needed = clusters_needed(effect.se, effect.n_clusters, margin)
    if needed.detect is None or needed.equivalence is None:
        return None
    clusters = max(needed.detect, needed.equivalence)
    if clusters > effect.n_clusters:
        return clusters
    value = effect.interval.value
    seen = clusters_needed(effect.se, effect.n_clusters, margin, effect=value, true_effect=value)
    options = [k for k in (seen.detect, seen.equivalence) if k is not None and k > effect.n_clusters]
    return min(options, default=None)


def _subject(effect: Effect) -> str:
    """The beginning of most sentences: the effect, its unit and its interval."""
    return f"The effect of {_with_limits(effect.interval, effect.unit, effect.per)}"


def _with_limits(interval: Interval, unit: Unit, per: str = "") -> str:
    value, low, high = (_signed(x, unit) for x in interval)
    words = " ".join(filter(None, (value, _SCALES[unit].word, per)))
    return f"{words} [{low}, {high}]"


def _signed(value: float, unit: Unit) -> str:
    scale = _SCALES[unit]
    text = f"{scale.factor * value:+.{scale.decimals}f}"
    return text[1:] if float(text) == 0 else text


def _limits(effect: Effect, margin: float) -> str:
    scale = _SCALES[effect.unit]
    size = f"{100 * margin:g}" if effect.unit == "share" else f"{margin:.{scale.decimals}f}"
    return f"\u00b1{size} {scale.word}"


def _count(effect: Effect, number: int) -> str:
    return f"{number:,} {effect.clusters}"
