"""The lexicon: what claims a form, what outweighs what, and what a user's file may hold."""

from importlib import resources

import pyarrow as pa
import pytest

from primacy.corpus.lexicon import load_lexicon
from primacy.corpus.matcher import Matcher
from primacy.design.vocabulary import load_vocabulary, parse_vocabulary
from primacy.errors import CorpusError, UnknownNameError

OURS = resources.files("primacy.corpus") / "lexicon_data" / "forms.tsv"


@pytest.fixture(scope="module")
def coco():
    return load_vocabulary("coco80")


@pytest.fixture(scope="module")
def matcher(coco):
    return Matcher(load_lexicon(coco))


def kinds(lexicon):
    return {form.words: None if form.category is None else lexicon.categories[form.category] for form in lexicon.forms}


def mentioned(matcher, caption):
    found = matcher.find(pa.array([caption])).first()
    return [matcher.lexicon.categories[k] for k in found.category]


def table(tmp_path, text, name="words.tsv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Two men and a woman on skis", ["person", "skis"]),
        ("a hot dog next to a dog", ["hot dog", "dog"]),
        ("hotdogs and a teddy bear", ["hot dog", "teddy bear"]),
        ("a polar bear , a gummy bear", ["bear"]),
        ("an orange cat in an orange shirt", ["cat"]),
        ("oranges and orange slices", ["orange"]),
        ("a man wearing glasses with two glasses of wine", ["person", "wine glass"]),
        ("Mickey Mouse on a mouse pad", []),
        ("a keyboard and a mouse", ["keyboard", "mouse"]),
        ("a train car at the train station", ["train"]),
        ("people wait at the bus stop", ["person"]),
        ("a toy car in a car park", []),
        ("a baseball player swings his bat", ["person", "baseball bat"]),
        ("the team bat first", ["person", "baseball bat"]),  # a limit: verbs are not known
        ("a baby elephant and its mother", ["elephant"]),
        ("knives, benches, sheep, buses and scissors", ["knife", "bench", "sheep", "bus", "scissors"]),
        ("a motor bike and a bike", ["motorcycle", "bicycle"]),
        ("a jet over a jet ski", ["airplane"]),
        ("an apple laptop with an apple", ["laptop", "apple"]),
        ("a cat located in carrying boxes of carrots", ["cat", "carrot"]),
        ("a couple of dogs watch a couple", ["dog", "person"]),
        ("a fire truck and a pickup", ["truck"]),
        ("the dining room table", ["dining table"]),
        ("the dining room", []),
        ("an orange and an apple", ["orange", "apple"]),
        ("an apple and oranges in an orange bowl", ["apple", "orange", "bowl"]),
        ("a basketball player on the team bus", ["person", "bus"]),
        ("a hot dog truck and a dog bowl", ["truck", "bowl"]),
    ],
)
def test_what_captions_mention(matcher, caption, expected):
    assert mentioned(matcher, caption) == expected


@pytest.mark.parametrize("name", ["coco80", "comco", "simco"])
def test_names_and_plurals_mention_their_category(name):
    vocabulary = load_vocabulary(name)
    known = kinds(load_lexicon(vocabulary))
    for category in vocabulary.categories:
        for form in (category.name, category.plural):
            assert known[form] == (None if form == "orange" else category.name)


def test_our_file_claims_each_form_once_for_known_categories():
    names = {*load_vocabulary("coco80").names, *load_vocabulary("comco").names}
    claimed, blocked = {}, []
    for line in OURS.read_text("utf-8").splitlines()[1:]:
        category, forms = line.split("\t")
        for form in forms.split(", "):
            assert form == " ".join(form.lower().split())
            assert form.replace(" ", "").isalnum()
            if category in ("-", "!"):
                blocked.append(form)
            else:
                assert category in names
                assert claimed.setdefault(form, category) == category
    assert len(set(blocked)) == len(blocked)
    assert sum(line.count(",") + 1 for line in OURS.read_text("utf-8").splitlines()[1:]) == len(claimed) + len(blocked)


def test_a_vocabulary_without_the_compound_is_not_fooled_by_it():
    few = Matcher(load_lexicon(parse_vocabulary("few", "dog\nbear\nracket\n")))
    assert mentioned(few, "a hot dog and a teddy bear") == []
    assert mentioned(few, "a tennis racket and a dog") == ["racket", "dog"]


