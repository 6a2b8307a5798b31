"""IOC on vectors of known content: what is in them is read, what is not is not."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.errors import DesignError
from primacy.probes.ioc import by_size, linked_sets, run_ioc, split_by_picture
from primacy.probes.schedule import PublishedSchedule
from primacy.probes.toc import split_by_set
from primacy.run.ioc_methods import ioc_methods

V, N = 8, 3
NAMES = [f"thing {c}" for c in range(V)]


def fresh(*key):
    return np.random.default_rng([19, *key])


def scene(i, cluster, names, large, slots=("left", "middle", "right")):
    shown = [
        Shown(name, 0.08 if p == large else 0.01 + 1e-4 * int(fresh(i, p).integers(9)), 0.5, 0.5, slot,
              "large" if p == large else "small")
        for p, (name, slot) in enumerate(zip(names, slots, strict=True))
    ]  # fmt: skip
    return Picture(f"scene {i}", cluster, tuple(shown))


def scenes(sets=56):
    shown = []
    for k, members in enumerate(list(combinations(NAMES, N))[:sets]):
        for turn, large in product(range(N), repeat=2):
            shown.append(scene(len(shown), k, np.roll(members, turn).tolist(), large))
    return shown


TABLE = picture_tables(scenes(), NAMES)[N]


def planted(slots=(0, 0, 0), large=0.0, noise=0.0, d=48):
    """Vectors with a direction of (slot, category) times that slot's strength, and one of the large category."""
    directions, big = fresh(1).normal(size=(N, V, d)), fresh(2).normal(size=(V, d))
    X = sum(s * directions[p][TABLE.objects[:, p]] for p, s in enumerate(slots))
    X = X + large * big[TABLE.objects[TABLE.size_levels == "large"]]
    return (X + noise * fresh(3).normal(size=(len(TABLE), d))).astype(np.float32)


def test_what_is_planted_is_read_by_slot_and_by_size():
    result = run_ioc(planted(slots=(1, 1, 0), noise=0.01), TABLE, V, rng=fresh(0))
    assert result.slots == ("left", "middle", "right")
    assert (result.heads.accuracy[:2] > 0.99).all() and result.heads.accuracy[2] < 0.4
    assert result.heads.accuracy[3] < 0.5
    result = run_ioc(planted(large=1, noise=0.01), TABLE, V, rng=fresh(0))
    assert result.heads.accuracy[3] > 0.99
    assert (result.heads.accuracy[:3] < 0.5).all() and (result.heads.accuracy[4:] < 0.4).all()
    assert result.heads.converged.all()


def test_each_head_is_a_discriminant_on_object_sets_not_met_in_training():
    X = planted(slots=(1, 0.5, 0.2), large=0.5, noise=0.5)
    result = run_ioc(X, TABLE, V, rng=fresh(4)).heads
    split = split_by_set(TABLE.clusters, rng=fresh(4))
    np.testing.assert_array_equal(result.test_rows, split.test)
    assert not set(TABLE.clusters[split.train]) & set(TABLE.clusters[split.test])
    large = TABLE.objects[TABLE.size_levels == "large"]
    for head, y in ((0, TABLE.objects[:, 0]), (3, large)):
        reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=1e-6, priors=np.full(V, 1 / V))
        reference.fit(X[split.train].astype(float), y[split.train])
        accuracy = (reference.predict(X[split.test].astype(float)) == y[split.test]).mean()
        assert result.accuracy[head] == pytest.approx(accuracy, abs=0.05)


def test_a_bag_reads_the_objects_but_not_where_they_stand():
    """Order-blind and area-blind: at most one in three at each slot, and one in three at the largest."""
    items = fresh(5).normal(size=(V, 48))
    result = run_ioc(items[np.sort(TABLE.objects, axis=1)].sum(axis=1), TABLE, V, rng=fresh(0)).heads
    np.testing.assert_allclose(result.accuracy[:4], 1 / 3, atol=1e-9)
    np.testing.assert_allclose(result.chance[:4], 1 / V)


def test_a_constant_encoder_is_exactly_at_chance():
    result = run_ioc(np.ones((len(TABLE), 4), dtype=np.float32), TABLE, V, rng=fresh(0)).heads
    np.testing.assert_array_equal(result.accuracy, result.chance)


def test_sizes_go_by_level_then_by_measured_area():
    shown = [
        Picture("a", 0, (Shown("x", 0.03, 0, 0, "l", "small"), Shown("y", 0.02, 0, 0, "m", "large"),
                         Shown("z", 0.04, 0, 0, "r", "small"))),
        Picture("b", 1, (Shown("x", 0.02, 0, 0, "l"), Shown("y", 0.02, 0, 0, "m"), Shown("z", 0.04, 0, 0, "r"))),
    ]  # fmt: skip
    table = picture_tables(shown, ["x", "y", "z"])[3]
    np.testing.assert_array_equal(by_size(table), [[1, 2, 0], [2, 0, 1]])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=14))
