"""Estimates of the IOC probe: accuracy by slot and by size rank, with intervals, and an effect of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from primacy.probes.ioc import IocResult
from primacy.stats.columns import Cell, Estimates
from primacy.stats.effects import AUDITED, PLACE_NULLS, SIZE_NULLS, PendingEffect, contrast_effect, on_own_columns
from primacy.stats.head_estimates import HeadColumns, head_columns
from primacy.stats.intervals import interval, simultaneous_level


def ioc_estimates(results: Mapping[str, IocResult], cell: Cell, *, rng: np.random.Generator) -> Estimates:
    """Estimate IOC accuracies jointly for the encoder and its nulls.

    Effect `large-small`: accuracy at size rank 1 minus the mean of the other ranks; nulls that weigh objects by size
    are none for it. Effect `largest_deviation`: accuracy at a slot minus the mean of all slots, at the slot where it
    lies farthest from zero; simultaneous over the slots as in TOR; nulls that weigh objects by place are none for it.

    Args:
        results: per encoder, on one split of the same pictures; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    slots = results[AUDITED].slots
    n = len(slots)
    labels = [*(("slot", slot) for slot in slots), *(("size_rank", str(r + 1)) for r in range(n))]
    heads = {name: result.heads for name, result in results.items()}
    columns = head_columns(heads, [], cell, rng=rng)
    large_small = np.concatenate([np.zeros(n), [1], np.full(n - 1, -1 / (n - 1))])
    effects = [
        _contrast(columns, n, large_small, SIZE_NULLS, "large-small", cell),
        _largest_by_slot(columns, n, cell),
    ]
    return Estimates(columns.records(heads, n, labels, cell), effects)


def _contrast(
    columns: HeadColumns, n: int, weights: np.ndarray, without: tuple[str, ...], effect: str, cell: Cell
) -> PendingEffect:
    placed = on_own_columns(columns.draws, weights, columns.names, without)
    labels = cell.effect(n, "probe_accuracy")
    return contrast_effect(columns.draws, placed, cell.margin, cell.level, effect=effect, **labels)


def _largest_by_slot(columns: HeadColumns, n: int, cell: Cell) -> PendingEffect:
    """The largest deviation of a slot from the mean of all: simultaneous interval, Bonferroni's p, and equivalence only
    where every slot is inside the margin."""
    centring = np.concatenate([np.eye(n) - 1 / n, np.zeros((n, n))], axis=1)
    each = [_contrast(columns, n, row, PLACE_NULLS, "largest_deviation", cell) for row in centring]
    at = int(np.argmax([abs(effect.interval.value) for effect in each]))
    own = columns.draws.draws[:, :n]
    deviations, k = own - own.mean(axis=1, keepdims=True), each[at].n_clusters
    wider = simultaneous_level(deviations, cell.level, n_clusters=k)
    return replace(
        each[at],
        interval=interval(each[at].interval.value, deviations[:, at], wider, n_clusters=k, bounds=(-1, 1)),
        p=min(1.0, n * each[at].p),
        p_equivalence=float(np.max([effect.p_equivalence for effect in each])),
    )
