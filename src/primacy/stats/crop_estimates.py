"""Estimates on ladders of crops: the same object of the same photo, from small to large."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from primacy.errors import UsageError
from primacy.probes._group_sums import MAX_GROUPS, cluster_rows
from primacy.probes.crops import CropTrials
from primacy.results.record import Estimate
from primacy.stats.columns import Cell, Column, Estimates, resample
from primacy.stats.effects import AUDITED, SIZE_NULLS, contrast_effect

STEP, SAME = "crop_step", "crop_step, same objects"
SLOPE, WITHIN = "crop_slope", "within photo"
AREA, RATIO = "log2 area", "log2 area ratio"
_POOLED = 0


def crop_estimates(trials: Mapping[str, CropTrials], cell: Cell, *, rng: np.random.Generator) -> Estimates:
    """How the target's winner share goes along with its size, in one photo and one category at a time.

    All with `n_objects` 0. `winner_share` of the target by `crop_step` (levels "1" to the last), among all objects that
    a window shows, and by `crop_step, same objects`, among those that all windows of its ladder show; for each the
    group `chance: ...` holds the mean of 1/n, and `target_area` by `crop_step` the target's mean share of the window.
    `crop_slope`, group `within photo`: change of the share among the same objects for each doubling of the target's
    area ("log2 area") and of its ratio to the others ("log2 area ratio"), by least squares on differences from the mean
    of each ladder, so whatever is the same in all its windows (category, place, photo) cannot contribute.
    `size_bias`, group `crop_step`, "last-first": the share among the same objects in the last window minus the first,
    and an effect.

    Args:
        trials: per encoder, on the same crops; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.

    Raises:
        UsageError: the encoders were scored on different crops, or ladders differ in their steps.
    """
    own = trials[AUDITED]
    if not all(np.array_equal(t.ladders, own.ladders) and np.array_equal(t.steps, own.steps) for t in trials.values()):
        raise UsageError("the encoders were scored on different crops, expected the same for all")
    steps = np.unique(own.steps)
    if len(steps) < 2 or len(own.steps) % len(steps) or (own.steps.reshape(-1, len(steps)) != steps).any():
        raise UsageError("ladders of crops differ in their steps, expected every step of each")
    clusters, code = np.unique(own.clusters, return_inverse=True)
    n_rows = min(len(clusters), MAX_GROUPS)
    rows = cluster_rows(code, len(clusters), n_rows)
    columns = {name: list(_columns(t, rows, n_rows, name == AUDITED)) for name, t in trials.items()}
    resampled = resample(columns, cell.level, rng=rng)
    records: dict[str, list[Estimate]] = {name: resampled.records(name, _POOLED, cell) for name in trials}
    ends = {name: [resampled.where(name, "winner_share", SAME)[i] for i in (-1, 0)] for name in trials}
    effect = contrast_effect(
        resampled.draws,
        {name: resampled.difference(*ends[name]) for name in trials if name not in SIZE_NULLS},
        cell.margin,
        cell.level,
        effect="last-first",
        **cell.effect(_POOLED, "size_bias"),
    )
    limits = {AUDITED: effect.interval} | {null.name: null.interval for null in effect.nulls}
    for name, interval in limits.items():
        ladders = len(own.steps) / len(steps)
        records[name].append(
            cell.record(_POOLED, "size_bias", STEP, "last-first", interval, ladders, effect.n_clusters)
        )
    return Estimates(records, [effect])


def _columns(trials: CropTrials, rows: np.ndarray, n_rows: int, audited: bool) -> Iterator[Column]:
    def column(metric: str, group: str, level: str, top: np.ndarray, bottom: np.ndarray, at: np.ndarray) -> Column:
        numerator, denominator = (np.bincount(rows[at], weights=x[at], minlength=n_rows) for x in (top, bottom))
        return Column(metric, group, level, numerator, denominator, 1)

    one = np.ones(len(rows))
    shown: list[tuple[str, str, np.ndarray]] = [
        ("winner_share", STEP, trials.credit),
        ("winner_share", SAME, trials.credit_among_staying),
    ]
    if audited:
        shown += [
            ("winner_share", f"chance: {STEP}", 1 / trials.n),
            ("winner_share", f"chance: {SAME}", 1 / trials.n_staying),
            ("target_area", STEP, 2.0**trials.log_area),
        ]
    for metric, group, values in shown:
        for step in np.unique(trials.steps):
            yield column(metric, group, str(step), values, one, trials.steps == step)
    credit = _centred(trials.credit_among_staying, trials)
    for level, covariate in ((AREA, trials.log_area), (RATIO, trials.log_ratio)):
        x = _centred(covariate, trials)
        weight = len(x) / max(float(x @ x), np.finfo(float).tiny)  # so that the denominator counts crops
        yield column(SLOPE, WITHIN, level, weight * x * credit, weight * x * x, np.isfinite(x))


def _centred(values: np.ndarray, trials: CropTrials) -> np.ndarray:
    """Differences from the mean of each ladder, whose rows stand together."""
    by_ladder = values.reshape(-1, len(np.unique(trials.steps)))
    return (by_ladder - by_ladder.mean(axis=1, keepdims=True)).ravel()
