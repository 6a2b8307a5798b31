import pytest

from primacy.design.vocabulary import BUILTIN, load_vocabulary, parse_vocabulary
from primacy.errors import UnknownNameError, VocabularyError


def test_builtin_vocabularies_are_those_of_the_paper():
    comco, simco, coco80 = (load_vocabulary(name) for name in ("comco", "simco", "coco80"))
    assert (len(comco), len(simco), len(coco80)) == (90, 18, 80)
    assert comco.names[:3] == ["person", "bicycle", "car"] and comco.names[-1] == "toothbrush"
    assert comco.names[47] == "hair brush"  # position in a paper-protocol sentence follows this order
    assert simco.names[0] == "cube" and simco.names[-1] == "cap"
    assert "sports ball" in coco80.names and "sports ball" not in comco.names


def test_the_list_order_is_confounded_with_size():
    """The list order of comco runs from large to small (Spearman -0.47 by another table of sizes)."""
    from scipy.stats import spearmanr

    comco = load_vocabulary("comco")
    assert spearmanr(range(90), comco.sizes_m).statistic < -0.4


@pytest.mark.parametrize("name", BUILTIN)
def test_articles(name):
    for category in load_vocabulary(name).categories:
        words = category.with_article.split()
        if words[0] == "an":
            assert words[1][0] in "aeiou"
        elif words[0] == "a":
            assert words[1][0] not in "aeiou"


def test_scissors_take_no_article():
    assert load_vocabulary("coco80").categories[76].with_article == "scissors"


def test_user_list_inherits_what_is_known():
    vocabulary = parse_vocabulary("mine", "dog\nunicorn horn\r\nbus\n\n")
    assert vocabulary.names == ["dog", "unicorn horn", "bus"]
    assert vocabulary.categories[0].size_m == 0.8 and vocabulary.categories[1].size_m is None
    assert vocabulary.categories[2].plural == "buses"


def test_user_table():
    text = 'name,plural,synonyms,size_m\nox,oxen,"bull,steer",2.4\négalité,,,\n'
    vocabulary = parse_vocabulary("mine", text, table=True)
    assert vocabulary.categories[0].plural == "oxen"
    assert vocabulary.categories[0].synonyms == ("bull", "steer")
    assert vocabulary.categories[0].with_article == "an ox"


@pytest.mark.parametrize(
    ("text", "table", "said"),
    [
        ("dog\n\ncat\n", False, "line 2: blank"),
        ("dog\ncat\nDog\n", False, "'Dog' twice (entries 1 and 3)"),
        ("dog\n!!!\n", False, "no letter or digit"),
        ("dog\nc{1}at\n", False, "brace"),
        ("dog\n", False, "1 names"),
        ("", False, "0 names"),
        ("label\ndog\ncat\n", True, "expected one called 'name'"),
        ("name,size_m\ndog,big\ncat,1\n", True, "size_m 'big'"),
        ("name,size_m\ndog,-1\ncat,1\n", True, "size_m '-1'"),
    ],
)
def test_unusable_vocabularies_are_refused(text, table, said):
    with pytest.raises(VocabularyError) as raised:
        parse_vocabulary("mine", text, table=table)
    assert said in str(raised.value)


def test_unknown_column_and_name_get_suggestions(tmp_path):
    with pytest.raises(UnknownNameError, match="synonim"):
        parse_vocabulary("mine", "name,synonim\ndog,x\n", table=True)
    with pytest.raises(UnknownNameError) as raised:
        load_vocabulary("comcoo")
    assert "Did you mean comco" in raised.value.hint


def test_files(tmp_path):
    good = tmp_path / "pets.txt"
    good.write_bytes("\ufeffdog\ncat\n".encode())
    assert load_vocabulary(str(good)).names == ["dog", "cat"]
    bad = tmp_path / "latin.txt"
    bad.write_bytes(b"caf\xe9\ncat\n")
    with pytest.raises(VocabularyError, match="UTF-8"):
        load_vocabulary(str(bad))
