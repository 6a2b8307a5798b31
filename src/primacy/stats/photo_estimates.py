"""Estimates on real photos: who wins by area, place, number and kind, over photos with any number of objects.

Photos differ in how many objects they show, so what is pooled over them is the *excess*: the winner's credit minus 1/n.
An encoder that is blind to a thing has an excess of 0 at all its levels, up to what goes along with it in photos: these
are observed, not designed. `image_choice` takes the causes apart, `crop_estimates` varies one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from primacy.errors import UsageError
from primacy.probes._group_sums import MAX_GROUPS, cluster_rows
from primacy.probes.ior import PictureTrials
from primacy.results.record import Estimate
from primacy.stats import logit
from primacy.stats.columns import Cell, Column, Estimates, Resampled, resample
from primacy.stats.effects import AUDITED, SIZE_NULLS, contrast_effect
from primacy.stats.picture_model import CATEGORY, picture_model

EXCESS, BIAS = "excess_share", "size_bias"
LARGEST, SMALLEST = "largest", "smallest"
BOTH = f"{LARGEST}-{SMALLEST}"
CATEGORY_ALONE = "category alone"
"""A chooser that goes by category only, as the audited encoder's wins suggest. It stands among the nulls of the size
effect: large things are of other kinds than small ones, so liking persons looks like liking large things."""
SPLIT_BY = "person"
"""Category that photos are split by: in most collections it is in nearly all of them, large, and in their middle."""
MIN_PHOTOS = 20
"""A number of objects, or a category, needs this many photos for rows of its own."""
MAX_CATEGORIES = 20

_POOLED = 0
_FEW_INSTANCES = (2, 5)


class _Facts(NamedTuple):
    """Objects of all photos, one row each: `row` int64, where its photo's cluster stands; `photo`; `n` of its photo;
    `rank` by area, 1 the largest; `levels`: by group, the level of each, as strings."""

    row: np.ndarray
    photo: np.ndarray
    n: np.ndarray
    rank: np.ndarray
    levels: dict[str, np.ndarray]
    n_rows: int


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
    `size_rank`, 1 the largest. Pooled (`n_objects` 0): `excess_share` by `size_rank` (largest, between, smallest),
    `area_tercile` and `centrality_tercile` (of all objects), `instances` (1, 2-4, 5+), `category` (the audited encoder;
    the most frequent ones) and `slice*size_rank` ("with person*largest", ...); `size_bias`, the mean over photos of
    the largest object's credit minus the smallest's, by `size_rank` and by `slice`. The first is also an effect, and
    stands in the audited encoder's records once more, group `category alone`, as its category effects alone make it:
    the chances of a conditional logit of its wins on category, taken as known in the intervals.

    Args:
        trials: per encoder, over the same photos (`PictureSums.choice_data`); key "encoder" is the audited one.
        names: of the categories, by id.
        cell: labels and levels.
        rng: of the cluster resampling.
        split_by: the category whose presence makes the two slices.

    Raises:
        UsageError: the encoders were scored on different photos, or no photo has two objects with known areas.
    """
    kept, present = _usable(trials)
    used = {name: PictureTrials(*(field[kept] for field in t)) for name, t in trials.items()}
    own = used[AUDITED]
    facts = _facts(own, present, names, split_by)
    credit = {name: t.credit[present] for name, t in used.items()}
    records: dict[str, list[Estimate]] = {name: [] for name in trials}
    for n in np.flatnonzero(np.bincount(present.sum(axis=1)) >= MIN_PHOTOS):
        ranked = {name: list(_by_rank(facts, own_credit, int(n))) for name, own_credit in credit.items()}
        by_rank = resample(ranked, cell.level, rng=rng)
        for name in trials:
            records[name] += by_rank.records(name, int(n), cell)
    columns = {name: list(_pooled(facts, own_credit, name == AUDITED)) for name, own_credit in credit.items()}
    columns[CATEGORY_ALONE] = [_bias(facts, CATEGORY_ALONE, BOTH, _category_alone(own, names)[present])]
    pooled = resample(columns, cell.level, rng=rng)
    for name in columns:
        records[name if name in trials else AUDITED] += pooled.records(name, _POOLED, cell)
    effect = contrast_effect(
        pooled.draws,
        {name: _bias_weights(pooled, name) for name in columns if name not in SIZE_NULLS},
        cell.margin,
        cell.level,
        effect=BOTH,
        **cell.effect(_POOLED, BIAS),
    )
    return Estimates(records, [effect])


def _usable(trials: Mapping[str, PictureTrials]) -> tuple[np.ndarray, np.ndarray]:
    """Photos of at least two objects, scored by every encoder and with known areas: bool (T,), and where those have
    objects, bool (kept, n).

    Raises:
        UsageError: the encoders were scored on different photos, or none is left.
    """
    own = trials[AUDITED]
    for t in trials.values():
        if not (np.array_equal(t.objects, own.objects) and np.array_equal(t.clusters, own.clusters)):
            raise UsageError("the encoders were scored on different photos, expected the same for all")
    known = [*(t.credit for t in trials.values()), own.areas, own.centrality]
    kept = (own.present.sum(axis=1) > 1) & np.all([np.isfinite(v) | ~own.present for v in known], axis=(0, 2))
    if not kept.any():
        raise UsageError("no photo has two scored objects with known areas, expected at least one")
    return kept, own.present[kept]


