"""The pairs of categories that are mentioned together most often, one by one."""

from __future__ import annotations

import numpy as np

from primacy.corpus.order.groups import groups_of
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pairs import Pairs
from primacy.corpus.order.values import UNDEFINED, differences, shares
from primacy.results.corpus import CategoryPair
from primacy.stats.jackknife import Replicates, joined, ratio_replicates

MOST = 50
FEWEST = 20
FEWEST_IMAGES = 5


def category_pairs(pairs: Pairs, categories: tuple[str, ...], options: OrderOptions) -> tuple[CategoryPair, ...]:
    """The 50 commonest that are mentioned together at least 20 times.

    Of those as common, the earlier in the vocabulary. `effect` is given where either of the two is the larger in at
    least 5 images, and either is mentioned first.
    """
    number = np.bincount(pairs.stratum, minlength=len(pairs.lower))
    common = np.argsort(-number, kind="stable")[:MOST]
    return tuple(
        _category_pair(pairs.where(pairs.stratum == stratum), categories, options)
        for stratum in common.tolist()
        if number[stratum] >= FEWEST
    )


def _category_pair(pairs: Pairs, categories: tuple[str, ...], options: OrderOptions) -> CategoryPair:
    stratum = pairs.stratum[0]
    names = [categories[pairs.lower[stratum]], categories[pairs.upper[stratum]]]
    first, larger = pairs.first, pairs.larger
    if first.mean() < 0.5:
        names, first, larger = names[::-1], 1 - first, 1 - larger
    groups = groups_of(pairs.image, options.groups)

    def share(numerator: np.ndarray, denominator: np.ndarray) -> Replicates:
        return ratio_replicates(numerator, denominator, groups.group, groups.n_groups)

    every = np.ones(len(pairs))
    enough = all(len(np.unique(pairs.image[larger == size])) >= FEWEST_IMAGES for size in (0, 1)) and first.min() == 0
    by_size = joined(share(first * larger, larger), share(first * (1 - larger), 1 - larger))
    means = shares(joined(share(first, every), share(larger, every), share(pairs.larger_first, every)), options.level)
    return CategoryPair(
        first=names[0],
        second=names[1],
        n_pairs=len(pairs),
        n_images=groups.n_images,
        first_first=means[0],
        first_larger=means[1],
        larger_first=means[2],
        effect=differences(by_size.map(lambda values: values[..., :1] - values[..., 1:]), options.level)[0]
        if enough
        else UNDEFINED,
    )
