import re

import pytest

from primacy.design.templates import TEMPLATE_NAMES, get_template, parse_template
from primacy.design.vocabulary import BUILTIN, load_vocabulary
from primacy.encoders.lexicon import Lexicon
from primacy.errors import DesignError, UnknownNameError

COMCO = load_vocabulary("comco").categories
HORSE, APPLE, SCISSORS = COMCO[18], COMCO[58], COMCO[88]


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("and", "horse and apple and scissors"),
        ("comma", "horse, apple, scissors"),
        ("articles", "a horse and an apple and scissors"),
        ("plain-a", "a horse and a apple and a scissors"),
        ("photo", "a photo of a horse, an apple and scissors"),
        ("{a1} near {2} by {a3}!", "a horse near apple by scissors!"),
    ],
)
def test_captions(name, caption):
    assert get_template(name, 3).render([HORSE, APPLE, SCISSORS]) == caption


@pytest.mark.parametrize("name", ["rainy-diary", "guided-tour", "inventory"])
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_prose_has_twenty_to_sixty_words(name, n):
    caption = get_template(name, n).render(COMCO[:n])
    assert 20 <= len(caption.split()) <= 60


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_no_template_holds_a_word_of_a_vocabulary(name):
    """docs/paper.md F8: "hat" hid in a published template, so it always counted as mentioned."""
    forms = [
        form
        for source in BUILTIN
        for c in load_vocabulary(source).categories
        for form in (c.name, c.plural, *c.synonyms)
    ]
    lexicon = Lexicon(forms)
    for n in (2, 3, 4, 5):
        literals = " ".join(get_template(name, n).literals)
        assert lexicon.find(literals) == []


@pytest.mark.parametrize(
    "pattern", ["{1} and {1}", "{2} and {1}", "{1} alone", "no slot {x}", "{1} and {3}", "{1} {2} {"]
)
def test_bad_patterns(pattern):
    with pytest.raises(DesignError):
        parse_template("mine", pattern)


def test_wrong_number_and_unknown_name():
    with pytest.raises(DesignError, match="holds 2 objects, asked for 3"):
        get_template("{1} by {2}", 3)
    with pytest.raises(DesignError, match="exists for"):
        get_template("inventory", 6)
    with pytest.raises(UnknownNameError) as raised:
        get_template("inventori", 3)
    assert "inventory" in raised.value.hint


def test_long_lists():
    assert re.fullmatch(r"(\w[\w ]*, ){6}[\w ]+", get_template("comma", 7).render(COMCO[:7]))
