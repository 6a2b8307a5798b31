import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from primacy.errors import DesignError, UsageError
from primacy.probes.linear import Discriminant, Features, argmax_credit
from primacy.probes.logistic import Logistic, SklearnLogistic
from primacy.probes.schedule import PublishedSchedule


@pytest.fixture
def rng():
    return np.random.default_rng(20250219)


TRAINERS = [
    Discriminant(penalties=(1e-3,)),
    Logistic(penalties=(1e-3,)),
    SklearnLogistic(penalties=(1e-3,)),
]


def clouds(rng, k=5, d=12, per_class=40, noise=1.0, counts=None):
    """Vectors (N, d) float32 around k centres, far from the origin and of unequal spread by dimension."""
    y = np.repeat(np.arange(k), counts if counts is not None else per_class)
    spread = np.geomspace(3, 0.05, d)
    centres = rng.normal(size=(k, d))
    X = 20 + spread * (centres[y] + noise * rng.normal(size=(len(y), d)))
    return X.astype(np.float32), y


@pytest.mark.parametrize("shrinkage", [0.0, 0.01, 0.3, 0.9])
def test_discriminant_is_sklearns_lda_for_balanced_classes(rng, shrinkage):
    X, y = clouds(rng)
    total = np.trace(np.cov(X.T.astype(np.float64), bias=True))
    means = np.array([X[y == c].mean(axis=0, dtype=np.float64) for c in range(5)])
    within = total - np.mean(np.sum((means - means.mean(axis=0)) ** 2, axis=1))
    penalty = shrinkage / (1 - shrinkage) * within / total
    ours = Discriminant(penalties=(penalty,)).fit(X, y, 5).scores(X)
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(X.astype(np.float64), y)
    theirs = lda.decision_function(X.astype(np.float64)) * (1 - shrinkage)
    np.testing.assert_allclose(ours - ours[:, :1], theirs - theirs[:, :1], rtol=1e-6, atol=1e-6)


def test_discriminant_of_unbalanced_classes_is_the_formula_by_brute_force(rng):
    X, y = clouds(rng, counts=[5, 60, 20, 33, 11])
    X64 = X.astype(np.float64)
    means = np.array([X64[y == c].mean(axis=0) for c in range(5)])
    within = (X64 - means[y]).T @ (X64 - means[y]) / len(X)
    variance = X64.var(axis=0).mean()
    head = Discriminant(penalties=(1.0, 1e-4)).path(Features.of(X), y, 5)
    for penalty, fitted in zip((1.0, 1e-4), head, strict=True):
        coef = np.linalg.solve(within + penalty * variance * np.eye(12), means.T)
        expected = X64 @ coef - 0.5 * np.sum(means.T * coef, axis=0)
        scores = fitted.scores(X)
        np.testing.assert_allclose(scores - scores[:, :1], expected - expected[:, :1], rtol=1e-6, atol=1e-6)
        assert fitted.convergence.converged
        assert fitted.convergence.residual < 1e-9


def test_lbfgs_reaches_sklearns_optimum(rng):
    X, y = clouds(rng, counts=[5, 60, 20, 33, 11], noise=1.5)
    features = Features.of(X)
    penalties = (1e-1, 1e-3)
    ours = Logistic(penalties=penalties, tolerance=1e-8).path(features, y, 5)
    theirs = SklearnLogistic(penalties=penalties, tolerance=1e-8).path(features, y, 5)
    for a, b in zip(ours, theirs, strict=True):
        assert a.convergence.converged
        assert b.convergence.residual < 1e-6
        sa, sb = a.scores(X), b.scores(X)
        np.testing.assert_allclose(sa - sa.mean(axis=1, keepdims=True), sb - sb.mean(axis=1, keepdims=True), atol=1e-4)


@pytest.mark.parametrize("k", [2, 4])
def test_sklearn_trainer_is_plain_sklearn_on_scaled_vectors(rng, k):
    X, y = clouds(rng, k=k)
    unit = np.sqrt(X.astype(np.float64).var(axis=0).mean())
    Z = (X - X.astype(np.float64).mean(axis=0)) / unit
    plain = LogisticRegression(C=(2 if k == 2 else 1) / (0.01 * len(X)), tol=1e-9, max_iter=10_000).fit(Z, y)
    trainers = SklearnLogistic(penalties=(0.01,), tolerance=1e-9), Logistic(penalties=(0.01,), tolerance=1e-9)
    for trainer in trainers:
        scores = trainer.fit(X, y, k).scores(X)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), plain.predict_proba(Z), atol=1e-5)


