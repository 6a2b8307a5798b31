"""Dials against rank correlations by scipy; who is mentioned; where fillers stand."""

import numpy as np
import pytest
from scipy.stats import chisquare, rankdata

from primacy.design.vocabulary import Category
from primacy.errors import DesignError, UnknownNameError
from primacy.lab.captions import FILLED, Wording, mention_order, mentioned, mentions
from primacy.lab.spec import CaptionSpec, OrderSpec

SCENES = 2400
NAMES = [Category(name, article="a") for name in ("apple", "bench", "cat", "teddy bear", "egg")]


def correlations(scenes, order):
    """Mean over scenes of the Spearman correlation of how early an object is mentioned with each property."""
    early = -np.argsort(order, axis=1).astype(float)
    properties = {
        "area": scenes.area,
        "category": -scenes.objects.astype(float),
        "centre": -np.hypot(*np.moveaxis(scenes.centre - 0.5, 2, 0)),
    }
    found = {}
    for name, values in properties.items():
        each = []
        for n in np.unique(scenes.count):
            some = scenes.count == n
            x, y = (rankdata(v[some, :n], axis=1) - (n + 1) / 2 for v in (early, values))
            each.append((x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1)))
        found[name] = float(np.concatenate(each).mean())
    return found


@pytest.mark.parametrize(
    "dials",
    [
        {},
        {"area": 1.0},
        {"area": -1.0},
        {"area": 0.5},
        {"category": -0.7},
        {"centre": 1.0},
        {"area": -0.3, "category": 0.4, "centre": 0.3},
    ],
    ids=["random", "largest", "smallest", "half", "category", "centre", "all"],
)
def test_a_dial_is_the_rank_correlation(planted_scenes, dials):
    scenes = planted_scenes(np.repeat([3, 4, 5], SCENES // 3))
    order = mention_order(scenes, OrderSpec(**dials), np.random.default_rng(1))
    assert (np.sort(order, axis=1) == np.arange(5)).all()
    found = correlations(scenes, order)
    for name in ("area", "category", "centre"):
        dial = dials.get(name, 0.0)
        # A share of |dial| captions has correlation 1, the others about 0 with a deviation of at most 0.71 each.
        assert found[name] == pytest.approx(dial, abs=1e-12 if abs(dial) == 1 else 4.5 * 0.71 / SCENES**0.5), name


def test_mixed_turns_a_share_of_the_sorted_captions(planted_scenes):
    scenes = planted_scenes(np.full(SCENES, 4))
    order = mention_order(scenes, OrderSpec(area=1, mixed=0.25), np.random.default_rng(1))
    areas = np.take_along_axis(scenes.area, order, axis=1)
    up, down = (np.diff(areas) > 0).all(axis=1), (np.diff(areas) < 0).all(axis=1)
    assert (up | down).all()
    assert up.mean() == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / SCENES) ** 0.5)


def test_a_dial_holds_on_drawn_scenes(tiny):
    from primacy.lab.pairs import PairStream

    spec = tiny(scenes={"objects": {4: 1}}, captions={"order": {"area": -1}})
    scenes = PairStream(spec).scenes.batch(0, 60)
    order = mention_order(scenes, spec.captions.order, np.random.default_rng(0))
    assert (np.diff(np.take_along_axis(scenes.area, order, axis=1)) >= 0).all()


@pytest.mark.parametrize("share", [0.25, 0.6, 1.0])
def test_so_many_are_mentioned(planted_scenes, share):
    scenes = planted_scenes(np.full(SCENES, 4))
    said = mentioned(scenes, CaptionSpec(mentioned=share), np.random.default_rng(2))
    assert said.sum() / (4 * SCENES) == pytest.approx(share, abs=0.01)
    per_scene = said.sum(axis=1)
    assert set(per_scene.tolist()) <= {int(np.floor(4 * share)), int(np.ceil(4 * share))}


def test_at_least_one_is_mentioned_and_only_what_is_there(planted_scenes):
    scenes = planted_scenes(np.tile([1, 2, 3], 100))
    said = mentioned(scenes, CaptionSpec(mentioned=0.1), np.random.default_rng(2))
    assert (said.sum(axis=1) == 1).all()
    assert (scenes.objects[said] >= 0).all()


