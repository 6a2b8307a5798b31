"""Attribution: which of mention position, token count and category decides the winner of a trial.

A conditional logit (McFadden 1974): the object at position p wins with probability softmax(position effect +
category effect). It separates position from category in any design whose object sets overlap, which raw
shares cannot where some objects always come first. A name's token count is fixed by its category, so it
stands in for the category effects in a model of its own, and the split of deviance asks how much category
explains *beyond* token count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from primacy.errors import UsageError
from primacy.stats import logit
from primacy.stats.intervals import Interval, Intervals, standard_error_limits
from primacy.stats.logit import Features, Ints, LogitFit
from primacy.stats.resample import Floats

_FIT_ACCURACY = 1e-9


@dataclass(frozen=True)
class DevianceSplit:
    """Deviances (-2 log likelihood) of the uniform chooser, `null`, and of position + category, `model`.

    `explained` is 1 - model / null (McFadden's R^2). `position`, `token_count` and `category` are its parts
    and sum to it: a Shapley (LMG) split between position and name, the name's part being shared out with
    token count entering before category (Owen 1977), so that `category` is what it adds beyond token count.
    `token_count` is NaN where no counts were given; `position` does not depend on whether they were.
    """

    null: float
    model: float
    explained: float
    position: float
    token_count: float
    category: float


@dataclass(frozen=True)
class Attribution:
    """The fitted choice model. Intervals are cluster-robust with t(K-1) quantiles; effects are in logits.

    `position` (n,) and `category` (V',) effects sum to zero each; `categories` (V',) are the ids behind the
    latter. `marginal` (n,) are average marginal effects as shares (0.05 is 5 percentage points): mean winning
    probability in a position, with every trial's objects rotated through all positions, minus 1/n. They sum
    to zero. `token_slope` is logits per token in the model position + token count; NaN where no counts were
    given or all names have the same. `identified` says that the data alone (without the prior) determine
    every effect.
    """

    position: Intervals
    categories: Ints
    category: Intervals
    token_slope: Interval
    marginal: Intervals
    deviance: DevianceSplit
    converged: bool
    identified: bool
    n: int
    n_dropped: int
    n_clusters: int


@dataclass(frozen=True)
class _Trials:
    """Scored trials with categories and clusters renumbered from 0; `tokens` (T, n) standardised, or None."""

    objects: Ints
    credit: Floats
    clusters: Ints
    categories: Ints
    tokens: Floats | None
    token_sd: float
    n_dropped: int


def attribute(
    objects: ArrayLike,
    credit: ArrayLike,
    clusters: ArrayLike,
    token_counts: ArrayLike | None = None,
    *,
    prior_sd: float | None = 5.0,
    level: float = 0.95,
) -> Attribution:
    """Fit the conditional logit of the winner and attribute wins to position, token count and category.

    Args:
        objects: (T, n) int, category ids in mention order.
        credit: (T, n), the winner's credit; rows sum to 1, ties share, a row with NaN was not scored and is
            dropped.
        clusters: (T,) int, object set of each trial.
        token_counts: (V,) tokens of each category's name, indexed by category id.
        prior_sd: standard deviation, in logits, of a Gaussian prior on the effects (about their mean) and on
            the slope of the standardised token count. The default is weak (95 % of its effects change the
            odds by less than 1 : 18,000) and keeps separated data, where category decides everything,
            finite. None is plain maximum likelihood.
        level: confidence level.

    Raises:
        UsageError: shapes do not fit, credit rows do not sum to 1, or no trial was scored.
        DesignError: without a prior, some effects cannot be told apart in this design.
    """
    trials = _checked(objects, credit, clusters, token_counts)
    n_positions, n_categories = trials.objects.shape[1], len(trials.categories)
    n_clusters = int(trials.clusters.max()) + 1
    places = np.broadcast_to(np.arange(n_positions), trials.objects.shape)
    position = logit.factor(places, n_positions, prior_sd)
    category = logit.factor(trials.objects, n_categories, prior_sd)
    both = logit.join(position, category)
    full = logit.fit(both, trials.credit)
    covariance = logit.sandwich(full, logit.leave_out_scores(both, trials.credit, full, trials.clusters))

    cut = n_positions - 1
    to_position = np.hstack([_centred(n_positions), np.zeros((n_positions, n_categories - 1))])
    to_category = np.hstack([np.zeros((n_categories, cut)), _centred(n_categories)])
    marginal, gradient = _marginal_effects(trials, to_position @ full.theta, to_category @ full.theta)
    gradient = gradient @ np.vstack([to_position, to_category])

    def with_limits(value: Floats, jacobian: Floats) -> Intervals:
        se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian), 0))
        # an order-invariant chooser in a balanced design has exactly no position effect, the fit nearly none
        value, se = (np.where(np.abs(x) < _FIT_ACCURACY, 0.0, x) for x in (value, se))
        return standard_error_limits(value, se, level, n_clusters=n_clusters)

    deviance, slope = _deviance(trials, position, category, full, prior_sd, level)
    return Attribution(
        position=with_limits(to_position @ full.theta, to_position),
        categories=trials.categories,
        category=with_limits(to_category @ full.theta, to_category),
        token_slope=slope,
        marginal=with_limits(marginal, gradient),
        deviance=deviance,
        converged=full.converged,
        identified=full.identified,
        n=len(trials.objects),
        n_dropped=trials.n_dropped,
        n_clusters=n_clusters,
    )


def _checked(objects: ArrayLike, credit: ArrayLike, clusters: ArrayLike, token_counts: ArrayLike | None) -> _Trials:
    objects, credit, clusters = np.asarray(objects), np.asarray(credit, dtype=float), np.asarray(clusters)
    if (
        objects.ndim != 2
        or objects.shape[1] < 2
        or credit.shape != objects.shape
        or clusters.shape != objects.shape[:1]
    ):
        raise UsageError(
            f"objects {objects.shape}, credit {credit.shape} and clusters {clusters.shape} do not fit",
            hint="Give (T, n) objects and credit with n >= 2, and (T,) clusters.",
        )
    scored = ~np.isnan(credit).any(axis=1)
    if not scored.any():
        raise UsageError("no trial was scored, so nothing can be attributed", hint="Check the winner credits for NaN.")
    off = np.abs(credit[scored].sum(axis=1) - 1) > 1e-6
    if off.any() or credit[scored].min() < -1e-9:
        raise UsageError(
            f"{int(off.sum())} of {int(scored.sum())} credit rows do not sum to 1 or hold negative credit",
            hint="Each trial's winners share a credit of 1.",
        )
    categories, renumbered = np.unique(objects[scored], return_inverse=True)
    _, cluster_numbers = np.unique(clusters[scored], return_inverse=True)
    renumbered = renumbered.reshape(-1, objects.shape[1]).astype(np.int64)
    tokens, spread = _standardised_tokens(token_counts, categories, renumbered)
    return _Trials(
        renumbered,
        credit[scored],
        cluster_numbers.astype(np.int64),
        categories.astype(np.int64),
        tokens,
        spread,
        int((~scored).sum()),
    )


def _standardised_tokens(
    token_counts: ArrayLike | None, categories: Ints, objects: Ints
) -> tuple[Floats | None, float]:
    if token_counts is None:
        return None, np.nan
    counts = np.asarray(token_counts, dtype=float)
    if counts.ndim != 1 or categories[-1] >= len(counts):
        raise UsageError(
            f"token_counts {counts.shape} do not cover category id {categories[-1]}",
            hint="Give one count for each category of the vocabulary.",
        )
    cells = counts[categories][objects]
    spread = float(cells.std())
    return (np.zeros(cells.shape) if spread == 0 else (cells - cells.mean()) / spread), spread


def _centred(n_levels: int) -> Floats:
    """From effects against the first level (n-1) to effects that sum to zero (n)."""
    return (np.eye(n_levels) - 1 / n_levels)[:, 1:]


def _marginal_effects(trials: _Trials, position: Floats, category: Floats) -> tuple[Floats, Floats]:
    """Average marginal effects (n,) and their gradient by all position and category effects, (n, n + V')."""
    n_trials, n = trials.objects.shape
    n_categories = len(category)
    share = np.zeros(n)
    by_position, by_category = np.zeros((n, n)), np.zeros((n, n_categories))
    for shift in range(n):
        objects = np.roll(trials.objects, shift, axis=1)
        chance = logit.softmax(position + category[objects])
        share += chance.sum(axis=0)
        for place in range(n):
            slope = -chance * chance[:, [place]]
            slope[:, place] += chance[:, place]
            by_position[place] += slope.sum(axis=0)
            by_category[place] += np.bincount(objects.ravel(), slope.ravel(), minlength=n_categories)
    scale = n_trials * n
    return share / scale - 1 / n, np.hstack([by_position, by_category]) / scale


def _deviance(
    trials: _Trials,
    position: Features,
    category: Features,
    full: LogitFit,
    prior_sd: float | None,
    level: float,
) -> tuple[DevianceSplit, Interval]:
    n_trials, n = trials.objects.shape
    null = 2 * n_trials * math.log(n)

    def explained(result: LogitFit) -> float:
        return 1 + 2 * result.log_likelihood / null

    p, c, pc = (explained(f) for f in (logit.fit(position, trials.credit), logit.fit(category, trials.credit), full))
    model = -2 * full.log_likelihood
    if trials.tokens is None:
        split = DevianceSplit(null, model, pc, (p + pc - c) / 2, np.nan, (c + pc - p) / 2)
        return split, Interval(np.nan, np.nan, np.nan)
    t, pt, slope = _token_models(trials, position, p, prior_sd, level)
    by_token, by_category = (t + (pt - p)) / 2, ((c - t) + (pc - pt)) / 2
    return DevianceSplit(null, model, pc, (p + pc - c) / 2, by_token, by_category), slope


def _token_models(
    trials: _Trials, position: Features, position_alone: float, prior_sd: float | None, level: float
) -> tuple[float, float, Interval]:
    """Explained fractions of token count and of position + token count, and the slope in the latter."""
    if trials.tokens is None or trials.token_sd == 0:
        return 0.0, position_alone, Interval(np.nan, np.nan, np.nan)
    null = 2 * len(trials.objects) * math.log(trials.objects.shape[1])
    token = logit.covariate(trials.tokens, prior_sd)
    both = logit.join(position, token)
    alone, joint = logit.fit(token, trials.credit), logit.fit(both, trials.credit)
    scores = logit.leave_out_scores(both, trials.credit, joint, trials.clusters)
    variance = logit.sandwich(joint, scores)[-1, -1]
    value, se = joint.theta[-1:] / trials.token_sd, np.sqrt([variance]) / trials.token_sd
    slope = standard_error_limits(value, se, level, n_clusters=len(scores)).at(0)
    return 1 + 2 * alone.log_likelihood / null, 1 + 2 * joint.log_likelihood / null, slope
