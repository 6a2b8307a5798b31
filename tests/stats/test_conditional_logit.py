"""Conditional logistic regression against statsmodels, closed forms, planted effects and linear programming."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from statsmodels.discrete.conditional_models import ConditionalLogit
from statsmodels.discrete.discrete_model import Logit

from primacy.errors import UsageError
from primacy.stats.conditional_logit import fit_conditional_logit

BETA = np.array([0.6, -0.4, 0.2])


def drawn(rng, sizes, beta=BETA, spread=1.0):
    """Outcomes, covariates and strata with random intercepts."""
    strata = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=(len(strata), len(beta)))
    utility = x @ beta + spread * rng.normal(size=len(sizes))[strata]
    return (rng.random(len(strata)) < 1 / (1 + np.exp(-utility))).astype(float), x, strata


def fitted(y, x, strata, clusters=None):
    return fit_conditional_logit(y, x, strata, np.arange(len(y)) if clusters is None else clusters)


def separable(y, x, strata):
    """Whether some direction orders ones before zeros in every stratum, without a tie somewhere."""
    rows = [x[i] - x[j] for i in range(len(y)) for j in range(len(y)) if strata[i] == strata[j] and y[i] > y[j]]
    differences = np.array(rows)
    found = linprog(-differences.sum(axis=0), -differences, np.zeros(len(rows)), bounds=[(-1, 1)] * x.shape[1])
    return -found.fun > 1e-9


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_estimate_is_where_statsmodels_has_its_maximum_with_its_curvature(seed):
    rng = np.random.default_rng(seed)
    y, x, strata = drawn(rng, rng.integers(2, 25, 40))
    fit = fitted(y, x, strata)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ConditionalLogit(y, x, groups=strata)
        reference = model.fit(disp=0)
    # its optimiser stops within 1e-4 of the maximum, its score function is exact
    np.testing.assert_allclose(fit.coefficients, reference.params, atol=1e-3)
    np.testing.assert_allclose(model.score(fit.coefficients), 0.0, atol=1e-6)
    steps = 1e-5 * np.eye(3)
    falls = [model.score(fit.coefficients - step) - model.score(fit.coefficients + step) for step in steps]
    np.testing.assert_allclose(np.array(falls) / 2e-5, fit.information, rtol=1e-5, atol=1e-4)
    assert fit.converged and fit.n + fit.n_dropped == len(y)


def test_matched_pairs_have_the_ratio_of_discordant_pairs_and_its_variance():
    x = np.array([[1.0], [0.0]] * 37)
    y = np.tile([1.0, 0.0], 37)
    y[:20] = np.tile([0.0, 1.0], 10)
    strata = np.repeat(np.arange(37), 2)
    fit = fitted(y, x, strata)
    assert fit.odds_ratio(0).value == pytest.approx(27 / 10)
    assert 1 / fit.information[0, 0] == pytest.approx(1 / 27 + 1 / 10)
    # the sandwich is the model's variance here; it knows that two rows of a pair are one observation
    assert fit.covariance[0, 0] == pytest.approx((1 / 27 + 1 / 10) * 74 / 73)


def test_matched_pairs_are_a_logit_of_differences():
    rng = np.random.default_rng(4)
    y, x, strata = drawn(rng, np.full(200, 2))
    fit = fitted(y, x, strata)
    pairs = np.flatnonzero(y[::2] != y[1::2])
    differences = (x[::2] - x[1::2])[pairs]
    reference = Logit(y[::2][pairs], differences).fit(disp=0, cov_type="HC0")
    np.testing.assert_allclose(fit.coefficients, reference.params, atol=1e-6)
    np.testing.assert_allclose(fit.covariance, reference.cov_params() * fit.n / (fit.n - 1), rtol=1e-5)


def test_sparse_strata_do_not_bias_the_estimate_where_intercepts_would():
    rng = np.random.default_rng(5)
    y, x, strata = drawn(rng, np.full(4_000, 3), beta=np.array([0.8]), spread=2.0)
    fit = fitted(y, x, strata)
    assert abs(fit.coefficients[0] - 0.8) < 3 * fit.standard_errors[0] < 0.2
    pooled = Logit(y, np.column_stack([np.ones(len(y)), x])).fit(disp=0).params[1]
    assert pooled < 0.8 - 5 * fit.standard_errors[0]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_shifts_within_strata_units_and_the_order_of_rows_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 40, 15)
    y, x, strata = drawn(rng, sizes)
    clusters = np.concatenate([np.arange(size) for size in sizes])
    fit = fitted(y, x, strata, clusters)
    order = rng.permutation(len(y))
    units = np.array([1.0, 100.0, 0.01])
    moved = (x + rng.normal(size=(15, 3))[strata]) * units
    other = fitted(y[order], moved[order], 7 - 3 * strata[order], clusters[order] * 11 - 40)
    np.testing.assert_allclose(other.coefficients * units, fit.coefficients, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(other.covariance * np.outer(units, units), fit.covariance, rtol=1e-5, atol=1e-8)
    swapped = fitted(1 - y, -x, strata, clusters)
    np.testing.assert_allclose(swapped.coefficients, fit.coefficients, rtol=1e-6, atol=1e-8)


def test_strata_that_carry_nothing_are_left_out_and_counted():
    rng = np.random.default_rng(6)
    y, x, strata = drawn(rng, np.full(30, 12))
    extra_y = np.concatenate([y, [1, 1, 1], [0, 0], [1, 0, 1], [1]])
    extra_x = np.concatenate([x, rng.normal(size=(5, 3)), np.ones((3, 3)), rng.normal(size=(1, 3))])
    extra = np.concatenate([strata, [90] * 3, [91] * 2, [92] * 3, [93]])
    alone, more = fitted(y, x, strata), fitted(extra_y, extra_x, extra)
    np.testing.assert_allclose(more.coefficients, alone.coefficients, rtol=1e-9)
    np.testing.assert_allclose(more.covariance, alone.covariance, rtol=1e-9)
    assert more.n_dropped == alone.n_dropped + 9
    assert (more.n, more.n_strata, more.n_clusters) == (alone.n, alone.n_strata, alone.n_clusters)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-3, 3), st.integers(-2, 2), st.integers(0, 3)), min_size=4, max_size=14
    )
)
def test_there_is_an_estimate_exactly_where_nothing_separates_the_outcomes(rows):
    y, first, second, strata = np.array(rows, dtype=float).T
    x = np.column_stack([first, second])
    fit = fitted(y, x, strata.astype(int))
    if fit.problem.startswith(("no stratum", "covariates")):
        return
    assert fit.converged is not separable(y, x, strata), fit.problem
    if not fit.converged:
        assert "separates" in fit.problem
        assert np.isnan(fit.coefficients).all() and np.isnan(fit.p(0)) and np.isnan(fit.odds_ratio(0)).all()


def test_problems_are_named_and_give_nan():
    ones = np.ones(4)
    x = np.array([[1.0], [2.0], [1.0], [0.0]])
    nothing = fitted(ones, x, [0, 0, 1, 1])
    assert nothing.problem.startswith("no stratum") and nothing.n == 0 and nothing.n_dropped == 4
    assert fitted([], np.zeros((0, 2)), []).problem.startswith("no stratum")
    rng = np.random.default_rng(7)
    y, x, strata = drawn(rng, np.full(20, 10))
    twice = np.column_stack([x[:, 0], 2 * x[:, 0]])
    constant = np.column_stack([x[:, 0], strata])
    for collinear in (twice, constant):
        fit = fitted(y, collinear, strata)
        assert fit.problem.startswith("covariates are collinear")
        assert not fit.converged and np.isnan(fit.covariance).all()
    separated = fitted(y, np.column_stack([y + 0.01 * x[:, 0], x[:, 1]]), strata)
    assert "separates" in separated.problem


def test_a_strong_effect_with_an_outlier_is_not_mistaken_for_separation():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(400, 1))
    y = (rng.random(400) < 1 / (1 + np.exp(-4 * x[:, 0]))).astype(float)
    x[0], y[0] = 300.0, 1.0
    fit = fitted(y, x, np.zeros(400, dtype=int))
    assert fit.converged
    assert fit.coefficients[0] == pytest.approx(4.0, abs=1.5)


def test_a_stratum_of_one_cluster_carries_nothing():
    rng = np.random.default_rng(9)
    y, x, strata = drawn(rng, np.full(20, 10))
    assert fitted(y, x, strata, strata).problem.startswith("no stratum")
    inside = fitted(y, x, strata, np.where(strata == 0, -1, np.arange(200)))
    outside = fitted(y[10:], x[10:], strata[10:])
    np.testing.assert_allclose(inside.coefficients, outside.coefficients)
    assert inside.n_dropped == outside.n_dropped + 10 and inside.n_strata == outside.n_strata


def test_odds_ratios_are_per_any_number_of_units_and_agree_with_p():
    rng = np.random.default_rng(10)
    y, x, strata = drawn(rng, np.full(40, 8))
    fit = fitted(y, x, strata)
    doubled, once = fit.odds_ratio(0, per=2.0), fit.odds_ratio(0)
    np.testing.assert_allclose(np.array(doubled), np.array(once) ** 2)
    back = fit.odds_ratio(0, per=-1.0)
    np.testing.assert_allclose([back.low, back.high], [1 / once.high, 1 / once.low])
    at_the_edge = fit.odds_ratio(1, 1 - fit.p(1))
    assert min(abs(np.log(at_the_edge.low)), abs(np.log(at_the_edge.high))) < 1e-9


def captions(rng, n_images, n_strata, effect=0.5, alike=0.7):
    """One to five captions of each image, all of one stratum; each repeats the image's order with probability
    `alike`, which leaves the chance of each as it is."""
    strata, x = rng.integers(n_strata, size=n_images), rng.normal(size=n_images)
    chance = 1 / (1 + np.exp(-effect * x - rng.normal(size=n_strata)[strata]))
    images = np.repeat(np.arange(n_images), rng.integers(1, 6, n_images))
    own = rng.random(n_images)[images]
    draw = np.where(rng.random(len(images)) < alike, own, rng.random(len(images)))
    return (draw < chance[images]).astype(float), x[images, None], strata[images], images


def test_repeated_rows_of_one_cluster_are_one_observation():
    rng = np.random.default_rng(11)
    y, x, strata = drawn(rng, np.full(60, 5))
    once = fitted(y, x, strata)
    for copies in (2, 5, 9):
        images = np.repeat(np.arange(len(y)), copies)
        many = fitted(y[images], x[images], strata[images], images)
        np.testing.assert_allclose(many.coefficients, once.coefficients, rtol=1e-9)
        np.testing.assert_allclose(many.covariance, once.covariance, rtol=1e-9)
        np.testing.assert_allclose(many.information, once.information, rtol=1e-9)
        assert many.n == copies * once.n and many.n_clusters == once.n_clusters


def test_captions_of_an_image_take_turns():
    rng = np.random.default_rng(13)
    y, x, strata, images = captions(rng, 400, 20)
    fit = fitted(y, x, strata, images)
    # five rounds; an image with two captions shows the first in three of them
    position = np.arange(len(images)) - np.searchsorted(images, images)
    sizes = np.bincount(images)[images]
    rows = np.concatenate([np.flatnonzero(position == turn * sizes // 5) for turn in range(5)])
    turns = np.concatenate([np.full((position == turn * sizes // 5).sum(), turn) for turn in range(5)])
    by_hand = fitted(y[rows], x[rows], strata[rows] + 20 * turns)
    np.testing.assert_allclose(fit.coefficients, by_hand.coefficients, rtol=1e-6)
    np.testing.assert_allclose(fit.information, by_hand.information / 5, rtol=1e-6)


def test_captions_that_are_alike_do_not_inflate_the_effect_in_sparse_strata():
    y, x, strata, images = captions(np.random.default_rng(14), 9_000, 3_000, alike=0.9)
    fit = fitted(y, x, strata, images)
    assert abs(fit.coefficients[0] - 0.5) < 3 * fit.standard_errors[0] < 0.2
    independent = fitted(y, x, strata)
    assert independent.coefficients[0] > 0.5 + 4 * fit.standard_errors[0]


def test_intervals_cover_with_several_captions_an_image():
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(200):
        interval = fitted(*captions(rng, 150, 30)).odds_ratio(0)
        covered += interval.low <= np.exp(0.5) <= interval.high
    assert 0.91 <= covered / 200 <= 0.985


@pytest.mark.parametrize(
    ("y", "x", "said"),
    [
        ([0, 1], [1.0, 2.0], "do not fit"),
        ([0, 1, 1], [[1.0], [2.0]], "do not fit"),
        ([0, 2], [[1.0], [2.0]], "other than 0 and 1"),
        ([0, np.nan], [[1.0], [2.0]], "other than 0 and 1"),
        ([0, 1], [[np.nan], [2.0]], "not finite"),
    ],
)
def test_bad_arrays_are_refused(y, x, said):
    with pytest.raises(UsageError, match=said):
        fit_conditional_logit(y, x, [0, 0], [0, 1])
