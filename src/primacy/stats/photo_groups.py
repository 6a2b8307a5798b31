"""Objects of photos by what is known of them, and the columns of a number that each object has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from primacy.errors import UsageError
from primacy.probes._group_sums import MAX_GROUPS, cluster_rows
from primacy.probes.ior import PictureTrials
from primacy.stats.columns import Column
from primacy.stats.effects import AUDITED

LARGEST, SMALLEST = "largest", "smallest"
BOTH = f"{LARGEST}-{SMALLEST}"
SPLIT_BY = "person"
"""Category that photos are split by: in most collections it is in nearly all of them, large, and in their middle."""
MIN_PHOTOS = 20
"""A number of objects, or a category, needs this many photos for rows of its own."""
MAX_CATEGORIES = 20
_FEW_INSTANCES = (2, 5)


class Measure(NamedTuple):
    """What is measured of each object, by the names of its metrics.

    `ranked`: for photos of one number of objects. `pooled`: over all photos; where `beyond_chance`, this is the value
    minus 1/n. `effect`: the mean over photos of the largest object's value minus the smallest's.
    """

    ranked: str
    pooled: str
    effect: str
    beyond_chance: bool


class Objects(NamedTuple):
    """Objects of all photos, one row each: `row` int64, where its photo's cluster stands among `n_rows`; `n` of its
    photo; `rank` by area, 1 the largest; `levels`: by group, the level of each, as strings."""

    row: np.ndarray
    n: np.ndarray
    rank: np.ndarray
    levels: dict[str, np.ndarray]
    n_rows: int


def usable(trials: Mapping[str, PictureTrials]) -> np.ndarray:
    """Photos of at least two objects, scored by every encoder and with known areas: bool (T,).

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
    return kept


def objects_of(trials: PictureTrials, names: Sequence[str], split_by: str) -> Objects:
    """The objects of usable photos; `names` of the categories by id, `split_by` the one that makes two slices."""
    present = trials.present
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
    return Objects(cluster_rows(code, len(clusters), n_rows), own_n, rank, levels, n_rows)


def _terciles(values: np.ndarray, names: tuple[str, str, str]) -> np.ndarray:
    """The third that each value falls into; a value on an edge belongs to the upper third."""
    return np.array(names)[np.digitize(values, np.quantile(values, [1 / 3, 2 / 3]))]


def ranked_columns(objects: Objects, values: np.ndarray, measure: Measure, n: int) -> list[Column]:
    """Values (objects,) by size rank in the photos of n objects."""
    at = objects.n == n
    levels = range(1, n + 1)
    return [_column(objects, measure.ranked, "size_rank", str(k), values, at & (objects.rank == k)) for k in levels]


def pooled_columns(objects: Objects, values: np.ndarray, measure: Measure, *, categories: bool) -> Iterator[Column]:
    """Values (objects,) of all photos, by everything that is known of an object; by category only where asked for."""
    shown = values - 1 / objects.n if measure.beyond_chance else values
    for group in ("size_rank", "area_tercile", "centrality_tercile", "instances"):
        own = objects.levels[group]
        for level in _in_order(own):
            yield _column(objects, measure.pooled, group, level, shown, own == level)
    size, part = objects.levels["size_rank"], objects.levels["slice"]
    for slice_ in _in_order(part):
        for level in (LARGEST, SMALLEST):
            at = (part == slice_) & (size == level)
            yield _column(objects, measure.pooled, "slice*size_rank", f"{slice_}*{level}", shown, at)
    yield size_column(objects, values, measure, "size_rank", BOTH)
    for slice_ in _in_order(part):
        yield size_column(objects, values, measure, "slice", slice_, part == slice_)
    if categories:
        names, counts = np.unique(objects.levels["category"], return_counts=True)
        frequent = [int(i) for i in np.argsort(-counts, kind="stable")[:MAX_CATEGORIES] if counts[i] >= MIN_PHOTOS]
        for i in frequent:
            at = objects.levels["category"] == names[i]
            yield _column(objects, measure.pooled, "category", str(names[i]), shown, at)


def size_column(
    objects: Objects, values: np.ndarray, measure: Measure, group: str, level: str, at: np.ndarray | None = None
) -> Column:
    """Mean over photos (of those objects `at`) of the largest object's value minus the smallest's."""
    # Each photo has one of either, so the difference of their sums is the sum of differences.
    ends = ((objects.rank == rank) & (True if at is None else at) for rank in (1, objects.n))
    largest, smallest = (_column(objects, measure.effect, group, level, values, end) for end in ends)
    return largest._replace(numerator=largest.numerator - smallest.numerator)


def _column(objects: Objects, metric: str, group: str, level: str, values: np.ndarray, at: np.ndarray) -> Column:
    rows = objects.row[at]
    sums = np.bincount(rows, weights=values[at], minlength=objects.n_rows)
    counts = np.bincount(rows, minlength=objects.n_rows).astype(np.float64)
    return Column(metric, group, level, sums, counts, 1)


def _in_order(levels: np.ndarray) -> list[str]:
    """The levels that occur, by name: the same for all encoders and runs."""
    return [str(level) for level in np.unique(levels)]
