import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from primacy.errors import DesignError
from primacy.probes.linear import Discriminant
from primacy.probes.logistic import Logistic
from primacy.probes.schedule import PublishedSchedule
from primacy.probes.toc import run_toc, split_by_sentence, split_by_set

V = 8
SETS = np.array(list(itertools.combinations(range(V), 3)))  # 56 sets
OBJECTS = np.concatenate([SETS[:, list(order)] for order in itertools.permutations(range(3))])
SET_IDS = np.tile(np.arange(len(SETS)), 6)


def fresh(*key):
    return np.random.default_rng([7, *key])


def planted(strengths, noise=0.0, d=40):
    """Vectors that add, for each position, a direction of (position, category) times that position's strength."""
    directions = fresh(1).normal(size=(3, V, d))
    X = sum(s * directions[p][OBJECTS[:, p]] for p, s in enumerate(strengths))
    return (X + noise * fresh(2).normal(size=(len(OBJECTS), d))).astype(np.float32)


@given(st.lists(st.integers(-5, 5), min_size=3, max_size=60), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_split_puts_each_row_in_one_part_and_no_set_in_two(set_ids, seed):
    set_ids = np.array(set_ids)
    if len(np.unique(set_ids)) < 3:
        with pytest.raises(DesignError, match="object sets cannot be split"):
            split_by_set(set_ids, rng=fresh(seed))
        return
    split = split_by_set(set_ids, rng=fresh(seed))
    np.testing.assert_array_equal(np.sort(np.concatenate(split)), np.arange(len(set_ids)))
    held = [set(set_ids[part].tolist()) for part in split]
    assert all(held)
    assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])


def test_split_shares_are_shares_of_the_sets_and_follow_the_generator():
    set_ids = np.repeat(np.arange(100), np.arange(1, 101))
    split = split_by_set(set_ids, rng=fresh(0), test=0.3, validation=0.2)
    assert [len(np.unique(set_ids[part])) for part in split] == [50, 20, 30]
    again, other = (split_by_set(set_ids, rng=fresh(s), test=0.3, validation=0.2) for s in (0, 1))
    np.testing.assert_array_equal(split.test, again.test)
    assert not np.array_equal(split.test, other.test)


def test_the_published_split_is_by_sentence_and_leaks_sets():
    split = split_by_sentence(SET_IDS, rng=fresh(0))
    assert [len(part) for part in split] == [336 - 34 - 50, 34, 50]
    assert np.isin(SET_IDS[split.test], SET_IDS[split.train]).mean() > 0.9


@pytest.mark.parametrize("head", [None, Logistic(penalties=(1e-2, 1e-4), tolerance=1e-5)], ids=["default", "logistic"])
def test_planted_signal_is_read_at_every_position(head):
    result = run_toc(planted([1, 0.5, 0.1], noise=0.001), OBJECTS, SET_IDS, V, rng=fresh(0), head=head)
    np.testing.assert_array_equal(result.accuracy, 1.0)
    assert result.converged.all()
    np.testing.assert_array_equal(result.n_scored, 66)  # 11 of 56 sets, 6 orders
    np.testing.assert_allclose(result.chance, 1 / V)


def test_a_position_without_signal_is_at_its_ceiling_and_the_others_are_not_touched():
    result = run_toc(planted([1, 1, 0], noise=0.001), OBJECTS, SET_IDS, V, rng=fresh(0))
    np.testing.assert_array_equal(result.accuracy[:2], 1.0)
    # positions 1 and 2 exclude two of eight categories, nothing says which of the other six is third
    assert binom(66, 1 / 6).ppf(0.0005) / 66 <= result.accuracy[2] <= binom(66, 1 / 6).ppf(0.9995) / 66


def test_an_order_blind_bag_cannot_beat_one_in_n():
    bag = fresh(1).normal(size=(V, 40))[OBJECTS].sum(axis=1).astype(np.float32)
    _, first = np.unique(np.sort(OBJECTS, axis=1), axis=0, return_index=True)
    bag = bag[first][SET_IDS]  # one vector for all orders of a set, to the last bit
    for head in (None, Logistic(penalties=(1e-4,), tolerance=1e-5)):
        result = run_toc(bag, OBJECTS, SET_IDS, V, rng=fresh(0), head=head)
        np.testing.assert_allclose(result.accuracy, 1 / 3, atol=1e-12)


