"""From jackknife replicates to the values of `corpus.json`."""

from __future__ import annotations

import numpy as np

from primacy.results.record import Value
from primacy.stats.intervals import Interval, Intervals
from primacy.stats.jackknife import (
    Replicates,
    jackknife_intervals,
    jackknife_ratio_intervals,
    jackknife_share_intervals,
)

UNDEFINED = Value(value=None, ci_low=None, ci_high=None)


def shares(replicates: Replicates, level: float) -> tuple[Value, ...]:
    """Shares of 1, with Wilson's limits."""
    return _values(jackknife_share_intervals(replicates, level))


def differences(replicates: Replicates, level: float, *, low: float = -1.0) -> tuple[Value, ...]:
    """Differences of shares and other means between `low` and 1."""
    return _values(jackknife_intervals(replicates, level, bounds=(low, 1.0)))


def odds(replicates: Replicates, level: float) -> tuple[Value, ...]:
    """Odds ratios, with limits on the log scale; undefined where infinite."""
    return _values(jackknife_ratio_intervals(replicates, level))


def squares(roots: Replicates, level: float) -> tuple[Value, ...]:
    """Squares of statistics between -1 and 1 that are smooth where their square is least.

    The limits are the squares of the roots' limits, the lower one 0 where those have different signs.
    """
    root, low, high = jackknife_intervals(roots, level, bounds=(-1.0, 1.0))
    crossing = (low <= 0) & (high >= 0)
    ends = np.sort(np.stack([low**2, high**2]), axis=0)
    return _values(Intervals(root**2, np.where(crossing, 0.0, ends[0]), ends[1]))


def value_of(interval: Interval) -> Value:
    """An estimate with its limits."""
    return Value(value=interval.value, ci_low=interval.low, ci_high=interval.high)


def _values(intervals: Intervals) -> tuple[Value, ...]:
    rows = zip(*(column.tolist() for column in intervals), strict=True)
    return tuple(value_of(Interval(*row)) for row in rows)
