"""The matcher against a caption-by-caption search written here, on nasty texts and on real ones."""

import gzip
import json
import pickle
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.corpus.lexicon import Form, Lexicon, load_lexicon
from primacy.corpus.matcher import Found, Matcher
from primacy.corpus.words import normalised, words
from primacy.design.vocabulary import load_vocabulary

SHARED = Path(__file__).parents[3] / "shared" / "data"
SMALL = Lexicon(
    "small",
    ("a", "b", "c"),
    tuple(
        Form(words, category)
        for words, category in [
            ("a", 0), ("a a", None), ("a b", 1), ("a b c", 2), ("b", 1), ("b c a", 0), ("c . a", 1), ("ab", 2),
            ("é", 0), ("é a", 2), ("éa", 1), ("中", 0), ("中 文", 1), ("ß", 2), ("1", 0), ("1 a", None), ("ʼa", 2),
        ]
    ),
)  # fmt: skip
NASTY = "aAbBcC1 \t\n\x00\x1c\x85-'_.,/éÉ\u0301\ufe0f\u200d\u2019\u2014\u00a0\u2028İKß中文ʼ😀"


LETTERS = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc"}
PARTS = ["a", "b", "c", " ", *NASTY]  # most texts have words next to each other, and something between them
TEXTS = st.one_of(
    st.lists(st.sampled_from(PARTS), max_size=20).map("".join),
    st.lists(st.tuples(st.sampled_from("abcé中1"), st.sampled_from(NASTY)).map("".join), max_size=6).map("".join),
)


@pytest.fixture(scope="module")
def small():
    return Matcher(SMALL)


@pytest.fixture(scope="module")
def real():
    return Matcher(load_lexicon(load_vocabulary("coco80")))


@cache
def kind(character):
    """A letter of a word, a joint, or a break."""
    selector = 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF
    if not selector and unicodedata.category(character) in LETTERS:
        return "letter"
    if character.isspace() or character in "-'_\u2010\u2011\u2018\u2019" or selector:
        return "joint"
    return "joint" if unicodedata.category(character) == "Cf" else "break"


def small_letter(character):
    lower = character.lower()
    return lower if len(lower.encode()) == len(character.encode()) else character


def reference(lexicon, caption):
    """(form, word, start, stop) of a caption's mentions, and its number of words: word by word, the longest form."""
    tokens, start = [], None
    for at, character in enumerate(caption + "."):
        if kind(character) == "letter":
            start = at if start is None else start
        elif start is not None:
            tokens.append((start, at, "".join(map(small_letter, caption[start:at]))))
            start = None
    broken = [any(kind(c) == "break" for c in caption[a[1] : b[0]]) for a, b in pairwise(tokens)]
    forms = {form.words: index for index, form in enumerate(lexicon.forms)}
    longest = max(len(form.words.split()) for form in lexicon.forms)
    found, at = [], 0
    while at < len(tokens):
        step = 1
        for stop in range(min(at + longest, len(tokens)), at, -1):
            text = tokens[at][2]
            for k in range(at + 1, stop):
                text += (" . " if broken[k - 1] else " ") + tokens[k][2]
            if text in forms:
                if lexicon.forms[forms[text]].category is not None:
                    first, last = len(caption[: tokens[at][0]].encode()), len(caption[: tokens[stop - 1][1]].encode())
                    found.append((forms[text], at + 1, first, last))
                step = stop - at
                break
        at += step
    return found, len(tokens)


def agree(matcher, captions):
    found = matcher.find(pa.array(captions, pa.string()))
    expected = [reference(matcher.lexicon, caption) for caption in captions]
    assert found.n_words.tolist() == [count for _, count in expected]
    rows = [(index, *mention) for index, (mentions, _) in enumerate(expected) for mention in mentions]
    got = list(zip(*(column.tolist() for column in (found.caption, *found[1:2], *found[3:6])), strict=True))
    assert got == rows
    assert found.category.tolist() == [matcher.lexicon.forms[form].category for form in found.form]
    assert all(column.dtype == np.int64 for column in found)


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=6))
def test_equals_the_search_on_nasty_texts(small, captions):
    agree(small, captions)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=4))
def test_equals_the_search_on_any_text(small, captions):
    agree(small, captions)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_equals_the_search_on_texts_of_our_lexicon(real, data):
    form = st.sampled_from([form.words for form in real.lexicon.forms])
    part = st.one_of(form, st.sampled_from([" ", ", ", "-", "'s ", " and ", "s"]))
    agree(real, ["".join(data.draw(st.lists(part, max_size=8)))])


