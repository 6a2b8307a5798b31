"""Shares by size and slot with their effects: simple ratios of sums, planted effects, nulls that are none."""

import itertools

import numpy as np
import pytest

from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED, settle
from primacy.stats.image_estimates import image_estimates

CELL = Cell("balanced", "*", 0.95, 0.05, probe="ior", stimuli="pair-ladder")


def estimate(sums, seed=0):
    return image_estimates(sums, CELL, rng=np.random.default_rng(seed))


def keyed(records):
    return {(r.metric, r.group, r.level): r for r in records}


def test_records_are_ratios_of_sums(ladder):
    bench = ladder(sets=10)
    sums = bench.sums(bench.utility(0.8, 1.0))
    found = keyed(estimate({AUDITED: sums}).records[AUDITED])
    credit, table = sums.choice_data().credit, bench.table
    large, small = (credit[table.size_levels == level] for level in ("large", "small"))
    assert found["winner_share", "size_level", "large"].value == pytest.approx(large.mean())
    assert found["winner_share", "size_level", "large"].n == len(large)
    bias, ratio = found["size_bias", "size_level", "large-small"], found["size_ratio", "size_level", "large:small"]
    assert bias.value == pytest.approx(large.mean() - small.mean())
    assert ratio.value == pytest.approx(large.mean() / small.mean())
    assert ratio.ci_low < ratio.value < ratio.ci_high
    assert found["winner_share", "slot", "centre"].value == pytest.approx(credit[table.slots == "centre"].mean())
    assert (bias.probe, bias.stimuli, bias.n_objects, bias.n_clusters) == ("ior", "pair-ladder", 2, 10)


def test_the_winner_curve_splits_by_who_is_centred(ladder):
    bench = ladder(sets=10)
    sums = bench.sums(bench.utility(1.0, 2.0))
    records = estimate({AUDITED: sums}).records[AUDITED]
    curve = [r for r in records if r.group == "area_ratio"]
    assert [r.level for r in curve] == ["0.125", "0.25", "0.5", "1.0", "2.0", "4.0", "8.0"]
    assert all(a.value <= b.value for a, b in itertools.pairwise(curve))
    credit, table = sums.choice_data().credit, bench.table
    centred = np.array([f["centred"] == "target" and f["ratio"] == 2.0 for f in table.factors])
    want = credit[centred][table.roles[centred] == "target"].mean()
    assert keyed(records)["winner_share", "area_ratio*centred", "2.0*target"].value == pytest.approx(want)


def test_verdicts_of_size_and_slot(ladder):
    bench = ladder(sets=30)
    even = bench.sums(np.zeros(bench.table.objects.shape), noise=False)
    area = bench.sums(bench.utility(1.0), noise=False)
    centre = bench.sums(bench.utility(centre=1.0), noise=False)
    nulls = {"constant": even, "area-bag": area, "centre-bag": centre}

    def kinds(encoder):
        return {v.metric: v for v in settle(estimate({AUDITED: encoder, **nulls}).effects, 0.05)}

    large = kinds(bench.sums(bench.utility(1.0)))
    assert large["size_bias"].kind == "bias" and large["slot_bias"].kind != "bias"
    assert [n.name for n in large["size_bias"].nulls] == ["constant", "centre-bag"]
    assert [n.name for n in large["slot_bias"].nulls] == ["constant", "area-bag"]
    assert (large["size_bias"].effect, large["slot_bias"].effect) == ("large-small", "largest_deviation")
    middle = kinds(bench.sums(bench.utility(centre=3.0)))
    assert (middle["size_bias"].kind, middle["slot_bias"].kind) == ("equivalent", "bias")
    assert abs(middle["slot_bias"].value) > 0.2
    twin = {AUDITED: bench.sums(bench.utility(1.0)), "untrained#0": bench.sums(bench.utility(1.0))}
    assert settle(estimate(twin).effects, 0.05)[0].kind == "artefact"


def test_null_records_hold_their_own_size_bias_even_where_they_are_no_null(ladder):
    bench = ladder(sets=8)
    sums = {AUDITED: bench.sums(bench.utility()), "area-bag": bench.sums(bench.utility(1.0), noise=False)}
    found = estimate(sums)
    assert keyed(found.records["area-bag"])["size_bias", "size_level", "large-small"].value == 1
    assert ("slot_bias", "slot", "largest_deviation") not in keyed(found.records["area-bag"])


def test_a_constant_encoder_is_at_one_nth_everywhere(ladder):
    bench = ladder(sets=6)
    found = estimate({AUDITED: bench.sums(np.zeros(bench.table.objects.shape), noise=False)})
    for record in found.records[AUDITED]:
        if record.metric == "winner_share":
            assert (record.value, record.ci_low, record.ci_high) == pytest.approx((0.5, 0.5, 0.5), abs=1e-12)
    assert {(e.interval.value, e.interval.low, e.interval.high) for e in found.effects} == {(0, 0, 0)}


def test_without_levels_the_largest_stands_against_the_smallest(ladder):
    bench = ladder(sets=10, blur=0.05)
    bench.table.size_levels[:] = ""
    sums = bench.sums(bench.utility(1.0))
    found = estimate({AUDITED: sums})
    ranks, credit = bench.table.size_ranks, sums.choice_data().credit
    want = credit[ranks == 1].mean() - credit[ranks == 2].mean()
    assert keyed(found.records[AUDITED])["size_bias", "size_rank", "largest-smallest"].value == pytest.approx(want)
    assert found.effects[0].effect == "largest-smallest"


def test_without_sizes_and_slots_there_is_no_effect(ladder):
    bench = ladder(sets=5)
    for field in (bench.table.size_levels, bench.table.slots):
        field[:] = ""
    bench.table.areas[:] = np.nan
    found = estimate({AUDITED: bench.sums(np.zeros(bench.table.objects.shape))})
    assert found.effects == [] and {r.group for r in found.records[AUDITED]} == {"area_ratio", "area_ratio*centred"}


def test_order_of_records_is_that_of_levels_not_of_pictures(ladder):
    bench = ladder(sets=6)
    sums = bench.sums(bench.utility(1.0))
    order = np.random.default_rng(1).permutation(len(bench.table))
    bench.table = bench.table.take(order)
    other = bench.sums(bench.utility(1.0))
    one, two = (list(keyed(estimate({AUDITED: s}).records[AUDITED])) for s in (sums, other))
    assert one == two
    assert [level for metric, group, level in one if (metric, group) == ("winner_share", "size_level")] == [
        "large",
        "equal",
        "small",
    ]
