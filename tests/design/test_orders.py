from collections import Counter
from itertools import pairwise
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.design.orders import SCHEMES, orders
from primacy.errors import DesignError, UnknownNameError


@given(scheme=st.sampled_from(["all", "rotations", "williams"]), n=st.integers(2, 6))
def test_each_member_stands_at_each_position_equally_often(scheme, n):
    table = orders(scheme, n)
    for row in table:
        assert sorted(row) == list(range(n))
    for column in table.T:
        assert len(set(Counter(column.tolist()).values())) == 1
        assert len(Counter(column.tolist())) == n


@given(n=st.integers(2, 9))
def test_williams_balances_predecessors(n):
    table = orders("williams", n)
    follows = Counter((int(a), int(b)) for row in table for a, b in pairwise(row))
    assert len(follows) == n * (n - 1)
    assert len(set(follows.values())) == 1


def test_numbers_of_orders():
    assert [len(orders(s, 4)) for s in ("all", "rotations", "williams", "combinations")] == [24, 4, 4, 1]
    assert len(orders("williams", 5)) == 10
    assert len(orders("all", 5)) == factorial(5) == len(np.unique(orders("all", 5), axis=0))


def test_refusals():
    with pytest.raises(DesignError, match="9!"):
        orders("all", 9)
    with pytest.raises(UnknownNameError):
        orders("latin", 3)
    assert "williams" in SCHEMES
