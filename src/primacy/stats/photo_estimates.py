"""Estimates on real photos: by area, place, number and kind of each object, over photos with any number of objects.

Photos are observed, not designed: large things are of other kinds than small ones, and stand elsewhere. An encoder that
is blind to a thing shows no difference between its levels, up to what goes along with it. `image_choice` takes the
causes of a win apart, `crop_estimates` varies one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from primacy.probes.ior import PictureTrials
from primacy.results.record import Estimate
from primacy.stats import logit
from primacy.stats.columns import Cell, Estimates, Resampled, resample
from primacy.stats.effects import AUDITED, SIZE_NULLS, contrast_effect
from primacy.stats.photo_groups import (
    BOTH,
    MIN_PHOTOS,
    SPLIT_BY,
    Measure,
    objects_of,
    pooled_columns,
    ranked_columns,
    size_column,
    usable,
)
from primacy.stats.picture_model import CATEGORY, picture_model

WINS = Measure("winner_share", "excess_share", "size_bias", beyond_chance=True)
MATCHES = Measure("matching_accuracy", "matching_accuracy", "matching_effect", beyond_chance=False)
CATEGORY_ALONE = "category alone"
"""What the audited encoder would do if it went by category only. It stands among the nulls of the size effect: large
things are of other kinds than small ones, so liking persons looks like liking large things."""

_POOLED = 0
_Alone = Callable[[PictureTrials, Sequence[str]], np.ndarray]


def photo_estimates(
    trials: Mapping[str, PictureTrials],
    names: Sequence[str],
    cell: Cell,
    *,
    rng: np.random.Generator,
    split_by: str = SPLIT_BY,
) -> Estimates:
    """Winner shares on photos by what is known of their objects, jointly for the encoder and its nulls.

    For each number of objects with at least `MIN_PHOTOS` photos (`n_objects` of the record): `winner_share` by
    `size_rank`, 1 the largest. Pooled (`n_objects` 0), where photos differ in what chance is, `excess_share`, the
    credit minus 1/n: by `size_rank` (largest, between, smallest), `area_tercile` and `centrality_tercile` (of all
    objects), `instances` (1, 2-4, 5+), `category` (the audited encoder; the most frequent ones) and `slice*size_rank`
    ("with person*largest", ...); `size_bias`, the mean over photos of the largest object's credit minus the smallest's,
    by `size_rank` and by `slice`. The first is also an effect, and stands in the audited encoder's records once more,
    group `category alone`, as its category effects alone make it: the chances of a conditional logit of its wins on
    category, taken as known in the intervals.

    Args:
        trials: per encoder, over the same photos (`PictureSums.choice_data`); key "encoder" is the audited one.
        names: of the categories, by id.
        cell: labels and levels.
        rng: of the cluster resampling.
        split_by: the category whose presence makes the two slices.

    Raises:
        UsageError: the encoders were scored on different photos, or no photo has two objects with known areas.
    """
    return _estimates(trials, names, cell, WINS, _chances_by_category, rng, split_by)


def removal_estimates(
    trials: Mapping[str, PictureTrials],
    names: Sequence[str],
    cell: Cell,
    *,
    rng: np.random.Generator,
    split_by: str = SPLIT_BY,
) -> Estimates:
    """Matching accuracies on photos by the object that is missed, jointly for the encoder and its nulls.

    Groups and arguments are those of `photo_estimates`. The metric is `matching_accuracy` in all of them, for chance is
    1/2 whatever the number of objects; `matching_effect` is the mean over photos of the accuracy where the largest
    object is missed minus that where the smallest is. `category alone` is this effect with the accuracy of each object
    replaced by the mean of its category.

    Args:
        trials: per encoder, over the same photos (`RemovalScores.trials`); key "encoder" is the audited one.
        names: of the categories, by id.
        cell: labels and levels.
        rng: of the cluster resampling.
        split_by: the category whose presence makes the two slices.

    Raises:
        UsageError: the encoders were scored on different photos, or no photo has two objects with known areas.
    """
    return _estimates(trials, names, cell, MATCHES, _means_by_category, rng, split_by)


def _estimates(
    trials: Mapping[str, PictureTrials],
    names: Sequence[str],
    cell: Cell,
    measure: Measure,
    by_category: _Alone,
    rng: np.random.Generator,
    split_by: str,
) -> Estimates:
    kept = usable(trials)
    used = {name: PictureTrials(*(field[kept] for field in t)) for name, t in trials.items()}
    own = used[AUDITED]
    objects = objects_of(own, names, split_by)
    values = {name: t.credit[own.present] for name, t in used.items()}
    records: dict[str, list[Estimate]] = {name: [] for name in trials}
    for n in np.flatnonzero(np.bincount(own.present.sum(axis=1)) >= MIN_PHOTOS):
        ranked = {name: ranked_columns(objects, v, measure, int(n)) for name, v in values.items()}
        by_rank = resample(ranked, cell.level, rng=rng)
        for name in trials:
            records[name] += by_rank.records(name, int(n), cell)
    columns = {
        name: list(pooled_columns(objects, v, measure, categories=name == AUDITED)) for name, v in values.items()
    }
    alone = by_category(own, names)[own.present]
    columns[CATEGORY_ALONE] = [size_column(objects, alone, measure, CATEGORY_ALONE, BOTH)]
    pooled = resample(columns, cell.level, rng=rng)
    for name in columns:
        records[name if name in trials else AUDITED] += pooled.records(name, _POOLED, cell)
    effect = contrast_effect(
        pooled.draws,
        {name: _effect_weights(pooled, name, measure) for name in columns if name not in SIZE_NULLS},
        cell.margin,
        cell.level,
        effect=BOTH,
        **cell.effect(_POOLED, measure.effect),
    )
    return Estimates(records, [effect])


def _chances_by_category(trials: PictureTrials, names: Sequence[str]) -> np.ndarray:
    """Chances to win (T, n) of the conditional logit of the winner on category and nothing else."""
    model = picture_model(trials, names, (CATEGORY,))
    if not model.terms:
        return np.where(trials.present, 1 / trials.present.sum(axis=1, keepdims=True), 0.0)
    features = model.joined(model.terms)
    return logit.softmax(logit.utilities(features, logit.fit(features, model.credit).theta))


def _means_by_category(trials: PictureTrials, names: Sequence[str]) -> np.ndarray:
    """Mean accuracy (T, n) of each object's category."""
    ids = trials.objects[trials.present]
    sums = np.bincount(ids, weights=trials.credit[trials.present], minlength=len(names))
    means = sums / np.maximum(1, np.bincount(ids, minlength=len(names)))
    return np.where(trials.present, means[trials.objects], 0.0)


def _effect_weights(pooled: Resampled, name: str, measure: Measure) -> np.ndarray:
    weights = np.zeros(len(pooled.columns))
    group = CATEGORY_ALONE if name == CATEGORY_ALONE else "size_rank"
    weights[pooled.where(name, measure.effect, group)] = 1
    return weights
