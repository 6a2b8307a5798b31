"""All pairs of one slice, in every respect."""

from __future__ import annotations

import numpy as np

from primacy.corpus.order.models import models
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pair_split import PairSplit
from primacy.corpus.order.pairs import Pairs
from primacy.corpus.order.permutation import permutation_test
from primacy.corpus.order.pressure import pressure
from primacy.corpus.order.values import differences, odds, shares
from primacy.identity import rng_stream
from primacy.results.corpus import PairOrder, Permutation


def pair_order(name: str, pairs: Pairs, by: PairSplit, options: OrderOptions) -> PairOrder:
    """The record of slice `name`; `by` is the split of its `pairs`, of which there is at least one."""
    level = options.level
    expected = by.parts.category_only
    rng = rng_stream(options.seed, "corpus", "order", "permutation", name)
    return PairOrder(
        slice=name,
        n_pairs=len(pairs),
        n_captions=len(np.unique(pairs.caption)),
        n_images=by.groups.n_images,
        n_strata=len(np.unique(pairs.stratum)),
        larger_first=shares(by.larger_first, level)[0],
        n_predicted=by.parts.n,
        predicted_larger_first=shares(by.parts.observed, level)[0],
        category_only=shares(expected, level)[0],
        category_part=differences(expected.map(lambda share: share - 0.5), level)[0],
        within_part=differences(by.parts.beyond, level)[0],
        odds_ratio=odds(by.odds_ratio, level)[0],
        models=models(pairs, level),
        permutation=Permutation(**permutation_test(pairs, options.permutations, rng=rng)._asdict()),
        pressure=pressure(pairs, by, level),
    )
