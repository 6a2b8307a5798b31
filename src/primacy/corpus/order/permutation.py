"""Test that size does not matter within category pairs: sizes are permuted among the images of each pair.

All captions of one image see the same sizes, so that what can be exchanged are images, not captions: a cell is one
category pair in one image, with `n` captions, of which `net` more mention its lower category first than the other way
round, and a `sign` that says which is larger (1 the lower, -1 the upper, 0 equal). The statistic is the sum of
excess x sign, excess = net - n x (sum of net / sum of n over the images of the pair): by how much captions that agree
outnumber those that do not, beyond what the pair's usual order gives. (The sum of net x sign itself would move with
the number of captions: large objects are mentioned by more of them.) If sizes do not matter within the pair, every
assignment of the signs of a pair to its images is equally likely, and over all of them the sum of products of m cells
has mean 0, as excesses add up to 0, and variance SS(excess) x SS(sign) / (m - 1) (Hoeffding 1951).

Pairs of categories are permuted independently of each other, but the pairs of one image are not independent: of three
objects, both the order of mention and that of size are transitive. The sum therefore varies more than its permutations
do. The design effect, 1 + sum over images of the products of the contributions of different pairs / variance, says how
much (contribution: excess x (sign - mean of its pair), minus the mean over all cells); its square root divides z, and
the distance that the permutations are held against. It is 1 where no image has two pairs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.corpus.cases import Floats, Ints
from primacy.corpus.order.codes import row_codes
from primacy.corpus.order.pairs import Pairs

_BLOCK = 2_000_000


class PermutationTest(NamedTuple):
    """`z` by the exact moments; `p` two-sided, (1 + draws at least as far out) / (n + 1); NaN where no permutation
    changes anything, `p` also where none was drawn."""

    z: float
    p: float
    n: int


class Cells(NamedTuple):
    """C category pairs in images, sorted by pair: `stratum`, `image`, `n`, `net` and `sign`, all (C,) int64."""

    stratum: Ints
    image: Ints
    n: Ints
    net: Ints
    sign: Ints

    def excess(self) -> Floats:
        """Net captions beyond the usual order of the stratum, (C,)."""
        usual = np.bincount(self.stratum, self.net) / np.maximum(np.bincount(self.stratum, self.n), 1)
        return self.net - self.n * usual[self.stratum]

    def signs(self) -> Floats:
        """Signs about their mean in the stratum, (C,)."""
        mean = np.bincount(self.stratum, self.sign) / np.maximum(np.bincount(self.stratum), 1)
        return self.sign - mean[self.stratum]


def permutation_test(pairs: Pairs, n: int, *, rng: np.random.Generator) -> PermutationTest:
    """Test of no effect of size within category pairs, on `n` permutations."""
    cells = _informative(cells_of(pairs))
    if not len(cells.stratum):
        return PermutationTest(np.nan, np.nan, n)
    away = statistic(cells) / np.sqrt(design_effect(cells))
    z = float(away / np.sqrt(variances(cells).sum()))
    if n == 0:
        return PermutationTest(z, np.nan, 0)
    # excesses are quotients, so that equal distances differ by rounding
    as_far = int((np.abs(draw(cells, n, rng=rng)) >= abs(away) - 1e-6).sum())
    return PermutationTest(z, (1 + as_far) / (n + 1), n)


def cells_of(pairs: Pairs) -> Cells:
    """The cells of `pairs`."""
    code, example = row_codes(np.stack([pairs.stratum, pairs.image], axis=1))
    n = np.bincount(code, minlength=len(example))
    net = np.rint(np.bincount(code, 2 * pairs.first - 1, minlength=len(example))).astype(np.int64)
    sign = np.rint(2 * pairs.larger[example] - 1).astype(np.int64)
    return Cells(pairs.stratum[example], pairs.image[example], n.astype(np.int64), net, sign)


def statistic(cells: Cells) -> float:
    """Sum of excess x sign; its mean over all permutations is 0."""
    return float((cells.excess() * cells.sign).sum())


def variances(cells: Cells) -> Floats:
    """Variance of each stratum's part of the statistic over all permutations, (S,)."""
    freedom = np.maximum(np.bincount(cells.stratum) - 1, 1)
    squares = [np.bincount(cells.stratum, values**2) for values in (cells.excess(), cells.signs())]
    return squares[0] * squares[1] / freedom


def design_effect(cells: Cells) -> float:
    """Variance of the statistic over that under independent permutation of each pair, at least 1."""
    part = cells.excess() * cells.signs()
    part -= part.mean()
    _, image = np.unique(cells.image, return_inverse=True)
    across = (np.bincount(image, part) ** 2).sum() - (part**2).sum()
    return max(1.0, 1 + float(across / variances(cells).sum()))


def draw(cells: Cells, n: int, *, rng: np.random.Generator) -> Floats:
    """The statistic of `n` random permutations, (n,).

    Cells of a stratum with one `n` and one `net` are alike, so it is enough to draw how many of each such class get
    each sign: multivariate hypergeometric, class after class. The cost does not grow with the number of cells.
    """
    code, example = row_codes(np.stack([cells.stratum, cells.n, cells.net + cells.n], axis=1))
    stratum, excess, size = cells.stratum[example], cells.excess()[example], np.bincount(code)
    place = np.arange(len(stratum)) - np.searchsorted(stratum, stratum)
    signs = np.stack([np.bincount(cells.stratum, cells.sign == sign) for sign in (1, 0, -1)]).astype(np.int64)
    block = max(1, _BLOCK // signs.shape[1])
    classes = [(stratum[here], excess[here], size[here]) for here in _by_value(place)]
    return np.concatenate([_draw_block(classes, signs, min(block, n - at), rng) for at in range(0, n, block)])


def _by_value(place: Ints) -> list[Ints]:
    order = np.argsort(place, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(place[order])) + 1)


def _draw_block(classes: list[tuple[Ints, Floats, Ints]], signs: Ints, n: int, rng: np.random.Generator) -> Floats:
    """`classes`: stratum, excess and number of cells of the first class of each stratum, then of each second, ..."""
    plus, zero, minus = (np.tile(row, (n, 1)) for row in signs)
    total = np.zeros(n)
    for stratum, excess, size in classes:
        members = np.broadcast_to(size, (n, len(size)))
        ups = rng.hypergeometric(plus[:, stratum], zero[:, stratum] + minus[:, stratum], members)
        flats = rng.hypergeometric(zero[:, stratum], minus[:, stratum], members - ups)
        downs = members - ups - flats
        for left, taken in ((plus, ups), (zero, flats), (minus, downs)):
            left[:, stratum] -= taken
        total += (ups - downs) @ excess
    return total


def _informative(cells: Cells) -> Cells:
    """Cells of the strata in which a permutation can change the sum, which are numbered anew."""
    changes = variances(cells) > 1e-9 if len(cells.stratum) else np.zeros(0, dtype=bool)
    keep = changes[cells.stratum]
    numbers = np.unique(cells.stratum[keep], return_inverse=True)[1]
    return Cells(numbers, *(column[keep] for column in cells[1:]))
