"""Even dealing: object sets, instances, views and colours that are used equally often (within one)."""

from __future__ import annotations

from math import comb, lcm

import numpy as np

from primacy.design.sets import all_sets, sample_sets


def deal_sets(n_categories: int, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """`k` sets of `n` different categories in random order, each category in equally many sets (within one).

    No set comes twice before each has come once; beyond the number of combinations all come again.

    Returns:
        int64 (k, n).
    """
    draw, arrange = rng.spawn(2)
    rounds, rest = divmod(k, comb(n_categories, n))
    parts = [draw.permutation(_all(n_categories, n)) for _ in range(rounds)]
    if rest:
        parts.append(_some(n_categories, n, rest, draw))
    return arrange.permuted(np.concatenate(parts), axis=1)


def _all(n_categories: int, n: int) -> np.ndarray:
    if n == 1:
        return np.arange(n_categories)[:, None]
    sets = all_sets(n_categories, n)
    return sets.block(0, len(sets))


def _some(n_categories: int, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    if n == 1:
        return rng.permutation(n_categories)[:k, None]
    total = comb(n_categories, n)
    if k <= total // 2:
        return sample_sets(n_categories, n, k, rng=rng).block(0, k)
    # What a balanced sample leaves over is balanced too; `sample_sets` itself promises balance up to one half only.
    left_out = np.sort(sample_sets(n_categories, n, total - k, rng=rng).block(0, total - k), axis=1)
    every = _all(n_categories, n)
    gone = {tuple(row) for row in left_out.tolist()}
    return rng.permutation(every[[tuple(row) not in gone for row in every.tolist()]])


def deal_pairs(uses: int, n_first: int, n_second: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two properties of one category for each of its `uses`, such as instance and yaw.

    All pairs come equally often, and both properties by themselves too, up to what is left over in the last round.
    Each round has an order of its own, so that one category's properties say nothing of another's.

    Returns:
        int64 (uses,) below `n_first`, int64 (uses,) below `n_second`.
    """
    a_round = n_first * n_second
    rounds = -(-uses // a_round)
    step = np.arange(a_round)
    first = step % n_first
    second = (step + step // lcm(n_first, n_second)) % n_second
    names = [
        stream.permuted(np.tile(np.arange(size), (rounds, 1)), axis=1)
        for stream, size in zip(rng.spawn(2), (n_first, n_second), strict=True)
    ]
    return names[0][:, first].ravel()[:uses], names[1][:, second].ravel()[:uses]


def occurrence_order(values: np.ndarray, n_values: int) -> list[np.ndarray]:
    """For each value below `n_values` the positions in the flat `values` that hold it, ascending."""
    order = np.argsort(values, kind="stable")
    ends = np.cumsum(np.bincount(values, minlength=n_values))
    return np.split(order, ends[:-1])
