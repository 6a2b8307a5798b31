"""Estimates of the IOC probe: accuracy by slot and by size rank, with intervals, and an effect of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from primacy.probes.ioc import IocResult
from primacy.results.record import Estimate
from primacy.stats.effects import AUDITED, PLACE_NULLS, SIZE_NULLS, PendingEffect, contrast_effect
from primacy.stats.head_estimates import HeadColumns, HeadLabels, head_columns
from primacy.stats.intervals import Interval, interval, simultaneous_level
from primacy.stats.tor_estimates import Cell


class IocEstimates(NamedTuple):
    """Records for every encoder, and the effects "large-small" and "largest_deviation"."""

    records: dict[str, list[Estimate]]
    effects: list[PendingEffect]


def ioc_estimates(
    results: Mapping[str, IocResult], cell: Cell, *, stimuli: str, rng: np.random.Generator
) -> IocEstimates:
    """Estimate IOC accuracies jointly for the encoder and its nulls.

    Effect `large-small`: accuracy at size rank 1 minus the mean of the other ranks; nulls that weigh objects by size
    are none for it. Effect `largest_deviation`: accuracy at a slot minus the mean of all slots, at the slot where it
    lies farthest from zero; simultaneous over the slots as in TOR; nulls that weigh objects by place are none for it.

    Args:
        results: per encoder, on one split of the same pictures; key "encoder" is the audited one.
        cell: labels and levels.
        stimuli: name of the pictures.
        rng: of the cluster resampling.
    """
    slots = results[AUDITED].slots
    n = len(slots)
    ranks = tuple(("size_rank", str(r + 1)) for r in range(n))
    labels = HeadLabels("ioc", n, (*(("slot", slot) for slot in slots), *ranks), stimuli)
    heads = {name: result.heads for name, result in results.items()}
    columns = head_columns(heads, [], cell, rng=rng)
    large_small = np.concatenate([np.zeros(n), [1], np.full(n - 1, -1 / (n - 1))])
    by_size = _contrast(columns, large_small, SIZE_NULLS, "large-small", labels, cell)
    return IocEstimates(columns.records(heads, labels, cell), [by_size, _by_slot(columns, labels, cell)])


def _contrast(
    columns: HeadColumns, weights: np.ndarray, without: tuple[str, ...], effect: str, labels: HeadLabels, cell: Cell
) -> PendingEffect:
    return contrast_effect(
        columns.draws, columns.placed(weights, without), cell.margin, cell.level, probe=labels.probe,
        n_objects=labels.n_objects, metric="probe_accuracy", effect=effect, stimuli=labels.stimuli,
    )  # fmt: skip


def _by_slot(columns: HeadColumns, labels: HeadLabels, cell: Cell) -> PendingEffect:
    """The largest deviation of a slot from the mean of all: simultaneous interval, Bonferroni's p, and equivalence only
    where every slot is inside the margin."""
    n = labels.n_objects
    centring = np.concatenate([np.eye(n) - 1 / n, np.zeros((n, n))], axis=1)
    each = [_contrast(columns, row, PLACE_NULLS, "largest_deviation", labels, cell) for row in centring]
    at = int(np.argmax([abs(effect.interval.value) for effect in each]))
    own = columns.draws.draws[:, :n]
    deviations, k = own - own.mean(axis=1, keepdims=True), each[at].n_clusters
    wider = simultaneous_level(deviations, cell.level, n_clusters=k)
    band: Interval = interval(each[at].interval.value, deviations[:, at], wider, n_clusters=k, bounds=(-1, 1))
    return replace(
        each[at],
        interval=band,
        p=min(1.0, n * each[at].p),
        p_equivalence=float(np.max([effect.p_equivalence for effect in each])),
    )
