"""Sentences on what a result leaves out, and why."""

from __future__ import annotations

import numpy as np

from primacy.corpus.cases import Cases
from primacy.corpus.order.by_count import FEWEST, MOST
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.slices import slice_names
from primacy.results.corpus import SLICES, OrderByCount, PairOrder


def notes(
    cases: Cases, by_count: tuple[OrderByCount, ...], pairs: tuple[PairOrder, ...], options: OrderOptions
) -> tuple[str, ...]:
    """What the statistics of `cases` leave out."""
    known = options.set_aside in cases.categories
    found = [
        "" if known or not options.set_aside else _unknown(options.set_aside),
        _empty_slices(pairs, slice_names(cases, options.set_aside)),
        _rare_counts(cases, by_count),
        _many_objects(cases),
        _not_split(pairs),
        _unfitted(pairs),
    ]
    return tuple(note for note in found if note)


def _unknown(category: str) -> str:
    return f"The slices about {category} are left out: the vocabulary has no such category."


def _empty_slices(pairs: tuple[PairOrder, ...], expected: tuple[str, ...]) -> str:
    empty = [name for name in expected if name not in {record.slice for record in pairs}]
    return f"No caption is left in these slices: {', '.join(empty)}." if empty else ""


def _rare_counts(cases: Cases, by_count: tuple[OrderByCount, ...]) -> str:
    shown = {record.n_objects for record in by_count if record.slice == SLICES[0]}
    number = np.bincount(cases.counts, minlength=MOST + 1)
    rare = [f"{number[k]} with {k}" for k in range(2, MOST + 1) if number[k] and k not in shown]
    if not rare:
        return ""
    return f"Numbers of objects that fewer than {FEWEST} captions have are not shown: {', '.join(rare)}."


def _many_objects(cases: Cases) -> str:
    many = int((cases.counts > MOST).sum())
    if not many:
        return ""
    return f"Captions with more than {MOST} measured objects count in pairs only: {many:,}."


def _not_split(pairs: tuple[PairOrder, ...]) -> str:
    names = [record.slice for record in pairs if record.within_part.value is None]
    if not names:
        return ""
    return (
        f"Nothing can be said of size within category pairs in these slices: {', '.join(names)}. Either too few pairs "
        "are mentioned in several images, or which of the two is larger is the same in each."
    )


def _unfitted(pairs: tuple[PairOrder, ...]) -> str:
    failed = [f"{model.name} ({record.slice})" for record in pairs for model in record.models if not model.converged]
    return f"These choice models have no estimate: {'; '.join(failed)}." if failed else ""
