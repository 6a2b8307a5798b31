"""Pairs: every two measured mentions of a caption, as flat arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from primacy.corpus.cases import Cases, Floats, Ints
from primacy.corpus.order.codes import row_codes


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs; the two categories of each are told apart by their index in the vocabulary, the lower one first.

    By stratum (S,), an unordered pair of categories: `lower`, `upper`. By pair (P,): `stratum`; `caption` index into
    the cases; `image`; `first` 1 where the lower category is mentioned first, else 0; `larger` 1 where it is the
    larger, 0 where the smaller, 0.5 where areas are equal; and, of the lower against the upper one, `log_area` and
    `log_instances` (log2 of the ratio) and `centrality` (difference, NaN where either is not known).
    """

    lower: Ints
    upper: Ints
    stratum: Ints
    caption: Ints
    image: Ints
    first: Floats
    larger: Floats
    log_area: Floats
    log_instances: Floats
    centrality: Floats

    def __len__(self) -> int:
        return len(self.stratum)

    @property
    def larger_first(self) -> Floats:
        """Whether the larger one is mentioned first, (P,), 0.5 for equal areas."""
        return np.where(self.first == 1, self.larger, 1 - self.larger)

    def where(self, keep: NDArray[np.bool_]) -> Pairs:
        """The pairs where `keep` (P,) holds; strata keep their numbers."""
        by_pair = [f.name for f in fields(self) if f.name not in ("lower", "upper")]
        return replace(self, **{name: getattr(self, name)[keep] for name in by_pair})


def pairs_of(cases: Cases) -> Pairs:
    """All pairs of the captions of `cases`: k(k-1)/2 of a caption with k measured mentions, shorter captions first."""
    none = (np.zeros(0, dtype=np.int64),) * 3
    one, two, caption = (np.concatenate(part) for part in zip(none, *_mentions(cases.starts), strict=True))
    in_order = cases.category[one] < cases.category[two]
    low, high = np.where(in_order, one, two), np.where(in_order, two, one)
    ends = np.stack([cases.category[low], cases.category[high]], axis=1)
    stratum, example = row_codes(ends)
    log_area = np.log2(cases.area[low]) - np.log2(cases.area[high])
    equal = cases.area[low] == cases.area[high]
    return Pairs(
        lower=ends[example, 0],
        upper=ends[example, 1],
        stratum=stratum,
        caption=caption,
        image=cases.image[caption],
        first=in_order.astype(np.float64),
        larger=np.where(equal, 0.5, cases.area[low] > cases.area[high]),
        log_area=np.where(equal, 0.0, log_area),
        log_instances=np.log2(cases.instances[low]) - np.log2(cases.instances[high]),
        centrality=cases.centrality[low] - cases.centrality[high],
    )


def _mentions(starts: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Indices of the earlier and the later mention of each pair, and of its caption, by number of mentions."""
    counts = np.diff(starts)
    for k in np.unique(counts[counts >= 2]):
        earlier, later = np.triu_indices(int(k), 1)
        caption = np.flatnonzero(counts == k)
        begin = starts[caption][:, None]
        yield (begin + earlier).ravel(), (begin + later).ravel(), np.repeat(caption, len(earlier))
