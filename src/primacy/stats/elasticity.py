"""Area elasticity: how much more often an object wins where it is larger, all else equal (docs/area-elasticity.md).

Shares at a size level depend on how much larger the large object is, on where it stands and on what it is. The slope of
log winner odds on natural log area, at fixed slot and category, does not: it says by which power of the ratio of their
areas the odds between two objects grow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from primacy.errors import UsageError
from primacy.probes.ior import PictureSums
from primacy.results.record import Estimate
from primacy.stats.columns import Cell
from primacy.stats.compare import equivalence_from, two_sided_p_from
from primacy.stats.effects import AUDITED, PLACE_NULLS, SIZE_NULLS, PendingEffect
from primacy.stats.intervals import Interval
from primacy.stats.picture_model import AREA, CATEGORY, CENTRALITY, SLOT, Effects, limits, picture_model, with_error
from primacy.stats.verdict import NullEffect

CENTRE = "centre"
"""The slot in the middle of the frame."""


@dataclass
class Elasticities:
    """Records for every encoder and the effects of a cell; `notes`: by encoder, what could not be estimated and why."""

    records: dict[str, list[Estimate]] = field(default_factory=dict)
    effects: list[PendingEffect] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Slopes:
    """Of one encoder: `slope` on log area and on centrality, the slots' effects (None where pictures have none)."""

    clusters: np.ndarray
    n: int
    area: Effects
    centrality: Effects | None
    slots: Effects | None


def area_elasticity(
    sums: Mapping[str, PictureSums], names: Sequence[str], cell: Cell, *, n_objects: int | None = None
) -> Elasticities:
    """Area elasticity, centre preference and their exchange rate, for the encoder and its nulls on the same pictures.

    `area_elasticity`: slope on log area in the conditional logit with slot (centrality where there are no slots) and
    category. `centre_preference`: slope on centrality in the model with centrality in the place of slot. `tie_ratio`:
    exp((centre - mean of the other slots) / elasticity), the ratio of areas off-centre : centre at which both win
    equally often; its interval is the delta method's on the log scale, and NaN where the elasticity's includes zero.

    Verdicts are in logits. The margin for the elasticity is what doubling the area of one of two even objects must not
    change by more than the cell's margin of shares, logit(0.5 + margin) / ln 2; for centre preference, moving it from a
    corner to the centre, logit(0.5 + margin).

    Args:
        sums: per encoder, over the same pictures; key "encoder" is the audited one.
        names: of the categories, by id.
        cell: labels, level and margin.
        n_objects: what the records say; by default what the pictures have, 0 where they differ in it.

    Raises:
        UsageError: the encoders were not scored on the same pictures.
    """
    out = Elasticities()
    n_objects = next(iter(sums.values())).n_objects if n_objects is None else n_objects
    found: dict[str, _Slopes] = {}
    for name, own in sums.items():
        slopes = _slopes(own, names)
        if isinstance(slopes, str):
            out.notes[name] = [f"area elasticity: {slopes}"]
        else:
            found[name] = slopes
            out.records[name] = _records(slopes, n_objects, cell, out.notes.setdefault(name, []))
    if AUDITED not in found:
        return out
    limit = math.log((0.5 + min(cell.margin, 0.499)) / (0.5 - min(cell.margin, 0.499)))
    area = {name: slopes.area for name, slopes in found.items() if name not in SIZE_NULLS}
    centre = {
        name: slopes.centrality
        for name, slopes in found.items()
        if name not in PLACE_NULLS and slopes.centrality is not None
    }
    clusters = {name: slopes.clusters for name, slopes in found.items()}
    labels = cell.effect(n_objects, "area_elasticity") | {"effect": AREA, "per": "per unit of log area"}
    out.effects.append(_effect(area, clusters, limit / math.log(2), cell.level, labels))
    if AUDITED in centre:
        labels = cell.effect(n_objects, "centre_preference") | {"effect": CENTRALITY, "per": "from corner to centre"}
        out.effects.append(_effect(centre, clusters, limit, cell.level, labels))
    return out


