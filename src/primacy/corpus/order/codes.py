"""Whole numbers for rows of whole numbers, and what rows of one number add up to or differ in."""

from __future__ import annotations

import numpy as np

from primacy.corpus.cases import Floats, Ints


def row_codes(rows: Ints) -> tuple[Ints, Ints]:
    """Number the distinct rows of `rows` (N, k), values 0 or more, in lexicographic order.

    Returns:
        `code` (N,) from 0, and `first` (S,), a row of `rows` for each code.
    """
    code = np.zeros(len(rows), dtype=np.int64)
    first = np.zeros(0, dtype=np.int64)
    # re-coding after each column keeps the product below 2^63 for any width
    for column in rows.T:
        _, first, code = np.unique(code * (column.max(initial=0) + 1) + column, return_index=True, return_inverse=True)
    return code.astype(np.int64), first.astype(np.int64)


def summed(code: Ints, values: Floats, n: int) -> Floats:
    """Sums of `values` (N,) or (N, k) by code (N,), 0 to n - 1: (n,) or (n, k)."""
    columns = [np.bincount(code, column, minlength=n) for column in np.atleast_2d(values.T)]
    return np.stack(columns).T.reshape((n, *values.shape[1:])).astype(np.float64)


def vary_within(code: Ints, values: Floats) -> bool:
    """Whether any two of `values` (N,) or (N, k) with one code (N,) differ."""
    _, example, own = np.unique(code, return_index=True, return_inverse=True)
    return bool((values != values[example][own]).any())
