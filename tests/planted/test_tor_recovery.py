"""TOR must find what was planted, no more and no less."""

import numpy as np
import pytest

from primacy.stats.choice import attribute
from primacy.stats.effects import AUDITED, settle


def order_bias(estimates):
    return next(e for e in estimates.records[AUDITED] if e.metric == "order_bias" and e.level == "first-last")


@pytest.mark.parametrize("first", [0.0, 0.1, 0.3, 0.8])
@pytest.mark.parametrize("category", [0.0, 1.5])
def test_order_effects_are_recovered(bench, first, category):
    """Ten encoders each: the 95 % interval holds the truth in at least eight (P(fewer) = 1 %), and their mean is it."""
    found = []
    for seed in range(10):
        b = bench(sets=100, seed=seed)
        estimates, _ = b.estimate(b.planted(first=first, category=category, cluster=0.3, seed=seed))
        found.append(order_bias(estimates))
    assert sum(e.ci_low <= first <= e.ci_high for e in found) >= 8
    assert np.mean([e.value for e in found]) == pytest.approx(first, abs=0.03)


def test_last_and_first_cancel_in_the_difference_but_not_in_the_largest_deviation(bench):
    b = bench(sets=150)
    estimates, _ = b.estimate(b.planted(first=0.3, last=0.3))
    kinds = {v.effect: v for v in settle(estimates.effects, 0.05)}
    assert abs(kinds["first-last"].value) < 0.1 and kinds["first-last"].kind != "bias"
    assert kinds["largest_deviation"].kind == "bias"
    assert kinds["largest_deviation"].value == pytest.approx(0.15, abs=0.04)


def test_no_false_positives_over_two_hundred_seeds(bench):
    """Encoders without an order effect (though with category effects and trials dependent within sets) may be called
    biased in at most the nominal 5 %: 200 seeds, so at most 16 (P(more | 5 %) = 2 %) for any verdict of a run."""
    wrong = 0
    for seed in range(200):
        b = bench(sets=40, n=3, seed=seed)
        estimates, _ = b.estimate(b.planted(category=1.0, length=0.3, cluster=0.4, seed=seed))
        wrong += any(verdict.kind == "bias" for verdict in settle(estimates.effects, 0.05))
    assert wrong <= 16


@pytest.mark.parametrize("scheme", ["rotations", "all", "williams"])
@pytest.mark.parametrize("gamma", [None, 0.25, 1.0])
def test_order_invariant_encoders_give_exactly_one_nth(bench, scheme, gamma):
    b = bench("comco", n=3, sets=30, scheme=scheme)
    _, sums = b.estimate(b.bag(gamma=gamma))
    total = sums[AUDITED]["credit"].sum(axis=(0, 1))
    np.testing.assert_allclose(total / total.sum(), 1 / 3, atol=1e-12)


def test_the_published_design_makes_an_order_invariant_encoder_look_biased(bench):
    """docs/paper.md F2: list order and a liking for big things are enough for a first-object "bias"."""
    b = bench("comco", sets=400, scheme="combinations", gallery="bare")
    _, sums = b.estimate(b.bag(gamma=1.0))
    total = sums[AUDITED]["credit"].sum(axis=(0, 1))
    assert total[0] / total.sum() > 0.4
    balanced = bench("comco", sets=400, scheme="rotations", gallery="bare")
    _, sums = balanced.estimate(balanced.bag(gamma=1.0))
    total = sums[AUDITED]["credit"].sum(axis=(0, 1))
    np.testing.assert_allclose(total / total.sum(), 0.25, atol=1e-12)


def test_a_null_that_shows_the_effect_makes_it_an_artefact(bench):
    b = bench(sets=150)
    encoder, twin = b.planted(first=0.4, seed=1), b.planted(first=0.4, seed=2)
    estimates, _ = b.estimate(encoder, untrained=twin)
    first_last = next(v for v in settle(estimates.effects, 0.05) if v.effect == "first-last")
    assert first_last.kind == "artefact" and "untrained" in first_last.reason
    clean, _ = b.estimate(encoder, untrained=b.planted(seed=3))
    assert next(v for v in settle(clean.effects, 0.05) if v.effect == "first-last").kind == "bias"


def test_attribution_recovers_planted_coefficients(bench):
    """The planted law is a conditional logit: category scores and the slope per word come back, position stays zero."""
    b = bench("comco", n=3, sets=1500)
    encoder = b.planted(category=1.0, length=0.0, seed=5)
    fit = attribute(*b.sums(encoder).choice_data(), prior_sd=None)
    truth = encoder.utility[fit.categories]
    slope = np.polyfit(truth - truth.mean(), fit.category.value, 1)[0]
    assert slope == pytest.approx(1.0, abs=0.08)
    covered = (fit.category.low <= truth - truth.mean()) & (truth - truth.mean() <= fit.category.high)
    assert covered.mean() > 0.85
    assert (np.abs(fit.marginal.value) < 0.02).all()
    assert fit.converged


def test_attribution_recovers_a_token_length_effect(bench):
    b = bench("comco", n=3, sets=1000)
    words = np.array([len(name.split()) for name in b.vocabulary.names], dtype=float)
    fit = attribute(*b.sums(b.planted(length=1.0)).choice_data(), words, prior_sd=None)
    assert fit.token_slope.low <= 1.0 <= fit.token_slope.high
    assert fit.deviance.token_count > 5 * abs(fit.deviance.position)
    none = attribute(*b.sums(b.planted()).choice_data(), words, prior_sd=None)
    assert none.token_slope.low <= 0.0 <= none.token_slope.high


def test_attribution_separates_position_from_item_in_the_published_design(bench):
    """List order confounds the raw shares; with overlapping sets the logit still finds no position effect in an
    encoder that has none, and finds a planted one."""
    b = bench("comco", n=3, sets=2000, scheme="combinations", gallery="bare")
    sums = b.sums(b.bag(gamma=0.25))
    raw = sums["credit"].sum(axis=(0, 1)) / sums["credit"].sum() - 1 / 3
    fit = attribute(*sums.choice_data())
    assert raw[0] > 0.1  # the confound is there
    assert np.abs(fit.marginal.value).max() < 0.25 * raw[0]
    found = attribute(*b.sums(b.planted(first=0.3, seed=1)).choice_data())
    assert found.marginal.value[0] == pytest.approx(0.2, abs=0.05)
