"""Removal designs: two captions that differ in one word, for each object of each picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.design.removal import RemovalDesign
from primacy.design.templates import get_template
from primacy.design.vocabulary import load_vocabulary, parse_vocabulary
from primacy.errors import DesignError

SIMCO = load_vocabulary("simco")
NAMES = np.array(SIMCO.names)


def fresh(*key):
    return np.random.default_rng([17, *key])


def table(n=3, m=40, clusters=None, vocabulary=SIMCO):
    pictures = []
    for i in range(m):
        kinds = fresh(1, n, i).choice(len(vocabulary), n, replace=False)
        shown = tuple(Shown(vocabulary.names[c], 0.3 / (p + 1), 0.5, 0.5) for p, c in enumerate(kinds))
        pictures.append(Picture(f"photo {i}", 100 + (i if clusters is None else i // clusters), shown))
    return picture_tables(pictures, vocabulary.names)[n]


def design(n=3, m=40, foils=4, seed=0, **fields):
    return RemovalDesign.of(table(n, m, **fields), SIMCO, foils=foils, rng=fresh(2, seed))


@settings(max_examples=25, deadline=None)
@given(n=st.integers(2, 7), foils=st.integers(1, 20), seed=st.integers(0, 99))
def test_captions_differ_in_the_removed_object_alone(n, foils, seed):
    """Every trial read back from its two texts, against the picture's own list."""
    made, shown = design(n, 6, foils, seed), table(n, 6)
    block = made.block(0, 6)
    texts = [text.split(" and ") for text in block.captions]
    count = min(foils, len(SIMCO) - n)
    assert block.wrong.shape == (6, n, count) and block.correct.shape == (6, n)
    assert len(made) == block.wrong.size and made.n_captions == len(texts) == 6 * (1 + n * count)
    for i, objects in enumerate(NAMES[shown.objects].tolist()):
        (at,) = set(block.correct[i].tolist())
        correct = texts[at]
        assert sorted(correct) == sorted(objects)
        foils_of = []
        for k, removed in enumerate(objects):
            wrong = [texts[j] for j in block.wrong[i, k]]
            (place,) = {tuple(p for p in range(n) if a[p] != correct[p]) for a in wrong}
            assert place == (correct.index(removed),)
            foils_of.append([a[place[0]] for a in wrong])
        assert all(these == foils_of[0] for these in foils_of)  # the same foils for all objects of a picture
        assert len(set(foils_of[0])) == count and not set(foils_of[0]) & set(objects)


def test_every_object_stands_everywhere_and_every_absent_category_is_a_foil():
    made = design(4, 3000, foils=2)
    for k in range(4):
        assert np.abs(np.bincount(made.places[:, k], minlength=4) / 3000 - 0.25).max() < 0.03
    absent = 3000 - np.bincount(made.table.objects.ravel(), minlength=18)
    shares = np.bincount(made.foils.ravel(), minlength=18) / absent
    np.testing.assert_allclose(shares, 2 / 14, atol=0.03)


def test_draws_follow_the_generator():
    made, again, other = design(), design(), design(seed=1)
    assert made.digest == again.digest != other.digest
    assert list(made.block(0, 40).captions) == list(again.block(0, 40).captions)
    assert design(foils=3).digest != made.digest


def test_the_size_of_a_block_changes_nothing():
    made = design(m=11, clusters=3)
    whole = made.block(0, 99)
    np.testing.assert_array_equal(whole.clusters, np.arange(11) // 3)
    np.testing.assert_array_equal(whole.pictures, made.rows)
    for captions in (1, 30, 10**6):
        blocks = list(made.blocks(captions))
        np.testing.assert_array_equal(np.concatenate([b.pictures for b in blocks]), whole.pictures)
        np.testing.assert_array_equal(np.concatenate([b.clusters for b in blocks]), whole.clusters)
        texts = [b.captions[j] for b in blocks for j in b.wrong.ravel()]
        assert texts == [whole.captions[j] for j in whole.wrong.ravel()]
        assert [b.captions[j] for b in blocks for j in b.correct.ravel()] == [
            whole.captions[j] for j in whole.correct.ravel()
        ]
    assert len(list(made.blocks(1))) == 11 and len(list(made.blocks(10**6))) == 1


def test_spans_hold_the_captions_of_their_picture_and_no_others():
    block = design(m=5).block(0, 5)
    for i, (pictures, captions) in enumerate(block.spans):
        assert (pictures.start, pictures.stop) == (i, i + 1)
        used = {*block.correct[i].tolist(), *block.wrong[i].ravel().tolist()}
        assert used == set(range(captions.start, captions.stop))


def test_a_picture_of_every_category_has_no_foil():
    few = parse_vocabulary("few", "cat\ndog\ncup")
    made = RemovalDesign.of(table(3, 5, vocabulary=few), few, foils=2, rng=fresh(0))
    assert len(made) == made.n_captions == 0 and list(made.blocks(100)) == []
    assert design(foils=99).foils.shape == (40, 15)  # all that are absent


def test_a_template_renders_the_captions():
    made = RemovalDesign.of(table(2, 1), SIMCO, foils=1, rng=fresh(0), template=get_template("photo", 2))
    assert all(text.startswith("a photo of a") for text in made.block(0, 1).captions)


@pytest.mark.parametrize(
    ("shown", "foils", "template", "said"),
    [
        (table(3, 2), 0, None, "0 foils"),
        (table(3, 2), 2, get_template("and", 4), "a template for 4"),
        (table(1, 2), 2, None, "pictures of 1 objects"),
    ],
)
def test_what_cannot_be_designed_is_refused(shown, foils, template, said):
    with pytest.raises(DesignError, match=said):
        RemovalDesign.of(shown, SIMCO, foils=foils, rng=fresh(0), template=template)


def test_pictures_of_another_vocabulary_are_refused():
    with pytest.raises(DesignError, match=r"outside 0\.\.2"):
        RemovalDesign.of(table(2, 9), parse_vocabulary("few", "cat\ndog\ncup"), foils=1, rng=fresh(0))
