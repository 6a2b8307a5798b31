"""Intervals against brute force, statsmodels and simulated coverage."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from primacy.errors import UsageError
from primacy.stats.intervals import (
    Interval,
    interval,
    intervals,
    ratio_interval,
    share_intervals,
    simultaneous_level,
    standard_error,
)
from primacy.stats.resample import BOOTSTRAP_MAX_CLUSTERS, Draws, cluster_draws

TRIALS = 24


def share_interval(value, draws, *, n_clusters):
    return share_intervals([value], np.asarray(draws)[:, None], n_clusters=n_clusters).at(0)


def simultaneous(value, draws, *, n_clusters):
    return intervals(value, draws, simultaneous_level(draws, n_clusters=n_clusters), n_clusters=n_clusters)


def correlated_wins(shares, n_clusters, correlation, rng):
    """(K, n) wins of 24 trials a cluster whose true shares vary between clusters."""
    spread = (1 - correlation) / correlation
    return rng.multinomial(TRIALS, rng.dirichlet(spread * np.asarray(shares), size=n_clusters)).astype(float)


def drawn(wins, rng, n_draws=600):
    return cluster_draws(wins, np.full((len(wins), 1), float(TRIALS)), rng=rng, n_draws=n_draws)


def test_values_are_ratios_of_sums_and_empty_denominators_are_nan():
    num = np.array([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0]])
    den = np.array([[4.0, 2.0, 0.0], [4.0, 0.0, 0.0]])
    d = cluster_draws(num, den, rng=np.random.default_rng(0), n_draws=200)
    np.testing.assert_allclose(d.value, [0.5, 1.0, np.nan])
    assert d.support.tolist() == [2, 1, 0]
    assert np.isnan(d.draws[:, 2]).all()
    assert set(np.unique(d.draws[:, 0])) == {0.25, 0.5, 0.75}
    # a resample that holds only the second cluster has no denominator in column 1
    np.testing.assert_array_equal(np.isnan(d.draws[:, 1]), d.draws[:, 0] == 0.75)


def test_bootstrap_has_the_variance_of_explicit_resampling():
    rng = np.random.default_rng(1)
    num, den = rng.random((12, 2)), rng.integers(1, 5, (12, 2)).astype(float)
    d = cluster_draws(num, den, rng=rng, n_draws=20_000)
    picks = rng.integers(12, size=(20_000, 12))
    brute = num[picks].sum(axis=1) / den[picks].sum(axis=1)
    np.testing.assert_allclose(np.cov(d.draws.T), np.cov(brute.T), rtol=0.08)


def test_columns_share_their_cluster_weights():
    rng = np.random.default_rng(2)
    wins = correlated_wins([0.4, 0.3, 0.2, 0.1], 40, 0.2, rng)
    both = drawn(np.hstack([wins, wins]), rng)
    np.testing.assert_array_equal(both.draws[:, :4], both.draws[:, 4:])
    np.testing.assert_allclose(both.draws[:, :4].sum(axis=1), 1)
    difference = both.contrast([1, 0, 0, 0, -1, 0, 0, 0])
    assert interval(difference.value[0], difference.draws[:, 0], n_clusters=40) == (0, 0, 0)


def test_draws_depend_on_the_generator_only():
    num = np.random.default_rng(3).random((30, 2))
    one, two, other = (
        cluster_draws(num, np.ones((30, 1)), rng=np.random.default_rng(seed), n_draws=50).draws for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_many_clusters_switch_to_the_linearised_normal_with_the_same_spread():
    rng = np.random.default_rng(4)
    wins = correlated_wins([0.4, 0.3, 0.2, 0.1], BOOTSTRAP_MAX_CLUSTERS + 1, 0.3, rng)
    many, few = drawn(wins, rng, 4000), drawn(wins[:-1], rng, 4000)
    assert (many.method, few.method) == ("linearised normal", "cluster bootstrap")
    np.testing.assert_allclose(many.draws.std(axis=0), few.draws.std(axis=0), rtol=0.05)
    np.testing.assert_allclose(np.corrcoef(many.draws.T), np.corrcoef(few.draws.T), atol=0.07)
    np.testing.assert_allclose(many.draws.sum(axis=1), 1)


def test_linearised_columns_without_denominator_stay_nan():
    num = np.ones((BOOTSTRAP_MAX_CLUSTERS + 1, 2))
    den = np.stack([np.full(len(num), 2.0), np.zeros(len(num))], axis=1)
    d = cluster_draws(num, den, rng=np.random.default_rng(0), n_draws=10)
    np.testing.assert_allclose(d.draws[:, 0], 0.5)
    assert np.isnan(d.draws[:, 1]).all()


def test_contrast_is_the_weighted_sum_with_the_smallest_support():
    d = Draws(np.array([0.5, 0.3, 0.2]), np.arange(6.0).reshape(2, 3), 9, "x", np.array([9, 4, 7]))
    c = d.contrast([1, 0, -1])
    assert c.value.tolist() == pytest.approx([0.3])
    assert c.draws.tolist() == [[-2.0], [-2.0]]
    assert c.support.tolist() == [7]


@pytest.mark.parametrize("shape", [(3,), (4, 2), (3, 3)])
def test_shapes_that_do_not_fit_are_refused(shape):
    with pytest.raises(UsageError, match="do not fit"):
        cluster_draws(np.ones((3, 2)), np.ones(shape), rng=np.random.default_rng(0))


def test_one_cluster_or_none_has_no_interval():
    for k in (0, 1):
        d = cluster_draws(np.ones((k, 2)), np.full((k, 1), 4.0), rng=np.random.default_rng(0))
        for limits in (
            intervals(d.value, d.draws, n_clusters=d.support),
            share_intervals(d.value, d.draws, n_clusters=d.support),
            simultaneous(d.value, d.draws, n_clusters=k),
        ):
            np.testing.assert_array_equal(limits.value, [np.nan, np.nan] if k == 0 else [0.25, 0.25])
            assert np.isnan(limits.low).all() and np.isnan(limits.high).all()
            assert not limits.at(0).excludes_zero


def test_constant_encoder_is_exact_in_spite_of_rounding():
    d = drawn(np.full((50, 3), TRIALS / 3) * (1 + 1e-16), np.random.default_rng(0))
    low, high = share_intervals(d.value, d.draws, n_clusters=50)[1:]
    np.testing.assert_allclose(low, 1 / 3, atol=1e-15)
    np.testing.assert_array_equal(low, high)
    noisy = d.contrast([1, 0, -1])._replace(value=np.array([3e-17]))
    assert interval(noisy.value[0], noisy.draws[:, 0], n_clusters=50) == Interval(0.0, 0.0, 0.0)
    bands = simultaneous(d.value - 1 / 3, d.draws - 1 / 3, n_clusters=50)
    np.testing.assert_array_equal(bands.low, 0)


def test_interval_is_the_t_interval_of_the_cluster_means():
    # with equal denominators the ratio is the mean over clusters: scipy gives its t interval
    rng = np.random.default_rng(5)
    num = rng.random((15, 1))
    d = cluster_draws(num, np.ones((15, 1)), rng=rng, n_draws=40_000)
    low, high = stats.t.interval(0.9, 14, loc=num.mean(), scale=stats.sem(num[:, 0]))
    found = interval(d.value[0], d.draws[:, 0], 0.9, n_clusters=15)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.004)


def test_standard_error_leaves_nan_draws_out():
    draws = np.array([1.0, 2.0, 4.0, np.nan])
    assert standard_error(draws, n_clusters=5) == pytest.approx(np.std([1, 2, 4], ddof=1) * np.sqrt(5 / 4))
    assert np.isnan(standard_error([np.nan, np.nan], n_clusters=5))


def test_bounds_clip_and_replace_a_collapsed_interval():
    wide = np.array([0.5, 1.0, 1.0, 0.7])
    assert interval(0.9, wide, n_clusters=4, bounds=(-1, 1)).high == 1
    assert interval(0.9, wide, n_clusters=4).high > 1
    collapsed = interval(1.0, np.ones(50), n_clusters=30, bounds=(-1, 1))
    share = share_interval(1.0, np.ones(50), n_clusters=30)
    assert collapsed.high == 1
    assert collapsed.low == pytest.approx(2 * share.low - 1)
    assert 0.8 < share.low < 0.9


def test_share_interval_of_independent_trials_is_wilsons():
    rng = np.random.default_rng(6)
    wins = (rng.random((4000, 1)) < 0.97).astype(float)
    d = cluster_draws(wins, np.ones((4000, 1)), rng=rng, n_draws=20_000)
    low, high = proportion_confint(wins.sum(), 4000, method="wilson")
    found = share_interval(d.value[0], d.draws[:, 0], n_clusters=4000)
    assert (found.low, found.high) == pytest.approx((low, high), abs=3e-4)


def test_ratio_interval_covers_and_is_undefined_at_zero():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(300):
        d = drawn(correlated_wins([0.4, 0.3, 0.2, 0.1], 40, 0.2, rng), rng)
        found = ratio_interval(d, 0, 3)
        hits += found.low <= 4 <= found.high
    assert 0.92 <= hits / 300 <= 0.985
    assert np.isnan(ratio_interval(drawn(np.full((9, 2), [24.0, 0.0]), rng), 0, 1).value)


def test_coverage_of_shares_and_contrasts():
    rng = np.random.default_rng(8)
    truth = np.array([0.55, 0.2, 0.15, 0.1])
    hits = np.zeros(3)
    for _ in range(1500):
        d = drawn(correlated_wins(truth, 20, 0.2, rng), rng)
        c = d.contrast([1, 0, 0, -1])
        share = share_interval(d.value[3], d.draws[:, 3], n_clusters=20)
        order = interval(c.value[0], c.draws[:, 0], n_clusters=20)
        level = simultaneous_level(d.draws, n_clusters=20)
        band = share_intervals(d.value, d.draws, level, n_clusters=20)
        hits += (
            share.low <= 0.1 <= share.high,
            order.low <= 0.45 <= order.high,
            np.all((band.low <= truth) & (truth <= band.high)),
        )
    share, order, band = hits / 1500
    assert 0.92 <= share <= 0.97
    assert 0.92 <= order <= 0.97
    assert 0.91 <= band <= 0.97  # all four at once, from 20 clusters


def test_simultaneous_bands_lie_between_single_and_bonferroni():
    rng = np.random.default_rng(9)
    d = drawn(correlated_wins([0.25] * 4, 60, 0.2, rng), rng, 5000)
    level = simultaneous_level(d.draws, n_clusters=60)
    assert 0.95 < level < 1 - 0.05 / 4 + 0.002
    same = Draws(d.value[[0, 0]], d.draws[:, [0, 0]], 60, "x", d.support[:2])
    assert simultaneous_level(same.draws, n_clusters=60) == pytest.approx(0.95, abs=0.006)
    half = simultaneous(d.value, d.draws, n_clusters=60).high - d.value
    expected = stats.t.ppf((1 + level) / 2, 59) * standard_error(d.draws, n_clusters=60)
    np.testing.assert_allclose(half, expected)
