"""Estimates of the attention probe: shares, densities, slopes and agreement, by layer, with cluster intervals.

Every number is made of sums over clusters, so the encoder and its untrained twins are resampled jointly. The one effect
that awaits a verdict is the slope of log density on log area within pictures, in the last layer: 0 where attention goes
by area, negative where a large object gets less for each of its pixels (docs/attention.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from primacy.probes.attention import AttentionSums
from primacy.results.record import Estimate
from primacy.stats.columns import Cell, Column, Estimates, Resampled, resample
from primacy.stats.compare import equivalence, two_sided_p
from primacy.stats.effects import AUDITED, PendingEffect
from primacy.stats.intervals import Interval, interval, ratio_interval, standard_error
from primacy.stats.resample import Draws, cluster_draws
from primacy.stats.verdict import NullEffect

MARGIN = 0.1
"""Equivalence margin of the slope of log density: over a tenfold area the density changes by a quarter at the most."""

LAST = "last"
"""The level that stands for the last layer, so that encoders of different depth can be set side by side."""

_BY_LEVEL = {"attention_share": "share", "attention_density": "density", "attention_unmixed": "unmixed"}


class _Entry(NamedTuple):
    """A column, and what its record counts: objects or pictures."""

    column: Column
    n: float


def attention_estimates(
    sums: Mapping[str, AttentionSums],
    cell: Cell,
    *,
    n_objects: int,
    rng: np.random.Generator,
    group: str = "size_level",
) -> Estimates:
    """Estimate attention against area jointly for the encoder and its untrained twins.

    Args:
        sums: per encoder, over the same pictures; key "encoder" is the audited one. A table of heads is made of the
            sums that kept one.
        cell: labels and levels; its probe is "attention".
        n_objects: objects a picture.
        rng: of the cluster resampling.
        group: what the levels of the sums are, "size_level" or "size_rank".
    """
    entries = {name: _entries(own, group) for name, own in sums.items()}
    table = resample({name: [entry.column for entry in own] for name, own in entries.items()}, cell.level, rng=rng)
    records = {}
    for name, own in sums.items():
        records[name] = [
            cell.record(n_objects, *column[:3], table.limits.at(i), n, int(table.draws.support[i]))
            for i, (column, n) in zip(table.places[name], entries[name], strict=True)
        ]
        records[name] += _ratios(name, own, table, cell, n_objects, group)
        records[name] += _correlations(own, cell, n_objects, rng)
        if own.by_head:
            records[name] += _heads(own, cell, n_objects, group, rng)
    return Estimates(records, [_effect(table, n_objects, cell)])


def _views(sums: AttentionSums) -> list[tuple[str, int]]:
    """Levels of "layer" and where they stand in the sums; the last layer comes a second time, under its own name."""
    return [*((view, v) for v, view in enumerate(sums.views)), (LAST, len(sums.layers) - 1)]


def _entries(sums: AttentionSums, group: str) -> list[_Entry]:
    out: list[_Entry] = []

    def add(metric: str, by: str, level: str, numerator: str, denominator: str, at: tuple[int, ...], n: str) -> None:
        index: Any = (slice(None), *at)
        values, weights, counts = (sums[name][index] for name in (numerator, denominator, n))
        out.append(_Entry(Column(metric, by, level, values, weights, 1), float(counts.sum())))

    for view, v in _views(sums):
        for s, level in enumerate(sums.levels):
            for metric, name in _BY_LEVEL.items():
                add(metric, f"{group}*layer", f"{level}*{view}", name, "objects", (v, s), "objects")
        for name in ("ground", "elsewhere"):
            add("attention_share", "rest*layer", f"{name}*{view}", name, "pictures", (v,), "pictures")
        add("attention_slope", "layer", view, "slope_xy", "slope_xx", (v,), "slope_n")
        if len(sums.levels) > 1:
            level = f"{sums.levels[0]}-{sums.levels[-1]}*{view}"
            add("attention_density", "layer", level, "contrast", "contrast_n", (v,), "contrast_n")
        if sums["agree_n"].any():
            add("attention_agreement", "layer", view, "agree_share", "agree_n", (v,), "agree_n")
            for name in ("density", "area"):
                add(
                    "attention_agreement",
                    "measure*layer",
                    f"{name}*{view}",
                    f"agree_{name}",
                    "agree_n",
                    (v,),
                    "agree_n",
                )
    return out


def _ratios(name: str, sums: AttentionSums, table: Resampled, cell: Cell, n_objects: int, group: str) -> list[Estimate]:
    """Mean share and densities of the first size level over those of the last."""
    if len(sums.levels) < 2:
        return []
    first, last = sums.levels[0], sums.levels[-1]
    out = []
    for view, v in _views(sums):
        for metric in _BY_LEVEL:
            a, b = (table.at(name, metric, f"{group}*layer", f"{level}*{view}") for level in (first, last))
            if a is None or b is None:
                continue
            support = int(min(table.draws.support[[a, b]]))
            limits, n = ratio_interval(table.draws, a, b, cell.level), float(sums["objects"][:, v].sum())
            out.append(cell.record(n_objects, f"{metric}_ratio", "layer", f"{first}:{last}*{view}", limits, n, support))
    return out


def _correlations(sums: AttentionSums, cell: Cell, n_objects: int, rng: np.random.Generator) -> list[Estimate]:
    """Correlation of log share, and of log density, with the winner's credit, both about their means within a
    picture: r = sign(a) sqrt(a b), a and b the slopes of one on the other and back."""
    if not sums["agree_n"].any():
        return []
    pairs = [(measure, view, v) for view, v in _views(sums) for measure in ("share", "density")]
    both = [sums[f"{measure}_credit"][:, v] for measure, _, v in pairs]
    back = [sums[f"{measure}_{measure}"][:, v] for measure, _, v in pairs]
    there = [sums["credit_credit"][:, v] for _, _, v in pairs]
    draws = cluster_draws(np.stack(both + both, axis=1), np.stack(back + there, axis=1), rng=rng)
    k = len(pairs)
    value, resampled = (np.sign(x[..., :k]) * np.sqrt(np.abs(x[..., :k] * x[..., k:])) for x in draws[:2])
    return [
        cell.record(
            n_objects,
            "attention_correlation",
            "measure*layer",
            f"{measure}*{view}",
            interval(value[i], resampled[:, i], cell.level, n_clusters=int(draws.support[i]), bounds=(-1, 1)),
            float(sums["agree_n"][:, v].sum()),
            int(draws.support[i]),
        )
        for i, (measure, view, v) in enumerate(pairs)
    ]


def _heads(sums: AttentionSums, cell: Cell, n_objects: int, group: str, rng: np.random.Generator) -> list[Estimate]:
    """Share and density by head, a layer at a time so that draws of all heads never stand in memory together."""
    out = []
    for layer, name in enumerate(sums.layers):
        columns = [
            Column(
                metric, f"{group}*layer*head", f"{level}*{name}*{head}", sums[source][at], sums["head_objects"][at], 1
            )
            for metric, source in (("attention_share", "head_share"), ("attention_density", "head_density"))
            for head in range(sums.heads)
            for s, level in enumerate(sums.levels)
            for at in [(slice(None), layer, head, s)]
        ]
        if columns:
            out += resample({AUDITED: columns}, cell.level, rng=rng).records(AUDITED, n_objects, cell)
    return out


def _effect(table: Resampled, n_objects: int, cell: Cell) -> PendingEffect:
    """Slope of log density on log area in the last layer: that of log share, less one."""
    slopes = {name: _last_slope(table, name) for name in table.places}
    slope = slopes[AUDITED]
    nulls = tuple(
        NullEffect(name, _interval(_minus(theirs, 1.0), cell.level), _interval(_minus(slope, theirs), cell.level))
        for name, theirs in slopes.items()
        if name != AUDITED
    )
    slope = _minus(slope, 1.0)
    clusters = int(slope.support[0])
    return PendingEffect(
        **cell.effect(n_objects, "attention_density"),  # type: ignore[arg-type]
        effect="log area",
        interval=_interval(slope, cell.level),
        p=float(two_sided_p(slope.value, slope.draws, n_clusters=clusters)[0]),
        p_equivalence=float(equivalence(slope.value, slope.draws, MARGIN, n_clusters=clusters)[0]),
        se=float(standard_error(slope.draws, n_clusters=clusters)[0]),
        n_clusters=clusters,
        nulls=nulls,
        margin=MARGIN,
        unit="logits",
        per="of density per unit of log area",
    )


def _last_slope(table: Resampled, name: str) -> Draws:
    weights = np.zeros(len(table.columns))
    weights[table.at(name, "attention_slope", "layer", LAST)] = 1
    return table.draws.contrast(weights)


def _minus(slope: Draws, other: Draws | float) -> Draws:
    """A slope less a number, or less another slope, paired by cluster."""
    if not isinstance(other, Draws):
        return slope._replace(value=slope.value - other, draws=slope.draws - other)
    support = np.minimum(slope.support, other.support)
    return slope._replace(value=slope.value - other.value, draws=slope.draws - other.draws, support=support)


def _interval(column: Draws, level: float) -> Interval:
    return interval(float(column.value[0]), column.draws[:, 0], level, n_clusters=int(column.support[0]))
