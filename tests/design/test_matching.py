"""Matching designs: captions as published and as the factors say, for any pictures."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.matching import MatchingDesign
from primacy.design.matching_captions import CELLS, FACTORS, SIGNS, factorial, published
from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.design.templates import get_template
from primacy.design.vocabulary import load_vocabulary, parse_vocabulary
from primacy.errors import DesignError

SIMCO = load_vocabulary("simco")


def fresh(*key):
    return np.random.default_rng([11, *key])


def picture(i, names, large, cluster=0, levels=True):
    shown = [
        Shown(name, 0.08 if p == large else 0.01, 0.5, 0.5, f"slot {p}", ("small", "large")[p == large] * levels)
        for p, name in enumerate(names)
    ]
    return Picture(f"picture {i}", cluster, tuple(shown))


def table(n=4, sets=6, vocabulary=SIMCO, seed=0, levels=True):
    """Each set in all rotations with the large object in every slot, as the design one-large shows them."""
    pictures = []
    for k in range(sets):
        members = [vocabulary.names[c] for c in fresh(1, seed, k).choice(len(vocabulary), n, replace=False)]
        for turn, large in product(range(n), repeat=2):
            pictures.append(picture(len(pictures), np.roll(members, turn), large, k, levels))
    return picture_tables(pictures, vocabulary.names)[n]


def design(n=4, foils="all", seed=0, **fields):
    return MatchingDesign.of(table(n, **fields), SIMCO, foils=foils, rng=fresh(2, seed))


def test_the_published_captions_of_four_objects_with_the_large_one_in_the_second_slot():
    o0, o1, o2, o3, f = range(5)
    correct, wrong = published(np.array([[o0, o1, o2, o3]]), np.array([1]), np.array([f]))
    np.testing.assert_array_equal(correct[0], [[o1, o0, o2, o3], [o0, o3, o2, o1]])
    np.testing.assert_array_equal(wrong[0, :, 0], [[f, o0, o2, o3], [o1, o0, o2, f]])


def test_the_published_captions_as_text():
    names = ["zebra", "truck", "cup", "cell phone"]
    vocabulary = parse_vocabulary("own", "\n".join([*names, "apple"]))
    shown = picture_tables([picture(0, names, 1)], vocabulary.names)[4]
    block = MatchingDesign.of(shown, vocabulary, foils="all", rng=fresh(0)).block(0, 1)
    assert [block.captions[i] for i in block.correct[0, :2]] == [
        "truck and zebra and cup and cell phone",
        "zebra and cell phone and cup and truck",
    ]
    assert [block.captions[i] for i in block.wrong[0, :2, 0]] == [
        "apple and zebra and cup and cell phone",
        "truck and zebra and cup and apple",
    ]


@given(st.integers(2, 7), st.data())
def test_the_published_captions_for_any_number_and_large_slot(n, data):
    """Brute force: lists, element by element, as the scenarios are told."""
    large, foils = data.draw(st.integers(0, n - 1)), np.array([n, n + 1, n + 2])
    correct, wrong = published(np.arange(n)[None], np.array([large]), foils)
    front, back = list(range(n)), list(range(n))
    front[0], front[large] = front[large], front[0]
    back[-1], back[large] = back[large], back[-1]
    assert correct[0].tolist() == [front, back]
    assert wrong[0].tolist() == [[[f, *front[1:]] for f in foils], [[*front[:-1], f] for f in foils]]
    assert front[0] == large and back[-1] == large


@given(st.integers(3, 7), st.data())
def test_the_factorial_captions_are_what_their_levels_say(n, data):
    small, large, foils = np.arange(1, n), 0, np.array([n, n + 1])
    focal = data.draw(st.integers(0, n - 2))
    correct, wrong = factorial(large, small, focal, foils)
    others = [s for s in small.tolist() if s != small[focal]]
    assert correct.tolist() == [[0, *small], [*small, 0]]
    for (r, removed), (p, place), (e, end), (f, foil) in product(*map(enumerate, ("bs", "fl", "fl", foils))):
        kept = small[focal] if removed == "b" else large
        caption = wrong[r, p, e, f].tolist()
        assert caption[0 if end == "f" else -1] == foil
        remaining = [c for c in caption if c != foil]
        assert remaining[0 if place == "f" else -1] == kept
        assert [c for c in remaining if c != kept] == others


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_each_trial_of_a_design_is_a_picture_with_its_captions(n):
    """Every caption of every trial against the picture's own facts, read back from the text."""
    made = design(n, sets=7)
    shown = table(n, sets=7)
    block = made.block(0, 7)
    assert made.n_cells == (2 if n == 2 else 18)
    assert len(made) == len(block.pictures) * made.n_cells * (18 - n) == block.wrong.size
    assert len(made.rows) == 7 * n  # of n * n pictures a set, those with its one large member
    texts = [text.split(" and ") for text in block.captions]
    names = np.array(SIMCO.names)
    for i, row in enumerate(block.pictures):
        at = int(np.flatnonzero(shown.rows == row)[0])
        objects = names[shown.objects[at]].tolist()
        large = objects[int(np.flatnonzero(shown.size_levels[at] == "large")[0])]
        assert block.clusters[i] == shown.clusters[at]
        for cell in range(made.n_cells):
            correct = texts[block.correct[i, cell]]
            assert sorted(correct) == sorted(objects)
            wrong = [texts[j] for j in block.wrong[i, cell]]
            foils = [(set(caption) - set(objects)).pop() for caption in wrong]
            assert sorted(foils) == sorted(set(names.tolist()) - set(objects))
            removed = {(set(objects) - set(caption)).pop() for caption in wrong}
            assert len(removed) == 1 and all(len(caption) == n for caption in wrong)
            if cell < 2:
                big_goes = cell == 0
                assert correct.index(large) == (0, n - 1)[cell]
                assert {caption.index(foil) for caption, foil in zip(wrong, foils, strict=True)} == {(0, n - 1)[cell]}
                assert cell == 0 or {caption.index(large) for caption in wrong} == {0}
            else:
                level = dict(zip(FACTORS, SIGNS[cell - 2] > 0, strict=True))
                big_goes = level["removed"]
                assert correct.index(large) == (0 if level["correct"] else n - 1)
                ends = {caption.index(foil) for caption, foil in zip(wrong, foils, strict=True)}
                assert ends == {0 if level["foil"] else n - 1}
                if not big_goes:
                    left = [[c for c in caption if c in objects] for caption in wrong]
                    assert {caption.index(large) for caption in left} == {0 if level["wrong"] else n - 2}
            assert removed == {large} if big_goes else removed != {large}


