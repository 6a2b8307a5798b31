"""The conditional logit of the winner of a picture: which terms the pictures allow, and fits of any of them.

An object wins with probability softmax(utility) over the objects of its picture. Utility is a sum of terms: natural log
of its area, centrality, contrast with the ground and log of the number of instances (covariates), slot and category
(factors). `image_choice` reads the whole model, `elasticity` the slope on log area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import NamedTuple

import numpy as np

from primacy.errors import UsageError
from primacy.probes.ior import PictureTrials
from primacy.stats import logit
from primacy.stats.intervals import Intervals, standard_error_limits
from primacy.stats.logit import Features, Ints, LogitFit
from primacy.stats.resample import Floats

AREA, CENTRALITY, SLOT, CONTRAST, INSTANCES, CATEGORY = TERMS = (
    "log area",
    "centrality",
    "slot",
    "contrast",
    "log instances",
    "category",
)
_MEASURED = 0.9
_NO_SPREAD = 1e-9
_FIT_ACCURACY = 1e-9


class Effects(NamedTuple):
    """Effects of one term, in logits: of a covariate per unit, of a factor by level, summing to zero. `levels` names
    them; `value` (L,); `influence` (K, L): how far each cluster moves them, row for row with `PictureModel.clusters`.
    """

    levels: tuple[str, ...]
    value: Floats
    influence: Floats


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model. `jacobians`: by term, from its parameters to its effects; `at`: where these parameters stand."""

    features: Features
    fit: LogitFit
    influence: Floats
    levels: dict[str, tuple[str, ...]]
    at: dict[str, slice]
    jacobians: dict[str, Floats]

    def effects(self, term: str) -> Effects:
        """The effects of one of its terms."""
        jacobian, at = self.jacobians[term], self.at[term]
        return Effects(self.levels[term], jacobian @ self.fit.theta[at], self.influence[:, at] @ jacobian.T)


@dataclass(frozen=True, eq=False)
class PictureModel:
    """Pictures made ready for fitting.

    `present`, `credit` (T, n) and `members` (T,), the cluster of each picture as a place in `clusters` (K,), sorted.
    `terms`: the usable ones, with features, names of their levels, and the matrix from parameters to effects.
    `left_out`: the other terms, and why. `n_dropped`: pictures not scored, not measured or of a single object.
    """

    present: np.ndarray
    credit: Floats
    members: Ints
    clusters: Ints
    slots: np.ndarray
    features: dict[str, Features]
    levels: dict[str, tuple[str, ...]]
    jacobians: dict[str, Floats]
    left_out: dict[str, str]
    n_dropped: int

    @property
    def terms(self) -> tuple[str, ...]:
        """Usable terms in the order of `TERMS`."""
        return tuple(self.features)

    @property
    def null_deviance(self) -> float:
        """Deviance (-2 log likelihood) of the uniform chooser."""
        return float(2 * np.log(self.present.sum(axis=1)).sum())

    def joined(self, terms: Sequence[str]) -> Features:
        """Features of these terms side by side."""
        return reduce(logit.join, (self.features[term] for term in terms))

    def explained(self, terms: Sequence[str]) -> float:
        """Share of the null deviance that these terms explain (McFadden's R^2); 0 for none."""
        if not terms:
            return 0.0
        return 1 + 2 * logit.fit(self.joined(terms), self.credit).log_likelihood / self.null_deviance

    def fit(self, terms: Sequence[str]) -> Fitted:
        """Fit these terms, with each cluster's influence on the parameters (CR3, as in `choice`)."""
        features = self.joined(terms)
        fitted = logit.fit(features, self.credit)
        scores = logit.leave_out_scores(features, self.credit, fitted, self.members)
        ends = np.cumsum([0, *(self.features[term].size for term in terms)])
        return Fitted(
            features,
            fitted,
            logit.influence(fitted, scores),
            {term: self.levels[term] for term in terms},
            {term: slice(ends[i], ends[i + 1]) for i, term in enumerate(terms)},
            {term: self.jacobians[term] for term in terms},
        )


def with_error(value: Floats, influence: Floats) -> tuple[Floats, Floats]:
    """Values (L,) with cluster-robust standard errors from the influence of K clusters (K, L), NaN for K < 2; both
    exactly zero where they are so but for the accuracy of the fit."""
    k = len(influence)
    se = np.sqrt((influence**2).sum(axis=0) * (k - 1) / k) if k > 1 else np.full(influence.shape[1], np.nan)
    return np.where(np.abs(value) < _FIT_ACCURACY, 0.0, value), np.where(se < _FIT_ACCURACY, 0.0, se)


def limits(value: Floats, influence: Floats, level: float) -> Intervals:
    """value +- t(K-1) x standard error, from the influence of K clusters (K, L)."""
    return standard_error_limits(*with_error(value, influence), level, n_clusters=len(influence))


