"""Whether order and size go together differently in short and long captions, and in the sources of a corpus."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from primacy.corpus.cases import Cases, Ints
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import Pairs
from primacy.corpus.order.values import differences, odds, shares
from primacy.results.corpus import Drift

LENGTHS = 5
MOST_SOURCES = 20
FEWEST_PAIRS = 200


def drift(cases: Cases, pairs: Pairs, options: OrderOptions) -> tuple[Drift, ...]:
    """The `pairs` of `cases` by caption length, then by source; nothing by what has one level only."""
    by_length = _levels("caption length", pairs, _by_length(cases.n_words, pairs), options)
    by_source = _levels("source", pairs, _by_source(cases, pairs), options)
    return (*by_length, *by_source)


def length_edges(n_words: Ints) -> list[int]:
    """The longest caption of each of about five levels of equal size, but the last: distinct and ascending."""
    if not len(n_words):
        return []
    cuts = np.quantile(n_words, np.arange(1, LENGTHS) / LENGTHS, method="inverted_cdf").astype(np.int64)
    return [edge for edge in np.unique(cuts).tolist() if edge < n_words.max()]


def _by_length(n_words: Ints, pairs: Pairs) -> Iterator[tuple[str, np.ndarray]]:
    edges = length_edges(n_words)
    level = np.searchsorted(edges, n_words[pairs.caption])
    names = [_words(low + 1, high) for low, high in zip([None, *edges], [*edges, None], strict=True) if low is not None]
    for i, name in enumerate([f"{edges[0]} or fewer words" if edges else "any", *names]):
        yield name, level == i


def _words(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more words"
    return f"{low} words" if low == high else f"{low} to {high} words"


def _by_source(cases: Cases, pairs: Pairs) -> Iterator[tuple[str, np.ndarray]]:
    source = cases.source[pairs.caption]
    number = np.bincount(source, minlength=len(cases.sources))
    common = np.argsort(-number, kind="stable")[:MOST_SOURCES]
    shown = common[number[common] >= FEWEST_PAIRS]
    for index in shown.tolist():
        yield cases.sources[index], source == index
    rest = np.setdiff1d(np.flatnonzero(number), shown)
    yield f"{len(rest):,} other source{'s'[: len(rest) > 1]}", ~np.isin(source, shown)


def _levels(
    by: str, pairs: Pairs, levels: Iterator[tuple[str, np.ndarray]], options: OrderOptions
) -> tuple[Drift, ...]:
    held = [(name, which) for name, which in levels if which.any()]
    if len(held) < 2:
        return ()
    return tuple(_level(by, name, pairs.where(which), options) for name, which in held)


def _level(by: str, name: str, pairs: Pairs, options: OrderOptions) -> Drift:
    found = split_pairs(pairs, options.groups)
    return Drift(
        by=by,
        level=name,
        n_pairs=len(pairs),
        n_images=found.groups.n_images,
        larger_first=shares(found.larger_first, options.level)[0],
        within_part=differences(found.parts.beyond, options.level)[0],
        odds_ratio=odds(found.odds_ratio, options.level)[0],
    )
