from dataclasses import replace

import numpy as np
import pytest

from primacy.corpus.order import OrderOptions, analyse_order
from primacy.listener import Silent
from primacy.results.corpus import SLICES


def run(cases, **options):
    return analyse_order(
        cases, OrderOptions(**{"permutations": 49, "groups": 50, "set_aside": "c0", **options}), Silent()
    )


def same(one, two):
    """Equal, NaN (None in the records) included."""
    return repr(one) == repr(two)


def test_slices_counts_and_the_split_of_each_add_up(make_planted):
    cases = make_planted(400, rng=np.random.default_rng(0), category=1.0, size=0.3, most=4)
    found = run(cases)
    assert [record.slice for record in found.pairs] == list(SLICES)
    whole = found.pairs[0]
    assert whole.n_captions == len(cases) == sum(r.n_captions for r in found.by_count if r.slice == "all")
    assert whole.n_pairs == sum(r.n_captions * r.n_objects * (r.n_objects - 1) // 2 for r in found.by_count[:3])
    assert whole.n_predicted == whole.n_pairs
    for record in found.pairs:
        parts = record.category_part.value + record.within_part.value
        assert parts == pytest.approx(record.predicted_larger_first.value - 0.5)
    assert {record.slice for record in found.by_count} == set(SLICES)
    assert len(found.category_pairs) == 28
    assert [verdict.question for verdict in found.verdicts] == ["order", "size within category pairs"]
    assert found.notes == ()
    # all objects are single here, so that the last slice is the first
    assert found.pairs[-1].within_part == whole.within_part
    assert found.pairs[-1].n_pairs == whole.n_pairs


def test_it_is_the_same_to_the_last_bit_each_time(make_planted):
    cases = make_planted(120, rng=np.random.default_rng(1), size=0.1, most=3)
    assert same(run(cases), run(cases))
    assert {run(cases, seed=seed).pairs[0].permutation.p for seed in range(3)} != {run(cases).pairs[0].permutation.p}


def test_units_of_area_do_not_matter(make_planted):
    cases = make_planted(120, rng=np.random.default_rng(2), size=0.5, most=3)
    one, two = run(cases), run(replace(cases, area=cases.area * 2.0**-3))
    assert one.pairs[0].larger_first == two.pairs[0].larger_first
    assert one.pairs[0].within_part == two.pairs[0].within_part
    assert one.by_count == two.by_count


def test_a_vocabulary_without_the_category_has_two_slices_and_says_so(make_planted):
    found = run(make_planted(100, rng=np.random.default_rng(3)), set_aside="zeppelin")
    assert [record.slice for record in found.pairs] == ["all", "one instance"]
    assert any("zeppelin" in note for note in found.notes)
    assert run(make_planted(100, rng=np.random.default_rng(3)), set_aside="").notes == ()


def test_typical_sizes_say_nothing_within_pairs(make_planted):
    cases = make_planted(300, rng=np.random.default_rng(4), category=1.0, most=3)
    found = run(replace(cases, area=2.0 ** -cases.category.astype(float)))
    whole = found.pairs[0]
    assert whole.larger_first.ci_low > 0.5
    assert whole.within_part.value is whole.category_part.value is whole.odds_ratio.value is None
    assert whole.permutation.z is whole.pressure.within.value is None
    assert whole.pressure.raw.value > 0
    assert whole.models == ()
    assert any("Nothing can be said of size within category pairs" in note for note in found.notes)
    assert found.verdicts[1].kind == "inconclusive"
    assert all(record.beyond_category.value is None for record in found.by_count)


@pytest.mark.parametrize(
    "captions",
    [
        [],
        [(0, [(1, 0.2), (0, 0.1)])],
        [(0, [(1, 0.2), (0, 0.1)])] * 40,
        [(i, [(1, 0.2), (0, 0.2)]) for i in range(40)],
        [(i, [(i % 9, 0.2), (9, 0.1 + (i % 7) / 50)]) for i in range(60)],
        [(i, [(c, 0.1 + c / 20) for c in range(8)]) for i in range(3)],
        [(i % 2, [(1, 0.1 + i % 2), (2, 0.5)][:: (-1) ** i]) for i in range(50)],
    ],
    ids=["none", "one caption", "one image", "all tied", "category 9 always second", "eight objects", "two images"],
)
def test_a_poor_corpus_gives_records_without_numbers_that_it_has_not(make_cases, captions):
    found = run(make_cases(captions))
    assert len(found.verdicts) == 2
    assert bool(found.pairs) == bool(captions)
    for record in found.pairs:
        assert record.n_pairs > 0
        for value in (record.larger_first, record.predicted_larger_first, record.category_only):
            assert value.value is None or 0 <= value.value <= 1
            limits = (value.ci_low, value.ci_high)
            assert limits == (None, None) or 0 <= limits[0] <= limits[1] <= 1


def test_a_stage_is_told_and_ended_for_each_slice(make_planted):
    class Counting(Silent):
        def __init__(self):
            self.left = {}

        def stage(self, name, total):
            self.now = name
            self.left[name] = total

        def advance(self, done):
            self.left[self.now] -= done

    listener = Counting()
    cases = make_planted(60, rng=np.random.default_rng(5))
    analyse_order(cases, OrderOptions(set_aside="c0", permutations=0), listener)
    assert len(listener.left) == 5
    assert set(listener.left.values()) == {0}
