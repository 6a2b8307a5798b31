"""First mentions of the captions that an order can be given to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primacy.corpus.matcher import Found

Ints = NDArray[np.int64]


class Firsts(NamedTuple):
    """The first mention of each category in those n captions of a batch that mention at least two, M in all.

    By caption: `captions` (n,) index in the batch; its mentions are `starts[i]:starts[i + 1]`, in the order of the
    text. By mention: `owner` (M,) index into `captions`; `place` (M,) in the caption's list, from 0; `form`,
    `category`, `start`, `stop` as in `Found`.
    """

    captions: Ints
    starts: Ints
    owner: Ints
    place: Ints
    form: Ints
    category: Ints
    start: Ints
    stop: Ints

    @property
    def counts(self) -> Ints:
        """Objects of each caption (n,), at least 2."""
        return np.diff(self.starts)


def first_mentions(found: Found) -> Firsts:
    """The first mention of each category, of captions with at least two categories."""
    first = found.first()
    counts = np.bincount(first.caption, minlength=len(first.n_words))
    keep = counts[first.caption] >= 2
    captions = np.flatnonzero(counts >= 2)
    counts = counts[captions]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    owner = np.repeat(np.arange(len(captions)), counts)
    return Firsts(
        captions=captions,
        starts=starts,
        owner=owner,
        place=np.arange(len(owner)) - starts[owner],
        form=first.form[keep],
        category=first.category[keep],
        start=first.start[keep],
        stop=first.stop[keep],
    )
