"""From captions and areas to a `CorpusResult`: the only place where the parts of a corpus analysis meet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from primacy.corpus.about import Sizes, corpus_spec
from primacy.corpus.areas.read import read_areas
from primacy.corpus.areas.typical import join_typical, read_typical
from primacy.corpus.cases import Cases, Joined, join
from primacy.corpus.faults import Faults
from primacy.corpus.gather import Gathered, gather
from primacy.corpus.order import OrderOptions, analyse_order, measured_twice
from primacy.corpus.said import Said
from primacy.corpus.tables import AREAS
from primacy.listener import Listener, Silent
from primacy.results.corpus import Agreement, CorpusProvenance, CorpusResult, Coverage
from primacy.versions import stamp

_MENTIONED = 30


class _Measured(NamedTuple):
    """Areas or typical sizes, and what they are called."""

    joined: Joined
    kinds: tuple[str, ...]
    agreement: Agreement | None


@dataclass
class _Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


def analyse_corpus(
    said: Said,
    sizes: Sizes,
    options: OrderOptions,
    *,
    faults: Faults,
    strict: bool = False,
    listener: Listener | None = None,
) -> CorpusResult:
    """Does the order in which a corpus mentions objects tell which is larger, and is there more to it than category?

    Args:
        said: the corpus's mentions.
        sizes: of what is mentioned.
        options: of the statistics.
        faults: those that were met on the way here; those of the areas are added.
        strict: any fault is fatal.
        listener: told of the progress.

    Raises:
        UsageError: `sizes` contradict themselves, or a file cannot be read.
        CorpusError: a file cannot be used; with `strict`, any fault.
    """
    sizes.check()
    listener, clock = listener or Silent(), _Clock()
    with clock.stage("areas"):
        areas = None if sizes.areas is None else read_areas(sizes.areas, said.categories, faults)
    with clock.stage("mentions"):
        found = gather(said.tables(), None if areas is None else areas.images)
        found.unmatched(faults)
    with clock.stage("joining"):
        measured = _measured(said, found, sizes, None if areas is None else areas.table, options, faults)
    if strict:
        faults.refuse()
    with clock.stage("statistics"):
        order = analyse_order(measured.joined.cases, options, listener)
    return CorpusResult(
        spec=corpus_spec(said, sizes, measured.kinds, options),
        provenance=CorpusProvenance(**stamp(), timings_s=clock.seconds),
        coverage=_coverage(found, measured.joined),
        faults=faults.records(),
        mentioned=tuple(found.tally.top[:_MENTIONED]),
        by_count=order.by_count,
        pairs=order.pairs,
        category_pairs=order.category_pairs,
        drift=order.drift,
        agreement=measured.agreement,
        verdicts=order.verdicts,
        notes=order.notes,
    )


def _measured(
    said: Said, found: Gathered, sizes: Sizes, areas: pl.DataFrame | None, options: OrderOptions, faults: Faults
) -> _Measured:
    how = {"measure": sizes.measure, "set_aside": options.set_aside}
    if sizes.typical is not None:
        typical = read_typical(sizes.typical, said.categories, faults)
        return _Measured(join_typical(found.two, typical, said.categories, **how), ("typical",), None)
    areas = pl.DataFrame(schema=AREAS) if areas is None else areas
    agreement = None
    if sizes.against is not None:
        other = read_areas(sizes.against, said.categories, faults).table
        name = sizes.against.name
        agreement = measured_twice(found.two, areas, other, name, said.categories, sizes.measure, options)
    kinds = tuple(areas.get_column("kind").unique().sort())
    return _Measured(join(found.two, areas, said.categories, **how), kinds, agreement)


def _coverage(found: Gathered, joined: Joined) -> Coverage:
    cases = joined.cases
    return Coverage(
        captions=found.tally.captions,
        censored=found.tally.censored,
        mentioning=found.tally.mentioning,
        mentioning_two=len(found.two),
        mentions=joined.n_mentions,
        measured=joined.n_measured,
        analysed=len(cases),
        images=len(cases.images),
        tied=_tied(cases),
    )


def _tied(cases: Cases) -> int:
    """Captions of which two objects have equal areas."""
    caption = np.repeat(np.arange(len(cases)), cases.counts)
    order = np.lexsort((cases.area, caption))
    same = (np.diff(caption[order]) == 0) & (np.diff(cases.area[order]) == 0)
    return len(np.unique(caption[order][1:][same]))
