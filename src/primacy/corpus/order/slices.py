"""The slices of a corpus in which order is looked at (`primacy.results.corpus.SLICES`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from primacy.corpus.cases import Cases
from primacy.results.corpus import SLICES


def slice_names(cases: Cases, set_aside: str) -> tuple[str, ...]:
    """The slices that can be made.

    The three about `set_aside` cannot where it is no category of the vocabulary, and those about what stands in the
    image where nothing is known of that (typical sizes).
    """
    everything, struck, silent, absent, single = SLICES
    about = (struck, silent, absent) if set_aside in cases.categories else ()
    names = (everything, *about, single)
    return tuple(name for name in names if not (cases.typical and name in (absent, single)))


def slices(cases: Cases, set_aside: str) -> Iterator[tuple[str, Cases]]:
    """Each slice's name and cases, made when it is asked for."""
    made: tuple[Callable[[], Cases], ...] = (
        lambda: cases,
        lambda: cases.without(set_aside),
        lambda: cases.of_captions(~cases.names_it),
        lambda: cases.of_captions(~cases.present[cases.image]),
        lambda: cases.of_captions(_one_instance(cases)),
    )
    for name in slice_names(cases, set_aside):
        yield name, made[SLICES.index(name)]()


def _one_instance(cases: Cases) -> np.ndarray:
    """Captions (N,) of which every measured mention has one instance."""
    if not len(cases):
        return np.zeros(0, dtype=bool)
    return np.maximum.reduceat(cases.instances, cases.starts[:-1]) == 1
