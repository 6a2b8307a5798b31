"""Statistics of order: from cases to the records of `corpus.json`."""

from __future__ import annotations

from typing import NamedTuple

from primacy.corpus.cases import Cases
from primacy.corpus.order.by_count import counts_shown, order_by_count
from primacy.corpus.order.category_pairs import category_pairs
from primacy.corpus.order.drift import drift
from primacy.corpus.order.notes import notes
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.slice_pairs import pair_order
from primacy.corpus.order.slices import slices
from primacy.corpus.order.verdicts import verdicts
from primacy.listener import Listener
from primacy.results.corpus import CategoryPair, CorpusVerdict, Drift, OrderByCount, PairOrder


class Order(NamedTuple):
    """What the order of mention tells about size, in the records of `primacy.results.corpus`; `notes` are sentences
    on what is missing and why."""

    by_count: tuple[OrderByCount, ...]
    pairs: tuple[PairOrder, ...]
    category_pairs: tuple[CategoryPair, ...]
    drift: tuple[Drift, ...]
    verdicts: tuple[CorpusVerdict, ...]
    notes: tuple[str, ...]


def analyse_order(cases: Cases, options: OrderOptions, listener: Listener) -> Order:
    """All statistics of order of the captions in `cases`, which may be none.

    The same to the last bit for the same cases, options and version of numpy; time and memory are linear in the number
    of pairs of mentions, with a part that grows with category pairs x groups.
    """
    everything = pairs_of(cases)
    if not len(everything):
        return Order((), (), (), (), verdicts(None, options), notes(cases, (), (), options))
    whole = split_pairs(everything, options.groups)
    by_count: list[OrderByCount] = []
    by_slice: list[PairOrder] = []
    for name, part in slices(cases, options.set_aside):
        listener.stage(f"order of mention, {name}", len(part))
        by_count += (order_by_count(name, part, k, options) for k in counts_shown(part))
        if part is cases:
            by_slice.append(pair_order(name, everything, whole, options))
        elif len(part):
            pairs = pairs_of(part)
            by_slice.append(pair_order(name, pairs, split_pairs(pairs, options.groups), options))
        listener.advance(len(part))
    return Order(
        by_count=tuple(by_count),
        pairs=tuple(by_slice),
        category_pairs=category_pairs(everything, cases.categories, options),
        drift=drift(cases, everything, options),
        verdicts=verdicts(whole, options),
        notes=notes(cases, tuple(by_count), tuple(by_slice), options),
    )