def test_left_out_are_the_smallest_or_any(planted_scenes):
    scenes = planted_scenes(np.full(SCENES, 4))
    smallest = mentioned(scenes, CaptionSpec(mentioned=0.5, left_out="smallest"), np.random.default_rng(3))
    kept = np.where(smallest, scenes.area, np.inf).min(axis=1)
    assert (kept > np.where(smallest, 0, scenes.area).max(axis=1)).all()
    anything = mentioned(scenes, CaptionSpec(mentioned=0.5), np.random.default_rng(3))
    largest = anything[np.arange(SCENES), scenes.area.argmax(axis=1)]
    assert largest.mean() == pytest.approx(0.5, abs=4 * 0.5 / SCENES**0.5)


def test_mentions_are_the_said_objects_in_order(planted_scenes):
    scenes = planted_scenes(np.tile([1, 2, 4], 40))
    said = mentions(scenes, CaptionSpec(mentioned=0.5, left_out="smallest", order=OrderSpec(area=1)), rng(0))
    for row, ids in enumerate(said):
        falling = np.argsort(-np.where(scenes.objects[row] >= 0, scenes.area[row], -1), kind="stable")
        assert ids == scenes.objects[row][falling][: len(ids)].tolist()


def rng(seed):
    return np.random.default_rng(seed)


def test_words_of_each_template():
    ids = [[0, 3, 1], [2]]
    wanted = {
        "and": ["apple and teddy bear and bench", "cat"],
        "comma": ["apple, teddy bear, bench", "cat"],
        "articles": ["a apple and a teddy bear and a bench", "a cat"],
        "photo": ["a photo of a apple, a teddy bear and a bench", "a photo of a cat"],
    }
    for template, captions in wanted.items():
        assert Wording(NAMES, CaptionSpec(templates={template: 1}, filler=0)).captions(ids, rng(0)) == captions


def test_templates_occur_as_often_as_asked():
    wording = Wording(NAMES, CaptionSpec(templates={"and": 3.0, "photo": 1.0}, filler=0))
    captions = wording.captions([[0, 1]] * 2000, rng(0))
    photos = sum(caption.startswith("a photo of") for caption in captions)
    assert photos + captions.count("apple and bench") == 2000
    assert photos / 2000 == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / 2000) ** 0.5)


def test_fillers_are_as_many_as_asked_and_anywhere():
    wording = Wording(NAMES, CaptionSpec(templates={"comma": 1}, filler=0.4))
    found = [c.split(", ") for c in wording.captions([[0, 1]] * 3000, rng(0))]
    filled = [names for names in found if "something" in names]
    assert len(filled) / 3000 == pytest.approx(0.4, abs=4 * (0.4 * 0.6 / 3000) ** 0.5)
    assert {len(names) for names in filled} == {3, 4}
    assert all([n for n in names if n != "something"] == ["apple", "bench"] for names in filled)
    for length, places in ((3, 3), (4, 6)):  # "apple" and "bench" among `length` places, in this order
        seen = [(n.index("apple"), n.index("bench")) for n in filled if len(n) == length]
        counts = [seen.count((i, j)) for j in range(length) for i in range(j)]
        assert len(counts) == places
        # 3 and 4 places: each filler goes to a uniform place, so that all arrangements are equally likely.
        assert chisquare(counts).pvalue > 1e-3


def test_four_names_get_no_filler():
    wording = Wording(NAMES, CaptionSpec(templates={"comma": 1}, filler=1))
    assert wording.captions([[0, 1, 2, 3]] * 20, rng(0)) == ["apple, bench, cat, teddy bear"] * 20


def test_texts_hold_every_word_that_captions_have():
    from primacy.encoders.lab.words import Words

    wording = Wording(NAMES, CaptionSpec(filler=0.5))
    words = Words.of_texts(wording.texts())
    ids = [rng(k).permutation(5)[: 1 + k % 5].tolist() for k in range(300)]
    assert words.unknown(wording.captions(ids, rng(9))) == []
    assert wording.captions([[FILLED]], rng(0))[0].endswith("something")


@pytest.mark.parametrize(
    ("template", "kind", "said"),
    [("artcles", UnknownNameError, "unknown template"), ("inventory", DesignError, "exists for")],
)
def test_templates_that_cannot_be_used(template, kind, said):
    with pytest.raises(kind, match=said):
        Wording(NAMES, CaptionSpec(templates={template: 1}))
