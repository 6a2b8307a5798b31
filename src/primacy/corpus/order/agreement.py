"""Two measurements of the same areas, on the same captions: do they agree on what is larger, and on the answer?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from primacy.corpus.cases import join
from primacy.corpus.order.groups import groups_of
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import Pairs, pairs_of
from primacy.corpus.order.values import UNDEFINED, odds, shares, value_of
from primacy.results.corpus import Agreement
from primacy.results.record import Value
from primacy.stats.intervals import Interval
from primacy.stats.jackknife import jackknife_intervals, ratio_replicates


class _Both(NamedTuple):
    """Rows that both tables of areas have, in one order: `one` and `two` with the columns of `tables.AREAS`."""

    one: pl.DataFrame
    two: pl.DataFrame


def measured_twice(
    mentions: pl.DataFrame,
    areas: pl.DataFrame,
    other: pl.DataFrame,
    other_name: str,
    categories: tuple[str, ...],
    measure: str,
    options: OrderOptions,
) -> Agreement:
    """Compare `areas` with `other` on the images and categories that both measure.

    Args:
        mentions: a row a caption (`tables.MENTIONS`), without censored rows.
        areas: the areas of the analysis (`tables.AREAS`).
        other: another measurement, with the same columns.
        other_name: what to call it.
        categories: the vocabulary's names.
        measure: union, largest or sum, of either table.
        options: level of the intervals and groups of images.
    """
    both = _both(areas, other, measure)
    one, two = (pairs_of(join(mentions, table, categories, measure=measure).cases) for table in both)
    answers = [_answers(pairs, options) for pairs in (one, two)]
    return Agreement(
        other=other_name,
        n_images=both.one.get_column("image_id").n_unique(),
        n_objects=len(both.one),
        log_correlation=_log_correlation(both, measure, options),
        n_pairs=len(one),
        same_larger=_same_larger(one, two, options),
        larger_first=answers[0][0],
        other_larger_first=answers[1][0],
        odds_ratio=answers[0][1],
        other_odds_ratio=answers[1][1],
    )


def _both(areas: pl.DataFrame, other: pl.DataFrame, measure: str) -> _Both:
    keys = ["image_id", "category"]
    one, two = (table.filter(pl.col(measure) > 0) for table in (areas, other))
    one = one.join(two.select(keys), on=keys, how="semi", maintain_order="left")
    return _Both(one, one.select(keys).join(two, on=keys, how="left", maintain_order="left"))


def _log_correlation(both: _Both, measure: str, options: OrderOptions) -> Value:
    """Pearson's, over objects; limits by Fisher's transform."""
    if not len(both.one):
        return UNDEFINED
    x, y = (np.log(table.get_column(measure).to_numpy()) for table in both)
    # about the mean, so that the sums of squares lose no digits
    x, y = x - x.mean(), y - y.mean()
    groups = groups_of(both.one.get_column("image_id").rank("dense").to_numpy().astype(np.int64), options.groups)
    sums = np.stack([x, y, x * x, y * y, x * y], axis=1)
    fisher = ratio_replicates(sums, np.ones(len(x)), groups.group, groups.n_groups).map(_fisher)
    return value_of(Interval(*(float(np.tanh(end[0])) for end in jackknife_intervals(fisher, options.level))))


def _fisher(means: np.ndarray) -> np.ndarray:
    x, y, xx, yy, xy = np.moveaxis(means, -1, 0)
    spread = np.sqrt(np.maximum(xx - x * x, 0) * np.maximum(yy - y * y, 0))
    r = np.divide(xy - x * y, spread, out=np.full(np.shape(x), np.nan), where=spread > 1e-12)
    # a correlation of 1 would be infinite
    return np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))[..., None]


def _same_larger(one: Pairs, two: Pairs, options: OrderOptions) -> Value:
    """Share of pairs of which both call the same one larger, or both call them equal."""
    if not len(one):
        return UNDEFINED
    groups = groups_of(one.image, options.groups)
    same = ratio_replicates(one.larger == two.larger, np.ones(len(one)), groups.group, groups.n_groups)
    return shares(same, options.level)[0]


def _answers(pairs: Pairs, options: OrderOptions) -> tuple[Value, Value]:
    if not len(pairs):
        return UNDEFINED, UNDEFINED
    by = split_pairs(pairs, options.groups)
    return shares(by.larger_first, options.level)[0], odds(by.odds_ratio, options.level)[0]
