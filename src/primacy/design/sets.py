"""Object sets: which categories are shown together. Either every combination, computed on demand from its rank so
that millions cost no memory, or a seeded sample in which every category appears equally often (within one)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np

from primacy.errors import DesignError


@dataclass(frozen=True, eq=False)
class ObjectSets:
    """K distinct sets of `n` categories out of `n_categories`.

    `members` (K, n) holds a sample; None stands for all combinations in lexicographic order, the order of the
    published scripts.
    """

    n_categories: int
    n: int
    members: np.ndarray | None = None

    def __len__(self) -> int:
        return comb(self.n_categories, self.n) if self.members is None else len(self.members)

    def block(self, start: int, stop: int) -> np.ndarray:
        """Sets number `start` to `stop` - 1, clipped: int64 (m, n) of category ids."""
        if self.members is not None:
            return self.members[start:stop]
        return unrank_combinations(np.arange(start, min(stop, len(self))), self._binomials)

    @cached_property
    def _binomials(self) -> np.ndarray:
        return _binomials(self.n_categories, self.n)


def all_sets(n_categories: int, n: int) -> ObjectSets:
    """Every combination of `n` of `n_categories`.

    Raises:
        DesignError: n is below 1 or above n_categories, or there are too many combinations to number.
    """
    _check(n_categories, n)
    if comb(n_categories, n) >= 2**62:
        raise DesignError(f"there are {comb(n_categories, n):.2g} sets of {n} out of {n_categories}; sample them")
    return ObjectSets(n_categories, n)


def sample_sets(n_categories: int, n: int, k: int, *, rng: np.random.Generator, sort: bool = False) -> ObjectSets:
    """`k` distinct sets drawn at random such that category counts differ by at most one; all sets if k exceeds
    their number.

    Each set takes the categories shown least so far, ties broken at random. Only where nearly all combinations are
    asked for can the counts drift apart by more.

    Args:
        n_categories: size of the vocabulary, V.
        n: objects in a set.
        k: number of sets, K.
        rng: source of randomness.
        sort: keep members in vocabulary order (published protocol) instead of random order.

    Raises:
        DesignError: n is below 1 or above n_categories, or k below 1.
    """
    _check(n_categories, n)
    if k < 1:
        raise DesignError(f"{k} object sets asked for, expected at least 1")
    if k >= comb(n_categories, n):
        everything = all_sets(n_categories, n)
        if sort:
            return everything
        members = everything.block(0, len(everything))
        return ObjectSets(n_categories, n, rng.permuted(members, axis=1))
    dealt: dict[tuple[int, ...], np.ndarray] = {}
    counts = np.zeros(n_categories, dtype=np.int64)
    attempts = 0
    while len(dealt) < k:
        # The least-shown categories come first, in random order; a set dealt before is drawn anew, and where the
        # balance would force the same set for ever it yields for that one set.
        priority = rng.random(n_categories) + (counts if attempts < 20 else 0)
        hand = np.argpartition(priority, n - 1)[:n]
        key = tuple(int(c) for c in np.sort(hand))
        attempts += 1
        if key not in dealt:
            dealt[key] = np.sort(hand) if sort else rng.permutation(hand)
            counts[hand] += 1
            attempts = 0
    return ObjectSets(n_categories, n, np.stack(list(dealt.values())))


def unrank_combinations(ranks: np.ndarray, binomials: np.ndarray) -> np.ndarray:
    """Combinations by lexicographic rank (combinatorial number system).

    Args:
        ranks: int64 (m,).
        binomials: table from `_binomials`, int64 (V + 1, n + 1), entry [c, k] = C(c, k).

    Returns:
        int64 (m, n), each row ascending.
    """
    v, n = binomials.shape[0] - 1, binomials.shape[1] - 1
    rest = binomials[v, n] - 1 - ranks
    columns = []
    for k in range(n, 0, -1):
        c = np.searchsorted(binomials[:, k], rest, side="right") - 1
        rest = rest - binomials[c, k]
        columns.append(v - 1 - c)
    return np.stack(columns, axis=1)


def _binomials(v: int, n: int) -> np.ndarray:
    return np.array([[comb(c, k) for k in range(n + 1)] for c in range(v + 1)], dtype=np.int64)


def _check(n_categories: int, n: int) -> None:
    if not 2 <= n <= n_categories:
        raise DesignError(f"{n} objects a caption, expected 2 to {n_categories} (the size of the vocabulary)")
