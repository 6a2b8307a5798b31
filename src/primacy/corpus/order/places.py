"""Captions with one number of objects: where the largest stands, and how size and place go together in each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.corpus.cases import Cases, Floats, Ints


class Places(NamedTuple):
    """N captions of `k` objects each, in mention order: `caption` (N,) index into the cases, `category` and `area`
    (N, k)."""

    caption: Ints
    category: Ints
    area: Floats


def places_of(cases: Cases, k: int) -> Places:
    """The captions with exactly `k` measured mentions."""
    caption = np.flatnonzero(cases.counts == k)
    at = cases.starts[caption][:, None] + np.arange(k)
    return Places(caption, cases.category[at], cases.area[at])


def largest(area: Floats) -> Floats:
    """1 for the largest of each row of `area` (N, k), shared equally among ties, (N, k)."""
    tied = area == area.max(axis=1, keepdims=True)
    return tied / tied.sum(axis=1, keepdims=True)


def kendall(area: Floats) -> Floats:
    """Kendall's tau-b (Kendall 1945) of place and area by row, (N,): 1 where each is larger than all that follow.

    That is concordant minus discordant pairs over sqrt(pairs x pairs of unequal area); NaN where all are equal.
    """
    one, two = np.triu_indices(area.shape[1], 1)
    sign = np.sign(area[:, one] - area[:, two])
    return _over(sign.sum(axis=1), np.sqrt(len(one) * np.abs(sign).sum(axis=1)))


def spearman(area: Floats) -> Floats:
    """Spearman's rank correlation of place and area by row, (N,), ties with their mean rank: 1 as for `kendall`.

    NaN where all areas are equal.
    """
    k = area.shape[1]
    below = np.sign(area[:, :, None] - area[:, None, :]).sum(axis=2) / 2
    early = (k - 1) / 2 - np.arange(k)
    return _over(below @ early, np.sqrt((below**2).sum(axis=1) * (early**2).sum()))


def _over(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
