"""TOC on planted encoders: what is planted is read, and an encoder without order effect is not called biased."""

import numpy as np
import pytest

from primacy.encoders.null import ConstantEncoder
from primacy.identity import rng_stream
from primacy.probes.toc import run_toc
from primacy.stats.effects import AUDITED, settle
from primacy.stats.toc_estimates import toc_estimates
from primacy.stats.tor_estimates import Cell


def toc(b, encoder, curve_points=5, **nulls):
    block = b.design.block(0, len(b.design))
    results = {
        name: run_toc(
            one.encode_text(block.texts),
            block.objects,
            block.clusters,
            len(b.vocabulary),
            rng=rng_stream(b.seed, "toc"),
            curve_points=curve_points,
        )
        for name, one in {AUDITED: encoder, **nulls}.items()
    }
    cell = Cell("balanced", "*", 0.95, 0.05)
    return toc_estimates(results, cell, rng=rng_stream(b.seed, "resampling"))


def test_an_encoder_that_marks_the_first_object_is_read_there(bench):
    """With first=1 the first object has twice the weight: it is read always. At the other positions a linear head still
    reaches for the heaviest object, so it stays below the one in two that guessing among the other two would give."""
    b = bench(n=3, sets=120)
    estimates = toc(b, b.planted(first=1.0), constant=ConstantEncoder())
    accuracy = [e.value for e in estimates.records[AUDITED] if e.group == "mention_position"]
    assert accuracy[0] > 0.99 and max(accuracy[1:]) < 0.5
    (verdict,) = settle(estimates.effects, 0.05)
    assert verdict.kind == "bias" and verdict.value > 0.5


@pytest.mark.parametrize("first", [0.2, 0.5])
def test_a_planted_order_effect_is_recovered(bench, first):
    """The reader's best guess is the winner: right with probability first + (1 - first) / 3 at the first position and
    (1 - first) / 3 at the last, so the difference is `first`; its interval must hold that in at least 8 of 10 seeds."""
    held = []
    for seed in range(10):
        b = bench(n=3, sets=250, seed=seed)
        (effect,) = toc(b, b.planted(first=first, seed=seed), constant=ConstantEncoder()).effects
        held.append(effect.interval.low <= first <= effect.interval.high)
    assert sum(held) >= 8


def test_no_false_positives_over_two_hundred_seeds(bench):
    wrong = 0
    for seed in range(200):
        b = bench(n=2, sets=120, seed=seed)
        estimates = toc(b, b.planted(category=1.0, seed=seed), curve_points=1, constant=ConstantEncoder())
        wrong += settle(estimates.effects, 0.05)[0].kind == "bias"
    assert wrong <= 16  # P(more | 5 %) = 2 %


def test_a_bag_cannot_exceed_one_nth(bench):
    b = bench(n=3, sets=150)
    estimates = toc(b, b.bag())
    accuracy = [e.value for e in estimates.records[AUDITED] if e.group == "mention_position"]
    np.testing.assert_allclose(accuracy, 1 / 3, atol=1e-9)
