"""Attribution against statsmodels, planted effects and symmetries of the design."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from statsmodels.discrete.conditional_models import ConditionalLogit
from statsmodels.discrete.discrete_model import Logit

from primacy.errors import DesignError, UsageError
from primacy.stats import logit
from primacy.stats.choice import attribute

POSITION = np.array([0.7, 0.1, -0.2, -0.6])


def winners(objects, position, category, rng):
    """Credit (T, n) of one winner a trial, drawn from the choice model."""
    utility = position + category[objects]
    return np.eye(objects.shape[1])[(utility + rng.gumbel(size=utility.shape)).argmax(axis=1)]


def random_sets(n_trials, n, n_categories, rng):
    return rng.random((n_trials, n_categories)).argsort(axis=1)[:, :n]


def all_orders(sets):
    """Every order of every set, and the set of each trial."""
    orders = list(itertools.permutations(range(sets.shape[1])))
    return np.concatenate([s[orders] for s in sets]), np.repeat(np.arange(len(sets)), len(orders))


def by_statsmodels(objects, credit, n_categories):
    trials, n = objects.shape
    x = np.hstack([np.tile(np.eye(n)[:, 1:], (trials, 1)), np.eye(n_categories)[objects.ravel()][:, 1:]])
    model = ConditionalLogit(credit.ravel(), x, groups=np.repeat(np.arange(trials), n))
    return model.fit(disp=0, method="newton", maxiter=30)


def test_maximum_likelihood_is_statsmodels():
    rng = np.random.default_rng(0)
    objects = random_sets(400, 3, 6, rng)
    credit = winners(objects, POSITION[:3], rng.normal(size=6), rng)
    expected = by_statsmodels(objects, credit, 6)
    places = np.broadcast_to(np.arange(3), objects.shape)
    features = logit.join(logit.factor(places, 3, None), logit.factor(objects, 6, None))
    found = logit.fit(features, credit)
    assert found.converged and found.identified
    np.testing.assert_allclose(found.theta, expected.params, atol=1e-5)
    np.testing.assert_allclose(np.linalg.inv(found.information), expected.cov_params(), rtol=1e-3, atol=1e-6)
    assert found.log_likelihood == pytest.approx(expected.llf)
    result = attribute(objects, credit, np.arange(400), prior_sd=None)
    np.testing.assert_allclose(np.diff(result.position.value), np.diff([0, *expected.params[:2]]), atol=1e-5)
    assert result.deviance.explained == pytest.approx(1 - expected.llf / (-400 * np.log(3)))


def test_cluster_robust_covariance_is_statsmodels():
    # with two alternatives the model is a binary logit on differences of features
    rng = np.random.default_rng(14)
    objects, clusters = np.repeat(random_sets(40, 2, 5, rng), 6, axis=0), np.repeat(np.arange(40) // 3, 6)
    credit = winners(objects, POSITION[:2], rng.normal(size=5) / 2, rng)
    places = np.broadcast_to(np.arange(2), objects.shape)
    features = logit.join(logit.factor(places, 2, None), logit.factor(objects, 5, None))
    found = logit.fit(features, credit)
    plain = logit.sandwich(found, logit.cluster_scores(features, credit, found.theta, clusters))
    one_hot = np.eye(5)[objects][:, :, 1:]
    x = np.column_stack([np.ones(len(objects)), one_hot[:, 1] - one_hot[:, 0]])
    expected = Logit(credit[:, 1], x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": clusters})
    extra = (len(x) - 1) / (len(x) - 5)  # its small-sample factor counts parameters as well as clusters
    np.testing.assert_allclose(found.theta, expected.params, atol=1e-6)
    k = clusters.max() + 1  # statsmodels scales by K / (K - 1), the jackknife by its inverse
    np.testing.assert_allclose(plain * (k / (k - 1)) ** 2, expected.cov_params() / extra, rtol=1e-5)


@pytest.mark.parametrize("prior_sd", [None, 5.0])
def test_leave_out_covariance_is_that_of_refits_without_each_cluster(prior_sd):
    """One Newton step against the whole jackknife: K refits, each without one cluster."""
    rng = np.random.default_rng(3)
    objects, clusters = np.repeat(random_sets(60, 3, 8, rng), 4, axis=0), np.repeat(np.arange(60), 4)
    credit = winners(objects, POSITION[:3], rng.normal(size=8) / 2, rng)

    def fitted(rows):
        places = np.broadcast_to(np.arange(3), objects[rows].shape)
        features = logit.join(logit.factor(places, 3, prior_sd), logit.factor(objects[rows], 8, prior_sd))
        return features, logit.fit(features, credit[rows])

    features, whole = fitted(np.ones(len(objects), dtype=bool))
    shifts = np.stack([fitted(clusters != g)[1].theta - whole.theta for g in range(60)])
    jackknife = shifts.T @ shifts * 59 / 60
    robust = logit.sandwich(whole, logit.leave_out_scores(features, credit, whole, clusters))
    np.testing.assert_allclose(np.sqrt(np.diag(robust)), np.sqrt(np.diag(jackknife)), rtol=0.05)
    plain = logit.sandwich(whole, logit.cluster_scores(features, credit, whole.theta, clusters))
    assert (np.diag(plain) < 0.97 * np.diag(robust)).all()


def test_information_and_scores_are_derivatives():
    rng = np.random.default_rng(1)
    objects, credit = random_sets(30, 4, 7, rng), rng.dirichlet(np.ones(4), size=30)
    places = np.broadcast_to(np.arange(4), objects.shape)
    factors = logit.join(logit.factor(places, 4, None), logit.factor(objects, 7, None))
    features = logit.join(factors, logit.covariate(rng.normal(size=(30, 4)), None))
    theta, step = rng.normal(size=features.size), 1e-6

    def log_likelihood(at):
        u = logit.utilities(features, at)
        return (credit * (u - np.log(np.exp(u).sum(axis=1, keepdims=True)))).sum()

    def gradient(at):
        return logit.cluster_scores(features, credit, at, np.arange(30) // 3).sum(axis=0)

    eye = np.eye(features.size) * step
    numeric = [(log_likelihood(theta + e) - log_likelihood(theta - e)) / (2 * step) for e in eye]
    np.testing.assert_allclose(gradient(theta), numeric, atol=1e-6)
    hessian = [(gradient(theta + e) - gradient(theta - e)) / (2 * step) for e in eye]
    np.testing.assert_allclose(-logit._information(features, theta), hessian, atol=1e-6)


def test_blocks_do_not_change_the_fit(monkeypatch):
    rng = np.random.default_rng(2)
    objects = random_sets(200, 3, 6, rng)
    credit = winners(objects, POSITION[:3], rng.normal(size=6), rng)
    whole = attribute(objects, credit, np.arange(200))
    monkeypatch.setattr(logit, "_BLOCK_CELLS", 70)
    np.testing.assert_allclose(attribute(objects, credit, np.arange(200)).position, whole.position)


def test_planted_effects_are_recovered_inside_their_intervals():
    rng = np.random.default_rng(3)
    category = rng.normal(size=12)
    category -= category.mean()
    truth = POSITION - POSITION.mean()
    inside = []
    for _ in range(60):
        objects, clusters = all_orders(random_sets(60, 4, 12, rng))
        credit = winners(objects, POSITION, category, rng)
        found = attribute(objects, credit, clusters)
        chance = softmax(POSITION + category[objects], axis=1)
        for limits, true in (
            (found.position, truth),
            (found.category, category),
            (found.marginal, chance.mean(axis=0) - 1 / 4),  # balanced: all rotations are in the design
        ):
            inside.append(np.mean((limits.low <= true) & (true <= limits.high)))
    coverage = np.array(inside).reshape(60, 3).mean(axis=0)
    assert np.all((coverage > 0.88) & (coverage < 0.99)), coverage


def test_intervals_widen_with_correlation_inside_clusters():
    rng = np.random.default_rng(4)
    objects = np.repeat(random_sets(150, 4, 8, rng), 10, axis=0)
    clusters = np.repeat(np.arange(150), 10)
    once = winners(objects[::10], POSITION, np.zeros(8), rng)
    copied = attribute(objects, np.repeat(once, 10, axis=0), clusters)
    single = attribute(objects[::10], once, np.arange(150))
    # ten copies of a trial hold no more information than one; only the prior's weight differs
    np.testing.assert_allclose(copied.position.low, single.position.low, atol=0.03)
    np.testing.assert_allclose(copied.marginal, single.marginal, atol=0.01)


def test_marginal_effects_are_the_average_over_rotations():
    rng = np.random.default_rng(5)
    objects = random_sets(80, 3, 5, rng)
    found = attribute(objects, winners(objects, POSITION[:3], rng.normal(size=5), rng), np.arange(80))
    place = np.searchsorted(found.categories, objects)
    chances = []
    for trial in place:
        for shift in range(3):
            rotated = np.roll(trial, shift)
            chances.append(softmax(found.position.value + found.category.value[rotated]))
    np.testing.assert_allclose(found.marginal.value, np.mean(chances, axis=0) - 1 / 3, atol=1e-12)


def test_marginal_interval_agrees_with_resampled_fits():
    rng = np.random.default_rng(6)
    sets = random_sets(60, 3, 8, rng)
    category = rng.normal(size=8)
    values, half = [], []
    for _ in range(150):
        objects, clusters = all_orders(sets)
        found = attribute(objects, winners(objects, POSITION[:3], category, rng), clusters)
        values.append(found.marginal.value)
        half.append((found.marginal.high - found.marginal.low) / 2 / 2.001)
    np.testing.assert_allclose(np.mean(half, axis=0), np.std(values, axis=0), rtol=0.2)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shuffle=st.permutations(range(7)), offset=st.integers(0, 50))
def test_names_of_categories_and_clusters_do_not_matter(seed, shuffle, offset):
    rng = np.random.default_rng(seed)
    objects = random_sets(60, 3, 7, rng)
    credit = winners(objects, POSITION[:3], rng.normal(size=7), rng)
    tokens = rng.integers(1, 4, 7)
    clusters = np.arange(60) // 3
    renamed = np.asarray(shuffle)
    moved = np.zeros(7 + offset)
    moved[renamed + offset] = tokens
    one = attribute(objects, credit, clusters, tokens)
    two = attribute(renamed[objects] + offset, credit, 1000 - 7 * clusters, moved)
    np.testing.assert_allclose(one.position, two.position, atol=1e-7)
    np.testing.assert_allclose(one.marginal, two.marginal, atol=1e-7)
    back = np.searchsorted(two.categories, renamed[one.categories] + offset)
    np.testing.assert_allclose(one.category.value, two.category.value[back], atol=1e-7)
    assert one.deviance.category == pytest.approx(two.deviance.category, abs=1e-8)
    assert one.deviance.token_count == pytest.approx(two.deviance.token_count, abs=1e-8)


def test_position_and_category_are_separated_where_an_object_always_comes_first():
    # combinations of a fixed list, as in the published protocol: object 0 only ever stands first
    rng = np.random.default_rng(7)
    objects = np.array(list(itertools.combinations(range(24), 4)))
    category = np.linspace(1.5, -1.5, 24)
    credit = winners(objects, np.zeros(4), category, rng)
    raw = credit.mean(axis=0)
    found = attribute(objects, credit, np.arange(len(objects)))
    assert raw[0] - raw[3] > 0.3  # what the shares alone would call an order bias
    assert np.all(np.abs(found.marginal.value) < 0.02)
    assert found.identified
    planted = attribute(objects, winners(objects, POSITION, category, rng), np.arange(len(objects)))
    np.testing.assert_allclose(planted.position.value, POSITION - POSITION.mean(), atol=0.12)


def test_an_unidentified_design_says_so():
    objects = np.tile([[0, 1], [2, 3]], (20, 1))  # fixed order: category and position cannot be told apart
    credit = np.tile([1.0, 0.0], (40, 1))
    with pytest.raises(DesignError, match="not identified"):
        attribute(objects, credit, np.arange(40), prior_sd=None)
    assert not attribute(objects, credit, np.arange(40)).identified


def test_separated_data_converge_and_leave_nothing_to_position():
    rng = np.random.default_rng(8)
    strength = rng.normal(size=20)
    objects, clusters = all_orders(random_sets(80, 4, 20, rng))
    credit = np.eye(4)[strength[objects].argmax(axis=1)]  # an order-invariant encoder
    found = attribute(objects, credit, clusters, rng.integers(1, 4, 20))
    assert found.converged
    np.testing.assert_array_equal(found.marginal.value, 0)
    np.testing.assert_array_equal(found.marginal.high, 0)
    assert found.deviance.explained > 0.95
    assert abs(found.deviance.position) < 1e-9
    assert found.deviance.category > 0.7


def test_constant_encoder_explains_nothing():
    rng = np.random.default_rng(9)
    objects, clusters = all_orders(random_sets(10, 3, 9, rng))
    found = attribute(objects, np.full(objects.shape, 1 / 3), clusters, rng.integers(1, 4, 9))
    assert found.deviance.explained == pytest.approx(0, abs=1e-12)
    for limits in (found.position, found.category, found.marginal):
        np.testing.assert_array_equal(np.abs(limits), 0)


def test_deviance_split_finds_the_planted_factor_and_adds_up():
    rng = np.random.default_rng(10)
    objects = random_sets(6000, 4, 20, rng)
    tokens = rng.integers(1, 5, 20)
    beyond = np.where(np.arange(20) % 2, 1.0, -1.0)
    for position, category, largest in (
        (2 * POSITION, np.zeros(20), "position"),
        (np.zeros(4), -0.8 * tokens, "token_count"),
        (np.zeros(4), beyond - np.polyval(np.polyfit(tokens, beyond, 1), tokens), "category"),
    ):
        found = attribute(objects, winners(objects, position, category, rng), np.arange(6000) // 4, tokens)
        split = found.deviance
        parts = {name: getattr(split, name) for name in ("position", "token_count", "category")}
        assert sum(parts.values()) == pytest.approx(split.explained, abs=1e-10)
        assert parts.pop(largest) > 0.9 * split.explained > 0.03
        assert all(part < 0.02 for part in parts.values())
        if largest == "token_count":
            assert found.token_slope.low < -0.8 < found.token_slope.high


def test_without_or_with_equal_token_counts():
    rng = np.random.default_rng(11)
    objects = random_sets(300, 3, 6, rng)
    credit = winners(objects, POSITION[:3], rng.normal(size=6), rng)
    without, equal = (
        attribute(objects, credit, np.arange(300)),
        attribute(objects, credit, np.arange(300), np.ones(6)),
    )
    assert np.isnan(without.deviance.token_count) and np.isnan(without.token_slope.value)
    assert np.isnan(equal.token_slope.value)
    assert equal.deviance.token_count == pytest.approx(0, abs=1e-12)
    for name in ("position", "category", "explained"):
        assert getattr(equal.deviance, name) == pytest.approx(getattr(without.deviance, name), abs=1e-12)


def test_shared_wins_weigh_as_fractions():
    objects = np.array([[0, 1], [1, 0]])
    credit = np.array([[0.75, 0.25], [0.5, 0.5]])
    found = attribute(objects, credit, np.arange(2), prior_sd=None)
    # the logit of 3 : 1 is log 3, half of it due to position, half to category
    np.testing.assert_allclose(found.position.value, np.array([1, -1]) * np.log(3) / 4)
    np.testing.assert_allclose(found.category.value, np.array([1, -1]) * np.log(3) / 4)
    whole = np.eye(2)[[0, 0, 0, 1, 0, 0, 1, 1]]
    counted = attribute(np.repeat(objects, 4, axis=0), whole, np.repeat(np.arange(2), 4), prior_sd=None)
    np.testing.assert_allclose(found.position, counted.position)


def test_unscored_trials_are_dropped_and_counted():
    rng = np.random.default_rng(12)
    objects = random_sets(100, 3, 5, rng)
    credit = winners(objects, POSITION[:3], np.zeros(5), rng)
    gaps = credit.copy()
    gaps[90:, 1] = np.nan
    found, expected = (
        attribute(objects, gaps, np.arange(100)),
        attribute(objects[:90], credit[:90], np.arange(90)),
    )
    assert (found.n, found.n_dropped, found.n_clusters) == (90, 10, 90)
    np.testing.assert_array_equal(found.position, expected.position)


def test_one_cluster_has_no_interval():
    rng = np.random.default_rng(13)
    objects = random_sets(50, 3, 5, rng)
    found = attribute(objects, winners(objects, POSITION[:3], np.zeros(5), rng), np.zeros(50, dtype=int))
    assert np.isfinite(found.marginal.value).all() and np.isnan(found.marginal.low).all()


@pytest.mark.parametrize(
    ("objects", "credit", "clusters", "tokens", "message"),
    [
        ([[0, 1]], [[1.0, 0.0, 0.0]], [0], None, "do not fit"),
        ([[0], [1]], [[1.0], [1.0]], [0, 1], None, "do not fit"),
        ([[0, 1]], [[0.7, 0.7]], [0], None, "do not sum to 1"),
        ([[0, 1]], [[1.5, -0.5]], [0], None, "negative"),
        ([[0, 1]], [[np.nan, 1.0]], [0], None, "no trial was scored"),
        ([[0, 5]], [[1.0, 0.0]], [0], [1, 2], "do not cover category id 5"),
    ],
)
def test_bad_input_is_named(objects, credit, clusters, tokens, message):
    with pytest.raises(UsageError, match=message):
        attribute(objects, credit, clusters, tokens)