def test_linked_sets_are_the_components_of_shared_clusters_and_shared_sets(links):
    """Brute force: merge ids until nothing changes."""
    pairs = [("a", "b"), ("a", "c"), ("b", "c"), ("a", "d"), ("b", "d"), ("c", "d")]
    shown = [
        Picture(str(i), cluster, tuple(Shown(name, 0.1, 0.5, 0.5) for name in pairs[pair][:: (-1) ** i]))
        for i, (cluster, pair) in enumerate(links)
    ]
    found = linked_sets(picture_tables(shown, list("abcd"))[2])
    ids = list(range(len(links)))
    for _ in links:
        for i, j in product(range(len(links)), repeat=2):
            if links[i][0] == links[j][0] or links[i][1] == links[j][1]:
                ids[i] = ids[j] = min(ids[i], ids[j])
    together = np.equal.outer(found, found)
    np.testing.assert_array_equal(together, np.equal.outer(ids, ids))


def test_one_object_set_in_two_clusters_stays_in_one_part():
    """A design of more sets than there are combinations shows one again: the probe must not refuse nor leak."""
    twice = [*scenes(20), *(scene(1000 + i, 99 + i // 9, p.categories, i % 3) for i, p in enumerate(scenes(20)))]
    table = picture_tables(twice, NAMES)[N]
    result = run_ioc(fresh(6).normal(size=(len(table), 6)).astype(np.float32), table, V, rng=fresh(0)).heads
    sets, tested = [frozenset(row) for row in table.objects.tolist()], set(result.test_rows.tolist())
    assert {sets[i] for i in tested}.isdisjoint({s for i, s in enumerate(sets) if i not in tested})


def test_the_published_split_is_80_20_by_picture_and_has_a_seed():
    split = split_by_picture(TABLE.clusters, rng=fresh(0))
    n = len(TABLE)
    assert (len(split.train), len(split.validation), len(split.test)) == (n - round(n / 5), 0, round(n / 5))
    np.testing.assert_array_equal(np.sort(np.concatenate(split)), np.arange(n))
    np.testing.assert_array_equal(split.test, split_by_picture(TABLE.clusters, rng=fresh(0)).test)
    assert np.isin(TABLE.clusters[split.test], TABLE.clusters[split.train]).mean() > 0.9
    with pytest.raises(DesignError, match="1 pictures cannot"):
        split_by_picture(np.zeros(1), rng=fresh(0))


def test_the_paper_protocol_is_the_published_schedule_beside_the_converged_head():
    methods = ioc_methods("paper", seed=5)
    assert list(methods) == ["paper", "balanced"]
    assert methods["paper"]["head"] == PublishedSchedule(seed=5, epochs=25, batch=8, learning_rate=1e-3)
    assert ioc_methods("balanced", seed=5) == {"balanced": {}}
    at = fresh(7).permutation(len(TABLE))[:60]
    few, X = TABLE.take(at), planted(slots=(1, 0, 0), noise=0.1)[at]
    results = {name: run_ioc(X, few, V, rng=fresh(0), **method).heads for name, method in methods.items()}
    assert (results["paper"].n_train, results["paper"].n_validation) == (48, 0)
    assert results["paper"].accuracy[0] > 0.9 and results["balanced"].accuracy[0] > 0.9
    assert not results["paper"].converged.any()
    again = run_ioc(X, few, V, rng=fresh(0), **ioc_methods("paper", seed=5)["paper"]).heads
    np.testing.assert_array_equal(again.correct, results["paper"].correct)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: scene(0, 0, p.categories, 0, ("left", "right", "middle")),
        lambda p: scene(0, 0, p.categories, 0, ("", "", "")),
        lambda p: scene(0, 0, p.categories, 0, ("left", "left", "right")),
    ],
    ids=["other slots", "no slots", "one slot twice"],
)
def test_pictures_whose_slots_differ_or_have_no_name_are_refused(spoil):
    shown = scenes(9)
    table = picture_tables([spoil(shown[0]), *shown[1:]], NAMES)[N]
    with pytest.raises(DesignError, match="same, named slots"):
        run_ioc(np.ones((len(table), 3)), table, V, rng=fresh(0))


def test_nothing_to_read_is_refused():
    with pytest.raises(DesignError, match="0 pictures"):
        run_ioc(np.ones((0, 3)), TABLE.take(np.zeros(len(TABLE), dtype=bool)), V, rng=fresh(0))
    with pytest.raises(DesignError, match="object sets cannot be split"):
        run_ioc(np.ones((9, 3)), TABLE.take(np.arange(9)), V, rng=fresh(0))
