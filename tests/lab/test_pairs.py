"""Second captions and negatives: how many, and what they say."""

import numpy as np
import pytest

from primacy.lab.pairs import PairStream, categories_of

SCENES = 400
PLAIN = {"templates": {"comma": 1}, "filler": 0}
DIALS = ("other_order", "swapped", "replaced", "replaced_late")


def batch_of(tiny, captions=None, **pairs):
    spec = tiny(
        scenes={"objects": {1: 1, 2: 1, 4: 2}}, captions=PLAIN | (captions or {}), pairs=pairs, train={"batch": SCENES}
    )
    stream = PairStream(spec)
    return stream, stream.batch(0)


def said(stream, rows):
    """Category ids that each row of token ids names."""
    words = ("<start>", "<end>", "<unknown>", *stream.words.words)
    found = []
    for row in rows.tolist():
        text = " ".join(words[k] for k in row[1 : row.index(1)])
        found.append([stream.scenes.categories.index(name) for name in text.split(" , ")])
    return found


def test_captions_name_the_scene(tiny):
    stream, batch = batch_of(tiny)
    for ids, row in zip(said(stream, batch.captions), batch.scenes.objects, strict=True):
        assert sorted(ids) == sorted(k for k in row if k >= 0)
    assert len(batch.others) == len(batch.negatives) == len(batch.other_rows) == 0


def test_other_orders_are_true_and_as_many_as_asked(tiny):
    stream, batch = batch_of(tiny, {"mentioned": 0.5, "order": {"area": 1}}, other_order=0.4)
    assert len(batch.others) == len(batch.other_rows)
    assert len(batch.others) / SCENES == pytest.approx(0.4, abs=4 * (0.24 / SCENES) ** 0.5)
    first, second = said(stream, batch.captions), said(stream, batch.others)
    kept = 0
    for row, ids in zip(batch.other_rows, second, strict=True):
        assert sorted(ids) == sorted(first[row])
        kept += ids == first[row] and len(ids) == 2
    pairs = sum(len(ids) == 2 for ids in second)
    assert kept / pairs == pytest.approx(0.5, abs=4 * 0.5 / pairs**0.5)  # a random order is the same one at times


def test_swapped_negatives_exchange_two_names(tiny):
    stream, batch = batch_of(tiny, swapped=0.5)
    many = [ids for ids in said(stream, batch.captions) if len(ids) > 1]
    negatives = said(stream, batch.negatives)
    assert len(negatives) / len(many) == pytest.approx(0.5, abs=4 * 0.5 / len(many) ** 0.5)
    found = iter(many)
    for ids in negatives:  # in the order of their scenes
        true = next((t for t in found if sorted(t) == sorted(ids) and sum(map(int.__ne__, t, ids)) == 2), None)
        assert true is not None, ids


@pytest.mark.parametrize("dial", ["replaced", "replaced_late"])
def test_replaced_negatives_differ_in_one_absent_object(tiny, dial):
    stream, batch = batch_of(tiny, {"mentioned": 0.5}, **{dial: 1.0})
    true, negatives = said(stream, batch.captions), said(stream, batch.negatives)
    assert len(negatives) == SCENES
    places = []
    for right, wrong, row in zip(true, negatives, batch.scenes.objects, strict=True):
        (place,) = np.flatnonzero(np.array(right) != np.array(wrong))
        assert wrong[place] not in row
        places.append((place, len(right)))
    late = [place == n - 1 for place, n in places if n == 2]
    if dial == "replaced_late":
        assert all(late)
    else:
        assert np.mean(late) == pytest.approx(0.5, abs=4 * 0.5 / len(late) ** 0.5)


def test_rates_add_up(tiny):
    _, batch = batch_of(tiny, replaced=0.3, replaced_late=0.2)
    assert len(batch.negatives) / SCENES == pytest.approx(0.5, abs=4 * (0.37 / SCENES) ** 0.5)


