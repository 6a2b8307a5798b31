"""The split of agreement between order and size into what category predicts and what is left within categories.

A caption (or a pair of mentions) belongs to a stratum: the set of categories that it mentions. If order depended on
size through nothing but the categories, two captions of one stratum could exchange their images, and the object that
each mentions first would be the largest one as often as before. So every two captions of a stratum whose images are
in different jackknife groups exchange them, and what agreement loses by it is the part of size within categories:

    within(s) = n / sum_{g != h} n(g) n(h)  x  sum_{g != h} [ n(h) A(g) - sum_c F(g,c) L(h,c) ]

with n(g) the captions of the stratum in group g, n all of them, A(g) those that agree, F(g,c) those that mention
category c first, L(g,c) those of whose image c is the largest object (credit shared among ties). The observed share
minus the within part is what category alone makes of it.

If order and size are independent in a stratum the expectation of within(s) is exactly 0, however few captions it has,
since no caption meets its own image after the exchange: a prediction from all captions, its own among them, would take
part of the effect for category's (all of it where a stratum has one image). Nor does it matter that large objects are
mentioned by more captions, as own and exchanged agreement weigh every two captions alike. A stratum of one group cannot
be judged, and is left out of the observed share as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.corpus.cases import Floats, Ints
from primacy.corpus.order.codes import row_codes, summed, vary_within
from primacy.corpus.order.groups import Groups
from primacy.stats.jackknife import Replicates

FEWEST = 20
"""Cases that can be judged, below which no split is given."""


class Split(NamedTuple):
    """Sums over the cases that can be judged, of everything (index 0) and with each group left out, (1 + G,).

    `cases` how many; `agreeing`, how many of them agree; `within`, how many of those by size within the stratum.
    `sizes_vary`: there is a stratum in which not every case has the same largest object.
    """

    cases: Floats
    agreeing: Floats
    within: Floats
    sizes_vary: bool

    @property
    def n(self) -> int:
        """Cases that can be judged."""
        return round(float(self.cases[0]))

    @property
    def problem(self) -> str:
        """Why nothing is split, as a clause; "" where it is."""
        if self.n < FEWEST:
            return f"fewer than {FEWEST} mention what the captions of other images mention together as well"
        return "" if self.sizes_vary else "what is largest is the same wherever the same categories are mentioned"

    @property
    def observed(self) -> Replicates:
        """Share of the judged cases that agree."""
        return self._per_case(self.agreeing)

    @property
    def category_only(self) -> Replicates:
        """Share that category alone makes agree; NaN where there is a problem."""
        return self._per_case(self._unless_problem(self.agreeing - self.within))

    @property
    def beyond(self) -> Replicates:
        """Observed share minus that of category alone; NaN where there is a problem."""
        return self._per_case(self._unless_problem(self.within))

    def _unless_problem(self, sums: Floats) -> Floats:
        return np.full_like(sums, np.nan) if self.problem else sums

    def _per_case(self, sums: Floats) -> Replicates:
        # a number of cases, up to the rounding of sums
        some = self.cases > 0.5
        share = np.divide(sums, self.cases, out=np.full(len(sums), np.nan), where=some)
        held = np.abs(self.cases[1:] - self.cases[0]) > 0.5
        return Replicates(share[:1], share[1:, None], held[:, None])


class _Sums(NamedTuple):
    """Sums over some of the cases of R strata, or of R cells (a stratum in a group).

    `n` cases; `agreeing`; `first`, `largest` (R, k); and sums over groups of products: `squares` of n x n, `own` of
    n x agreeing, `same` of first x largest.
    """

    n: Floats
    agreeing: Floats
    first: Floats
    largest: Floats
    squares: Floats
    own: Floats
    same: Floats

    def at(self, rows: Ints) -> _Sums:
        return _Sums(*(column[rows] for column in self))

    def without(self, part: _Sums) -> _Sums:
        return _Sums(*(column - less for column, less in zip(self, part, strict=True)))

    def judged(self) -> Floats:
        """Cases, agreeing and within, 0 where there is no second group, (3, R)."""
        exchanges = self.n**2 - self.squares
        judged = exchanges > 0.5
        lost = self.n * self.agreeing - self.own - ((self.first * self.largest).sum(axis=1) - self.same)
        within = self.n * lost / np.where(judged, exchanges, 1.0)
        return np.where(judged, np.stack([self.n, self.agreeing, within]), 0.0)


def split(stratum: Ints, first: Floats, largest: Floats, groups: Groups) -> Split:
    """Split the agreement of N cases.

    Args:
        stratum: (N,) from 0.
        first: (N, k), 1 in the column of the object mentioned first. Columns are the categories of the stratum, in
            the same order for each of its cases.
        largest: (N, k), 1 in the column of the largest object, shared among ties.
        groups: of images, of the N cases.
    """
    code, example = row_codes(np.stack([stratum, groups.group], axis=1))
    cells = _cells(code, len(example), first, largest)
    owner, cell_stratum = np.unique(stratum[example], return_inverse=True)
    strata = _Sums(*(summed(cell_stratum, column, len(owner)) for column in cells))
    whole = strata.judged()
    # leaving a group out changes the strata that it has cells of, and no others
    change = strata.at(cell_stratum).without(cells).judged() - whole[:, cell_stratum]
    left_out = [np.bincount(groups.group[example], row, minlength=groups.n_groups) for row in change]
    totals = whole.sum(axis=1)
    cases, agreeing, within = (
        np.concatenate([[total], total + less]) for total, less in zip(totals, left_out, strict=True)
    )
    return Split(cases, agreeing, within, sizes_vary=vary_within(stratum, largest))


def _cells(code: Ints, n_cells: int, first: Floats, largest: Floats) -> _Sums:
    n = summed(code, np.ones(len(code)), n_cells)
    agreeing = summed(code, (first * largest).sum(axis=1), n_cells)
    first, largest = summed(code, first, n_cells), summed(code, largest, n_cells)
    return _Sums(n, agreeing, first, largest, n**2, n * agreeing, (first * largest).sum(axis=1))