def test_a_set_keeps_one_large_one_focal_and_one_order_of_the_others():
    made = design(5, sets=40, seed=3)
    assert len(np.unique(made.clusters)) == made.n_clusters == 40
    for k, members in enumerate(made.members):
        at = made.sets == k
        assert (made.objects[at, made.large[at]] == members[0]).all()
        assert members[0] == np.sort(members)[k % 5]
    np.testing.assert_array_equal(np.bincount(made.focal), 10)  # each of four places in turn, of 40 sets
    orders = np.argsort(np.argsort(made.members[:, 1:], axis=1), axis=1)
    assert len(np.unique(orders, axis=0)) > 15  # of 24


def test_drawn_foils_are_absent_different_and_follow_the_generator():
    made, again, other = design(foils=3), design(foils=3), design(foils=3, seed=1)
    assert made.n_foils == 3
    assert all(not set(foils) & set(members) for foils, members in zip(made.drawn_foils, made.members, strict=True))
    assert all(len(set(foils)) == 3 for foils in made.drawn_foils)
    assert made.digest == again.digest != other.digest
    assert design(foils=99).n_foils == 14  # no more are absent


def test_the_size_of_a_block_changes_nothing():
    made = design(4, sets=9)
    whole = made.block(0, 9)
    for captions in (1, 700, 10**6):
        blocks = list(made.blocks(captions))
        np.testing.assert_array_equal(np.concatenate([b.pictures for b in blocks]), whole.pictures)
        np.testing.assert_array_equal(np.concatenate([b.clusters for b in blocks]), whole.clusters)
        texts = [b.captions[j] for b in blocks for j in b.wrong.ravel()]
        assert texts == [whole.captions[j] for j in whole.wrong.ravel()]
    assert len(list(made.blocks(1))) == 9
    assert len(list(made.blocks(10**6))) == 1


def test_no_text_of_a_set_is_there_twice_and_every_one_is_used():
    made = design(4, sets=3)
    block = made.block(0, 3)
    assert made.n_captions == len(block.captions) == sum(len(b.captions) for b in made.blocks(1))
    used = np.union1d(block.correct, block.wrong)
    np.testing.assert_array_equal(used, np.arange(len(block.captions)))
    for _, texts in block.spans:
        own = list(block.captions[texts])
        assert len(set(own)) == len(own)
    assert block.captions.take(used[:2]).objects.shape == (2, 4)


