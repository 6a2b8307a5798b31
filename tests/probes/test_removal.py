"""Accuracies by the object that is missed, against brute force and on encoders of known answer."""

import numpy as np
import pytest

from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.design.removal import RemovalDesign
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import DesignError
from primacy.probes.matching import MatchingScores, score_matching
from primacy.probes.removal import RemovalScores

SIMCO = load_vocabulary("simco")
V = len(SIMCO)


def fresh(*key):
    return np.random.default_rng([19, *key])


def photos(counts, seed=0):
    """Photos of these numbers of objects, areas spread over two powers of ten, in no order."""
    shown = []
    for i, n in enumerate(counts):
        rng = fresh(1, seed, i)
        kinds, areas = rng.choice(V, n, replace=False), 0.3 * 10.0 ** rng.uniform(-2, 0, n)
        shown.append(
            Picture(
                f"photo {i}",
                i,
                tuple(
                    Shown(SIMCO.names[c], float(a), *rng.random(2), instances=int(rng.integers(1, 9)))
                    for c, a in zip(kinds, areas, strict=True)
                ),
            )
        )
    return shown


def designs(counts, foils=5, seed=0, rng_seed=0):
    tables = picture_tables(photos(counts, seed), SIMCO.names)
    return {n: RemovalDesign.of(t, SIMCO, foils=foils, rng=fresh(2, rng_seed, n)) for n, t in tables.items()}


def scored(made, vectors, text, captions=10**9):
    """`vectors` (photos, d); `text` maps ids (C, n) to vectors (C, d)."""
    kept = RemovalScores()
    for one in made.values():
        done = 0
        for block in one.blocks(captions):
            found = score_matching(block, vectors[block.pictures], text(block.captions.objects))
            kept.add(one.table.take(np.arange(done, done + len(block.pictures))), found)
            done += len(block.pictures)
    return kept


def test_every_accuracy_by_brute_force():
    counts = [2, 4, 3, 3, 2, 4, 4]
    items, vectors = fresh(3).normal(size=(V, 9)), fresh(4).normal(size=(7, 9))

    def text(objects):
        return np.tanh(items[objects] * np.arange(1, objects.shape[1] + 1)[:, None]).sum(axis=1)

    def cosine(i, objects):
        other = text(np.array([objects]))[0]
        return vectors[i] @ other / np.linalg.norm(vectors[i]) / np.linalg.norm(other)

    made = designs(counts)
    trials = scored(made, vectors, text).trials()
    row = 0
    for n in sorted(made):
        one = made[n]
        for at, i in enumerate(one.rows):
            objects = one.table.objects[at]
            correct = [0] * n
            for k in range(n):
                correct[one.places[at, k]] = int(objects[k])
            for k in range(n):
                won = []
                for foil in one.foils[at]:
                    wrong = [int(foil) if c == objects[k] else c for c in correct]
                    won.append(cosine(i, correct) > cosine(i, wrong))
                assert trials.credit[row, k] == pytest.approx(np.mean(won))
            np.testing.assert_array_equal(trials.present[row], np.arange(4) < n)
            np.testing.assert_array_equal(trials.objects[row, :n], objects)
            np.testing.assert_array_equal(trials.areas[row, :n], one.table.areas[at])
            np.testing.assert_array_equal(trials.instances[row, :n], one.table.instances[at])
            assert trials.clusters[row] == i
            row += 1
    assert row == 7 and not trials.credit[~trials.present].any()


def test_a_constant_encoder_has_exactly_one_half_everywhere():
    made = designs([2, 3, 4] * 4)
    for vectors, text in (
        (np.ones((12, 3)), lambda objects: np.ones((len(objects), 3))),
        (fresh(0).normal(size=(12, 3)), lambda objects: np.ones((len(objects), 3))),
        (np.zeros((12, 3)), lambda objects: fresh(5).normal(size=(len(objects), 3))),
    ):
        kept = scored(made, vectors, text)
        trials = kept.trials()
        assert (trials.credit[trials.present] == 0.5).all() and kept.tie_share == 1


def bag(counts, seed, gamma, noise, d=64):
    """Pictures are sums of their items weighted by area to the power gamma, with noise; texts plain sums."""
    items = fresh(6, seed).normal(size=(V, d)) / np.sqrt(d)
    vectors = []
    for i, picture in enumerate(photos(counts, seed)):
        weights = np.array([s.area**gamma for s in picture.objects])
        weights /= np.sqrt(np.mean(weights**2))
        own = weights @ items[[SIMCO.names.index(s.category) for s in picture.objects]]
        vectors.append(own + noise * fresh(7, seed, i).normal(size=V) @ items)
    return np.stack(vectors), lambda objects: items[np.sort(objects, axis=1)].sum(axis=1)


def by_rank(trials, n):
    at = trials.present.sum(axis=1) == n
    order = np.argsort(-trials.areas[at, :n], axis=1)
    return np.take_along_axis(trials.credit[at, :n], order, axis=1).mean(axis=0)


def test_a_bag_weighted_by_area_misses_the_small_less():
    """The planted truth: without weights by area no rank differs; with them accuracy falls from rank to rank."""
    counts = [4] * 500
    made = designs(counts, seed=1)
    weighted = by_rank(scored(made, *bag(counts, 1, 1.0, 0.4)).trials(), 4)
    even = by_rank(scored(made, *bag(counts, 1, 0.0, 0.4)).trials(), 4)
    assert (np.diff(weighted) < -0.03).all() and weighted[0] > 0.95 and weighted[3] < 0.65
    assert np.ptp(even) < 0.03 and even.min() > 0.8


def test_an_order_blind_encoder_does_not_see_where_words_stand():
    counts = [3] * 30
    made, other = designs(counts), designs(counts, rng_seed=1)
    text_of = bag(counts, 0, 1.0, 0.4)
    turned = {3: RemovalDesign(SIMCO, made[3].template, made[3].table, other[3].places, made[3].foils)}
    assert (made[3].places != other[3].places).any()
    first, second = (scored(which, *text_of).trials().credit for which in (made, turned))
    np.testing.assert_array_equal(first, second)


def test_the_size_of_a_block_and_the_length_of_a_vector_say_nothing():
    counts = [2, 3, 3, 5] * 3
    made, (vectors, text) = designs(counts), bag(counts, 0, 1.0, 0.4)
    whole, parts = scored(made, vectors, text), scored(made, 3 * vectors, lambda objects: 7 * text(objects), 1)
    for a, b in zip(whole.trials(), parts.trials(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert whole.tie_share == parts.tie_share == 0


def test_scores_of_other_objects_are_refused():
    one = designs([3, 3])[3]
    with pytest.raises(DesignError, match=r"scores \(2, 2\) for objects \(2, 3\)"):
        RemovalScores().add(one.table, MatchingScores(np.ones((2, 2)), np.zeros((2, 2))))


def test_nothing_scored_gives_no_trials():
    kept = RemovalScores()
    assert kept.trials().credit.shape == (0, 0) and kept.tie_share == 0
