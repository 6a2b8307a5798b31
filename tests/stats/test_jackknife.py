"""The delete-a-group jackknife against recomputation, textbook formulas, statsmodels and simulated coverage."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from primacy.errors import UsageError
from primacy.stats.intervals import share_limits
from primacy.stats.jackknife import (
    Replicates,
    jackknife_intervals,
    jackknife_ratio_intervals,
    jackknife_share_intervals,
    joined,
    ratio_replicates,
    standard_error,
    sum_replicates,
)


def brute_error(statistic, groups):
    """Standard error of `statistic(rows)` by leaving out each group that has a row."""
    present = np.unique(groups)
    left_out = np.array([statistic(groups != g) for g in present])
    return np.sqrt((len(present) - 1) / len(present) * ((left_out - left_out.mean()) ** 2).sum())


def correlation(sums):
    """Pearson's correlation from sums of 1, x, y, xx, yy, xy."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return ((n * xy - x * y) / np.sqrt((n * xx - x**2) * (n * yy - y**2)))[..., None]


def test_a_mean_with_one_row_a_group_has_the_textbook_error():
    values = np.random.default_rng(0).normal(size=50)
    replicates = ratio_replicates(values, np.ones(50), np.arange(50), 50)
    np.testing.assert_allclose(standard_error(replicates), [stats.sem(values)])
    low, high = (limit[0] for limit in jackknife_intervals(replicates)[1:])
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([low, high], expected)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(1, 4)), min_size=2, max_size=40))
def test_ratios_are_those_of_the_rows_left_and_empty_groups_are_no_replicates(rows):
    groups, above, below = np.array(rows).T
    replicates = ratio_replicates(above, below, groups, 9)
    assert replicates.value[0] == pytest.approx(above.sum() / below.sum())
    for g in range(9):
        keep = groups != g
        expected = above[keep].sum() / below[keep].sum() if keep.any() else np.nan
        np.testing.assert_allclose(replicates.left_out[g, 0], expected, atol=1e-12)
    assert replicates.support.tolist() == [len(np.unique(groups))]
    if replicates.support[0] > 1:
        expected = brute_error(lambda keep: above[keep].sum() / below[keep].sum(), groups)
        np.testing.assert_allclose(standard_error(replicates), [expected], atol=1e-9)


def test_functions_of_several_sums_are_recomputed_without_each_group():
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    y = x + rng.normal(size=300)
    groups = rng.integers(20, size=300)
    sums = sum_replicates(np.stack([np.ones(300), x, y, x * x, y * y, x * y], axis=1), groups, 20)
    replicates = sums.map(correlation)
    assert replicates.value[0] == pytest.approx(stats.pearsonr(x, y)[0])
    expected = brute_error(lambda keep: stats.pearsonr(x[keep], y[keep])[0], groups)
    np.testing.assert_allclose(standard_error(replicates), [expected])


def test_statistics_of_different_rows_can_be_joined_and_contrasted():
    rng = np.random.default_rng(2)
    first, second = rng.random(80), rng.random(50)
    groups, others = rng.integers(10, size=80), rng.integers(10, size=50)
    parts = ratio_replicates(first, np.ones(80), groups, 10), ratio_replicates(second, np.ones(50), others, 10)
    difference = joined(*parts).map(lambda v: v[..., :1] - v[..., 1:])
    assert difference.value[0] == pytest.approx(first.mean() - second.mean())
    left_out = [first[groups != g].mean() - second[others != g].mean() for g in range(10)]
    np.testing.assert_allclose(difference.left_out[:, 0], left_out)
    np.testing.assert_array_equal(joined(*parts).columns([1]).left_out, parts[1].left_out)


def test_the_error_of_a_clustered_mean_agrees_with_the_sandwich():
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(120), rng.integers(1, 6, 120))
    values = rng.normal(size=120)[clusters] + rng.normal(size=len(clusters))
    mine = standard_error(ratio_replicates(values, np.ones(len(values)), clusters, 120))[0]
    sandwich = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": clusters}).bse[0]
    assert mine == pytest.approx(sandwich, rel=0.02)


def test_grouping_clusters_leaves_the_error_about_the_same():
    rng = np.random.default_rng(4)
    values = rng.normal(size=20_000)
    grouped = standard_error(ratio_replicates(values, np.ones(20_000), np.arange(20_000) % 200, 200))[0]
    assert grouped == pytest.approx(stats.sem(values), rel=0.2)


def test_each_column_counts_its_own_groups():
    groups = np.repeat(np.arange(6), 2)
    numerators = np.zeros((12, 2))
    denominators = np.ones((12, 2))
    numerators[::2] = 1.0
    denominators[4:, 1] = 0.0
    numerators[4:, 1] = 0.0
    replicates = ratio_replicates(numerators, denominators, groups, 6)
    assert replicates.support.tolist() == [6, 2]
    intervals = jackknife_share_intervals(replicates)
    np.testing.assert_array_equal(intervals.low, intervals.high)