def test_photos_without_size_levels_have_their_largest_object_large():
    made = design(4, levels=False)
    assert made.unused == 0
    assert design(4).digest == made.digest


def test_pictures_of_several_sets_in_one_cluster_are_sets_of_their_own():
    names = SIMCO.names
    shown = [picture(0, names[:3], 0, 7), picture(1, names[1:4], 1, 7), picture(2, names[2:5], 2, 9)]
    made = MatchingDesign.of(picture_tables(shown, names)[3], SIMCO, foils="all", rng=fresh(0))
    assert (len(made.members), made.n_clusters) == (3, 2)
    np.testing.assert_array_equal(made.block(0, 3).clusters, [0, 0, 1])


def test_the_published_folders_with_the_large_object_in_one_slot_have_trials_on_every_picture():
    pictures = [picture(k, [SIMCO.names[(k + 5 * j) % 18] for j in range(3)], 1, k) for k in range(18)]
    made = MatchingDesign.of(picture_tables(pictures, SIMCO.names)[3], SIMCO, foils="all", rng=fresh(0))
    np.testing.assert_array_equal(np.sort(made.rows), np.arange(18))


def test_pictures_without_one_large_object_are_counted_and_may_be_all():
    names = SIMCO.names
    equal = Picture("equal", 0, tuple(Shown(name, 0.02, 0.5, 0.5, "", "small") for name in names[:3]))
    both = Picture("both", 1, tuple(Shown(name, 0.02, 0.5, 0.5, "", "large") for name in names[:3]))
    good = picture(2, names[:3], 0, 2)
    made = MatchingDesign.of(picture_tables([equal, both, good], names)[3], SIMCO, foils="all", rng=fresh(0))
    assert (made.unused, made.rows.tolist()) == (2, [2])
    empty = MatchingDesign.of(picture_tables([equal, both], names)[3], SIMCO, foils=2, rng=fresh(0))
    assert (len(empty), empty.unused, list(empty.blocks(100)), empty.n_clusters) == (0, 2, [], 0)


def test_without_an_absent_name_there_is_no_trial():
    three = parse_vocabulary("three", "cat\ndog\ncow")
    shown = picture_tables([picture(0, three.names, 0)], three.names)[3]
    for foils in ("all", 2):
        made = MatchingDesign.of(shown, three, foils=foils, rng=fresh(0))
        assert len(made) == 0 and list(made.blocks(10)) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"foils": 0}, "0 foils asked for"),
        ({"template": get_template("and", 3)}, "a template for 3"),
        ({"vocabulary": parse_vocabulary("few", "cat\ndog")}, "outside 0..1"),
    ],
)
def test_what_does_not_fit_is_refused(fields, said):
    fields = {"vocabulary": SIMCO, "foils": "all", **fields}
    with pytest.raises(DesignError, match=said):
        MatchingDesign.of(table(4, sets=2), fields.pop("vocabulary"), rng=fresh(0), **fields)


def test_one_object_cannot_be_matched():
    single = picture_tables([picture(0, SIMCO.names[:1], 0)], SIMCO.names)[1]
    with pytest.raises(DesignError, match="pictures of 1 objects"):
        MatchingDesign.of(single, SIMCO, foils="all", rng=fresh(0))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_foils_never_show(seed):
    made = design(3, foils=4, sets=3, seed=seed)
    for block in made.blocks(200):
        for i in range(len(block.pictures)):
            shown = {SIMCO.names[c] for c in made.objects[np.flatnonzero(made.rows == block.pictures[i])[0]]}
            for caption in block.wrong[i].ravel():
                assert len(set(block.captions[int(caption)].split(" and ")) - shown) == 1


def test_cells_are_named_by_their_levels():
    assert len(CELLS) == len(set(CELLS)) == 16
    assert CELLS[0] == "removed=big correct=first wrong=first foil=first"
    assert CELLS[-1] == "removed=small correct=last wrong=last foil=last"
    for name, signs in zip(CELLS, SIGNS, strict=True):
        parts = dict(part.split("=") for part in name.split())
        assert [1 if parts[factor] in ("big", "first") else -1 for factor in FACTORS] == signs.tolist()
