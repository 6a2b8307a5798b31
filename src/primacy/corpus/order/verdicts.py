"""The answers to a curator's two questions, each with the sentences that say why.

`pressure`: the interval of the excess excludes zero. `equivalent`: two one-sided tests show the excess to lie within
the margin (Schuirmann 1987), even where it differs from zero. `inconclusive`: neither.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pair_split import PairSplit
from primacy.results.corpus import CorpusVerdict
from primacy.stats.compare import equivalence_from
from primacy.stats.intervals import Interval
from primacy.stats.jackknife import Replicates, jackknife_intervals, jackknife_ratio_intervals, standard_error

ORDER = "order"
WITHIN = "size within category pairs"
_NO_PAIR = "No caption mentions two objects whose areas are known."


class _Excess(NamedTuple):
    """An excess of shares: its question, jackknife, what is said of it before and after its number, what is said if
    there is none, and the odds ratio that goes with it."""

    question: str
    replicates: Replicates
    before: str
    after: str
    missing: str
    odds: Interval | None = None


def verdicts(by: PairSplit | None, options: OrderOptions) -> tuple[CorpusVerdict, ...]:
    """Answer both questions from the pairs of all captions, None where there are none."""
    if by is None:
        return tuple(CorpusVerdict(question=q, kind="inconclusive", reason=_NO_PAIR) for q in (ORDER, WITHIN))
    return tuple(_verdict(excess, options) for excess in (_raw(by), _within(by, options.level)))


def _raw(by: PairSplit) -> _Excess:
    share = by.larger_first
    return _Excess(
        ORDER,
        share.map(lambda values: values - 0.5),
        f"The larger of two objects is mentioned first in {100 * share.value[0]:.1f} % of "
        f"{len(by.groups.group):,} pairs. The excess over one half is",
        "",
        _NO_PAIR,
    )


def _within(by: PairSplit, level: float) -> _Excess:
    odds = jackknife_ratio_intervals(by.odds_ratio, level).at(0)
    known = bool(np.isfinite([odds.low, odds.high]).all())
    ratio = f"; Mantel-Haenszel odds ratio {odds.value:.2f} [{odds.low:.2f}, {odds.high:.2f}]" if known else ""
    return _Excess(
        WITHIN,
        by.parts.beyond,
        "With the two categories held fixed, the excess of pairs with the larger first over what the categories alone "
        "give is",
        f" ({by.parts.n:,} pairs{ratio})",
        f"Among these pairs, {by.parts.problem}, so that size cannot be told from category.",
        odds if known else None,
    )


def _verdict(excess: _Excess, options: OrderOptions) -> CorpusVerdict:
    interval = jackknife_intervals(excess.replicates, options.level, bounds=(-1.0, 1.0)).at(0)
    if np.isnan(interval.value):
        return CorpusVerdict(question=excess.question, kind="inconclusive", reason=excess.missing)
    start = f"{excess.before} {_points(interval.value)} points"
    if np.isnan(interval.low):
        reason = f"{start}{excess.after}. That has no interval, as it rests on one group of images."
        return CorpusVerdict(question=excess.question, kind="inconclusive", reason=reason)
    start += f" [{_points(interval.low)}, {_points(interval.high)}]{excess.after}. "
    margin = f"the margin of ±{100 * options.margin:g} points"
    p = equivalence_from(
        excess.replicates.value,
        standard_error(excess.replicates),
        options.margin,
        n_clusters=excess.replicates.support,
    )
    if p[0] < 1 - options.level:
        reason = start + _equivalent(interval, margin, excess.odds)
        return CorpusVerdict(question=excess.question, kind="equivalent", reason=reason)
    if interval.excludes_zero:
        reason = start + _pressure(interval, margin, options.margin)
        return CorpusVerdict(question=excess.question, kind="pressure", reason=reason)
    reason = f"{start}The interval holds zero and reaches beyond {margin}: these images do not settle it."
    return CorpusVerdict(question=excess.question, kind="inconclusive", reason=reason)


def _equivalent(interval: Interval, margin: str, odds: Interval | None) -> str:
    said = f"Two one-sided tests place it within {margin}"
    said += ", though the interval excludes zero." if interval.excludes_zero else "."
    if odds is not None and not odds.low <= 1 <= odds.high:
        said += " The odds ratio excludes 1; where one category nearly always comes first, strong odds make few points."
    return said


def _pressure(interval: Interval, margin: str, width: float) -> str:
    said = "The interval excludes zero"
    if min(abs(interval.low), abs(interval.high)) < width:
        said += f", but reaches into {margin}"
    return f"{said}{'' if interval.value > 0 else '; it is the smaller objects that come first'}."


def _points(share: float) -> str:
    text = f"{100 * share:+.1f}"
    return text[1:] if float(text) == 0 else text
