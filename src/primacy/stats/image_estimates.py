"""Estimates of IOR and I2TOR: from per-cluster sums of the encoder and its nulls to records with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from primacy.probes.ior import PictureSums
from primacy.results.record import Estimate
from primacy.stats.columns import Cell, Column, Estimates, Resampled, resample
from primacy.stats.effects import AUDITED, PLACE_NULLS, SIZE_NULLS, PendingEffect, contrast_effect, largest_deviation
from primacy.stats.intervals import Interval, interval, ratio_interval

_SHARE = "winner_share"
_METRICS = (_SHARE, "top1_share", "paper_share", "recall_at_n", "mean_rank", "mean_cosine", "margin")
_SIZES = ("large", "equal", "small", "other")


def image_estimates(sums: Mapping[str, PictureSums], cell: Cell, *, rng: np.random.Generator) -> Estimates:
    """Estimate every metric of docs/ior.md with cluster intervals, for the encoder and its nulls jointly.

    Size bias is the winner share of large objects minus that of small ones; where pictures have no levels of size, of
    the largest minus the smallest object of a picture. Slot bias is the largest deviation from 1/n over the slots, for
    pictures of one number of objects. Nulls that prefer large things are none for the first, those that prefer the
    middle none for the second (`primacy.stats.effects`).

    Args:
        sums: per encoder, over the same pictures; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    n = sums[AUDITED].n_objects
    table = resample({name: _columns(own, name == AUDITED) for name, own in sums.items()}, cell.level, rng=rng)
    records = {name: table.records(name, n, cell) for name in sums}
    effects: list[PendingEffect] = []
    pair = _size_pair(table, n)
    if pair is not None:
        effects.append(_size_effect(table, pair, records, n, cell))
    slots = {name: table.where(name, _SHARE, "slot") for name in sums if name not in PLACE_NULLS}
    if n and len(slots[AUDITED]) > 1:
        effects.append(_slot_effect(table, slots, records[AUDITED], n, cell))
    return Estimates(records, effects)


def _columns(sums: PictureSums, audited: bool) -> list[Column]:
    """One column a key, in an order that does not depend on the order in which levels were met; shares by category of
    the audited encoder only."""
    keys = [key for key in sums.sums.keys if audited or key.group != "category"]
    keys.sort(key=lambda key: (_METRICS.index(key.metric), key.group, _rank(key.level), key.level))
    return [Column(*key, *sums.sums[key], 1) for key in keys]


def _rank(level: str) -> tuple[int, float]:
    """Where a level stands in its group: sizes as listed, then numbers by value ("8.0*target" by 8), then names."""
    head = level.split("*")[0]
    if head in _SIZES:
        return _SIZES.index(head), 0.0
    try:
        return len(_SIZES), float(head)
    except ValueError:
        return len(_SIZES) + 1, 0.0


def _size_pair(table: Resampled, n: int) -> tuple[str, str, str] | None:
    """Group and levels whose shares size bias compares; None where the pictures have no two of a kind."""
    for group, first, last in (("size_level", "large", "small"), ("size_rank", "1", str(n))):
        if None not in (table.at(AUDITED, _SHARE, group, level) for level in (first, last)):
            return group, first, last
    return None


def _size_effect(
    table: Resampled, pair: tuple[str, str, str], records: Mapping[str, list[Estimate]], n: int, cell: Cell
) -> PendingEffect:
    """The effect; adds size bias and size ratio to every encoder's records."""
    group, first, last = pair
    names = ("large", "small") if group == "size_level" else ("largest", "smallest")
    weights = {}
    for name, own in records.items():
        a, b = (table.at(name, _SHARE, group, level) for level in (first, last))
        if a is None or b is None:
            continue
        weights[name] = table.difference(a, b)
        bias = table.draws.contrast(weights[name])
        k = int(bias.support[0])
        limits = interval(float(bias.value[0]), bias.draws[:, 0], cell.level, n_clusters=k, bounds=(-1, 1))
        pictures = float(table.columns[a].denominator.sum())
        own.append(cell.record(n, "size_bias", group, "-".join(names), limits, pictures, k))
        ratio = ratio_interval(table.draws, a, b, cell.level)
        own.append(cell.record(n, "size_ratio", group, ":".join(names), ratio, pictures, k))
    return contrast_effect(
        table.draws,
        {name: own for name, own in weights.items() if name not in SIZE_NULLS},
        cell.margin,
        cell.level,
        effect="-".join(names),
        **cell.effect(n, "size_bias"),
    )


def _slot_effect(
    table: Resampled, slots: Mapping[str, Sequence[int]], records: list[Estimate], n: int, cell: Cell
) -> PendingEffect:
    """The effect; adds slot bias to the audited encoder's records (a null's is taken at the encoder's slot)."""
    effect = largest_deviation(
        table.draws, slots, 1 / n, cell.margin, cell.level, effect="largest_deviation", **cell.effect(n, "slot_bias")
    )
    objects = sum(float(table.columns[i].denominator.sum()) for i in slots[AUDITED])
    bias: Interval = effect.interval
    records.append(cell.record(n, "slot_bias", "slot", "largest_deviation", bias, objects / n, effect.n_clusters))
    return effect
