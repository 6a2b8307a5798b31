"""Tests of the p-values: agreement with the intervals, statsmodels, and error rates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from primacy.stats.compare import equivalence, holm, two_sided_p
from primacy.stats.intervals import interval, standard_error


def normal_draws(value, se, n_clusters):
    """2,000 draws whose standard error, as the package measures it, is exactly `se`."""
    shape = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    return value + shape * se / standard_error(shape, n_clusters=n_clusters)


@settings(max_examples=25, deadline=None)  # the reference collects garbage at each call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_statsmodels(p_values):
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1], atol=1e-15)


def test_holm_leaves_nan_out_of_the_family():
    adjusted = holm([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(adjusted[[0, 2, 3]], holm([0.01, 0.04, 0.03]))
    assert np.isnan(adjusted[1])
    assert np.isnan(holm([np.nan])).all()
    assert holm([]).shape == (0,)


@settings(deadline=None)
@given(
    value=st.floats(-0.3, 0.3),
    se=st.floats(0.001, 0.2),
    k=st.integers(2, 400),
    level=st.sampled_from([0.9, 0.95, 0.99]),
)
def test_p_is_small_exactly_where_the_interval_excludes_zero(value, se, k, level):
    draws = normal_draws(value, se, k)
    p = two_sided_p(value, draws, n_clusters=k)
    assert (p < 1 - level) == interval(value, draws, level, n_clusters=k).excludes_zero


@settings(deadline=None)
@given(
    value=st.floats(-0.1, 0.1),
    se=st.floats(0.001, 0.05),
    k=st.integers(2, 400),
    alpha=st.sampled_from([0.01, 0.05]),
)
def test_equivalence_is_an_interval_inside_the_margin(value, se, k, alpha):
    draws = normal_draws(value, se, k)
    inner = interval(value, draws, 1 - 2 * alpha, n_clusters=k)
    inside = inner.low > -0.05 and inner.high < 0.05
    assert (equivalence(value, draws, 0.05, n_clusters=k) < alpha) == inside


def test_against_t_test_and_tost_of_statsmodels():
    sample = np.random.default_rng(0).normal(0.02, 0.1, 60)
    described = DescrStatsW(sample)
    draws = normal_draws(sample.mean(), described.std_mean, 60)
    assert two_sided_p(sample.mean(), draws, n_clusters=60) == pytest.approx(described.ttest_mean(0)[1])
    tost = described.ttost_mean(-0.05, 0.05)[0]
    assert equivalence(sample.mean(), draws, 0.05, n_clusters=60) == pytest.approx(tost)


def test_p_can_be_tiny():
    p = two_sided_p(0.3, normal_draws(0.3, 0.01, 300), n_clusters=300)
    assert p == pytest.approx(2 * stats.t.sf(30, 299), rel=1e-6)
    assert 0 < p < 1e-80


def test_no_spread():
    flat = np.zeros(100)
    assert two_sided_p(0.0, flat, n_clusters=20) == 1
    assert two_sided_p(1e-17, flat + 1e-17, n_clusters=20) == 1
    assert two_sided_p(1.0, flat + 1, n_clusters=20) == pytest.approx(2 * stats.t.sf(np.sqrt(20), 19))
    assert equivalence([0.0, 0.05, 0.2], np.tile([0.0, 0.05, 0.2], (9, 1)), 0.05, n_clusters=9).tolist() == [
        0,
        1,
        1,
    ]


def test_undefined_is_nan():
    assert np.isnan(two_sided_p(0.1, [0.1, 0.2], n_clusters=1))
    assert np.isnan(equivalence(np.nan, [np.nan, np.nan], 0.05, n_clusters=9))
