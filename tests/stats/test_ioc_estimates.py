"""IOC estimates: the right columns under the right names, intervals over object sets, effects of the right sign."""

from dataclasses import replace

import numpy as np
import pytest

from primacy.probes.ioc import IocResult
from primacy.probes.toc import TocResult
from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED, settle
from primacy.stats.ioc_estimates import ioc_estimates
from primacy.stats.resample import cluster_draws

CELL = Cell("balanced", "*", 0.95, 0.05, "ioc", "one-large")
SLOTS = ("left", "middle", "right")
K, R = 60, 6


def fresh(*key):
    return np.random.default_rng([23, *key])


def result(accuracy, seed=0, sets=K):
    """Test credits drawn with the given accuracies, (6,): three slots, three ranks; sets differ in difficulty."""
    rng = fresh(seed)
    ease = np.repeat(rng.normal(0, 0.1, sets), R)
    correct = (rng.uniform(size=(sets * R, 6)) < np.clip(np.array(accuracy) + ease[:, None], 0, 1)).astype(float)
    ones = np.ones(6)
    heads = TocResult(
        correct=correct, test_rows=np.arange(sets * R), test_sets=np.repeat(np.arange(sets), R),
        accuracy=correct.mean(axis=0), n_scored=np.full(6, sets * R), chance=ones / 8, majority=ones / 8,
        penalty=ones, residual=0 * ones, converged=ones > 0, n_train=1, n_validation=1, curve=(),
    )  # fmt: skip
    return IocResult(SLOTS, heads)


def estimate(**results):
    named = {name.replace("_", "-"): own for name, own in results.items()}
    return ioc_estimates(named, CELL, rng=fresh(9))


def test_records_are_the_accuracies_under_their_names_with_chance_beside_them():
    own, null = result([0.9, 0.5, 0.4, 0.8, 0.3, 0.2]), result([0.3] * 6, seed=1)
    estimates = estimate(encoder=own, constant=null)
    for name, one in ((AUDITED, own), ("constant", null)):
        found = {(e.group, e.level): e for e in estimates.records[name] if e.group != "chance"}
        expected = [*(("slot", s) for s in SLOTS), *(("size_rank", r) for r in "123")]
        assert list(found) == expected
        for e, value in zip(found.values(), one.heads.accuracy, strict=True):
            assert e.value == pytest.approx(value) and e.ci_low < value < e.ci_high
            assert (e.probe, e.metric, e.n_objects, e.stimuli) == ("ioc", "probe_accuracy", 3, "one-large")
            assert (e.n, e.n_clusters) == (K * R, K)
    chance = {e.level: e.value for e in estimates.records[AUDITED] if e.group == "chance"}
    assert chance == dict.fromkeys((*SLOTS, *"123"), 1 / 8)


def test_trials_that_were_not_scored_are_not_in_the_denominator():
    own = result([0.9, 0.5, 0.4, 0.8, 0.3, 0.2])
    correct = own.heads.correct.copy()
    correct[: 10 * R, 1] = np.nan
    own = own._replace(heads=replace(own.heads, correct=correct))
    (e,) = [e for e in estimate(encoder=own).records[AUDITED] if e.level == "middle" and e.group == "slot"]
    assert (e.n, e.n_clusters) == ((K - 10) * R, K - 10)
    assert e.value == pytest.approx(np.nanmean(correct[:, 1]))


def test_large_minus_small_is_rank_one_minus_the_mean_of_the_others():
    own = result([0.5, 0.5, 0.5, 0.9, 0.3, 0.2])
    by_name = {e.effect: e for e in estimate(encoder=own).effects}
    a = own.heads.accuracy
    assert list(by_name) == ["large-small", "largest_deviation"]
    assert by_name["large-small"].interval.value == pytest.approx(a[3] - (a[4] + a[5]) / 2)


def test_the_slot_effect_is_the_slot_farthest_from_the_mean_with_a_wider_interval():
    own = result([0.3, 0.35, 0.8, 0.5, 0.5, 0.5])
    effect = {e.effect: e for e in estimate(encoder=own).effects}["largest_deviation"]
    a = own.heads.accuracy[:3]
    assert effect.interval.value == pytest.approx(a[2] - a.mean())
    by_set = own.heads.correct.reshape(K, R, 6).sum(axis=1)
    single = cluster_draws(by_set, np.full((K, 1), float(R)), rng=fresh(9)).contrast([-1 / 3, -1 / 3, 2 / 3, 0, 0, 0])
    assert effect.interval.high - effect.interval.low > 2 * 1.96 * single.draws.std()
    below = {e.effect: e for e in estimate(encoder=result([0.7, 0.7, 0.1, 0.5, 0.5, 0.5])).effects}
    assert below["largest_deviation"].interval.high < 0


def test_equal_slots_are_no_finding_and_unequal_ones_are():
    same = {v.effect: v for v in settle(estimate(encoder=result([0.5] * 6, sets=400)).effects, 0.1)}
    assert same["largest_deviation"].kind == same["large-small"].kind == "equivalent"
    unlike = estimate(encoder=result([0.9, 0.4, 0.4, 0.9, 0.3, 0.3]), constant=result([0.125] * 6, seed=1))
    assert {v.kind for v in settle(unlike.effects, 0.05)} == {"bias"}


def test_nulls_that_like_size_or_the_centre_are_none_for_the_effect_that_they_have():
    flat = [0.33] * 6
    estimates = estimate(
        encoder=result([0.9, 0.4, 0.4, 0.9, 0.3, 0.3]), constant=result(flat, 1), flat_bag=result(flat, 2),
        area_bag=result([0.3, 0.3, 0.3, 0.95, 0.3, 0.3], 3), centre_bag=result([0.95, 0.3, 0.3, 0.3, 0.3, 0.3], 4),
    )  # fmt: skip
    nulls = {e.effect: [null.name for null in e.nulls] for e in estimates.effects}
    assert nulls == {
        "large-small": ["constant", "flat-bag", "centre-bag"],
        "largest_deviation": ["constant", "flat-bag", "area-bag"],
    }


def test_false_findings_of_the_slot_effect_are_rare():
    wrong = 0
    for seed in range(60):
        (_, effect) = estimate(encoder=result([0.5] * 6, seed=100 + seed, sets=30)).effects
        wrong += effect.p < 0.05
    assert wrong <= 8  # P(more | 5 %) < 1 %
