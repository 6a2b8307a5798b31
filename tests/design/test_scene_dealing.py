from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.scenes.dealing import deal_pairs, deal_sets, occurrence_order
from primacy.design.scenes.design import build
from primacy.design.scenes.presets.place import DISTANCES
from primacy.design.scenes.request import SceneRequest
from primacy.identity import rng_stream


@given(v=st.integers(1, 12), data=st.data(), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_sets_are_distinct_in_each_round_and_even(v, data, seed):
    n = data.draw(st.integers(1, min(v, 5)))
    k = data.draw(st.integers(1, min(3 * comb(v, n), 200)))
    sets = deal_sets(v, n, k, rng_stream(seed, "t"))
    assert sets.shape == (k, n)
    assert all(len(set(row)) == n for row in sets.tolist())
    counts = np.bincount(sets.ravel(), minlength=v)
    assert counts.max() - counts.min() <= 1
    often = Counter(tuple(sorted(row)) for row in sets.tolist())
    every = [often[combination] for combination in combinations(range(v), n)]
    assert max(every) - min(every) <= 1


@given(first=st.integers(1, 4), second=st.integers(1, 8), rounds=st.integers(1, 3), seed=st.integers(0, 99))
@settings(deadline=None)
def test_all_pairs_come_equally_often(first, second, rounds, seed):
    a, b = deal_pairs(first * second * rounds, first, second, rng_stream(seed, "t"))
    pairs = Counter(zip(a.tolist(), b.tolist(), strict=True))
    assert len(pairs) == first * second
    assert set(pairs.values()) == {rounds}


@given(first=st.integers(1, 4), second=st.integers(1, 8), uses=st.integers(0, 40), seed=st.integers(0, 99))
@settings(deadline=None)
def test_fewer_uses_are_the_beginning_of_more(first, second, uses, seed):
    few = deal_pairs(uses, first, second, rng_stream(seed, "t"))
    many = deal_pairs(uses + 13, first, second, rng_stream(seed, "t"))
    for one, other in zip(few, many, strict=True):
        np.testing.assert_array_equal(one, other[:uses])
    for values, size in zip(few, (first, second), strict=True):
        # Even in every round, and in what there is of the last.
        for start in range(0, uses, first * second):
            counts = np.bincount(values[start : start + first * second], minlength=size)
            assert counts.max() - counts.min() <= 1


@given(st.lists(st.integers(0, 5), max_size=30))
def test_occurrences(values):
    found = occurrence_order(np.array(values, dtype=np.int64), 6)
    assert [positions.tolist() for positions in found] == [
        [i for i, v in enumerate(values) if v == k] for k in range(6)
    ]


def test_the_view_of_one_object_says_nothing_of_anothers(scene_shapes):
    scenes = list(build(SceneRequest("equal", objects=(2,), sets=600), scene_shapes(60, instances=1)).scenes())[::2]
    pairs = Counter((scene.objects[0].yaw, scene.objects[1].yaw) for scene in scenes)
    assert len(pairs) == 9
    assert min(pairs.values()) > 600 / 9 / 2
    assert max(pairs.values()) < 600 / 9 * 2


@pytest.mark.parametrize("n", range(2, 9))
def test_every_other_object_is_every_neighbour_of_the_target_equally_often(scene_shapes, n):
    neighbours = Counter()
    for scene in build(SceneRequest("centre-distance", objects=(n,), sets=1), scene_shapes()).scenes():
        if scene.factors["distance"] != DISTANCES[-1]:
            continue
        turns = {o.category: np.degrees(np.arctan2(0.5 - o.y, o.x - 0.5)) for o in scene.objects}
        (target,) = (o.category for o in scene.objects if o.role == "target")
        for other in set(turns) - {target}:
            neighbours[target, other, round((turns[other] - turns[target]) % 360 * n / 360) % n] += 1
    assert len(neighbours) == n * (n - 1) ** 2
    assert len(set(neighbours.values())) == 1
