"""Changes and orders along a sequence of encoders, against brute force and scipy."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from primacy.errors import UsageError
from primacy.stats.trend import MIN_TESTED, Influence, change, rank_correlation, share_difference, steps


def ratio_difference(won, shown):
    a, b = won.sum(axis=0) / shown.sum(axis=0)
    return a - b


def mean_of(values):
    """The mean of one number a cluster, as an effect."""
    values = np.asarray(values, dtype=float)
    ones = np.ones((len(values), 2))
    return share_difference(np.arange(len(values)), np.stack([values, 0 * values], axis=1), ones)


def test_the_influence_is_what_leaving_a_cluster_out_moves():
    rng = np.random.default_rng(0)
    shown = rng.integers(1, 9, size=(12, 2)).astype(float)
    won = shown * rng.random((12, 2))
    found = share_difference(np.arange(12), won, shown)
    assert found.value == pytest.approx(ratio_difference(won, shown))
    for k in range(12):
        without = ratio_difference(np.delete(won, k, axis=0), np.delete(shown, k, axis=0))
        assert found.influence[k] == pytest.approx(found.value - without)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_change_of_means_is_a_paired_t_interval(level):
    rng = np.random.default_rng(1)
    before = rng.normal(size=15)
    after = before + 0.3 + 0.1 * rng.normal(size=15)
    found = change(mean_of(before), mean_of(after), level)
    exact = stats.ttest_rel(after, before).confidence_interval(level)
    assert found.value == pytest.approx((after - before).mean())
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_pairing_needs_the_same_clusters():
    a, b = mean_of([1, 2, 3]), mean_of([1, 2, 3, 4])
    with pytest.raises(UsageError, match="same clusters"):
        change(a, b, 0.95)


def test_steps_count_what_holds_after_holm():
    rng = np.random.default_rng(2)
    sets = rng.normal(size=40)  # what is common to a set cancels in a step
    levels = [0.0, 0.5, 0.5, 0.2]
    points = [mean_of(level + 5 * sets + 0.02 * rng.normal(size=40)) for level in levels]
    found = steps(points, 0.95)
    assert found.up == 1
    assert found.down == 1
    assert found.unresolved == 1


def test_steps_of_an_effect_that_never_varies():
    flat = mean_of(np.full(9, 0.25))
    assert steps([flat, flat, flat], 0.95) == (0, 0, 2)


@given(st.permutations(range(6)))
def test_tau_and_its_p_value_against_every_order(order):
    def concordance(values):
        return sum(np.sign(b - a) for i, a in enumerate(values) for b in values[i + 1 :])

    tau, p = rank_correlation([10.0**i for i in range(6)], [float(v) for v in order])
    every = [abs(concordance(other)) for other in permutations(range(6))]
    assert tau == pytest.approx(concordance(order) / 15)
    assert p == pytest.approx(np.mean([other >= abs(concordance(order)) for other in every]))


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=7, unique=True))
def test_only_the_order_counts(values):
    x = np.arange(1, len(values) + 1)
    plain = rank_correlation(x, values)
    bent = rank_correlation(np.exp(x), [v**3 + v for v in values])
    assert plain == pytest.approx(bent)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_few_points_cannot_be_significant_and_are_not_tested(k):
    assert 2 / math.factorial(k) > 0.05 >= 2 / math.factorial(MIN_TESTED)
    assert rank_correlation(range(k), range(k)) == (pytest.approx(1.0), None)


def test_ties_are_not_tested_and_rounding_ties():
    tau, p = rank_correlation(range(6), [0.1, 0.1 + 1e-16, 0.2, 0.3, 0.4, 0.5])
    assert p is None
    assert 0.9 < tau < 1
    tau, p = rank_correlation(range(6), [0.25 + 1e-17 * k for k in range(6)])
    assert math.isnan(tau)
    assert p is None


def test_an_influence_of_one_cluster_has_no_interval():
    one = Influence(0.2, np.array([0]), np.array([0.0]))
    found = change(one, one._replace(value=0.5), 0.95)
    assert found.value == pytest.approx(0.3)
    assert math.isnan(found.low)