def test_noise_is_at_chance():
    rng = fresh(3)
    objects = np.array([rng.permutation(V)[:2] for _ in range(6000)])
    _, set_ids = np.unique(np.sort(objects, axis=1), axis=0, return_inverse=True)
    vectors = rng.normal(size=(6000, 20)).astype(np.float32)
    result = run_toc(vectors, objects, set_ids.ravel(), V, rng=rng, splitter=split_by_sentence)
    low, high = binom(900, 1 / V).ppf([0.0005, 0.9995]) / 900
    assert ((low <= result.accuracy) & (result.accuracy <= high)).all()


@pytest.mark.parametrize("head", [None, Logistic(penalties=(1e-2,))], ids=["default", "logistic"])
def test_a_constant_encoder_is_exactly_at_chance(head):
    result = run_toc(np.full((336, 5), 1 / 3), OBJECTS, SET_IDS, V, rng=fresh(0), head=head)
    np.testing.assert_array_equal(result.correct, 1 / V)
    np.testing.assert_array_equal(result.accuracy, result.chance)
    assert result.converged.all()


def test_correct_rows_and_sets_belong_together():
    vectors = planted([1, 0.3, 0.05], noise=0.3)
    result = run_toc(vectors, OBJECTS, SET_IDS, V, rng=fresh(0))
    split = split_by_set(SET_IDS, rng=fresh(0))
    np.testing.assert_array_equal(result.test_rows, split.test)
    np.testing.assert_array_equal(result.test_sets, SET_IDS[split.test])
    np.testing.assert_allclose(np.nanmean(result.correct, axis=0), result.accuracy)
    assert (result.n_train, result.n_validation) == (len(split.train), len(split.validation))
    assert result.accuracy[0] > result.accuracy[2]


def test_the_penalty_is_the_one_that_validates_best_and_the_test_part_has_no_say():
    vectors = planted([1, 0.3, 0.05], noise=0.3)
    split = split_by_set(SET_IDS, rng=fresh(0))
    result = run_toc(vectors, OBJECTS, SET_IDS, V, rng=fresh(0))
    penalties = Discriminant().penalties
    for p in range(3):
        accuracy = []
        for penalty in penalties:
            head = Discriminant(penalties=(penalty,)).fit(vectors[split.train], OBJECTS[split.train, p], V)
            scores = head.scores(vectors[split.validation])
            accuracy.append((scores.argmax(axis=1) == OBJECTS[split.validation, p]).mean())
        assert result.penalty[p] == penalties[int(np.argmax(accuracy))]
    spoiled = OBJECTS.copy()
    spoiled[split.test] = np.roll(spoiled[split.test], 1, axis=1)
    again = run_toc(vectors, spoiled, SET_IDS, V, rng=fresh(0))
    np.testing.assert_array_equal(again.penalty, result.penalty)
    assert again.accuracy[0] < 0.2


def test_the_curve_is_nested_doubles_and_ends_at_the_whole(monkeypatch):
    seen = []
    fit = Discriminant.path
    monkeypatch.setattr(
        Discriminant, "path", lambda self, features, y, k: seen.append(features.X) or fit(self, features, y, k)
    )
    vectors = planted([1, 0.3, 0.05], noise=0.3)
    result = run_toc(vectors, OBJECTS, SET_IDS, V, rng=fresh(0))
    assert [point.n_sets for point in result.curve] == [2, 5, 10, 20, 39]
    assert [point.n_sentences for point in result.curve] == [12, 30, 60, 120, 234]
    rows = [{row.tobytes() for row in part} for part in seen[::3]]
    assert all(small < large for small, large in itertools.pairwise(rows))
    test = {row.tobytes() for row in vectors[result.test_rows]}
    assert not rows[-1] & test
    np.testing.assert_array_equal(result.curve[-1].accuracy, result.accuracy)
    np.testing.assert_array_equal(result.curve[-1].seen, 1.0)
    assert result.curve[0].accuracy[0] < result.accuracy[0]
    assert (result.curve[0].accuracy <= result.curve[0].seen).all()


