"""Estimates of TOR and TOIR: from per-cluster sums of the encoder and its nulls to records with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from primacy.probes.tor import TorSums
from primacy.results.record import Estimate
from primacy.stats.columns import Cell, Column, Estimates, Resampled, resample
from primacy.stats.effects import AUDITED, PendingEffect, contrast_effect, largest_deviation
from primacy.stats.intervals import ratio_interval


def tor_estimates(sums: Mapping[str, TorSums], cell: Cell, *, rng: np.random.Generator) -> Estimates:
    """Estimate every TOR metric of docs/definitions.md with cluster intervals, for the encoder and its nulls jointly.

    TOIR, whose gallery are pictures, has the same metrics under its own labels.

    Args:
        sums: per encoder, over the same trials; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    n = next(iter(sums.values())).n_objects
    table = resample({name: _columns(own) for name, own in sums.items()}, cell.level, rng=rng)
    places = {name: table.where(name, "winner_share", "mention_position") for name in sums}
    records = {name: table.records(name, n, cell) for name in sums}
    labels = cell.effect(n, "order_bias")
    first_last = {name: table.difference(own[0], own[-1]) for name, own in places.items()}
    effects = [
        contrast_effect(table.draws, first_last, cell.margin, cell.level, effect="first-last", **labels),
        largest_deviation(table.draws, places, 1 / n, cell.margin, cell.level, effect="largest_deviation", **labels),
    ]
    for name in records:
        captions = float(sums[name]["trials"].sum())
        records[name] += _order_records(name, effects, table, places[name], captions, n, cell)
    return Estimates(records, effects)


def pooled(parts: Sequence[TorSums]) -> TorSums:
    """Sums over several templates on the same object sets."""
    first = parts[0]
    total = TorSums(first.n_clusters, first.n_galleries, first.n_objects, first.galleries)
    for part in parts:
        total.merge(part)
    return total


def _columns(sums: TorSums) -> list[Column]:
    count, n = sums.n_galleries, sums.n_objects
    positions = [str(p + 1) for p in range(n)]
    trials = sums["trials"]
    out: list[Column] = []

    def by_position(metric: str, name: str, levels: Sequence[str], denominator: np.ndarray) -> None:
        values = sums[name].sum(axis=1)
        out.extend(
            Column(metric, "mention_position", level, values[:, p], denominator, count)
            for p, level in enumerate(levels)
        )

    by_position("winner_share", "credit", positions, trials * count)
    versions = sums.versions
    if len(versions) > 1:
        out.extend(
            Column(
                "winner_share",
                f"mention_position*{sums.galleries.group}",
                f"{p + 1}*{version}",
                sums["credit"][:, at, p].sum(axis=1),
                trials * len(at),
                len(at),
            )
            for p in range(n)
            for version, at in versions.items()
        )
    by_position("top1_share", "top1", [*positions, "other"], trials * count)
    by_position("paper_share", "paper", positions, sums["paper_n"].sum(axis=1))
    by_position("recall_at_n", "recall", positions, trials * count)
    by_position("mean_rank", "ranks", positions, trials * count)
    by_position("mean_cosine", "cosines", positions, trials * count)
    by_position("margin", "margin", positions, trials * count)
    return out


def _order_records(
    name: str,
    effects: Sequence[PendingEffect],
    table: Resampled,
    places: Sequence[int],
    captions: float,
    n: int,
    cell: Cell,
) -> list[Estimate]:
    """Order bias and the ratio first : last as records; a null's largest deviation stands in the comparisons only,
    where it is taken at the encoder's position."""
    support = int(table.draws.support[list(places)].min())
    first_last, deviation = effects
    if name == AUDITED:
        rows = [
            ("order_bias", "first-last", first_last.interval),
            ("order_bias", "largest_deviation", deviation.interval),
        ]
    else:
        own = next(null.interval for null in first_last.nulls if null.name == name)
        rows = [("order_bias", "first-last", own)]
    rows.append(("order_ratio", "first:last", ratio_interval(table.draws, places[0], places[-1], cell.level)))
    return [
        cell.record(n, metric, "mention_position", level, limits, captions, support) for metric, level, limits in rows
    ]
