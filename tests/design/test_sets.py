from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.sets import all_sets, sample_sets
from primacy.errors import DesignError
from primacy.identity import rng_stream


@given(v=st.integers(2, 12), data=st.data())
@settings(max_examples=50)
def test_all_sets_are_itertools_combinations(v, data):
    n = data.draw(st.integers(2, v))
    sets = all_sets(v, n)
    expected = np.array(list(combinations(range(v), n)))
    assert len(sets) == comb(v, n)
    np.testing.assert_array_equal(sets.block(0, len(sets)), expected)
    start = data.draw(st.integers(0, len(sets) - 1))
    np.testing.assert_array_equal(sets.block(start, start + 3), expected[start : start + 3])


def test_the_published_number_and_ends():
    sets = all_sets(90, 4)
    assert len(sets) == 2_555_190
    np.testing.assert_array_equal(sets.block(0, 1), [[0, 1, 2, 3]])
    np.testing.assert_array_equal(sets.block(2_555_189, 2_555_190), [[86, 87, 88, 89]])


@given(v=st.integers(4, 40), n=st.integers(2, 4), k=st.integers(1, 60), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_samples_are_distinct_and_balanced(v, n, k, seed):
    sets = sample_sets(v, n, k, rng=rng_stream(seed, "t"))
    members = sets.block(0, len(sets))
    assert len(sets) == min(k, comb(v, n))
    assert len({tuple(sorted(row)) for row in members.tolist()}) == len(sets)
    assert all(len(set(row)) == n for row in members.tolist())
    if k <= comb(v, n) // 2:
        counts = np.bincount(members.ravel(), minlength=v)
        assert counts.max() - counts.min() <= 1


def test_a_smaller_sample_is_the_beginning_of_a_larger():
    small, large = (sample_sets(90, 4, k, rng=rng_stream(3, "t")).members for k in (100, 400))
    np.testing.assert_array_equal(small, large[:100])


def test_sorted_and_unsorted():
    ordered = sample_sets(30, 3, 50, rng=rng_stream(0, "t"), sort=True).members
    assert (np.diff(ordered, axis=1) > 0).all()
    free = sample_sets(30, 3, 50, rng=rng_stream(0, "t")).members
    assert not (np.diff(free, axis=1) > 0).all()


@pytest.mark.parametrize(("v", "n"), [(3, 4), (5, 1), (5, 0)])
def test_impossible_sets(v, n):
    with pytest.raises(DesignError):
        all_sets(v, n)
    with pytest.raises(DesignError):
        sample_sets(v, n, 5, rng=rng_stream(0, "t"))


def test_too_many_to_number():
    with pytest.raises(DesignError, match="sample them"):
        all_sets(5000, 8)