def test_a_part_of_the_training_sets_is_enough_where_the_signal_is_strong():
    result = run_toc(planted([1, 1, 1], noise=0.001), OBJECTS, SET_IDS, V, rng=fresh(0))
    for point in result.curve[-3:]:
        assert point.accuracy.min() > 0.95


def test_a_category_without_training_sentence_is_not_scored_and_counted():
    """The last category occurs in one set only, which is put into the test part by the splitter."""
    objects = np.vstack([OBJECTS, [[0, 1, V], [1, V, 0], [V, 0, 1]]])
    set_ids = np.append(SET_IDS, [99, 99, 99])
    vectors = fresh(4).normal(size=(len(objects), 6)).astype(np.float32)

    def splitter(ids, *, rng):
        split = split_by_set(ids[ids != 99], rng=rng)
        return split._replace(test=np.append(split.test, np.flatnonzero(ids == 99)))

    result = run_toc(vectors, objects, set_ids, V + 1, rng=fresh(0), splitter=splitter)
    unscored = objects[result.test_rows] == V
    np.testing.assert_array_equal(np.isnan(result.correct), unscored)
    np.testing.assert_array_equal(result.n_scored, 66 + 3 - 1)
    np.testing.assert_allclose(result.chance, 1 / V)  # nine names, eight of them can be named
    np.testing.assert_allclose(result.accuracy, np.nanmean(result.correct, axis=0))


@given(st.permutations(range(V)))
@settings(max_examples=8, deadline=None)
def test_relabelling_the_categories_changes_no_accuracy(labels):
    vectors = planted([1, 0.3, 0.05], noise=0.3)
    plain = run_toc(vectors, OBJECTS, SET_IDS, V, rng=fresh(0), curve_points=2)
    renamed = run_toc(vectors, np.array(labels)[OBJECTS], SET_IDS, V, rng=fresh(0), curve_points=2)
    np.testing.assert_allclose(plain.correct, renamed.correct, atol=1e-12)
    np.testing.assert_allclose(plain.majority, 1 / V, atol=0.15)


def test_published_schedule_runs_through_the_same_door():
    vectors = planted([3, 1, 0.02], noise=0.01)
    result = run_toc(
        vectors, OBJECTS, SET_IDS, V,
        rng=fresh(0), head=PublishedSchedule(seed=0, epochs=20), splitter=split_by_sentence, curve_points=1,
    )  # fmt: skip
    converged = run_toc(vectors, OBJECTS, SET_IDS, V, rng=fresh(0), splitter=split_by_sentence, curve_points=1)
    assert len(result.curve) == 1
    assert result.accuracy[0] > 0.9
    assert result.accuracy[2] < 0.6  # the signal is there, the schedule stops before it
    assert not result.converged[2]
    np.testing.assert_array_equal(converged.accuracy[[0, 1]], 1.0)
    assert converged.accuracy[2] > 0.9


def test_refusals():
    vectors = planted([1, 1, 1])
    with pytest.raises(DesignError, match="two set ids"):
        run_toc(vectors, OBJECTS, np.arange(len(OBJECTS)), V, rng=fresh(0))
    with pytest.raises(DesignError, match="outside"):
        run_toc(vectors, OBJECTS, SET_IDS, V - 1, rng=fresh(0))
    with pytest.raises(DesignError, match="expected"):
        run_toc(vectors[:-1], OBJECTS, SET_IDS, V, rng=fresh(0))
    with pytest.raises(DesignError, match="NaN"):
        run_toc(np.where(np.arange(40) == 3, np.nan, vectors), OBJECTS, SET_IDS, V, rng=fresh(0))
    lonely = np.arange(9).reshape(3, 3)
    with pytest.raises(DesignError, match="position 1"):
        run_toc(vectors[:3], lonely, np.arange(3), 9, rng=fresh(0))
