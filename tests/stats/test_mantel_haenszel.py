"""Mantel and Haenszel's odds ratio against statsmodels and recomputation; odds ratios in bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from primacy.errors import UsageError
from primacy.stats import mantel_haenszel
from primacy.stats.jackknife import jackknife_ratio_intervals, standard_error
from primacy.stats.mantel_haenszel import mutual_information, odds_ratio, plackett_joint

shares = st.floats(0.001, 0.999)


def simulated(rng, n_strata=12, size=60, effect=0.8):
    """first, larger, strata of a common effect, with strata that differ in both margins."""
    strata = np.repeat(np.arange(n_strata), size)
    larger = (rng.random(len(strata)) < rng.uniform(0.2, 0.8, n_strata)[strata]).astype(float)
    logit = rng.normal(size=n_strata)[strata] + effect * larger
    return (rng.random(len(strata)) < 1 / (1 + np.exp(-logit))).astype(float), larger, strata


def tables(first, larger, strata):
    """2 x 2 tables of the strata."""
    return [
        np.array([[((first == i) & (larger == j) & (strata == s)).sum() for j in (1, 0)] for i in (1, 0)], dtype=float)
        for s in np.unique(strata)
    ]


def test_the_estimate_is_that_of_statsmodels_and_the_jackknife_agrees_with_its_variance():
    first, larger, strata = simulated(np.random.default_rng(0), n_strata=20, size=100)
    reference = StratifiedTable(tables(first, larger, strata))
    groups = np.arange(len(first))
    replicates = odds_ratio(first, larger, strata, groups % 500, 500)
    assert replicates.value[0] == pytest.approx(reference.oddsratio_pooled)
    log_error = standard_error(replicates.map(np.log))[0]
    assert log_error == pytest.approx(reference.logodds_pooled_se, rel=0.1)
    interval = jackknife_ratio_intervals(replicates).at(0)
    assert interval.low < reference.oddsratio_pooled < interval.high


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.5, 1.0]), st.integers(-2, 2), st.integers(0, 4)),
        max_size=40,
    )
)
def test_every_replicate_is_the_estimate_from_the_rows_left(rows):
    first, larger, strata, groups = np.array(rows).reshape(-1, 4).T
    strata, groups = strata.astype(int), groups.astype(int)

    def direct(keep):
        above = below = 0.0
        for s in np.unique(strata[keep]):
            f, g = first[keep & (strata == s)], larger[keep & (strata == s)]
            above += (f * g).sum() * ((1 - f) * (1 - g)).sum() / len(f)
            below += (f * (1 - g)).sum() * ((1 - f) * g).sum() / len(f)
        return above / below if below else np.inf if above else np.nan

    replicates = odds_ratio(first, larger, strata, groups, 5)
    assert replicates.value.shape == (1,) and replicates.left_out.shape == (5, 1)
    np.testing.assert_allclose(replicates.value[0], direct(np.ones(len(first), dtype=bool)))
    for g in range(5):
        if replicates.held[g, 0]:
            np.testing.assert_allclose(replicates.left_out[g, 0], direct(groups != g))
        else:
            np.testing.assert_allclose(replicates.left_out[g, 0], replicates.value[0])


def test_blocks_of_strata_change_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    first, larger, strata = simulated(rng, n_strata=50, size=10)
    groups = rng.integers(7, size=500)
    whole = odds_ratio(first, larger, strata, groups, 7)
    monkeypatch.setattr(mantel_haenszel, "_BLOCK_CELLS", 30)
    parts = odds_ratio(first, larger, strata, groups, 7)
    np.testing.assert_allclose(parts.value, whole.value)
    np.testing.assert_allclose(parts.left_out, whole.left_out)


def test_ties_pull_the_estimate_towards_one():
    first, larger, strata = simulated(np.random.default_rng(2), effect=1.5)
    groups = np.arange(len(first)) % 10
    tied = np.where(np.arange(len(first)) % 2, larger, 0.5)
    whole, halved = (odds_ratio(first, column, strata, groups, 10).value[0] for column in (larger, tied))
    assert 1 < halved < whole


def test_a_common_effect_is_recovered_from_sparse_strata_where_the_crude_odds_ratio_misses_it():
    first, larger, strata = simulated(np.random.default_rng(3), n_strata=6_000, size=3, effect=1.0)
    replicates = odds_ratio(first, larger, strata, strata % 200, 200)
    interval = jackknife_ratio_intervals(replicates).at(0)
    assert interval.low < np.exp(1.0) < interval.high
    assert interval.high / interval.low < 1.3
    crude = odds_ratio(first, larger, np.zeros_like(strata), strata % 200, 200).value[0]
    assert crude < interval.low


def test_without_discordant_rows_of_one_kind_there_is_no_interval():
    replicates = odds_ratio([1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1], 2)
    assert replicates.value[0] == np.inf
    assert np.isnan(jackknife_ratio_intervals(replicates).low[0])
    nothing = odds_ratio([1, 1], [1, 0], [0, 0], [0, 1], 2)
    assert np.isnan(nothing.value[0]) and nothing.support.tolist() == [0]


@pytest.mark.parametrize(
    ("first", "larger", "strata", "groups", "said"),
    [
        ([1, 0], [1], [0, 0], [0, 0], "do not fit"),
        ([1, 0], [1, 2], [0, 0], [0, 0], "outside 0..1"),
        ([1, 0], [1, np.nan], [0, 0], [0, 0], "outside 0..1"),
        ([1, 0], [1, 0], [0, 0], [0, 2], "expected 0 to 1"),
    ],
)
def test_bad_arrays_are_refused(first, larger, strata, groups, said):
    with pytest.raises(UsageError, match=said):
        odds_ratio(first, larger, strata, groups, 2)


@given(shares, shares, st.floats(-12, 12))
def test_the_joint_distribution_has_its_margins_and_its_odds_ratio(p, q, log_ratio):
    joint = plackett_joint(p, q, np.exp(log_ratio))
    assert joint.min() >= 0
    np.testing.assert_allclose([joint.sum(), joint[1].sum(), joint[:, 1].sum()], [1, p, q], rtol=1e-12)
    ratio = joint[1, 1] * joint[0, 0] / (joint[1, 0] * joint[0, 1])
    assert np.log(ratio) == pytest.approx(log_ratio, abs=1e-6)


def test_extreme_odds_ratios_give_what_the_margins_allow():
    np.testing.assert_allclose(plackett_joint(0.3, 0.6, np.inf), [[0.4, 0.3], [0.0, 0.3]], atol=1e-15)
    np.testing.assert_allclose(plackett_joint(0.3, 0.6, 0.0), [[0.1, 0.6], [0.3, 0.0]], atol=1e-15)
    np.testing.assert_allclose(plackett_joint(0.8, 0.6, 0.0), [[0.0, 0.2], [0.4, 0.4]], atol=1e-15)
    np.testing.assert_allclose(plackett_joint(0.3, 0.6, 1.0), [[0.28, 0.42], [0.12, 0.18]], atol=1e-15)


@given(shares, shares, st.floats(-5, 5))
def test_bits_are_the_sum_over_the_cells(p, q, log_ratio):
    joint = plackett_joint(p, q, np.exp(log_ratio))
    brute = sum(
        joint[i, j] * np.log2(joint[i, j] / (joint[i].sum() * joint[:, j].sum())) for i in range(2) for j in range(2)
    )
    bits = mutual_information(p, q, np.exp(log_ratio))
    assert bits == pytest.approx(brute, abs=1e-12)
    assert bits == pytest.approx(mutual_information(1 - p, q, np.exp(-log_ratio)), abs=1e-12)
    assert mutual_information(p, q, 1.0) == pytest.approx(0.0, abs=1e-15)


def test_bits_go_from_none_to_one_and_are_nan_for_nan():
    bits = mutual_information(0.5, 0.5, [1.0, 2.0, 10.0, 1e9, np.inf, np.nan])
    assert bits[0] == 0.0 and (np.diff(bits[:5]) > 0).all()
    assert bits[4] == pytest.approx(1.0)
    assert np.isnan(bits[5])