@pytest.mark.parametrize("dial", DIALS)
def test_pairs_leave_scenes_and_captions_as_they_are(tiny, dial):
    _, plain = batch_of(tiny)
    _, turned = batch_of(tiny, **{dial: 1.0})
    np.testing.assert_array_equal(plain.scenes.images, turned.scenes.images)
    np.testing.assert_array_equal(plain.captions, turned.captions)


def test_order_dials_leave_scenes_as_they_are(tiny):
    """Models of an experiment that differ in the order of captions alone see the very same pictures."""
    _, plain = batch_of(tiny)
    _, turned = batch_of(tiny, {"order": {"area": -1}})
    np.testing.assert_array_equal(plain.scenes.images, turned.scenes.images)
    assert [sorted(row) for row in plain.captions.tolist()] == [sorted(row) for row in turned.captions.tolist()]


def singles_first(tiny, singles=0.5, **changes):
    """Four steps of scenes of two or three objects."""
    return PairStream(
        tiny(**{"scenes": {"objects": {2: 1, 3: 1}}, "train": {"samples": 64, "singles": singles}} | changes)
    )


def assert_same_batch(a, b):
    np.testing.assert_array_equal(a.scenes.images, b.scenes.images)
    np.testing.assert_array_equal(a.scenes.objects, b.scenes.objects)
    np.testing.assert_array_equal(a.other_rows, b.other_rows)
    for name in ("captions", "others", "negatives"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


@pytest.mark.parametrize(("share", "steps"), [(0.0, 0), (0.25, 1), (0.6, 2), (0.99, 4)])
def test_single_objects_come_first_and_then_the_mix(tiny, share, steps):
    stream, plain = singles_first(tiny, share), singles_first(tiny, 0.0)
    for step in range(4):
        batch = stream.batch(step)
        if step < steps:
            assert set(batch.scenes.count) == {1}
        else:
            assert_same_batch(batch, plain.batch(step))
            assert set(batch.scenes.count) == {2, 3}


def test_held_out_scenes_follow_the_mix_from_the_first_step_on(tiny):
    assert_same_batch(singles_first(tiny).batch(0, "test"), singles_first(tiny, 0.0).batch(0, "test"))
    assert set(singles_first(tiny).batch(0, "test").scenes.count) == {2, 3}


@pytest.mark.parametrize("dial", ["area", "category", "centre"])
def test_order_dials_change_nothing_while_scenes_show_one_object(tiny, dial):
    some, turned = (
        singles_first(tiny, captions={"order": order}, pairs={"other_order": 0.5, "replaced": 0.5})
        for order in ({}, {dial: -0.7, "mixed": 0.3})
    )
    for step in (0, 1):
        assert_same_batch(some.batch(step), turned.batch(step))
    assert not np.array_equal(some.batch(2).captions, turned.batch(2).captions)


def test_articles_are_those_of_the_vocabularies():
    assert [c.with_article for c in categories_of(["apple", "dog"])] == ["an apple", "a dog"]


@pytest.mark.parametrize("dial", ["swapped", "replaced", "replaced_late"])
def test_negatives_have_the_words_of_the_true_caption_around_the_names(tiny, dial):
    """Else a model could tell them apart by a template or a filler that only some captions have."""
    stream, batch = batch_of(tiny, {"templates": {"and": 1, "photo": 1, "comma": 1}, "filler": 0.5}, **{dial: 1.0})
    names = {word for name in stream.scenes.categories for word in name.split()} | {"a", "an"}
    words = ("<start>", "<end>", "<unknown>", *stream.words.words)

    def frame(row):
        return [words[k] for k in row[1 : row.index(1)] if words[k] not in names]

    true = [
        row for row, n in zip(batch.captions.tolist(), batch.scenes.count, strict=True) if n > 1 or dial != "swapped"
    ]
    assert [frame(row) for row in batch.negatives.tolist()] == [frame(row) for row in true]
    assert any("something" in frame(row) for row in true)
