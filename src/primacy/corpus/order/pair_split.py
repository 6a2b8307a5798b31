"""Pairs of mentions: shares, split and odds ratio, the same for a slice, a caption length and a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from primacy.corpus.order.groups import Groups, groups_of
from primacy.corpus.order.pairs import Pairs
from primacy.corpus.order.split import Split, split
from primacy.stats.jackknife import Replicates, ratio_replicates
from primacy.stats.mantel_haenszel import odds_ratio


@dataclass(frozen=True, eq=False)
class PairSplit:
    """`larger_first` share of pairs; `parts` its split; `odds_ratio` of first and larger within category pairs, NaN
    where there is nothing to split."""

    groups: Groups
    larger_first: Replicates
    parts: Split
    odds_ratio: Replicates


def split_pairs(pairs: Pairs, most_groups: int) -> PairSplit:
    """Split the agreement of order and size over `pairs`, at least one, with strata the unordered category pairs."""
    groups = groups_of(pairs.image, most_groups)
    parts = split(
        pairs.stratum,
        np.stack([pairs.first, 1 - pairs.first], axis=1),
        np.stack([pairs.larger, 1 - pairs.larger], axis=1),
        groups,
    )
    odds = odds_ratio(pairs.first, pairs.larger, pairs.stratum, groups.group, groups.n_groups)
    if parts.problem:
        odds = odds.map(lambda ratio: np.full_like(ratio, np.nan))
    return PairSplit(
        groups, ratio_replicates(pairs.larger_first, np.ones(len(pairs)), groups.group, groups.n_groups), parts, odds
    )