def coco_captions():
    path = SHARED / "coco_val2017" / "captions_val2017.json.gz"
    if not path.is_file():
        pytest.skip("shared/data/coco_val2017 is absent")
    return [entry["caption"] for entry in json.loads(gzip.decompress(path.read_bytes()))["annotations"]]


def cc3m_captions():
    path = SHARED / "cc3m" / "cc3m_val_captions.txt.gz"
    if not path.is_file():
        pytest.skip("shared/data/cc3m is absent")
    return gzip.decompress(path.read_bytes()).decode().splitlines()


@pytest.mark.parametrize("corpus", [coco_captions, cc3m_captions])
def test_equals_the_search_on_real_captions(real, corpus):
    agree(real, corpus()[::40])


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=12), st.data())
def test_batches_change_nothing(small, captions, data):
    whole = small.find(pa.array(captions, pa.string()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(captions)), max_size=3)))
    array, parts = pa.array(captions, pa.large_string()), []
    for first, stop in zip([0, *cuts], [*cuts, len(captions)], strict=True):
        part = small.find(array.slice(first, stop - first))
        parts.append(part._replace(caption=part.caption + first))
    for column, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        assert np.array_equal(column, np.concatenate(pieces))


def test_batches_of_its_own_change_nothing(small, monkeypatch):
    captions = ["a b", "", "a" * 50, "é a-b c", "b c", "a\u2014b"] * 20
    whole = small.find(pa.array(captions))
    for size in (1, 7, 64):
        monkeypatch.setattr("primacy.corpus.matcher._BATCH", size)
        for one, other in zip(whole, small.find(pa.array(captions)), strict=True):
            assert np.array_equal(one, other)


def test_no_captions_and_captions_without_words(small):
    for captions, count in ([], 0), (["", "", "..."], 3):
        found = small.find(pa.array(captions, pa.string()))
        assert isinstance(found.first(), Found)
        assert len(found.caption) == 0
        assert found.n_words.tolist() == [0] * count


def test_a_caption_of_ten_megabytes(real):
    filler = "of something " * 800_000
    found = real.find(pa.array(["a dog", f"{filler}a cat {filler}", "a horse"]))
    assert [real.lexicon.categories[k] for k in found.category] == ["dog", "cat", "horse"]
    assert found.word.tolist() == [2, 1_600_002, 2]
    assert found.start[1] == len(filler) + 2


def test_bytes_that_are_not_utf8_break_words(small):
    captions = pa.array([b"a\xff a\xc3 b", b"\x80a", b"\xf0\x9f"]).view(pa.string())
    found = small.find(captions)
    assert [SMALL.forms[k].words for k in found.form] == ["a", "a", "b", "a"]
    assert found.start.tolist() == [0, 3, 6, 1]


def test_possessives_hyphens_and_breaks(real):
    caption = "A man's hot-dog, the dog’s T-shirt; \u201cCats\u201d, hot. Dog"
    found = real.find(pa.array([caption]))
    assert [real.lexicon.forms[k].words for k in found.form] == ["man", "hot dog", "dog", "cats", "dog"]
    assert found.word.tolist() == [2, 4, 7, 11, 13]
    raw = caption.encode()
    places = zip(found.start, found.stop, strict=True)
    assert [raw[a:b].decode() for a, b in places] == ["man", "hot-dog", "dog", "Cats", "Dog"]


def test_first_keeps_the_first_of_each_category(real):
    found = real.find(pa.array(["dog cat dog", "cat puppy cat dog"])).first()
    assert [real.lexicon.forms[k].words for k in found.form] == ["dog", "cat", "cat", "puppy"]
    assert found.caption.tolist() == [0, 0, 1, 1]
    assert found.n_words.tolist() == [3, 4]


def test_pickled_it_finds_the_same(small):
    again = pickle.loads(pickle.dumps(small))  # noqa: S301 - our own
    captions = pa.array(["a b c a", "é a"])
    for one, other in zip(small.find(captions), again.find(captions), strict=True):
        assert np.array_equal(one, other)


@given(st.text())
def test_normalised_text_stays_as_it_is(text):
    once = normalised(text)
    assert normalised(once) == once


def test_words_of_a_buffer():
    text = words("Ça va-t-il, né?".encode())
    spans = zip(text.starts, text.stops, strict=True)
    assert [text.letters[a:b].tobytes().decode() for a, b in spans] == ["ça", "va", "t", "il", "né"]
    assert text.broken.tolist() == [False, False, False, True, True]
