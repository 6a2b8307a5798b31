"""The decision: each kind on purpose, the sentence, and the rate of false claims."""

import math

import numpy as np
import pytest

from primacy.errors import UsageError
from primacy.stats.compare import equivalence, holm, two_sided_p
from primacy.stats.intervals import Interval, interval, standard_error
from primacy.stats.resample import cluster_draws
from primacy.stats.verdict import Effect, NullEffect, decide

MARGIN = 0.05
TRIALS = 24


def effect(low, high, p=0.001, p_equivalence=1.0, n_clusters=100):
    value = (low + high) / 2
    return Effect(Interval(value, low, high), p, p_equivalence, (high - low) / 4, n_clusters)


def null(name, low, high, excess_low, excess_high):
    return NullEffect(
        name,
        Interval((low + high) / 2, low, high),
        Interval((excess_low + excess_high) / 2, excess_low, excess_high),
    )


CLEAN = null("bag", 0.0, 0.0, 0.1, 0.2)


def test_bias_needs_a_clean_battery():
    found = decide(effect(0.10, 0.20), [CLEAN, null("untrained", -0.01, 0.02, 0.08, 0.21)], MARGIN)
    assert (found.kind, found.nulls_showing, found.clusters_needed) == ("bias", (), None)
    assert found.reason == (
        "The effect of +15.0 points [+10.0, +20.0] excludes zero and no null encoder shows it "
        "(largest: untrained at +0.5 points)."
    )


def test_a_bias_without_an_untrained_twin_says_so():
    assert decide(effect(0.10, 0.20), [CLEAN], MARGIN).reason.endswith(
        "no untrained twin was scored, so architecture alone may make it."
    )


def test_what_a_null_shows_is_an_artefact():
    showing = null("untrained", 0.60, 0.80, -0.60, -0.50)
    found = decide(effect(0.10, 0.20), [CLEAN, showing], MARGIN)
    assert (found.kind, found.nulls_showing) == ("artefact", ("untrained",))
    assert "untrained shows +70.0 points [+60.0, +80.0]" in found.reason
    assert "excess over it is -55.0 points [-60.0, -50.0]" in found.reason


def test_an_encoder_well_above_a_showing_null_is_still_no_bias():
    nulls = [null("a", 0.06, 0.08, 0.1, 0.2), null("b", 0.08, 0.1, 0.1, 0.2)]
    found = decide(effect(0.20, 0.30), nulls, MARGIN)
    assert (found.kind, found.nulls_showing) == ("artefact", ("a", "b"))
    assert "the null encoder b (and 1 more)" in found.reason


@pytest.mark.parametrize(
    "harmless",
    [
        null("opposite", -0.30, -0.20, 0.30, 0.50),
        null("within the margin", 0.01, 0.03, 0.08, 0.18),
    ],
)
def test_nulls_that_do_not_show_the_effect(harmless):
    assert decide(effect(0.10, 0.20), [harmless], MARGIN).kind == "bias"


def test_negative_effects_are_treated_alike():
    assert decide(effect(-0.20, -0.10), [null("n", -0.09, -0.07, -0.15, -0.05)], MARGIN).kind == "artefact"
    assert decide(effect(-0.20, -0.10), [null("n", 0.07, 0.09, -0.30, -0.15)], MARGIN).kind == "bias"


def test_a_null_that_may_share_the_effect_blocks_a_bias():
    noisy = null("untrained", -0.02, 0.20, -0.06, 0.18)
    found = decide(effect(0.10, 0.20), [CLEAN, noisy], MARGIN)
    assert found.kind == "inconclusive"
    assert "cannot be told from that of the null encoder untrained" in found.reason


def test_equivalence_wins_over_significance_and_says_so():
    tiny = effect(0.001, 0.009, p=0.01, p_equivalence=1e-9)
    found = decide(tiny, [CLEAN], MARGIN)
    assert found.kind == "equivalent"
    assert "margin of ±5 points, though it differs from zero." in found.reason
    plain = decide(effect(-0.01, 0.02, p=0.5, p_equivalence=1e-9), [], 0.025)
    assert plain.reason.endswith("lies within the margin of ±2.5 points.")


def test_constant_encoder_is_equivalent():
    flat = np.zeros(100)
    p, tost = two_sided_p(0.0, flat, n_clusters=30), equivalence(0.0, flat, MARGIN, n_clusters=30)
    found = decide(Effect(Interval(0.0, 0.0, 0.0), float(p), float(tost), 0.0, 30), [], MARGIN)
    assert found.kind == "equivalent"
    assert "0.0 points [0.0, 0.0]" in found.reason


def test_inconclusive_asks_for_more_object_sets():
    found = decide(effect(-0.04, 0.12, p=0.3, p_equivalence=0.4), [], MARGIN)
    assert found.kind == "inconclusive"
    normal_theory = (1.645 + 1.282) ** 2 * (0.04 / MARGIN) ** 2 * 100
    assert found.clusters_needed == pytest.approx(normal_theory, rel=0.01)
    assert f"about {found.clusters_needed} object sets would settle it (now 100)" in found.reason
    holm_only = decide(effect(0.001, 0.12, p=0.12, p_equivalence=0.6), [], MARGIN)
    assert "not after Holm's adjustment" in holm_only.reason


