"""The decision about one effect: bias, artefact, equivalent or inconclusive, and the sentence that says why.

Effects and margins are differences of shares (0.05 is 5 percentage points); sentences give percentage points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from primacy.errors import UsageError
from primacy.stats.intervals import Interval
from primacy.stats.power import clusters_needed

Kind = Literal["bias", "artefact", "equivalent", "inconclusive"]


@dataclass(frozen=True)
class Effect:
    """What was measured on the encoder.

    `interval` is of level 1 - alpha; `p_adjusted` the two-sided p-value after Holm's adjustment over the family
    shown; `p_equivalence` that of the two one-sided tests against the margin; `se` the standard error;
    `n_clusters` K.
    """

    interval: Interval
    p_adjusted: float
    p_equivalence: float
    se: float
    n_clusters: int


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
    `inconclusive` the number of object sets that would settle it (None where it cannot be told)."""

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
        raise UsageError(f"the equivalence margin is {margin}, expected a positive share", hint="Give e.g. 0.05.")
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
    sets = "1 object set" if effect.n_clusters == 1 else f"{effect.n_clusters} object sets"
    value = _signed(effect.interval.value)
    return Verdict("inconclusive", f"The effect of {value} points has no interval: it rests on {sets}.")


def _equivalent(effect: Effect, margin: float, significant: bool) -> Verdict:
    start = f"The effect of {_points(effect.interval)} lies within the margin of \u00b1{_plain(margin)} points"
    tail = ", though it differs from zero." if significant else "."
    return Verdict("equivalent", start + tail)


def _artefact(effect: Effect, showing: list[NullEffect]) -> Verdict:
    largest = max(showing, key=lambda null: abs(null.interval.value))
    others = f" (and {len(showing) - 1} more)" if len(showing) > 1 else ""
    return Verdict(
        "artefact",
        f"The effect of {_points(effect.interval)} cannot be called a bias: "
        f"the null encoder {largest.name}{others} shows "
        f"{_points(largest.interval)} on the same trials, and the encoder's excess over it is "
        f"{_points(largest.difference)}.",
        nulls_showing=tuple(null.name for null in showing),
    )


def _unseparated(effect: Effect, unclear: list[NullEffect]) -> Verdict:
    start = f"The effect of {_points(effect.interval)} differs from zero but"
    unscored = [null.name for null in unclear if not all(map(math.isfinite, null.difference))]
    if unscored:
        return Verdict("inconclusive", f"{start} the null encoder {unscored[0]} could not be compared with it.")
    nearest = min(unclear, key=lambda null: abs(null.difference.value))
    return Verdict(
        "inconclusive",
        f"{start} cannot be told from that of the null encoder {nearest.name}: "
        f"the excess over it is {_points(nearest.difference)}.",
    )


def _bias(effect: Effect, nulls: Sequence[NullEffect]) -> Verdict:
    start = f"The effect of {_points(effect.interval)} excludes zero"
    if not nulls:
        return Verdict("bias", f"{start}; no null encoder was scored.")
    largest = max(nulls, key=lambda null: abs(null.interval.value))
    size = _signed(largest.interval.value)
    twin = any(null.name.startswith("untrained") for null in nulls)
    tail = "." if twin else "; no untrained twin was scored, so architecture alone may make it."
    return Verdict("bias", f"{start} and no null encoder shows it (largest: {largest.name} at {size} points){tail}")


def _undecided(effect: Effect, margin: float) -> Verdict:
    sets = _sets_to_settle(effect, margin)
    ask = f"about {sets:,} object sets would settle it" if sets else "more object sets alone would not settle it"
    if effect.interval.excludes_zero:
        what = "excludes zero by itself but not after Holm's adjustment for the effects shown together"
    else:
        what = f"neither excludes zero nor lies within the margin of \u00b1{_plain(margin)} points"
    reason = f"The effect of {_points(effect.interval)} {what}; {ask} (now {effect.n_clusters:,})."
    return Verdict("inconclusive", reason, clusters_needed=sets)


def _sets_to_settle(effect: Effect, margin: float) -> int | None:
    """Enough both to detect an effect of the margin's size and to show equivalence of none at all; where K is
    already there (the truth then lies in between), the cheaper of the two at the value seen."""
    needed = clusters_needed(effect.se, effect.n_clusters, margin)
    if needed.detect is None or needed.equivalence is None:
        return None
    sets = max(needed.detect, needed.equivalence)
    if sets > effect.n_clusters:
        return sets
    value = effect.interval.value
    seen = clusters_needed(effect.se, effect.n_clusters, margin, effect=value, true_effect=value)
    options = [k for k in (seen.detect, seen.equivalence) if k is not None and k > effect.n_clusters]
    return min(options, default=None)


def _points(interval: Interval) -> str:
    return f"{_signed(interval.value)} points [{_signed(interval.low)}, {_signed(interval.high)}]"


def _signed(share: float) -> str:
    text = f"{100 * share:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def _plain(share: float) -> str:
    return f"{100 * share:g}"
