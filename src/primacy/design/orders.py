"""Order schemes: in which mention orders each object set is shown.

Every scheme but `combinations` is counter-balanced: over its orders each member of a set stands at each position
equally often, so an order-invariant encoder gives exactly 1/n at every position.
"""

from __future__ import annotations

from itertools import permutations
from typing import Literal, get_args

import numpy as np

from primacy.errors import DesignError, UnknownNameError

Scheme = Literal["all", "rotations", "williams", "combinations"]
SCHEMES = get_args(Scheme)
_MAX_ALL = 8  # 8! = 40,320 orders a set


def orders(scheme: str, n: int) -> np.ndarray:
    """The orders of a scheme for sets of `n` objects.

    Returns:
        int64 (R, n): row r, column p is the member of the set that order r mentions at position p. R is n! for
        `all`, n for `rotations`, n (even) or 2n (odd) for `williams`, 1 for `combinations` (the list order only,
        as in the published protocol, docs/paper.md 2).

    Raises:
        UnknownNameError: no such scheme.
        DesignError: `all` with n above 8.
    """
    if scheme == "all":
        if n > _MAX_ALL:
            raise DesignError(
                f"{n} objects have {n}! orders, more than 'all' allows (n <= {_MAX_ALL})",
                hint="Use --orders rotations or --orders williams.",
            )
        return np.array(list(permutations(range(n))))
    if scheme == "rotations":
        return (np.arange(n)[:, None] + np.arange(n)) % n
    if scheme == "williams":
        return _williams(n)
    if scheme == "combinations":
        return np.arange(n)[None, :]
    raise UnknownNameError("order scheme", scheme, SCHEMES)


def _williams(n: int) -> np.ndarray:
    """Williams design: each member follows each other member equally often (Williams 1949, Aust. J. Sci. Res.)."""
    zigzag = [0]
    for step in range(1, n):
        zigzag.append((zigzag[-1] + (step if step % 2 else -step)) % n)
    square = (np.array(zigzag) + np.arange(n)[:, None]) % n
    return square if n % 2 == 0 else np.concatenate([square, square[:, ::-1]])
