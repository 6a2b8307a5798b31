"""Columns of a probe, one for each metric and level, turned into records: what the estimates of retrieval share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from primacy.results.record import Estimate
from primacy.stats.effects import PendingEffect
from primacy.stats.intervals import Interval, Intervals, intervals, share_intervals
from primacy.stats.resample import Draws, cluster_draws

_SHARES = ("winner_share", "top1_share", "paper_share", "recall_at_n", "matching_accuracy")


class Column(NamedTuple):
    """A ratio of sums over clusters: `numerator` and `denominator` (K,), and how many galleries are pooled in the
    denominator, so that `n` counts captions, or objects shown."""

    metric: str
    group: str
    level: str
    numerator: np.ndarray
    denominator: np.ndarray
    per: int


@dataclass(frozen=True)
class Cell:
    """What a cell's records are labelled with: protocol, template ("*" for pooled), confidence level, margin, and
    what was shown: `probe`, `stimuli` ("" for captions) and, in the plural, the `clusters`."""

    protocol: str
    template: str
    level: float
    margin: float
    probe: str = "tor"
    stimuli: str = ""
    clusters: str = "object sets"

    def effect(self, n_objects: int, metric: str) -> dict[str, str | int]:
        """Labels of an effect, but for its name."""
        return {
            "probe": self.probe,
            "n_objects": n_objects,
            "metric": metric,
            "stimuli": self.stimuli,
            "clusters": self.clusters,
        }

    def record(
        self, n_objects: int, metric: str, group: str, level: str, limits: Interval, n: float, support: int
    ) -> Estimate:
        """A record of this cell."""
        return Estimate(
            probe=self.probe,
            protocol=self.protocol,
            n_objects=n_objects,
            template=self.template,
            metric=metric,
            group=group,
            level=level,
            value=limits.value,
            ci_low=limits.low,
            ci_high=limits.high,
            n=n,
            n_clusters=support,
            stimuli=self.stimuli,
        )


@dataclass(frozen=True)
class Estimates:
    """Records of one cell for every encoder (key "encoder" or the null's name), and its effects."""

    records: dict[str, list[Estimate]]
    effects: list[PendingEffect]


class Resampled(NamedTuple):
    """The columns of all encoders side by side, resampled with the same cluster weights.

    `columns` M of them; `places`: of each encoder, where its own stand; `limits`: their intervals.
    """

    columns: list[Column]
    places: dict[str, range]
    draws: Draws
    limits: Intervals

    def where(self, name: str, metric: str, group: str) -> list[int]:
        """Places of an encoder's columns of one metric and group, in the order of their levels."""
        return [i for i in self.places[name] if self.columns[i][:2] == (metric, group)]

    def at(self, name: str, metric: str, group: str, level: str) -> int | None:
        """Place of one column of an encoder; None where it has none."""
        places = (i for i in self.where(name, metric, group) if self.columns[i].level == level)
        return next(places, None)

    def difference(self, first: int, second: int) -> np.ndarray:
        """Weights (M,) of column `first` minus column `second`."""
        weights = np.zeros(len(self.columns))
        weights[first], weights[second] = 1, -1
        return weights

    def records(self, name: str, n_objects: int, cell: Cell) -> list[Estimate]:
        """The records of an encoder's columns."""
        return [
            cell.record(
                n_objects,
                column.metric,
                column.group,
                column.level,
                self.limits.at(i),
                float(column.denominator.sum()) / column.per,
                int(self.draws.support[i]),
            )
            for i in self.places[name]
            for column in [self.columns[i]]
        ]


def resample(columns: Mapping[str, Sequence[Column]], level: float, *, rng: np.random.Generator) -> Resampled:
    """Resample the columns of all encoders jointly, with intervals of this level: Wilson's for shares, else t."""
    flat = [column for own in columns.values() for column in own]
    starts = np.cumsum([0, *(len(own) for own in columns.values())])
    draws = cluster_draws(
        np.stack([c.numerator for c in flat], axis=1), np.stack([c.denominator for c in flat], axis=1), rng=rng
    )
    shares = share_intervals(draws.value, draws.draws, level, n_clusters=draws.support)
    others = intervals(draws.value, draws.draws, level, n_clusters=draws.support)
    is_share = np.array([column.metric in _SHARES for column in flat])
    limits = Intervals(*(np.where(is_share, a, b) for a, b in zip(shares, others, strict=True)))
    places = {name: range(starts[i], starts[i + 1]) for i, name in enumerate(columns)}
    return Resampled(flat, places, draws, limits)