def _slopes(sums: PictureSums, names: Sequence[str]) -> _Slopes | str:
    """The slopes of one encoder, or why there are none."""
    model = picture_model(sums.choice_data(), names, (AREA, CENTRALITY, SLOT, CATEGORY))
    if AREA not in model.terms:
        return model.left_out[AREA]
    terms = tuple(term for term in model.terms if not (term == CENTRALITY and SLOT in model.terms))
    fitted = model.fit(terms)
    slots = fitted.effects(SLOT) if SLOT in terms else None
    centrality = None
    if CENTRALITY in model.terms:
        other = fitted if slots is None else model.fit(tuple(CENTRALITY if x == SLOT else x for x in terms))
        centrality = other.effects(CENTRALITY)
    return _Slopes(model.clusters, len(model.members), fitted.effects(AREA), centrality, slots)


def _records(slopes: _Slopes, n_objects: int, cell: Cell, notes: list[str]) -> list[Estimate]:
    k = len(slopes.clusters)
    elasticity = limits(slopes.area.value, slopes.area.influence, cell.level).at(0)
    rows = [("area_elasticity", AREA, elasticity)]
    if slopes.centrality is not None:
        preference = limits(slopes.centrality.value, slopes.centrality.influence, cell.level).at(0)
        rows.append(("centre_preference", CENTRALITY, preference))
    if slopes.slots is not None and CENTRE in slopes.slots.levels:
        if elasticity.excludes_zero:
            tie = _tie_ratio(slopes.area, slopes.slots, cell.level)
        else:
            tie = Interval(math.nan, math.nan, math.nan)
            notes.append("tie ratio: not defined, since the interval of the area elasticity includes zero")
        rows.append(("tie_ratio", f"off-centre:{CENTRE}", tie))
    return [
        cell.record(n_objects, metric, "logit", level, interval, float(slopes.n), k) for metric, level, interval in rows
    ]


def _tie_ratio(area: Effects, slots: Effects, level: float) -> Interval:
    at = np.array([name == CENTRE for name in slots.levels])
    contrast = np.where(at, 1.0, -1 / (len(at) - 1))
    log_ratio = contrast @ slots.value / area.value[0]
    influence = (slots.influence @ contrast - log_ratio * area.influence[:, 0]) / area.value[0]
    value, low, high = limits(np.array([log_ratio]), influence[:, None], level).at(0)
    return Interval(math.exp(value), _exp(low), _exp(high))


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _effect(
    slopes: Mapping[str, Effects],
    clusters: Mapping[str, np.ndarray],
    margin: float,
    level: float,
    labels: Mapping[str, str | int],
) -> PendingEffect:
    """The effect of a slope; differences to nulls are paired through each cluster's influence on both."""
    own = slopes[AUDITED]
    k = len(clusters[AUDITED])
    value, se = with_error(own.value, own.influence)
    nulls = []
    for name, theirs in slopes.items():
        if name == AUDITED:
            continue
        if not np.array_equal(clusters[name], clusters[AUDITED]):
            raise UsageError(
                f"{name} was scored on other pictures than the encoder ({len(clusters[name])} and {k} clusters)",
                hint="Score the nulls on the very pictures of the encoder.",
            )
        difference = limits(own.value - theirs.value, own.influence - theirs.influence, level)
        nulls.append(NullEffect(name, limits(theirs.value, theirs.influence, level).at(0), difference.at(0)))
    return PendingEffect(
        **labels,  # type: ignore[arg-type]
        interval=limits(own.value, own.influence, level).at(0),
        p=float(two_sided_p_from(value, se, n_clusters=k)[0]),
        p_equivalence=float(equivalence_from(value, se, margin, n_clusters=k)[0]),
        se=float(se[0]),
        n_clusters=k,
        nulls=tuple(nulls),
        margin=margin,
        unit="logits",
    )
