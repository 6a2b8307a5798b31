"""Object sets: which categories are shown together. Either every combination, computed on demand from its rank so
that millions cost no memory, or a seeded sample in which every category appears equally often (within one)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np

from primacy.errors import DesignError

Hand = tuple[int, ...]
Arrange = Callable[[np.ndarray], np.ndarray]
_ATTEMPTS = 20


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

    Each set takes the categories shown least so far, ties broken at random. Where more than half of all combinations
    are asked for they are a plain random sample, whose counts can differ by more.

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
    total = comb(n_categories, n)
    if k >= total and sort:
        return all_sets(n_categories, n)
    if k <= total // 2:
        hands = _balanced_hands(n_categories, n, k, rng, np.sort if sort else rng.permutation)
        return ObjectSets(n_categories, n, np.array(list(hands.values())))
    ranks = np.sort(rng.choice(total, min(k, total), replace=False))
    members = unrank_combinations(ranks, _binomials(n_categories, n))
    return ObjectSets(n_categories, n, members if sort else rng.permuted(members, axis=1))


def _balanced_hands(
    n_categories: int, n: int, k: int, rng: np.random.Generator, arrange: Arrange
) -> dict[Hand, np.ndarray]:
    """`k` hands in the order dealt, each with its members as `arrange` puts them."""
    hands: dict[Hand, np.ndarray] = {}
    counts = np.zeros(n_categories, dtype=np.int64)
    while len(hands) < k:
        for _ in range(_ATTEMPTS):
            drawn = np.argpartition(rng.random(n_categories) + counts, n - 1)[:n]  # the least dealt, ties at random
            if (hand := _hand(drawn)) not in hands:
                hands[hand] = arrange(drawn)
                break
        else:
            # The balance forces a hand that was dealt before: deal it, and trade a category with an earlier hand.
            _trade(hand, hands, n_categories, rng, arrange)
        counts[drawn] += 1
    return hands


def _hand(members: Iterable[int]) -> Hand:
    return tuple(sorted(int(member) for member in members))


def _trade(
    hand: Hand, hands: dict[Hand, np.ndarray], n_categories: int, rng: np.random.Generator, arrange: Arrange
) -> None:
    """Add `hand`, which is there already, by exchanging one category with another hand so that both are new."""
    earlier = list(hands)
    for at in rng.permutation(len(earlier)):
        other = earlier[at]
        for mine in hand:
            for theirs in other:
                pair = _hand({*hand, theirs} - {mine}), _hand({*other, mine} - {theirs})
                if {len(one) for one in pair} == {len(hand)} and pair[0] != pair[1] and not hands.keys() & set(pair):
                    del hands[other]
                    hands |= {one: arrange(np.array(one)) for one in pair}
                    return
    unused = next(c for c in combinations(range(n_categories), len(hand)) if c not in hands)
    hands[unused] = arrange(np.array(unused))  # a vocabulary too small for any trade


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
