import pyarrow as pa
import pytest

from primacy.corpus.lexicon import Form, Lexicon
from primacy.corpus.matcher import Matcher
from primacy.corpus.rewrite.orders import Ids

WORDS = {
    "person": ["man", "men", "people", "an individual"],
    "horse": ["horse", "horses"],
    "dog": ["dog", "dogs"],
    "elephant": ["elephant", "elephants"],
    "bear": ["bear"],
    "teddy bear": ["teddy bear"],
    "tv": ["tv"],
    "hot dog": ["hot dog"],
}


@pytest.fixture(scope="session")
def lexicon():
    categories = tuple(WORDS)
    forms = [Form(words, categories.index(name)) for name, listed in WORDS.items() for words in listed]
    return Lexicon("some", categories, tuple(forms))


@pytest.fixture(scope="session")
def matcher(lexicon):
    return Matcher(lexicon)


@pytest.fixture
def ids():
    def of(captions, images=None):
        return Ids(pa.array(captions, pa.string()), pa.array(captions if images is None else images, pa.string()))

    return of


@pytest.fixture(scope="session")
def named():
    """The category of each first mention of a text, by a reading of its own."""
    import re

    known = sorted(((words, name) for name, listed in WORDS.items() for words in listed), key=lambda p: -len(p[0]))
    pattern = re.compile(r"\b(" + "|".join(re.escape(words) for words, _ in known) + r")\b", re.IGNORECASE)

    def read(text):
        text = re.sub(r"[-_]", " ", text)
        return list(dict.fromkeys(dict(known)[found[0].lower()] for found in pattern.finditer(text)))

    return read
