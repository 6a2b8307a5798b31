"""Matching scores against brute force, and on encoders of known answer."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.matching import MatchingDesign
from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.design.vocabulary import load_vocabulary, parse_vocabulary
from primacy.errors import DesignError
from primacy.probes.matching import MatchingSums, score_matching
from primacy.probes.retrieval import TIE

SIMCO = load_vocabulary("simco")
V = len(SIMCO)


def fresh(*key):
    return np.random.default_rng([13, *key])


def pictures(n=4, sets=6, names=SIMCO.names):
    shown = []
    for k in range(sets):
        members = [names[c] for c in fresh(1, k).choice(len(names), n, replace=False)]
        for turn, large in product(range(n), repeat=2):
            shown.append(
                Picture(
                    f"picture {len(shown)}",
                    k,
                    tuple(
                        Shown(name, 0.01, 0.5, 0.5, f"slot {p}", "large" if p == large else "small")
                        for p, name in enumerate(np.roll(members, turn).tolist())
                    ),
                )
            )
    return shown


def design(n=4, sets=6, foils="all", vocabulary=SIMCO):
    table = picture_tables(pictures(n, sets, vocabulary.names), vocabulary.names)[n]
    return MatchingDesign.of(table, vocabulary, foils=foils, rng=fresh(2))


def credit_of(made, picture_vectors, caption_vectors, captions=10**9):
    """Credit of all pictures (P, cells); `caption_vectors` maps a table of ids (C, n) to (C, d)."""
    scored = [
        score_matching(block, picture_vectors[block.pictures], caption_vectors(block.captions.objects))
        for block in made.blocks(captions)
    ]
    return np.concatenate([s.credit for s in scored]), np.concatenate([s.ties for s in scored])


def random_text(d=12):
    """A vector for each caption that depends on its words and their order, by a hash of its own."""
    items = fresh(3).normal(size=(V, d))
    return lambda objects: np.tanh(items[objects] * np.arange(1, objects.shape[1] + 1)[:, None]).sum(axis=1)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_every_cell_is_the_mean_over_foils_of_the_nearer_caption(n):
    made, text = design(n), random_text()
    shown = fresh(4).normal(size=(6 * n * n, 12)).astype(np.float32)
    credit, ties = credit_of(made, shown, text)
    block = made.block(0, 6)
    vectors = text(block.captions.objects)

    def cosine(a, b):
        return float(a @ b / np.sqrt(a @ a) / np.sqrt(b @ b))

    for i, row in enumerate(block.pictures):
        own = shown[row].astype(float)
        for cell in range(made.n_cells):
            right = cosine(own, vectors[block.correct[i, cell]])
            won = [right > cosine(own, vectors[j]) for j in block.wrong[i, cell]]
            assert credit[i, cell] == pytest.approx(np.mean(won), abs=1e-12)
    assert ties.max() == 0


def test_a_constant_encoder_wins_half_of_everything():
    made = design()
    shown, text = np.ones((96, 3)), lambda objects: np.ones((len(objects), 3))
    credit, ties = credit_of(made, shown, text)
    np.testing.assert_array_equal(credit, 0.5)
    np.testing.assert_array_equal(ties, 1.0)
    blind_captions, _ = credit_of(made, fresh(0).normal(size=(96, 3)), text)
    blind_pictures, _ = credit_of(made, np.zeros((96, 12)), random_text())
    np.testing.assert_array_equal(blind_captions, 0.5)
    np.testing.assert_array_equal(blind_pictures, 0.5)


def test_cosines_that_differ_by_rounding_only_are_tied():
    made = design(3)
    items = np.eye(V)

    def text(objects):
        return np.linalg.norm(items[objects].sum(axis=1), axis=1, keepdims=True) * [[1.0, 0.0]] + [[0, 0.5 * TIE]] * (
            objects[:, :1] % 2
        )

    credit, ties = credit_of(made, np.tile([0.6, 0.8], (54, 1)), text)
    np.testing.assert_array_equal(credit, 0.5)
    np.testing.assert_array_equal(ties, 1.0)


def test_the_length_of_a_vector_and_the_size_of_a_block_say_nothing():
    made, text = design(foils=5), random_text()
    shown = fresh(5).normal(size=(96, 12)).astype(np.float32)
    credit, _ = credit_of(made, shown, text)
    longer = shown * fresh(6).uniform(0.1, 10, (96, 1)).astype(np.float32)
    again, _ = credit_of(made, longer, lambda objects: 7 * text(objects), captions=1)
    np.testing.assert_array_equal(again, credit)


def test_an_order_blind_encoder_is_the_same_to_the_last_bit_in_all_cells_that_differ_in_order_only():
    made = design()
    items = fresh(7).normal(size=(V, 32))
    shown = fresh(8).normal(size=(96, 32))
    credit, _ = credit_of(made, shown, lambda objects: items[np.sort(objects, axis=1)].sum(axis=1))
    removed_big, removed_small = credit[:, 2:10], credit[:, 10:]
    np.testing.assert_array_equal(removed_big, removed_big[:, :1] * np.ones(8))
    np.testing.assert_array_equal(removed_small, removed_small[:, :1] * np.ones(8))
    np.testing.assert_array_equal(credit[:, 0], removed_big[:, 0])  # scenario 1 removes the large object


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(V)))
def test_renaming_the_categories_leaves_the_accuracies(order):
    """Names are moved around; pictures and captions keep their meaning. Foils are all, so that none is drawn."""
    renamed = parse_vocabulary("renamed", "\n".join(SIMCO.names[c] for c in order))
    items = dict(zip(SIMCO.names, fresh(9).normal(size=(V, 16)), strict=True))
    shown = pictures(3, 8)[::9]  # one of each set, so that no choice of a large member is left
    noise = 0.8 * fresh(10).normal(size=(len(shown), 16))
    weights = np.array([[4.0 if s.size_level == "large" else 1.0 for s in one.objects] for one in shown])
    vectors = noise + np.stack(
        [w @ [items[s.category] for s in one.objects] for w, one in zip(weights, shown, strict=True)]
    )

    def accuracies(vocabulary):
        made = MatchingDesign.of(
            picture_tables(shown, vocabulary.names)[3], vocabulary, foils="all", rng=np.random.default_rng(0)
        )
        at = np.stack([items[name] for name in vocabulary.names])
        place = np.array([1.0, 0.9, 0.8])[:, None]
        credit, _ = credit_of(made, vectors, lambda objects: (at[objects] * place).sum(axis=1))
        return dict(zip(made.rows.tolist(), credit[:, :2].tolist(), strict=True))

    before, after = accuracies(SIMCO), accuracies(renamed)
    assert len(before) == 8
    for row, accuracy in before.items():
        assert after[row] == pytest.approx(accuracy, abs=1e-12)


def test_sums_are_by_cluster_and_count_trials():
    made = design(foils=5)
    sums = MatchingSums.of(made)
    shown, text = fresh(11).normal(size=(96, 12)), random_text()
    everything = []
    for block in made.blocks(100):
        scored = score_matching(block, shown[block.pictures], text(block.captions.objects))
        sums.add(block, scored)
        everything.append(scored)
    credit = np.concatenate([s.credit for s in everything])
    for k in range(6):
        np.testing.assert_allclose(sums.credit[k], 5 * credit[made.clusters == k].sum(axis=0))
    np.testing.assert_array_equal(sums.pictures, 4)
    assert sums.tie_share == 0
    sums.add(block, scored._replace(ties=np.ones_like(scored.ties)))
    assert sums.tie_share == pytest.approx(4 / (24 + 4))


@pytest.mark.parametrize(
    ("shown", "texts", "said"),
    [
        ((16, 3), (4, 2), "expected one space"),
        ((15, 3), (0, 3), "15 pictures"),
        ((16, 3), (0, 3), "and 0 captions"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(shown, texts, said):
    block = design(foils=2).block(0, 4)
    with pytest.raises(DesignError, match=said):
        score_matching(block, np.ones(shown), np.ones(texts))


def test_vectors_that_are_not_finite_are_refused():
    block = design(foils=2).block(0, 4)
    texts = np.ones((len(block.captions), 3))
    texts[3, 1] = np.nan
    with pytest.raises(DesignError, match="NaN"):
        score_matching(block, np.ones((16, 3)), texts)
