"""Matching effects: exactly none for order-blind encoders, of the right sign and size for planted ones."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from primacy.design.matching import MatchingDesign
from primacy.design.matching_captions import CELLS, FACTORS
from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.design.vocabulary import load_vocabulary
from primacy.probes.matching import MatchingSums, score_matching
from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED, settle
from primacy.stats.matching_estimates import matching_effects, matching_estimates

COMCO = load_vocabulary("comco")
CELL = Cell("balanced", "*", 0.95, 0.05, "matching", "one-large")
LEVEL_PAIRS = [("big", "small"), ("first", "last"), ("first", "last"), ("first", "last")]


def fresh(*key):
    return np.random.default_rng([17, *key])


class World:
    """Scenes of n objects, one large; items as vectors; encoders of pictures (by weight of the large) and captions (by
    weight of each place)."""

    def __init__(self, n=4, sets=40, d=32, foils=20, seed=0):
        rng = fresh(seed)
        shown = []
        for k in range(sets):
            members = [COMCO.names[c] for c in rng.choice(len(COMCO), n, replace=False)]
            for turn, large in product(range(n), repeat=2):
                objects = [
                    Shown(name, 0.01, 0.5, 0.5, f"slot {p}", "large" if p == large else "small")
                    for p, name in enumerate(np.roll(members, turn).tolist())
                ]
                shown.append(Picture(f"{k} {turn} {large}", k, tuple(objects)))
        self.table = picture_tables(shown, COMCO.names)[n]
        self.design = MatchingDesign.of(self.table, COMCO, foils=foils, rng=rng)
        self.items = rng.normal(size=(len(COMCO), d))
        self.noise = rng.normal(size=(len(shown), d))

    def sums(self, large=5.0, noise=3.0, places=None, constant=False):
        """Sums of an encoder; without `places` captions are order-blind, summed in one order to the last bit."""
        weights = np.where(self.table.size_levels == "large", large, 1.0)
        pictures = (weights[..., None] * self.items[self.table.objects]).sum(axis=1) + noise * self.noise
        sums = MatchingSums.of(self.design)
        for block in self.design.blocks(20_000):
            objects = block.captions.objects
            if places is None:
                captions = self.items[np.sort(objects, axis=1)].sum(axis=1)
            else:
                captions = (np.array(places)[:, None] * self.items[objects]).sum(axis=1)
            shown = pictures[block.pictures]
            if constant:
                captions, shown = np.ones_like(captions), np.ones_like(shown)
            sums.add(block, score_matching(block, shown, captions))
        return sums


@pytest.fixture(scope="module")
def world():
    return World()


def estimate(**sums):
    return matching_estimates({name.replace("_", "-"): own for name, own in sums.items()}, CELL, rng=fresh(1))


def values(estimates, metric, group, name=AUDITED):
    return {e.level: e for e in estimates.records[name] if (e.metric, e.group) == (metric, group)}


def test_effects_are_the_differences_of_means_that_their_names_say():
    """Brute force over named cells, with accuracies drawn at random."""
    accuracy = dict(zip(CELLS, fresh(2).uniform(size=16), strict=True))
    scenario = [0.9, 0.4]
    column = np.array([*scenario, *accuracy.values()])
    effects = {name: float(weights @ column) for name, weights in matching_effects(18).items()}

    def mean(**levels):
        wanted = [f"{factor}={level}" for factor, level in levels.items()]
        return np.mean([a for name, a in accuracy.items() if all(w in name.split() for w in wanted)])

    assert effects.pop("1-2") == pytest.approx(0.5)
    assert effects.pop("wrong, small removed") == pytest.approx(
        mean(removed="small", wrong="first") - mean(removed="small", wrong="last")
    )
    pairs = dict(zip(FACTORS, LEVEL_PAIRS, strict=True))
    for a, (high, low) in pairs.items():
        assert effects.pop(a) == pytest.approx(mean(**{a: high}) - mean(**{a: low}))
        for b in list(pairs)[list(pairs).index(a) + 1 :]:
            at = [mean(**{a: high, b: level}) - mean(**{a: low, b: level}) for level in pairs[b]]
            assert effects.pop(f"{a}*{b}") == pytest.approx((at[0] - at[1]) / 2)
    assert effects == {}


def test_records_are_named_and_counted(world):
    estimates = estimate(encoder=world.sums(), constant=world.sums(constant=True))
    assert list(estimates.records) == [AUDITED, "constant"]
    accuracy = values(estimates, "matching_accuracy", "cell")
    assert tuple(accuracy) == CELLS
    assert list(values(estimates, "matching_accuracy", "scenario")) == ["1", "2"]
    assert list(values(estimates, "matching_effect", "scenario")) == ["1-2"]
    assert len(values(estimates, "matching_effect", "factor")) == 4 + 6 + 1
    for e in estimates.records[AUDITED]:
        assert (e.probe, e.stimuli, e.n_objects, e.template, e.n_clusters) == ("matching", "one-large", 4, "*", 40)
    assert {e.n for e in accuracy.values()} == {40 * 4 * 20}
    factors = values(estimates, "matching_effect", "factor")
    assert factors["wrong"].n == 16 * 3200 and factors["wrong, small removed"].n == 8 * 3200
    assert [e.effect for e in estimates.effects] == ["1-2", "removed", "correct", "wrong", "foil"]


def test_a_constant_encoder_is_at_one_half_and_has_no_effect(world):
    estimates = estimate(encoder=world.sums(constant=True))
    for e in estimates.records[AUDITED]:
        expected = 0.5 if e.metric == "matching_accuracy" else 0.0
        assert (e.value, e.ci_low, e.ci_high) == (expected, expected, expected)
    assert {v.kind for v in settle(estimates.effects, 0.05)} == {"equivalent"}


@pytest.mark.parametrize(("large", "noise"), [(5.0, 1.5), (5.0, 3.0), (8.0, 3.0)])
def test_an_order_blind_size_weighted_encoder_drops_without_any_order_effect(world, large, noise):
    """Removing the large object is always noticed, removing a small one often not; order has exactly no effect."""
    estimates = estimate(encoder=world.sums(large, noise), constant=world.sums(constant=True))
    scenario = values(estimates, "matching_accuracy", "scenario")
    assert scenario["1"].value > 0.99 and 0.6 < scenario["2"].value < 0.9
    factor = values(estimates, "matching_effect", "factor")
    assert factor.pop("removed").value > 0.1
    for name, e in factor.items():
        assert (e.value, e.ci_low, e.ci_high) == (0.0, 0.0, 0.0), name


def test_what_the_audited_encoder_shares_with_a_size_weighted_bag_is_an_artefact_save_for_removed(world):
    estimates = estimate(
        encoder=world.sums(6.0, 3.0), area_bag=world.sums(5.0, 3.0), flat_bag=world.sums(1.0, 1.0),
        constant=world.sums(constant=True),
    )  # fmt: skip
    by_name = {v.effect: v for v in settle(estimates.effects, 0.05)}
    assert by_name["1-2"].kind == "artefact"
    assert by_name["removed"].kind == "bias"
    assert [n.name for n in by_name["removed"].nulls] == ["flat-bag", "constant"]
    assert [n.name for n in by_name["foil"].nulls] == ["area-bag", "flat-bag", "constant"]
    assert {by_name[f].kind for f in ("correct", "wrong", "foil")} == {"equivalent"}


def test_a_text_encoder_that_weighs_the_first_mention_shows_each_order_effect_with_its_sign(world):
    estimates = estimate(encoder=world.sums(5.0, 3.0, [2.0, 1, 1, 1]), area_bag=world.sums(5.0, 3.0))
    factor = values(estimates, "matching_effect", "factor")
    assert factor["correct"].ci_low > 0  # the large object first: nearer to its picture
    assert factor["foil"].ci_low > 0  # a foil first: the wrong caption is farther
    assert factor["wrong, small removed"].ci_high < 0  # the large object first in the wrong caption: nearer
    by_name = {v.effect: v for v in settle(estimates.effects, 0.05)}
    assert by_name["correct"].kind == by_name["foil"].kind == "bias"
    last = estimate(encoder=world.sums(5.0, 3.0, [1, 1, 1, 2.0]))
    mirrored = values(last, "matching_effect", "factor")
    assert mirrored["correct"].ci_high < 0 and mirrored["foil"].ci_high < 0
    assert mirrored["wrong, small removed"].ci_low > 0


def test_below_one_half_in_the_second_scenario_takes_an_order_effect(world):
    """The wrong caption keeps the large object first: with a heavy first mention it beats the right one."""
    estimates = estimate(encoder=world.sums(8.0, 3.0, [5.0, 1, 1, 1]))
    scenario = values(estimates, "matching_accuracy", "scenario")
    assert scenario["1"].value > 0.99 and scenario["2"].ci_high < 0.5


def test_two_objects_have_scenarios_only():
    small = World(n=2, sets=10)
    estimates = estimate(encoder=small.sums(), constant=small.sums(constant=True))
    assert {e.group for e in estimates.records[AUDITED]} == {"scenario"}
    assert [e.effect for e in estimates.effects] == ["1-2"]


def test_intervals_resample_sets_and_one_set_has_none():
    estimates = estimate(encoder=World(n=3, sets=1).sums())
    assert all(e.ci_low is None for e in estimates.records[AUDITED])
    assert {v.kind for v in settle(estimates.effects, 0.05)} == {"inconclusive"}


def test_the_table_of_the_documentation_is_what_its_example_prints(capsys):
    page = (Path(__file__).parents[2] / "docs" / "matching.md").read_text("utf-8")
    example = re.search(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]
    exec(compile(example, "docs", "exec"), {"__name__": "docs"})  # noqa: S102
    printed = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert len(printed) == 3
    assert [row for row in printed if f"| {' | '.join(row)} |" not in page] == []