def test_a_precise_estimate_near_the_margin_is_sized_by_what_was_seen():
    found = decide(effect(-0.003, 0.063, p=0.08, p_equivalence=0.2, n_clusters=400), [], MARGIN)
    assert found.clusters_needed > 400


def test_unscored_or_single_cluster_is_inconclusive():
    nan = math.nan
    unscored = decide(Effect(Interval(nan, nan, nan), nan, nan, nan, 0), [CLEAN], MARGIN)
    assert (unscored.kind, unscored.reason) == (
        "inconclusive",
        "The effect could not be scored on any trial.",
    )
    single = decide(Effect(Interval(0.3, nan, nan), nan, nan, nan, 1), [CLEAN], MARGIN)
    assert single.kind == "inconclusive"
    assert single.reason == "The effect of +30.0 points has no interval: it rests on 1 object set."


def test_an_unscored_null_is_not_a_clean_one():
    nan = Interval(math.nan, math.nan, math.nan)
    found = decide(effect(0.10, 0.20), [NullEffect("untrained", nan, nan)], MARGIN)
    assert found.kind == "inconclusive"
    assert "untrained" in found.reason
    assert "nan" not in found.reason


@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan])
def test_margin_must_be_positive(margin):
    with pytest.raises(UsageError, match="margin"):
        decide(effect(0.1, 0.2), [], margin)


def audited(position_shares, n_clusters, correlation, rng):
    """Verdicts on first minus last of 3 templates, with a constant and an effect-free noisy null."""
    spread = (1 - correlation) / correlation
    alphas = [spread * np.asarray(s) for s in (position_shares, [0.25] * 4)]
    full = np.full((n_clusters, 1), float(TRIALS))
    pending = []
    for _ in range(3):
        wins = [rng.multinomial(TRIALS, rng.dirichlet(a, size=n_clusters)).astype(float) for a in alphas]
        wins.append(np.full((n_clusters, 4), TRIALS / 4))
        d = cluster_draws(np.hstack(wins), full, rng=rng, n_draws=300)
        first_last = np.array([1.0, 0, 0, -1])
        own = np.concatenate([first_last, np.zeros(8)])
        pending.append(
            (
                d.contrast(own),
                [(d.contrast(np.roll(own, 4 * i)), d.contrast(own - np.roll(own, 4 * i))) for i in (1, 2)],
            )
        )

    def ci(c):
        return interval(c.value[0], c.draws[:, 0], n_clusters=n_clusters)

    p = holm([two_sided_p(c.value, c.draws, n_clusters=n_clusters)[0] for c, _ in pending])
    return [
        decide(
            Effect(
                ci(c),
                adjusted,
                float(equivalence(c.value, c.draws, MARGIN, n_clusters=n_clusters)[0]),
                float(standard_error(c.draws, n_clusters=n_clusters)[0]),
                n_clusters,
            ),
            [NullEffect(name, ci(a), ci(b)) for name, (a, b) in zip(("noisy", "constant"), nulls, strict=True)],
            MARGIN,
        )
        for (c, nulls), adjusted in zip(pending, p, strict=True)
    ]


def test_false_claims_stay_below_the_nominal_rate():
    claimed = 0
    for seed in range(300):
        verdicts = audited([0.25] * 4, 25, 0.3, np.random.default_rng(seed))
        claimed += any(v.kind in ("bias", "artefact") for v in verdicts)
    assert claimed / 300 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)


def test_a_planted_bias_is_found():
    verdicts = [v for seed in range(20) for v in audited([0.4, 0.2, 0.2, 0.2], 120, 0.2, np.random.default_rng(seed))]
    assert sum(v.kind == "bias" for v in verdicts) >= 57


def test_slopes_are_told_in_logits():
    slope = Effect(Interval(0.52, 0.40, 0.64), 0.001, 1.0, 0.06, 18, "logits", "per unit of log area")
    clean = NullEffect("untrained#0", Interval(0.01, -0.02, 0.04), Interval(0.51, 0.39, 0.63))
    assert decide(slope, [clean], 0.29).reason == (
        "The effect of +0.52 logits per unit of log area [+0.40, +0.64] excludes zero and no null encoder shows it "
        "(largest: untrained#0 at +0.01 logits)."
    )
    showing = NullEffect("low-res", Interval(0.5, 0.4, 0.6), Interval(0.02, -0.1, 0.14))
    assert decide(slope, [showing], 0.29).kind == "artefact"
    assert "low-res shows +0.50 logits [+0.40, +0.60]" in decide(slope, [showing], 0.29).reason
    small = Effect(Interval(0.001, -0.1, 0.1), 0.9, 1e-4, 0.05, 18, "logits", "per unit of log area")
    assert decide(small, [], 0.2895).reason == (
        "The effect of 0.00 logits per unit of log area [-0.10, +0.10] lies within the margin of ±0.29 logits."
    )


def test_clusters_are_called_what_they_are():
    wide = Effect(Interval(0.04, -0.04, 0.12), 0.3, 0.4, 0.04, 100, clusters="photos")
    assert "photos would settle it (now 100)" in decide(wide, [], MARGIN).reason
    one = Effect(Interval(0.3, math.nan, math.nan), math.nan, math.nan, math.nan, 1, clusters="photos")
    assert decide(one, [], MARGIN).reason.endswith("it rests on 1 photo.")
