import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.corpus.rewrite.firsts import first_mentions
from primacy.corpus.rewrite.orders import wanted
from primacy.corpus.rewrite.rewriter import Rewriter, Tally
from primacy.corpus.rewrite.wording import worded


class Told:
    """An order that is told: names by caption."""

    def __init__(self, lexicon, orders):
        self._codes = [[lexicon.categories.index(name) for name in names] for names in orders]

    def keys(self, firsts, ids):
        import numpy as np

        return np.array([self._codes[o].index(c) for o, c in zip(firsts.owner, firsts.category, strict=True)])


def rewritten(lexicon, matcher, ids, how, texts, orders):
    rewriter = Rewriter(matcher, Told(lexicon, orders), worded(how, lexicon))
    return rewriter.rewrite(ids([str(k) for k in range(len(texts))]), pa.array(texts, pa.string()))


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("A man riding a horse on a beach.", ["horse", "person"], "a horse, a man: A man riding a horse on a beach."),
        ("People and two dogs", ["dog", "person"], "dogs, people: People and two dogs"),
        ("An elephant; men, an elephant", ["person", "elephant"], "men, an elephant: An elephant; men, an elephant"),
        ("man, TEDDY-BEAR", ["person", "teddy bear"], "a man, a teddy bear: man, TEDDY-BEAR"),
    ],
)  # fmt: skip
def test_a_prefix_leaves_the_caption_whole(text, order, expected, lexicon, matcher, ids):
    assert rewritten(lexicon, matcher, ids, "prefix", [text], [order]).texts == [expected]


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("A man riding a horse on a beach.", ["horse", "person"], "A horse riding a man on a beach."),
        ("A man and an elephant", ["elephant", "person"], "An elephant and a man"),
        ("Man meets elephant é dog", ["dog", "elephant", "person"], "Dog meets elephant é man"),
        ("A dog meets an individual", ["person", "dog"], "An individual meets a dog"),
        ("A man, a TV", ["tv", "person"], "A TV, a man"),
        ("TV and man", ["person", "tv"], "Man and TV"),
        ("A MAN AND AN ELEPHANT", ["elephant", "person"], "AN ELEPHANT AND A MAN"),
        ("A man and a dog, the man smiles", ["dog", "person"], "A dog and a man, the man smiles"),
        ("Ein «Man», a Teddy-Bear…", ["teddy bear", "person"], "Ein «Teddy-Bear», a Man…"),
        ("a man, an elephant, a dog", ["person", "dog", "elephant"], "a man, a dog, an elephant"),
    ],
)
def test_a_swap_exchanges_names_in_place(text, order, expected, lexicon, matcher, ids):
    assert rewritten(lexicon, matcher, ids, "swap", [text], [order]).texts == [expected]


def test_an_order_that_a_swap_cannot_reach_leaves_the_caption(lexicon, matcher, ids):
    texts = ["a man, another man, a dog and a horse", "hot man and dog", "man and dog"]
    orders = [["dog", "person", "horse"], ["dog", "person"], ["dog", "person"]]
    assert rewritten(lexicon, matcher, ids, "swap", texts[:1], [["dog", "horse", "person"]]).left.tolist() == [0]
    found = rewritten(lexicon, matcher, ids, "swap", texts, orders)
    # In the first the second man stays, behind the dog: as wanted. The second would become a hot dog.
    assert (found.rows.tolist(), found.left.tolist()) == ([0, 2], [1])
    assert found.texts == ["a dog, another man, a man and a horse", "dog and man"]
    assert found.tally == Tally(captions=3, several=3, before=0, after=2)


def test_captions_with_fewer_than_two_objects_do_not_change(lexicon, matcher, ids):
    found = rewritten(
        lexicon, matcher, ids, "prefix", ["a man", "", "men, people", "dog, dogs and a man"], [["person", "dog"]]
    )
    assert found.rows.tolist() == [3]
    assert found.tally == Tally(captions=4, several=1, before=0, after=1)


WORD = st.sampled_from(
    ["man", "Men", "people", "horse", "Horses", "dog", "DOGS", "elephant", "bear", "teddy", "hot", "tv", "TV", "a",
     "an", "A", "the", "riding", "é"]
)  # fmt: skip
GAP = st.sampled_from([" ", " ", " ", ", ", "-", ". ", " — "])
TEXT = st.lists(st.tuples(WORD, GAP), max_size=14).map(lambda parts: "".join(a + b for a, b in parts).strip())


@given(texts=st.lists(TEXT, max_size=6), how=st.sampled_from(["prefix", "swap"]), data=st.data())
def test_what_comes_out_has_the_wanted_order_or_is_left(lexicon, matcher, named, ids_of, texts, how, data):
    firsts = first_mentions(matcher.find(pa.array(texts, pa.string())))
    orders = [data.draw(st.permutations(named(texts[k]))) for k in firsts.captions]
    found = rewritten(lexicon, matcher, ids_of, how, texts, orders)
    by_row = dict(zip(firsts.captions.tolist(), orders, strict=True))
    assert sorted([*found.rows.tolist(), *found.left.tolist()]) == sorted(by_row)
    for row, text in zip(found.rows.tolist(), found.texts, strict=True):
        assert named(text.replace("-", " ")) == list(by_row[row])
        if how == "prefix":
            assert text.endswith(f": {texts[row]}")
        else:
            bare = [sorted(re.findall(r"\w+", re.sub(r"\ban\b", "a", t.lower()))) for t in (text, texts[row])]
            assert bare[0] == bare[1]
    assert found.tally.before == sum(list(named(texts[k])) == list(by_row[k]) for k in by_row)
    if how == "prefix":
        assert not len(found.left)


@pytest.fixture(scope="session")
def ids_of():
    from primacy.corpus.rewrite.orders import Ids

    return lambda names: Ids(pa.array(names, pa.string()), pa.array(names, pa.string()))


def test_keys_say_the_order(lexicon, matcher, ids):
    firsts = first_mentions(matcher.find(pa.array(["man, dog, horse"])))
    order = wanted(Told(lexicon, [["horse", "person", "dog"]]), firsts, ids(["a"]))
    assert order.tolist() == [2, 0, 1]