def _category_alone(trials: PictureTrials, names: Sequence[str]) -> np.ndarray:
    """Chances to win (T, n) of the conditional logit of the winner on category and nothing else."""
    model = picture_model(trials, names, (CATEGORY,))
    if not model.terms:
        return np.where(trials.present, 1 / trials.present.sum(axis=1, keepdims=True), 0.0)
    features = model.joined(model.terms)
    return logit.softmax(logit.utilities(features, logit.fit(features, model.credit).theta))


def _facts(trials: PictureTrials, present: np.ndarray, names: Sequence[str], split_by: str) -> _Facts:
    photo, _ = np.nonzero(present)
    n = present.sum(axis=1)
    order = np.argsort(np.where(present, -trials.areas, np.inf), axis=1, kind="stable")
    ranks = np.empty(order.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.arange(1, order.shape[1] + 1)[None, :], axis=1)
    rank, own_n = ranks[present], n[photo]
    labels = np.array(names, dtype=str)[trials.objects[present]]
    split = np.isin(np.arange(len(present)), photo[labels == split_by])
    clusters, code = np.unique(trials.clusters[photo], return_inverse=True)
    n_rows = min(len(clusters), MAX_GROUPS)
    size = np.where(rank == 1, LARGEST, np.where(rank == own_n, SMALLEST, "between"))
    levels = {
        "size_rank": size,
        "area_tercile": _terciles(trials.areas[present], ("small", "middle", "large")),
        "centrality_tercile": _terciles(trials.centrality[present], ("edge", "middle", "centre")),
        "instances": np.array(["1", "2-4", "5+"])[np.digitize(trials.instances[present], _FEW_INSTANCES)],
        "slice": np.where(split[photo], f"with {split_by}", f"without {split_by}"),
        "category": labels,
    }
    return _Facts(cluster_rows(code, len(clusters), n_rows), photo, own_n, rank, levels, n_rows)


def _terciles(values: np.ndarray, names: tuple[str, str, str]) -> np.ndarray:
    """The third that each value falls into; a value on an edge belongs to the upper third."""
    return np.array(names)[np.digitize(values, np.quantile(values, [1 / 3, 2 / 3]))]


def _by_rank(facts: _Facts, credit: np.ndarray, n: int) -> Iterator[Column]:
    for rank in range(1, n + 1):
        at = (facts.n == n) & (facts.rank == rank)
        yield _column(facts, "winner_share", "size_rank", str(rank), credit, at)


def _pooled(facts: _Facts, credit: np.ndarray, categories: bool) -> Iterator[Column]:
    excess = credit - 1 / facts.n
    for group in ("size_rank", "area_tercile", "centrality_tercile", "instances"):
        own = facts.levels[group]
        for level in _in_order(own):
            yield _column(facts, EXCESS, group, level, excess, own == level)
    size, part = facts.levels["size_rank"], facts.levels["slice"]
    for slice_ in _in_order(part):
        for level in (LARGEST, SMALLEST):
            at = (part == slice_) & (size == level)
            yield _column(facts, EXCESS, "slice*size_rank", f"{slice_}*{level}", excess, at)
    yield _bias(facts, "size_rank", BOTH, credit)
    for slice_ in _in_order(part):
        yield _bias(facts, "slice", slice_, credit, part == slice_)
    if categories:
        names, counts = np.unique(facts.levels["category"], return_counts=True)
        frequent = [int(i) for i in np.argsort(-counts, kind="stable")[:MAX_CATEGORIES] if counts[i] >= MIN_PHOTOS]
        for i in frequent:
            yield _column(facts, EXCESS, "category", str(names[i]), excess, facts.levels["category"] == names[i])


def _column(facts: _Facts, metric: str, group: str, level: str, values: np.ndarray, at: np.ndarray) -> Column:
    rows = facts.row[at]
    return Column(
        metric,
        group,
        level,
        np.bincount(rows, weights=values[at], minlength=facts.n_rows),
        np.bincount(rows, minlength=facts.n_rows).astype(np.float64),
        1,
    )


def _bias(facts: _Facts, group: str, level: str, credit: np.ndarray, at: np.ndarray | None = None) -> Column:
    """Mean over photos of the largest object's credit minus the smallest's."""
    # Each photo has one of either, so the difference of their sums is the sum of differences.
    largest, smallest = ((facts.rank == rank) & (True if at is None else at) for rank in (1, facts.n))
    photos = _column(facts, BIAS, group, level, credit, largest)
    return photos._replace(numerator=photos.numerator - _column(facts, BIAS, group, level, credit, smallest).numerator)


def _bias_weights(pooled: Resampled, name: str) -> np.ndarray:
    weights = np.zeros(len(pooled.columns))
    group = CATEGORY_ALONE if name == CATEGORY_ALONE else "size_rank"
    weights[pooled.where(name, BIAS, group)] = 1
    return weights


def _in_order(levels: np.ndarray) -> list[str]:
    """The levels that occur, by name: the same for all encoders and runs."""
    return [str(level) for level in np.unique(levels)]