def picture_model(
    trials: PictureTrials, names: Sequence[str], terms: Sequence[str] = TERMS, *, prior_sd: float | None = 5.0
) -> PictureModel:
    """Make scored pictures ready for fitting.

    A covariate is left out where it is measured in fewer than nine pictures of ten, or does not differ between the
    objects of any picture; pictures in which a covariate that is used was not measured are dropped. Covariates are
    centred in each picture, which changes no probability, and scaled to unit spread.

    Args:
        trials: pictures with winner credit that sums to 1 in each; NaN credit says not scored.
        names: of the categories, by id.
        terms: those wanted, of `TERMS`.
        prior_sd: standard deviation, in logits, of a Gaussian prior on factor effects (about their mean) and on the
            slope of a scaled covariate, as in `choice.attribute`; None for maximum likelihood.

    Raises:
        UsageError: no picture was scored, or credit does not sum to 1.
    """
    scored = _scored(trials)
    measured, left_out = _covariates(scored, terms)
    usable = np.ones(len(scored.clusters), dtype=bool)
    for values in measured.values():
        usable &= np.isfinite(np.where(scored.present, values, 0.0)).all(axis=1)
    used = PictureTrials(*(field[usable] for field in scored))
    features, levels, jacobians = {}, {}, {}
    for term in (term for term in TERMS if term in terms and term not in left_out):
        if term in measured:
            found, levels[term], jacobians[term] = _covariate(term, measured[term][usable], used.present, prior_sd)
        else:
            found, levels[term], jacobians[term] = _factor(term, used, names, prior_sd)
        if found is None:
            left_out[term] = (
                "does not differ between the objects of a picture"
                if term in measured
                else "not known, or only one of it"
            )
        else:
            features[term] = replace(found, present=used.present)
    clusters, members = np.unique(used.clusters, return_inverse=True)
    return PictureModel(
        used.present,
        used.credit,
        members.astype(np.int64),
        clusters.astype(np.int64),
        used.slots,
        features,
        levels,
        jacobians,
        left_out,
        len(trials.clusters) - len(members),
    )


def _scored(trials: PictureTrials) -> PictureTrials:
    """The pictures that were scored and hold a choice."""
    kept = np.isfinite(trials.credit).all(axis=1) & (trials.present.sum(axis=1) > 1)
    if not kept.any():
        raise UsageError(
            "no picture was scored, so nothing can be attributed", hint="Check the winner credits for NaN."
        )
    credit = trials.credit[kept]
    off = np.abs(np.where(trials.present[kept], credit, 0.0).sum(axis=1) - 1) > 1e-6
    if off.any() or credit.min() < -1e-9:
        raise UsageError(
            f"{int(off.sum())} of {len(off)} credit rows do not sum to 1 or hold negative credit",
            hint="The objects of a picture share a credit of 1.",
        )
    return PictureTrials(*(field[kept] for field in trials))


def _covariates(trials: PictureTrials, terms: Sequence[str]) -> tuple[dict[str, Floats], dict[str, str]]:
    """Values (T, n) of the covariates that enough pictures have, NaN where not measured; why others are left out."""
    with np.errstate(divide="ignore", invalid="ignore"):
        every = {
            AREA: np.log(np.where(trials.areas > 0, trials.areas, np.nan)),
            CENTRALITY: trials.centrality,
            CONTRAST: trials.contrasts,
            INSTANCES: np.log(np.where(trials.instances > 0, trials.instances, np.nan)),
        }
    measured, left_out = {}, {}
    for term, values in every.items():
        if term in terms:
            known = np.asarray(np.isfinite(np.where(trials.present, values, 0.0)).all(axis=1))
            if known.mean() < _MEASURED:
                left_out[term] = f"measured in {known.sum():,} of {len(known):,} pictures"
            else:
                measured[term] = values
    return measured, left_out


def _covariate(
    term: str, values: Floats, present: np.ndarray, prior_sd: float | None
) -> tuple[Features | None, tuple[str, ...], Floats]:
    """Features of a covariate centred in each picture and scaled to unit spread; None where it has none."""
    filled = np.where(present, values, 0.0)
    centred = np.where(present, filled - filled.sum(axis=1, keepdims=True) / present.sum(axis=1, keepdims=True), 0.0)
    spread = float(np.sqrt((centred**2).sum() / present.sum()))
    if not spread > _NO_SPREAD:
        return None, (term,), np.ones((1, 1))
    return logit.covariate(centred / spread, prior_sd), (term,), np.array([[1 / spread]])


def _factor(
    term: str, trials: PictureTrials, names: Sequence[str], prior_sd: float | None
) -> tuple[Features | None, tuple[str, ...], Floats]:
    """Features of slot or category; None where there are fewer than two levels, or an object has none."""
    values = trials.slots if term == SLOT else trials.objects
    found = np.unique(values[trials.present])
    if len(found) < 2 or "" in found.astype(str):
        return None, (), np.empty((0, 0))
    codes = np.where(trials.present, np.searchsorted(found, values), 0)
    levels = tuple(str(x) for x in found) if term == SLOT else tuple(names[int(x)] for x in found)
    centring = (np.eye(len(found)) - 1 / len(found))[:, 1:]
    return logit.factor(np.minimum(codes, len(found) - 1), len(found), prior_sd), levels, centring