def test_a_name_outweighs_synonyms_of_another_category():
    both = load_lexicon(parse_vocabulary("both", "person\nman\n"))
    assert kinds(both)["man"] == "man"
    assert kinds(both)["woman"] == "person"


def test_two_categories_with_the_same_synonym_are_refused():
    text = "name,synonyms\nseat,perch\nfish,perch\n"
    with pytest.raises(CorpusError, match=r"form 'perch' of 'fish' is already claimed by 'seat'"):
        load_lexicon(parse_vocabulary("bad", text, table=True))


def test_additions_outweigh_everything(coco, tmp_path):
    path = table(tmp_path, "category\tforms\ndog\tHound-Dog, goodboys\n-\tbat\n\tlap top\norange\torange\n")
    known = kinds(load_lexicon(coco, path))
    assert (known["hound dog"], known["goodboys"], known["orange"]) == ("dog", "dog", "orange")
    assert known["bat"] is None
    assert known["lap top"] is None
    assert kinds(load_lexicon(coco))["bat"] == "baseball bat"


def test_a_csv_with_quotes_and_a_byte_order_mark(coco, tmp_path):
    path = table(tmp_path, '\ufeffcategory,forms\r\ndog,"woofer, barker"\r\n\r\ncat,meower\r\n', "words.csv")
    known = kinds(load_lexicon(coco, path))
    assert (known["woofer"], known["barker"], known["meower"]) == ("dog", "dog", "cat")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"words.tsv, line 1: columns \[\], expected \['category', 'forms'\]"),
        ("form\tcategory\n", r"line 1: columns \['form', 'category'\]"),
        ("category\tforms\ndog\tpooch\ncat\tpooch\n", r"line 3: form 'pooch' of 'cat' is already claimed by 'dog' \(l"),
        ("category\tforms\ndog\tpooch\n-\tPooch!\n", r"line 3: form 'pooch' of blocked forms is already claimed by"),
        ("category\tforms\ndog\tpooch,,\n", r"line 2: form '' has no letter or digit"),
        ("category\tforms\ndog\t--\n", r"line 2: form '--' has no letter or digit"),
        ("category,forms\ndog,pooch,hound\n", r"line 2: 3 cells"),
        ("category\tforms\ndog\n", r"line 2: 1 cells"),
        ('category\tforms\ndog\t"po"och\n', r"line 2: "),
        (b"category\tforms\ndog\t\xff\n", r"lexicon words.tsv is not UTF-8 text"),
        ("category\tforms\ndog\t" + "x" * 200_000, r"line 2: field larger"),
    ],
)
def test_bad_additions_are_named_in_one_line(coco, tmp_path, text, message):
    with pytest.raises(CorpusError, match=message) as raised:
        load_lexicon(coco, table(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_an_unknown_category_is_named_with_its_line_and_its_neighbours(coco, tmp_path):
    path = table(tmp_path, "category\tforms\ndog\tpooch\ndgo\tpoodle\n")
    with pytest.raises(UnknownNameError, match=r"unknown category \(words.tsv, line 3\) 'dgo'") as raised:
        load_lexicon(coco, path)
    assert "dog" in raised.value.hint


def test_a_missing_or_endless_file(coco, tmp_path):
    with pytest.raises(CorpusError, match=r"cannot read lexicon none\.tsv"):
        load_lexicon(coco, tmp_path / "none.tsv")
    with pytest.raises(CorpusError, match="larger than 10 MB"):
        load_lexicon(coco, table(tmp_path, b"x" * 10_000_001))


def test_the_fingerprint_is_of_the_content(coco, tmp_path):
    plain = load_lexicon(coco)
    assert plain.fingerprint == load_lexicon(load_vocabulary("coco80")).fingerprint
    more = load_lexicon(coco, table(tmp_path, "category\tforms\ndog\tpooch\n"))
    assert more.fingerprint != plain.fingerprint
    blocked = load_lexicon(coco, table(tmp_path, "category\tforms\n-\tpooch\n"))
    assert len({plain.fingerprint, more.fingerprint, blocked.fingerprint}) == 3
    assert list(plain.forms) == sorted(plain.forms, key=lambda form: form.words)
