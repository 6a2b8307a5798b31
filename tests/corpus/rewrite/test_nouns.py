import pytest

from primacy.corpus.rewrite.nouns import article, listed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("apple", "an"), ("umbrella", "an"), ("unicycle", "a"), ("uniform", "a"), ("urinal", "a"), ("ewe", "a"),
        ("hour", "an"), ("horse", "a"), ("suv", "an"), ("SUV", "an"), ("tv", "a"), ("rv", "an"), ("lcd tv", "an"),
        ("oven", "an"),
        ("old man", "an"), ("teddy bear", "a"), ("one-way sign", "a"), ("utensil", "a"), ("fly", "a"), ("x-ray", "an"),
    ],
)  # fmt: skip
def test_the_article_follows_the_sound(words, expected):
    assert article(words) == expected


@pytest.mark.parametrize(
    "words", ["dog", "bus", "wine glass", "toothbrush", "tennis racket", "walrus", "mattress", "woman", "child"]
)
def test_singular_nouns_take_an_article(words):
    assert listed(words) == f"a {words}"


@pytest.mark.parametrize(
    "words",
    ["dogs", "buses", "wine glasses", "skis", "scissors", "people", "women", "firemen", "children", "mice", "skies",
     "knives", "pairs of skis", "an individual", "the pitcher",
     "on skis", "at a red light", "someone",
     "broccoli",
     "sheep", "potted plants", "taxis"],
)  # fmt: skip
def test_plurals_and_names_with_an_article_take_none(words):
    assert listed(words) == words


def test_the_word_before_of_decides():
    assert listed("group of people") == "a group of people"
    assert listed("pair of scissors") == "a pair of scissors"
