"""The conditional likelihood against exact enumeration, the usual recursion and finite differences."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.stats import conditional_likelihood
from primacy.stats.conditional_likelihood import Table, conditional_probabilities, likelihood, tilt


def table_of(sizes, rng, n_terms=2, spread=1.0):
    """Random covariates and outcomes, both outcomes in every stratum."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    y = (rng.random(starts[-1]) < 0.4).astype(float)
    y[starts[:-1]], y[starts[:-1] + 1] = 0.0, 1.0
    return Table(y, spread * rng.normal(size=(starts[-1], n_terms)), starts)


def recursion(y, utility):
    """Log conditional likelihood of one stratum by Gail, Lubin & Rubinstein's recursion in logs."""
    sums = np.full(int(y.sum()) + 1, -np.inf)
    sums[0] = 0.0
    for u in utility:
        sums[1:] = np.logaddexp(sums[1:], sums[:-1] + u)
    return y @ utility - sums[-1]


def subsets(y, utility):
    """Weights of all subsets as large as the number of outcomes, and the subsets as 0-1 rows."""
    rows = np.zeros((0, len(y)))
    for chosen in combinations(range(len(y)), int(y.sum())):
        rows = np.vstack([rows, np.isin(np.arange(len(y)), chosen)])
    weights = np.exp(rows @ utility)
    return weights / weights.sum(), rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(2, 8), min_size=1, max_size=5), st.integers(0, 10_000), st.floats(0.01, 3))
def test_value_gradient_information_and_probabilities_are_those_of_enumeration(sizes, seed, spread):
    rng = np.random.default_rng(seed)
    table = table_of(sorted(sizes), rng, spread=spread)
    beta = rng.normal(size=2)
    value, gradient, information, probabilities = 0.0, np.zeros(2), np.zeros((2, 2)), []
    for start, stop in zip(table.starts[:-1], table.starts[1:], strict=True):
        y, x = table.y[start:stop], table.x[start:stop]
        weights, rows = subsets(y, x @ beta)
        value += np.log(weights[(rows == y).all(axis=1)][0])
        sums = rows @ x
        gradient += y @ x - weights @ sums
        information += (sums * weights[:, None]).T @ sums - np.outer(weights @ sums, weights @ sums)
        probabilities.extend(weights @ rows)
    at = tilt(table, beta)
    got = likelihood(table, beta, at)
    assert got.value == pytest.approx(value, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(got.gradient, gradient, atol=1e-8)
    np.testing.assert_allclose(got.information, information, atol=1e-8)
    np.testing.assert_allclose(conditional_probabilities(table, at), probabilities, atol=1e-9)


@pytest.mark.parametrize("size", [30, 150, 400, 2_500])
@pytest.mark.parametrize("spread", [0.1, 1.0, 4.0])
def test_large_strata_take_few_points_and_lose_no_digits(size, spread):
    rng = np.random.default_rng(size)
    table = table_of([size], rng, spread=spread)
    beta = np.array([0.7, -0.4])
    at = tilt(table, beta)
    assert likelihood(table, beta, at).value == pytest.approx(recursion(table.y, table.x @ beta), rel=1e-11)
    _, used = conditional_likelihood._n_points(table.sizes, table.sums(at.p * (1 - at.p)))
    assert used[0] <= 32
    total = conditional_probabilities(table, at).sum()
    assert total == pytest.approx(table.y.sum(), rel=1e-12)


def test_rare_outcomes_in_a_large_stratum_lose_no_digits_either():
    rng = np.random.default_rng(0)
    table = table_of([1_000], rng)
    for n_ones in (1, 2, 7, 993, 999):
        y = np.zeros(1_000)
        y[:n_ones] = 1.0
        table = table._replace(y=y)
        beta = np.array([1.5, 0.3])
        expected = recursion(y, table.x @ beta)
        assert likelihood(table, beta, tilt(table, beta)).value == pytest.approx(expected, rel=1e-11)


def test_derivatives_are_those_of_the_value():
    rng = np.random.default_rng(1)
    table = table_of([2, 3, 9, 60, 500], rng, n_terms=3)
    beta = np.array([0.5, -0.2, 0.1])

    def at(b):
        return likelihood(table, b, tilt(table, b))

    here, h = at(beta), 1e-5
    for i, step in enumerate(h * np.eye(3)):
        up, down = at(beta + step), at(beta - step)
        assert (up.value - down.value) / (2 * h) == pytest.approx(here.gradient[i], rel=1e-5, abs=1e-4)
        np.testing.assert_allclose((down.gradient - up.gradient) / (2 * h), here.information[i], rtol=1e-6, atol=1e-6)


def test_blocks_and_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(2)
    table = table_of([2, 2, 5, 40, 40, 300], rng)
    beta = np.array([0.4, 0.9])
    at = tilt(table, beta)
    whole, chances = likelihood(table, beta, at), conditional_probabilities(table, at)
    monkeypatch.setattr(conditional_likelihood, "_BLOCK_CELLS", 200)
    parts = likelihood(table, beta, at)
    assert parts.value == pytest.approx(whole.value, rel=1e-13)
    np.testing.assert_allclose(parts.gradient, whole.gradient, rtol=1e-10)
    np.testing.assert_allclose(parts.information, whole.information, rtol=1e-10)
    np.testing.assert_allclose(conditional_probabilities(table, at), chances, rtol=1e-10)


def test_the_intercept_that_is_taken_out_does_not_matter():
    rng = np.random.default_rng(3)
    table = table_of([3, 20, 100], rng)
    beta = np.array([0.4, 0.9])
    at = tilt(table, beta)
    utility = table.x @ beta + table.spread(at.intercepts + 0.3)
    moved = at._replace(intercepts=at.intercepts + 0.3, p=1 / (1 + np.exp(-utility)))
    first, second = likelihood(table, beta, at), likelihood(table, beta, moved)
    assert second.value == pytest.approx(first.value, rel=1e-12)
    np.testing.assert_allclose(second.gradient, first.gradient, atol=1e-9)
    np.testing.assert_allclose(second.information, first.information, rtol=1e-9)


def test_utilities_far_apart_still_have_an_intercept():
    table = Table(np.array([1.0, 0.0, 1.0, 0.0]), np.array([[900.0], [-900.0], [5.0], [0.0]]), np.array([0, 4]))
    at = tilt(table, np.array([1.0]))
    assert at.p.sum() == pytest.approx(2.0, abs=1e-6)
    assert likelihood(table, np.array([1.0]), at).value == pytest.approx(-np.log1p(np.exp(-5.0)), rel=1e-6)
