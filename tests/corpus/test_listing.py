import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.corpus.lexicon import Form, Lexicon
from primacy.corpus.listing import mentions_of, parse_items
from primacy.corpus.matcher import Matcher

WORDS = {"person": ["man", "men"], "dog": ["dog", "dogs"], "bear": ["bear"], "teddy bear": ["teddy bear"], "leash": []}


@pytest.fixture(scope="module")
def matcher():
    forms = [Form(words, k) for k, listed in enumerate(WORDS.values()) for words in listed]
    return Matcher(Lexicon("some", tuple(WORDS), (*forms, Form("hot dog", None))))


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        ("man, horse, beach", ["man", "horse", "beach"]),
        ("- A man\n- the brown horse\n* an old beach\n• sea", ["man", "brown horse", "old beach", "sea"]),
        ("1. man\n2) horse\n(3) sea", ["man", "horse", "sea"]),
        ("1. man 2. horse 10. sea", ["man", "horse", "sea"]),
        ("Objects: man, horse", ["man", "horse"]),
        ("Sure! Here is the list:\n\n1. **Man**\n2. `horse`\n", ["Man", "horse"]),
        ("man, horse, and a sea.", ["man", "horse", "sea"]),
        ('"man"; \'horse\'; "the man\'s hat"', ["man", "horse", "man's hat"]),
        ("none", []),
        ("None.", []),
        ("No objects", []),
        ("", []),
        (" \n,;. - \n", []),
        ("747 jet, 3 men", ["747 jet", "3 men"]),
        ("android, theatre, anchor", ["android", "theatre", "anchor"]),
        ("naïve café", ["naïve café"]),
        ("t-shirt, man-made lake", ["t-shirt", "man-made lake"]),
    ],
)
def test_lists_as_models_write_them(answer, items):
    assert parse_items(answer) == items


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        ("man, hor", ["man"]),
        ("man, horse,", ["man", "horse"]),
        ("man", []),
        ("", []),
        ("1. man\n2. ho", ["man"]),
        ("Objects:", []),
        ("Objects: man; dog; wom", ["man", "dog"]),
    ],
)
def test_a_list_that_breaks_off_loses_its_last_item(answer, items):
    assert parse_items(answer, cut=True) == items


ITEM = st.from_regex(r"[b-z]{3,7}( [b-z]{3,7})?", fullmatch=True).filter(lambda t: not re.match(r"(and|the|none) ?", t))


@given(st.lists(ITEM, max_size=6), st.sampled_from(["{}, ", "- {}\n", "{};", "{}\n", "* a {},"]))
def test_items_survive_any_layout(items, layout):
    assert parse_items("".join(map(layout.format, items))) == items


@given(st.lists(ITEM, max_size=6), st.integers(min_value=0))
def test_cutting_a_list_anywhere_gives_its_beginning(items, cut):
    text = ", ".join(items)
    found = parse_items(text[: cut % (len(text) + 1)], cut=True)
    assert found == items[: len(found)]


@given(st.text())
def test_any_answer_can_be_read(answer):
    for cut in (False, True):
        items = parse_items(answer, cut=cut)
        assert all(item == item.strip() and item for item in items)
    assert parse_items(answer, cut=True) == parse_items(answer)[: len(items)]


def said(matcher, items, captions):
    listed = mentions_of(items, pa.array(captions, pa.string()), matcher)
    names, found = list(WORDS), listed.found
    rows = zip(found.caption.tolist(), found.category.tolist(), found.word.tolist(), strict=True)
    return [(caption, names[category], word) for caption, category, word in rows], listed.invented


def test_mentions_stand_where_the_caption_has_them(matcher):
    items = [["dog", "old man"], [], ["dogs"]]
    captions = ["An old man, a big dog", "a man", "Men with dogs"]
    assert said(matcher, items, captions) == ([(0, "person", 3), (0, "dog", 6), (2, "dog", 3)], 0)


def test_what_the_caption_does_not_say_is_invented(matcher):
    assert said(matcher, [["dog", "cat", "man"]], ["two dogs, one man"]) == ([(0, "person", 4)], 2)
    assert said(matcher, [["big dog"]], ["big, dog"]) == ([], 1)  # the two are not neighbours


def test_the_last_word_of_an_item_says_what_it_is(matcher):
    assert said(matcher, [["dog leash"]], ["a dog leash"]) == ([], 0)
    assert said(matcher, [["teddy bear", "bear"]], ["a teddy bear, a bear"]) == (
        [(0, "teddy bear", 2), (0, "bear", 5)], 0,
    )  # fmt: skip
    assert said(matcher, [["bear", "dog"]], ["a teddy bear and a hot dog"]) == ([], 0)


def test_a_name_listed_twice_is_one_mention(matcher):
    assert said(matcher, [["dog", "dog", "big dog"]], ["a dog and a big dog"])[0] == [(0, "dog", 2), (0, "dog", 6)]


WORD = st.sampled_from(["old", "man", "dog", "bear", "teddy", "hot", "leash", "cat", "é"])


@given(
    st.lists(st.lists(WORD, max_size=8), max_size=4),
    st.data(),
)
def test_mentions_are_some_of_the_lexicons(matcher, captions, data):
    texts = [" ".join(words) for words in captions]
    items = [data.draw(st.lists(st.sampled_from(words).map(str), max_size=4)) if words else [] for words in captions]
    every = matcher.find(pa.array(texts, pa.string()))
    all_of = set(zip(every.caption.tolist(), every.word.tolist(), every.category.tolist(), strict=True))
    listed = mentions_of(items, pa.array(texts, pa.string()), matcher)
    found = list(
        zip(*(c.tolist() for c in (listed.found.caption, listed.found.word, listed.found.category)), strict=True)
    )
    assert set(found) <= all_of
    assert found == sorted(found)
    assert listed.invented == 0
    assert listed.found.n_words.tolist() == [len(words) for words in captions]
