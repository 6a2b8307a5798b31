"""Captions of a batch in a wanted order, each looked through again to see whether it has it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from primacy.corpus.matcher import Matcher
from primacy.corpus.rewrite.firsts import Firsts, first_mentions
from primacy.corpus.rewrite.orders import Ids, Order, wanted
from primacy.corpus.rewrite.wording import Wording


class Tally(NamedTuple):
    """Captions that were read; of them: `several`, with two objects or more; `before`, of these as wanted before;
    `after`, as wanted in the copy; the rest could not be put in that order and stand in the copy as they were."""

    captions: int = 0
    several: int = 0
    before: int = 0
    after: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(*(a + b for a, b in zip(self, other, strict=True)))


class Rewritten(NamedTuple):
    """`rows` (n,) int64 of a batch and their new `texts`; `left`, rows whose order could not be reached."""

    rows: NDArray[np.int64]
    texts: list[str]
    left: NDArray[np.int64]
    tally: Tally


class Rewriter:
    """Puts the first mentions of captions into an order, by a wording."""

    def __init__(self, matcher: Matcher, order: Order, wording: Wording) -> None:
        self._matcher, self._order, self._wording = matcher, order, wording

    def rewrite(self, ids: Ids, texts: pa.Array) -> Rewritten:
        """The captions with at least two objects anew; `texts` (N,) as `CaptionBlock` has them.

        What comes out is matched again, and where its first mentions are not what was wanted the caption is left as
        it is: exchanged words may form other names with their neighbours, or a later mention may come first.
        """
        firsts = first_mentions(self._matcher.find(texts))
        order = wanted(self._order, firsts, ids)
        old = texts.take(pa.array(firsts.captions)).to_pylist()
        new = self._wording.rewrite(old, firsts, order)
        reached = self._reached(new, firsts, firsts.category[order])
        before = ~_any(order != np.arange(len(order)), firsts)
        rows = np.flatnonzero(reached)
        tally = Tally(len(texts), len(old), int(before.sum()), len(rows))
        return Rewritten(firsts.captions[rows], [new[k] for k in rows], firsts.captions[~reached], tally)

    def _reached(self, texts: list[str], firsts: Firsts, categories: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of `texts` (n,) mentions what it should first, in the order of `categories` (M,)."""
        found = self._matcher.find(pa.array(texts, pa.string())).first()
        reached = np.bincount(found.caption, minlength=len(texts)) == firsts.counts
        here, there = reached[found.caption], reached[firsts.owner]
        alike = found.category[here] == categories[there]
        reached[firsts.owner[there][~alike]] = False
        return reached


def _any(mentions: NDArray[np.bool_], firsts: Firsts) -> NDArray[np.bool_]:
    """Whether any mention of each caption is one, (n,)."""
    return np.bincount(firsts.owner[mentions], minlength=len(firsts.captions)) > 0
