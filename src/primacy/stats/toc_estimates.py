"""Estimates of the TOC probe: accuracy by mention position, its learning curve and its order bias, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from primacy.probes.toc import TocResult
from primacy.results.record import CurvePoint, Estimate
from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED, PendingEffect, contrast_effect, on_own_columns
from primacy.stats.head_estimates import head_columns


class TocEstimates(NamedTuple):
    """Records for every encoder, the audited encoder's learning curve, and the effect first minus last."""

    records: dict[str, list[Estimate]]
    curve: list[CurvePoint]
    effects: list[PendingEffect]


def toc_estimates(results: Mapping[str, TocResult], cell: Cell, *, rng: np.random.Generator) -> TocEstimates:
    """Estimate TOC accuracies jointly for the encoder and its nulls.

    Args:
        results: per encoder, on one split of the same sentences; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    own = results[AUDITED]
    n = own.correct.shape[1]
    cell = replace(cell, probe="toc")
    labels = [("mention_position", str(p + 1)) for p in range(n)]
    columns = head_columns(results, [point.correct for point in own.curve], cell, rng=rng)
    curve = [
        CurvePoint(
            n_objects=n, position=p + 1, n_train=point.n_sentences, value=value, ci_low=low, ci_high=high,
            n=int(columns.counts[at]), n_clusters=int(columns.draws.support[at]),
        )
        for j, point in enumerate(own.curve)
        for p in range(n)
        for at in [n * (len(results) + j) + p]
        for value, low, high in [columns.limits.at(at)]
    ]  # fmt: skip
    first_last = np.zeros(n)
    first_last[0], first_last[-1] = 1, -1
    effect = contrast_effect(
        columns.draws,
        on_own_columns(columns.draws, first_last, columns.names),
        cell.margin,
        cell.level,
        effect="first-last",
        **cell.effect(n, "probe_accuracy"),
    )
    return TocEstimates(columns.records(results, n, labels, cell), curve, [effect])
