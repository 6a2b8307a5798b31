"""Estimates of the TOR probe: from per-cluster sums of the encoder and its nulls to records with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from primacy.probes.tor import TorSums
from primacy.results.record import Estimate
from primacy.stats.effects import AUDITED, PendingEffect, contrast_effect, largest_deviation
from primacy.stats.intervals import Interval, Intervals, intervals, ratio_interval, share_intervals
from primacy.stats.resample import Draws, cluster_draws

_SHARES = ("winner_share", "top1_share", "paper_share", "recall_at_n")


class _Column(NamedTuple):
    metric: str
    group: str
    level: str
    numerator: np.ndarray  # (K,)
    denominator: np.ndarray  # (K,)
    per: int  # gallery positions pooled in a column, so that n counts captions


@dataclass(frozen=True)
class TorEstimates:
    """Records of one cell for every encoder (key "encoder" or the null's name), and its effects."""

    records: dict[str, list[Estimate]]
    effects: list[PendingEffect]


@dataclass(frozen=True)
class Cell:
    """What a cell's records are labelled with: protocol, template ("*" for pooled), level and margin."""

    protocol: str
    template: str
    level: float
    margin: float


def tor_estimates(sums: Mapping[str, TorSums], cell: Cell, *, rng: np.random.Generator) -> TorEstimates:
    """Estimate every TOR metric of docs/definitions.md with cluster intervals, for the encoder and its nulls jointly.

    Args:
        sums: per encoder, over the same trials; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    n = next(iter(sums.values())).n_objects
    columns = {name: _columns(s) for name, s in sums.items()}
    flat = [column for own in columns.values() for column in own]
    draws = cluster_draws(
        np.stack([c.numerator for c in flat], axis=1),
        np.stack([c.denominator for c in flat], axis=1),
        rng=rng,
    )
    limits = _limits(flat, draws, cell.level)
    records, offset, places = {}, 0, {}
    for name, own in columns.items():
        at = range(offset, offset + len(own))
        places[name] = [i for i in at if (flat[i].metric, flat[i].group) == ("winner_share", "mention_position")]
        records[name] = [_estimate(flat[i], limits.at(i), int(draws.support[i]), n, cell) for i in at]
        offset += len(own)
    labels: dict[str, str | int] = {"probe": "tor", "n_objects": n, "metric": "order_bias"}
    effects = [
        contrast_effect(
            draws,
            {k: _first_minus_last(v, len(flat)) for k, v in places.items()},
            cell.margin,
            cell.level,
            effect="first-last",
            **labels,
        ),
        largest_deviation(draws, places, 1 / n, cell.margin, cell.level, effect="largest_deviation", **labels),
    ]
    for name in records:
        records[name] += _order_records(name, effects, draws, places[name], sums[name], n, cell)
    return TorEstimates(records, effects)


def pooled(parts: Sequence[TorSums]) -> TorSums:
    """Sums over several templates on the same object sets."""
    total = TorSums(parts[0].n_clusters, parts[0].n_galleries, parts[0].n_objects)
    for part in parts:
        total.merge(part)
    return total


def _columns(sums: TorSums) -> list[_Column]:
    galleries, n = sums.n_galleries, sums.n_objects
    positions = [str(p + 1) for p in range(n)]
    trials = sums["trials"]
    out: list[_Column] = []

    def by_position(metric: str, name: str, levels: Sequence[str], denominator: np.ndarray) -> None:
        values = sums[name].sum(axis=1)
        out.extend(
            _Column(metric, "mention_position", level, values[:, p], denominator, galleries)
            for p, level in enumerate(levels)
        )

    by_position("winner_share", "credit", positions, trials * galleries)
    if galleries > 1:
        out.extend(
            _Column(
                "winner_share",
                "mention_position*gallery_position",
                f"{p + 1}*{g + 1}",
                sums["credit"][:, g, p],
                trials,
                1,
            )
            for p in range(n)
            for g in range(galleries)
        )
    by_position("top1_share", "top1", [*positions, "other"], trials * galleries)
    by_position("paper_share", "paper", positions, sums["paper_n"].sum(axis=1))
    by_position("recall_at_n", "recall", positions, trials * galleries)
    by_position("mean_rank", "ranks", positions, trials * galleries)
    by_position("mean_cosine", "cosines", positions, trials * galleries)
    by_position("margin", "margin", positions, trials * galleries)
    return out


def _limits(columns: Sequence[_Column], draws: Draws, level: float) -> Intervals:
    shares = share_intervals(draws.value, draws.draws, level, n_clusters=draws.support)
    others = intervals(draws.value, draws.draws, level, n_clusters=draws.support)
    is_share = np.array([column.metric in _SHARES for column in columns])
    return Intervals(*(np.where(is_share, a, b) for a, b in zip(shares, others, strict=True)))


def _estimate(column: _Column, limits: Interval, support: int, n: int, cell: Cell) -> Estimate:
    return Estimate(
        probe="tor",
        protocol=cell.protocol,
        n_objects=n,
        template=cell.template,
        metric=column.metric,
        group=column.group,
        level=column.level,
        value=limits.value,
        ci_low=limits.low,
        ci_high=limits.high,
        n=float(column.denominator.sum()) / column.per,
        n_clusters=support,
    )


def _first_minus_last(places: Sequence[int], width: int) -> np.ndarray:
    weights = np.zeros(width)
    weights[places[0]], weights[places[-1]] = 1, -1
    return weights


def _order_records(
    name: str,
    effects: Sequence[PendingEffect],
    draws: Draws,
    places: Sequence[int],
    sums: TorSums,
    n: int,
    cell: Cell,
) -> list[Estimate]:
    """Order bias and the ratio first : last as records; a null's largest deviation stands in the comparisons only,
    where it is taken at the encoder's position."""
    captions, support = float(sums["trials"].sum()), int(draws.support[list(places)].min())
    first_last, deviation = effects
    if name == AUDITED:
        rows = [
            ("order_bias", "first-last", first_last.interval),
            ("order_bias", "largest_deviation", deviation.interval),
        ]
    else:
        own = next(null.interval for null in first_last.nulls if null.name == name)
        rows = [("order_bias", "first-last", own)]
    rows.append(("order_ratio", "first:last", ratio_interval(draws, places[0], places[-1], cell.level)))
    return [
        Estimate(
            probe="tor",
            protocol=cell.protocol,
            n_objects=n,
            template=cell.template,
            metric=metric,
            group="mention_position",
            level=level,
            value=limits.value,
            ci_low=limits.low,
            ci_high=limits.high,
            n=captions,
            n_clusters=support,
        )
        for metric, level, limits in rows
    ]