def test_an_unfinished_fit_says_so(rng):
    X, y = clouds(rng)
    assert not Logistic(penalties=(1e-6,), max_iterations=3).fit(X, y, 5).convergence.converged
    assert not SklearnLogistic(penalties=(1e-6,), max_iterations=3).fit(X, y, 5).convergence.converged
    one_epoch = PublishedSchedule(seed=0, epochs=1).fit(X, y, 5)
    assert not one_epoch.convergence.converged
    assert one_epoch.convergence.iterations == -(-200 // 32)


@pytest.mark.parametrize("trainer", TRAINERS, ids=lambda t: type(t).__name__)
def test_no_information_gives_tied_scores_even_with_unbalanced_classes(trainer):
    X = np.full((30, 7), 0.1)
    y = np.repeat([0, 1, 2], [20, 7, 3])
    scores = trainer.fit(X, y, 3).scores(X)
    np.testing.assert_array_equal(argmax_credit(scores, y), 1 / 3)


@pytest.mark.parametrize("trainer", TRAINERS, ids=lambda t: type(t).__name__)
def test_an_unseen_class_is_never_named(trainer, rng):
    X, y = clouds(rng, k=3)
    scores = trainer.fit(X, 2 * y, 6).scores(X)
    assert np.isneginf(scores[:, [1, 3, 5]]).all()
    assert np.isfinite(scores[:, [0, 2, 4]]).all()
    assert (scores.argmax(axis=1) == 2 * y).mean() > 0.6


@pytest.mark.parametrize("trainer", TRAINERS, ids=lambda t: type(t).__name__)
def test_neither_scale_nor_shift_of_the_vectors_changes_a_converged_head(trainer, rng):
    X, y = clouds(rng, noise=2.0)
    plain, moved = trainer.fit(X, y, 5).scores(X), trainer.fit(1024 * X, y, 5).scores(1024 * X)
    np.testing.assert_allclose(plain - plain[:, :1], moved - moved[:, :1], atol=2e-3)


def test_one_eigendecomposition_serves_every_trainer_penalty_and_position(rng, monkeypatch):
    X, y = clouds(rng)
    calls = []
    eigh = np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: calls.append(1) or eigh(a))
    features = Features.of(X)
    for labels in (y, y[::-1]):
        Discriminant().path(features, labels, 5)
        Logistic(penalties=(1.0, 0.1)).path(features, labels, 5)
    assert len(calls) == 1


def test_features_of_many_blocks_are_numpys_covariance(rng):
    X = (5 + rng.normal(size=(40_000, 3)) * [1, 2, 0.1]).astype(np.float32)
    features = Features.of(X)
    np.testing.assert_allclose(features.mean, X.mean(axis=0, dtype=np.float64), rtol=1e-12)
    covariance = features.axes @ np.diag(features.values) @ features.axes.T
    np.testing.assert_allclose(covariance, np.cov(X.T.astype(np.float64), bias=True), atol=1e-12)
    y = rng.integers(0, 4, len(X))
    head = Discriminant(penalties=(1e-9,)).fit(X, y, 4)
    lda = LinearDiscriminantAnalysis(solver="lsqr", priors=[0.25] * 4).fit(X.astype(np.float64), y)
    assert (head.scores(X[:500]).argmax(axis=1) == lda.predict(X[:500])).mean() > 0.99


def test_published_schedule_is_torchs_own_linear_layer_and_adam(rng):
    import torch

    X, y = clouds(rng, per_class=10)
    head = PublishedSchedule(seed=3, epochs=4).fit(X, y, 5)
    generator = torch.Generator().manual_seed(3)
    layer = torch.nn.Linear(12, 5)
    with torch.no_grad():
        for parameter in (layer.weight, layer.bias):
            parameter.uniform_(-(12**-0.5), 12**-0.5, generator=generator)
    adam = torch.optim.Adam(layer.parameters(), lr=1e-3)
    for _ in range(4):
        for rows in torch.randperm(50, generator=generator).split(32):
            adam.zero_grad()
            torch.nn.CrossEntropyLoss()(layer(torch.from_numpy(X[rows])), torch.from_numpy(y[rows])).backward()
            adam.step()
    expected = layer(torch.from_numpy(X)).detach().numpy()
    np.testing.assert_allclose(head.scores(X), expected, rtol=1e-4, atol=1e-4)
    again, other = PublishedSchedule(seed=3, epochs=4).fit(X, y, 5), PublishedSchedule(seed=4, epochs=4).fit(X, y, 5)
    np.testing.assert_array_equal(head.weight, again.weight)
    assert not np.allclose(head.weight, other.weight)


def test_published_schedule_leaves_the_global_torch_seed_alone(rng):
    import torch

    X, y = clouds(rng, per_class=4)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    PublishedSchedule(seed=0, epochs=1).fit(X, y, 5)
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=8), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_credit_is_shared_among_ties_and_sums_to_one(rows, label):
    scores = np.array(rows, float)
    expected = [(row.count(max(row)) ** -1) * (row[label] == max(row)) for row in rows]
    np.testing.assert_allclose(argmax_credit(scores, np.full(len(rows), label)), expected)
    total = sum(argmax_credit(scores, np.full(len(rows), c)) for c in range(4))
    np.testing.assert_allclose(total, 1.0)


def test_credit_calls_rounding_a_tie_and_a_small_difference_none():
    scores = np.array([[1e6, 1e6 * (1 + 1e-13), 0], [1.0, 1.001, -np.inf]])
    np.testing.assert_array_equal(argmax_credit(scores, np.array([0, 0])), [0.5, 0.0])


def test_refusals(rng):
    X, y = clouds(rng)
    with pytest.raises(UsageError, match="6 penalties"):
        Discriminant().fit(X, y, 5)
    with pytest.raises(DesignError, match=r"0\.\.3"):
        Discriminant(penalties=(1.0,)).fit(X, y, 4)
    with pytest.raises(DesignError, match="shape"):
        Features.of(np.zeros((0, 3), np.float32))
    with pytest.raises(DesignError, match="two classes"):
        SklearnLogistic(penalties=(1.0,)).fit(X, np.zeros_like(y), 5)
