"""Attribution of the winner of a picture: how much of it is area, place, contrast, instances and category.

The conditional logit of `picture_model` with all terms that the pictures allow. Where there are slots, centrality is
hardly more than a function of them: the whole model then has the slots, the slope on centrality comes from the same
model with centrality in their stead, and in the split of deviance centrality enters before slot, so that `slot` is what
the places add beyond their distance from the centre (as token count and category in `choice`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from primacy.probes.ior import PictureTrials
from primacy.results import record
from primacy.stats import logit
from primacy.stats.columns import Cell
from primacy.stats.deviance_split import deviance_split
from primacy.stats.intervals import Intervals
from primacy.stats.logit import Features
from primacy.stats.picture_model import (
    AREA,
    CATEGORY,
    CENTRALITY,
    SLOT,
    TERMS,
    Fitted,
    PictureModel,
    limits,
    picture_model,
)
from primacy.stats.resample import Floats

AREA_DOUBLED = "area doubled"


@dataclass(frozen=True, eq=False)
class ImageChoice:
    """The fitted choice model. Intervals are cluster-robust with t(K-1) quantiles.

    `names` (L,) and `coefficients` (L,): slopes ("log area": logits per unit of natural log, a doubling is 0.69 of
    them) and slot effects ("slot centre", summing to zero), in logits; `influence` (K, L): how far each of `clusters`
    (K,) moves them, so that differences to another encoder on the same pictures can be paired. `categories` and
    `category`: category effects, summing to zero. `marginal_names` and `marginal`: average marginal effects as shares.
    For a slot: mean winning probability there, with every picture's objects rotated through its slots, minus 1/n
    (pictures of one number of objects only). For "area doubled": mean change of an object's winning probability where
    its area alone is doubled. `explained`: McFadden's R^2 of the whole model; `split`: its parts by term, which sum to
    it: a Shapley (LMG) split. `left_out`: terms that the pictures do not allow, and why.
    """

    names: tuple[str, ...]
    coefficients: Intervals
    influence: Floats
    clusters: np.ndarray
    categories: tuple[str, ...]
    category: Intervals
    marginal_names: tuple[str, ...]
    marginal: Intervals
    explained: float
    split: dict[str, float]
    left_out: dict[str, str]
    converged: bool
    identified: bool
    n: int
    n_dropped: int

    def record(self, cell: Cell, n_objects: int) -> record.Attribution:
        """As it stands in `result.json`: marginal effects in percentage points, category effects left out."""

        def rows(names: Sequence[str], values: Intervals, scale: float) -> tuple[record.Coefficient, ...]:
            triples = ([scale * x for x in values.at(i)] for i in range(len(names)))
            return tuple(
                record.Coefficient(name=name, value=value, ci_low=low, ci_high=high)
                for name, (value, low, high) in zip(names, triples, strict=True)
            )

        return record.Attribution(
            n_objects=n_objects,
            n=self.n,
            n_clusters=len(self.clusters),
            converged=self.converged,
            marginal_effects=rows(self.marginal_names, self.marginal, 100),
            coefficients=rows(self.names, self.coefficients, 1),
            explained=self.explained,
            split=dict(self.split),
            probe=cell.probe,
            stimuli=cell.stimuli,
        )


def attribute_pictures(
    trials: PictureTrials,
    names: Sequence[str],
    *,
    terms: Sequence[str] = TERMS,
    prior_sd: float | None = 5.0,
    level: float = 0.95,
) -> ImageChoice:
    """Fit the conditional logit of the winner and attribute wins to what the objects are, cover and where they stand.

    Args:
        trials: scored pictures, of any numbers of objects (`PictureSums.choice_data`).
        names: of the categories, by id.
        terms: those wanted.
        prior_sd: of the weak Gaussian prior on the effects (`picture_model`); None for maximum likelihood.
        level: confidence level.

    Raises:
        UsageError: no picture was scored, or credit does not sum to 1.
        DesignError: without a prior, some effects cannot be told apart in these pictures.
    """
    model = picture_model(trials, names, terms, prior_sd=prior_sd)
    whole = tuple(term for term in model.terms if not (term == CENTRALITY and SLOT in model.terms))
    if not whole:
        return _nothing(model)
    fitted = model.fit(whole)
    found = {term: fitted.effects(term) for term in whole}
    if CENTRALITY in model.terms and SLOT in whole:
        instead = tuple(CENTRALITY if term == SLOT else term for term in whole)
        found[CENTRALITY] = model.fit(instead).effects(CENTRALITY)
    shown = [term for term in TERMS if term in found and term != CATEGORY]
    labels = tuple(f"slot {x}" if term == SLOT else x for term in shown for x in found[term].levels)
    influence = np.concatenate([np.zeros((len(model.clusters), 0)), *(found[term].influence for term in shown)], axis=1)
    values = np.concatenate([np.zeros(0), *(found[term].value for term in shown)])
    marginal_names, marginal, gradient = _marginal(model, fitted)
    category = found.get(CATEGORY)
    split = deviance_split(model)
    return ImageChoice(
        names=labels,
        coefficients=limits(values, influence, level),
        influence=influence,
        clusters=model.clusters,
        categories=category.levels if category else (),
        category=limits(category.value, category.influence, level) if category else _EMPTY,
        marginal_names=marginal_names,
        marginal=limits(marginal, fitted.influence @ gradient.T, level),
        explained=float(sum(split.values())),
        split=split,
        left_out=model.left_out,
        converged=fitted.fit.converged,
        identified=fitted.fit.identified,
        n=len(model.members),
        n_dropped=model.n_dropped,
    )


_EMPTY = Intervals(np.zeros(0), np.zeros(0), np.zeros(0))


def _nothing(model: PictureModel) -> ImageChoice:
    """No term can be used: nothing is explained."""
    return ImageChoice(
        (), _EMPTY, np.zeros((len(model.clusters), 0)), model.clusters, (), _EMPTY, (), _EMPTY, 0.0, {},
        model.left_out, True, True, len(model.members), model.n_dropped,
    )  # fmt: skip


def _marginal(model: PictureModel, fitted: Fitted) -> tuple[tuple[str, ...], Floats, Floats]:
    """Names, values (L,) and gradients (L, D) of the average marginal effects."""
    names: list[str] = []
    rows: list[tuple[float, Floats]] = []
    if SLOT in fitted.levels and model.present.all():
        names += fitted.levels[SLOT]
        rows += _slot_shares(model, fitted)
    if AREA in fitted.levels:
        names.append(AREA_DOUBLED)
        rows.append(_area_doubled(model, fitted))
    width = fitted.features.size
    gradient = np.concatenate([np.zeros((0, width)), *(row[None] for _, row in rows)])
    return tuple(names), np.array([value for value, _ in rows]), gradient


def _slot_shares(model: PictureModel, fitted: Fitted) -> list[tuple[float, Floats]]:
    """For each slot: mean winning probability there minus 1/n over all rotations of the objects, and its gradient."""
    n = model.present.shape[1]
    shares = dict.fromkeys(fitted.levels[SLOT], 0.0)
    gradients = {slot: np.zeros(fitted.features.size) for slot in shares}
    for shift in range(n):
        rotated = [
            model.features[term] if term == SLOT else _rotated(model.features[term], shift) for term in fitted.levels
        ]
        features = rotated[0]
        for other in rotated[1:]:
            features = logit.join(features, other)
        chance = logit.softmax(logit.utilities(features, fitted.fit.theta))
        for slot in shares:
            here = model.slots == slot
            weight = here / (n * here.sum())
            shares[slot] += float((weight * chance).sum())
            gradients[slot] += _push(features, chance, weight)
    return [(shares[slot] - 1 / n, gradients[slot]) for slot in shares]


def _rotated(features: Features, shift: int) -> Features:
    return Features(
        np.roll(features.columns, shift, axis=2),
        np.roll(features.values, shift, axis=2),
        features.size,
        features.penalty,
        features.present,
    )


def _area_doubled(model: PictureModel, fitted: Fitted) -> tuple[float, Floats]:
    """Mean change of winning probability of an object whose area doubles, and its gradient."""
    per_log = fitted.jacobians[AREA][0, 0]
    at = fitted.at[AREA].start
    step = per_log * math.log(2)
    odds = math.exp(step * fitted.fit.theta[at])
    chance = logit.softmax(logit.utilities(fitted.features, fitted.fit.theta))
    doubled = chance * odds / (chance * odds + 1 - chance)
    objects = model.present.sum()
    # d doubled = doubled (1 - doubled) [step d theta + d logit(chance)], and d chance is what `_push` takes
    gradient = _push(fitted.features, chance, odds / (chance * odds + 1 - chance) ** 2 / objects)
    gradient -= _push(fitted.features, chance, np.where(model.present, 1 / objects, 0.0))
    gradient[at] += step * float((doubled * (1 - doubled)).sum()) / objects
    return float((doubled - chance).sum() / objects), gradient


def _push(features: Features, chance: Floats, weight: Floats) -> Floats:
    """Gradient (D,) by the parameters of the sum of weight (T, n) x winning probability (T, n)."""
    pushed = chance * (weight - (chance * weight).sum(axis=1, keepdims=True))
    return logit.feature_sums(features, pushed, np.zeros(len(chance), dtype=np.int64))[0]