@pytest.mark.parametrize(("groups", "values"), [([0, 0, 0], [1, 2, 3]), ([], [])], ids=["one group", "no rows"])
def test_fewer_than_two_groups_have_no_interval(groups, values):
    replicates = ratio_replicates(values, np.ones(len(values)), np.array(groups, dtype=int), 4)
    for intervals in (jackknife_intervals(replicates), jackknife_share_intervals(replicates)):
        assert np.isnan([intervals.low, intervals.high]).all()


def test_a_statistic_that_one_group_makes_possible_has_no_interval():
    sums = sum_replicates([[1, 0], [1, 0], [0, 1]], [0, 1, 2], 3)
    assert np.isfinite(standard_error(sums.map(lambda v: v[..., :1] / (1 + v[..., 1:]))))[0]
    odds = sums.map(lambda v: np.where(v[..., 1:] > 0, v[..., :1] / np.maximum(v[..., 1:], 1), np.nan))
    assert odds.value[0] == 2.0
    assert np.isnan(standard_error(odds)[0])
    assert np.isnan(jackknife_ratio_intervals(odds).high[0])


def test_identical_groups_have_no_spread_in_spite_of_rounding():
    values = np.tile([0.1, 0.2, 0.7], 50)
    replicates = ratio_replicates(values, np.ones(150), np.repeat(np.arange(50), 3), 50)
    assert standard_error(replicates)[0] == 0.0
    nothing = sum_replicates(np.array([0.1, 0.2, 0.3]), np.zeros(3, dtype=int), 2)
    assert nothing.left_out[0, 0] == 0.0


def test_shares_stay_inside_their_range_and_have_limits_at_their_bounds():
    groups = np.arange(400) % 20
    hits = np.zeros((400, 3))
    hits[:3, 0] = 1.0
    hits[:, 2] = 1.0
    replicates = ratio_replicates(hits, np.ones((400, 1)), groups, 20)
    value, low, high = jackknife_share_intervals(replicates)
    assert (low >= 0).all() and (high <= 1).all()
    assert low[0] > 0 and low[1] == 0.0 and high[1] > 0.1 and high[2] == 1.0
    expected = share_limits(value, standard_error(replicates), n_clusters=20)
    np.testing.assert_array_equal([low, high], expected[1:])
    clipped = jackknife_intervals(replicates, bounds=(0.0, 1.0))
    assert clipped.low[0] == 0.0
    assert clipped.high[1] == pytest.approx(high[1])


def test_ratios_get_limits_that_are_even_on_the_log_scale():
    rng = np.random.default_rng(5)
    replicates = ratio_replicates(rng.random(60), rng.random(60), np.arange(60), 60)
    ratio, low, high = (column[0] for column in jackknife_ratio_intervals(replicates, 0.9))
    assert low * high == pytest.approx(ratio**2)
    spread = standard_error(replicates.map(np.log))[0] * stats.t.ppf(0.95, 59)
    assert np.log(high / ratio) == pytest.approx(spread)


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(6)
    values, groups = rng.random((70, 2)), rng.integers(8, size=70)
    order = rng.permutation(70)
    first = ratio_replicates(values[:, :1], values[:, 1:], groups, 8)
    second = ratio_replicates(values[order, :1], values[order, 1:], groups[order], 8)
    np.testing.assert_allclose(first.left_out, second.left_out)


def test_intervals_of_a_clustered_share_cover_it():
    rng = np.random.default_rng(7)
    shares = rng.beta(3.0, 7.0, size=(400, 300))
    hits = rng.binomial(5, shares)
    covered = 0
    for data in hits:
        replicates = ratio_replicates(data, np.full(300, 5.0), np.arange(300) % 50, 50)
        interval = jackknife_share_intervals(replicates).at(0)
        covered += interval.low <= 0.3 <= interval.high
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.parametrize(
    ("values", "groups", "said"),
    [
        (np.ones(3), [0, 1], "do not fit"),
        (np.ones((3, 2, 2)), [0, 1, 1], "do not fit"),
        (np.ones(2), [0, 2], "expected 0 to 1"),
        (np.ones(2), [-1, 0], "expected 0 to 1"),
    ],
)
def test_shapes_and_groups_that_do_not_fit_are_refused(values, groups, said):
    with pytest.raises(UsageError, match=said):
        sum_replicates(values, groups, 2)


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="2 columns of denominators do not fit 3"):
        ratio_replicates(np.ones((4, 3)), np.ones((4, 2)), [0, 0, 1, 1], 2)


def test_replicates_are_of_all_groups():
    assert sum_replicates(np.ones(3), [0, 2, 2], 5).left_out.shape == (5, 1)
    assert isinstance(sum_replicates(np.ones(3), [0, 2, 2], 5), Replicates)
