from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from primacy.corpus.rewrite.areas import ImageAreas, TypicalAreas
from primacy.corpus.rewrite.firsts import first_mentions
from primacy.corpus.rewrite.orders import Ids, Rotate, Shuffle, SmallestFirst, wanted
from primacy.errors import CorpusError

NAMES = ("man", "horse", "dog", "elephant")


def ordered(order, matcher, texts, ids):
    """Categories of each caption with at least two, in the order wanted."""
    firsts = first_mentions(matcher.find(pa.array(texts, pa.string())))
    found = firsts.category[wanted(order, firsts, ids)]
    return [tuple(part.tolist()) for part in np.split(found, firsts.starts[1:-1])]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_shuffle_draws_every_order_equally_often(k, matcher, ids):
    n = 6000
    orders = ordered(Shuffle(3), matcher, [", ".join(NAMES[:k])] * n, ids([f"c{i}" for i in range(n)]))
    counts = Counter(orders)
    assert sorted(counts) == list(permutations(range(k)))
    assert chisquare([counts[order] for order in permutations(range(k))]).pvalue > 1e-4


def test_shuffles_of_neighbouring_ids_and_seeds_are_unrelated(matcher, ids):
    n = 4000
    texts = ["man, horse, dog"] * (n + 1)
    names = ids([str(i) for i in range(n + 1)])
    one, two = (ordered(Shuffle(seed), matcher, texts, names) for seed in (0, 1))
    for pairs in (pairwise(one), zip(one, two, strict=True)):
        table = Counter(pairs)
        assert chisquare([table[a, b] for a in permutations(range(3)) for b in permutations(range(3))]).pvalue > 1e-4


@given(st.lists(st.permutations(NAMES), min_size=1, max_size=12), st.integers(0, 11))
def test_shuffle_depends_on_the_caption_alone(matcher, orders, cut):
    texts = [", ".join(names) for names in orders]
    ids = pa.array([f"id {i}" for i in range(len(texts))])
    whole = ordered(Shuffle(1), matcher, texts, Ids(ids, ids))
    parts = []
    for a, b in ((0, cut), (cut, len(texts))):
        if a < min(b, len(texts)):
            parts += ordered(Shuffle(1), matcher, texts[a:b], Ids(ids[a:b], ids[a:b]))
    assert parts == whole


@pytest.mark.parametrize("k", [2, 3, 4])
def test_rotate_puts_each_object_first_equally_often_within_an_image(k, matcher, ids):
    rng = np.random.default_rng(0)
    images = [f"image {i % 10}" for i in range(10 * k * 2)]
    texts = [", ".join(rng.permutation(NAMES[:k])) for _ in images]
    found = ordered(Rotate(0), matcher, texts, ids([str(i) for i in range(len(texts))], images))
    for image in set(images):
        mine = [order for order, other in zip(found, images, strict=True) if other == image]
        for place in range(k):
            assert Counter(order[place] for order in mine) == dict.fromkeys(range(k), 2)


def test_rotate_counts_each_set_of_objects_for_itself(matcher, ids):
    texts = ["man, dog", "man, dog, horse", "dog and man", "a horse", "horse, dog, man", "dog, horse, man"]
    found = ordered(Rotate(5), matcher, texts, ids(list("abcdef"), ["i"] * 6))
    assert found[0] == found[2][::-1]
    assert {order[0] for order in (found[1], found[3], found[4])} == {0, 1, 2}


def test_rotate_of_images_with_one_caption_is_a_shuffle(matcher, ids):
    n = 6000
    found = Counter(ordered(Rotate(0), matcher, ["man, horse, dog"] * n, ids([f"c{i}" for i in range(n)])))
    assert chisquare([found[order] for order in permutations(range(3))]).pvalue > 1e-4


def test_rotate_goes_on_where_the_last_batch_stopped(matcher, ids):
    texts, images = ["man, dog"] * 7, ["i", "j", "i", "i", "j", "j", "i"]
    whole = ordered(Rotate(0), matcher, texts, ids(list("abcdefg"), images))
    order, parts = Rotate(0), []
    for a, b in ((0, 3), (3, 4), (4, 7)):
        parts += ordered(order, matcher, texts[a:b], ids(list("abcdefg")[a:b], images[a:b]))
    assert parts == whole


def test_smallest_first_takes_the_area_in_the_captions_image(matcher, lexicon, ids):
    rows = [("i", "person", 0.4), ("i", "dog", 0.1), ("j", "person", 0.1), ("j", "dog", 0.4), ("j", "horse", 0.2)]
    table = pl.DataFrame(rows, ["image_id", "category", "union"], orient="row")
    order = SmallestFirst(ImageAreas(table, lexicon.categories, "union"))
    texts = ["man, horse, dog", "man, horse, dog", "elephant, man, dog, horse", "man, dog"]
    found = ordered(order, matcher, texts, ids(list("abcd"), ["i", "j", "i", "unknown"]))
    assert found == [(2, 0, 1), (0, 1, 2), (2, 0, 3, 1), (0, 2)]


def test_areas_that_are_alike_keep_their_order(matcher, lexicon, ids):
    sizes = pl.DataFrame({"category": ["person", "dog", "horse"], "largest": [0.2, 0.2, None]})
    order = SmallestFirst(TypicalAreas(sizes, lexicon.categories, "largest"))
    texts = ["dog, man", "man, dog", "horse, dog, man"]
    assert ordered(order, matcher, texts, ids(list("abc"))) == [(2, 0), (0, 2), (2, 0, 1)]


def test_nothing_to_order(matcher, ids):
    for order in (Shuffle(0), Rotate(0)):
        firsts = first_mentions(matcher.find(pa.array(["a man", ""], pa.string())))
        assert len(wanted(order, firsts, ids(["a", "b"]))) == 0
        assert len(firsts.captions) == 0


@pytest.mark.parametrize("table", [ImageAreas, TypicalAreas])
def test_areas_that_are_all_unknown_are_refused(table, lexicon):
    rows = pl.DataFrame({"image_id": ["i"], "category": ["dog"], "sum": pl.Series([None], dtype=pl.Float64)})
    with pytest.raises(CorpusError, match="no area by the measure 'sum'"):
        table(rows, lexicon.categories, "sum")


def test_an_area_of_nothing_is_unknown(matcher, lexicon, ids):
    rows = [("a", "person", 0.0), ("a", "dog", 0.4)]
    areas = ImageAreas(pl.DataFrame(rows, ["image_id", "category", "union"], orient="row"), lexicon.categories, "union")
    assert ordered(SmallestFirst(areas), matcher, ["man, dog"], ids(["a"])) == [(2, 0)]
