"""Order pressure: bits that the order of two mentions tells about which of them is larger.

Raw, of two unknown objects, with p the share of pairs whose larger one is mentioned first: 1 - H2(p), the mutual
information of the symmetrised table (first or second, larger or smaller), whose margins are even.

Within category pairs: the mean over pairs of the mutual information of a 2 x 2 table (which is first, which is larger)
with the margins of its stratum, (x + 1/2) / (n + 1) each, and the odds ratio common to all strata (Plackett's joint
distribution). A stratum's own table would not do: its information is above 0 by about 1 / (2 n ln 2) bits of mere
chance, which in a corpus of many rare pairs adds up to more than there is. With one odds ratio for all, no effect
within pairs is 0 bits however sparse they are.

Intervals are those of the signed square root, which unlike bits themselves goes smoothly through no pressure at all.
"""

from __future__ import annotations

import numpy as np

from primacy.corpus.cases import Floats
from primacy.corpus.order.codes import row_codes, summed
from primacy.corpus.order.pair_split import PairSplit
from primacy.corpus.order.pairs import Pairs
from primacy.corpus.order.values import squares
from primacy.results.corpus import Pressure
from primacy.stats.jackknife import Replicates
from primacy.stats.mantel_haenszel import mutual_information


def pressure(pairs: Pairs, by: PairSplit, level: float) -> Pressure:
    """The order pressure of `pairs`, whose split is `by`."""
    raw = by.larger_first.map(raw_root)
    odds = by.odds_ratio
    whole, *parts = _within_bits(pairs, by, np.concatenate([odds.value, odds.left_out[:, 0]]))
    within = Replicates(
        _signed_root(np.array([whole]), odds.value),
        _signed_root(np.array(parts)[:, None], odds.left_out),
        by.larger_first.held,
    )
    return Pressure(raw=squares(raw, level)[0], within=squares(within, level)[0])


def raw_root(share: Floats) -> Floats:
    """Square root of 1 - H2(share), negative below one half."""
    return np.sign(share - 0.5) * np.sqrt(mutual_information(0.5, 0.5, _odds(share) ** 2))


def _odds(share: Floats) -> Floats:
    """Odds, infinite at 1. Their square is the odds ratio of the symmetrised table."""
    return np.divide(share, 1 - share, out=np.full(np.shape(share), np.inf), where=share < 1)


def _signed_root(bits: Floats, odds: Floats) -> Floats:
    return np.sign(odds - 1) * np.sqrt(bits)


def _within_bits(pairs: Pairs, by: PairSplit, odds: Floats) -> list[float]:
    """Mean bits within category pairs of everything, and with each group left out; `odds` (1 + G,)."""
    code, example = row_codes(np.stack([pairs.stratum, by.groups.group], axis=1))
    sums = summed(code, np.stack([np.ones(len(pairs)), pairs.first, pairs.larger], axis=1), len(example))
    stratum, group = pairs.stratum[example], by.groups.group[example]
    whole = summed(stratum, sums, len(pairs.lower))
    by_group = np.argsort(group, kind="stable")
    edges = np.searchsorted(group[by_group], np.arange(by.groups.n_groups + 1))
    found = [_bits(whole, odds[0])]
    for g, ratio in enumerate(odds[1:]):
        cells = by_group[edges[g] : edges[g + 1]]
        left = whole.copy()
        left[stratum[cells]] -= sums[cells]
        found.append(_bits(left, ratio))
    return found


def _bits(sums: Floats, ratio: float) -> float:
    """Mean bits of the strata whose pairs, first and larger are `sums` (S, 3)."""
    n, first, larger = sums[sums[:, 0] > 0.5].T
    if not len(n) or np.isnan(ratio):
        return np.nan
    bits = mutual_information((first + 0.5) / (n + 1), (larger + 0.5) / (n + 1), ratio)
    return float((n * bits).sum() / n.sum())
