"""Which columns and files of a corpus are taken, and what is said where that is in doubt."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from primacy.corpus.captions import Columns, open_captions
from primacy.corpus.captions.columns import Chosen, choose
from primacy.corpus.captions.paths import braces, expand
from primacy.errors import UsageError


@pytest.mark.parametrize(
    ("known", "strings", "text"),
    [
        (["URL", "TEXT", "NSFW"], ["URL", "TEXT", "NSFW"], "TEXT"),
        (["key", "words", "n"], ["words"], "words"),
        (["caption"], [], "caption"),
    ],
)
def test_the_text_column_is_the_usual_or_the_only_one(known, strings, text):
    assert choose("f", known, Columns(), strings=strings) == Chosen(text, "", "", "")


def test_our_own_names_are_found_and_others_are_options():
    known = ["caption", "caption_id", "image_id", "source", "id", "url"]
    assert choose("f", known, Columns()) == Chosen("caption", "image_id", "caption_id", "source")
    assert choose("f", known, Columns("url", "id", "id", "url")) == Chosen("url", "id", "id", "url")


@pytest.mark.parametrize(
    ("known", "columns", "said", "hint"),
    [
        (["caption", "text"], Columns(), "more than one column could", "--text-column"),
        (["a", "b"], Columns(), "no column of f is known", "Its columns: a, b."),
        (["TEXT", "URL"], Columns("text"), "no column 'text'", "--text-column TEXT? "),
        (["TEXT", "URL"], Columns(None, "url"), "no column 'url'", "--image-column URL? "),
        (["TEXT", "key"], Columns(None, None, "keys"), "no column 'keys'", "--id-column key? Its columns: TEXT, key."),
    ],
)
def test_a_column_in_doubt_is_an_error_that_lists_them(known, columns, said, hint):
    with pytest.raises(UsageError, match=said) as error:
        choose("f", known, columns)
    assert hint in error.value.hint


def test_columns_are_looked_at_before_anything_is_read(tmp_path):
    pq.write_table(pa.table({"caption": [1], "image_id": [[2]], "text_2": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match=r"'caption' of a\.parquet holds int64, expected strings") as error:
        open_captions([tmp_path])
    assert "text_2" in error.value.hint
    with pytest.raises(UsageError, match="holds list"):
        open_captions([tmp_path], Columns("text_2"))
    (tmp_path / "a.csv").write_text("a dog on a sofa\thttp://x\n")
    with pytest.raises(UsageError, match=r"no column of a\.csv"):
        open_captions([tmp_path / "a.csv"])
    for name in ("e.csv", "e.jsonl"):
        (tmp_path / name).touch()
        with pytest.raises(UsageError, match=f"first lines? of {name}"):
            open_captions([tmp_path / name])
    (tmp_path / "a.txt").write_text("a dog")
    with pytest.raises(UsageError, match="plain text and has no column 'x'"):
        open_captions([tmp_path / "a.txt"], Columns(image="x"))
    (tmp_path / "a.doc").touch()
    with pytest.raises(UsageError, match=r"a\.doc is no file of captions") as error:
        open_captions([tmp_path / "a.doc"])
    assert ".jsonl.gz" in error.value.hint


def test_braces_count_and_choose():
    assert list(braces("s-{000..003}.tar")) == ["s-000.tar", "s-001.tar", "s-002.tar", "s-003.tar"]
    assert list(braces("{a,b}/{9..11}")) == ["a/9", "a/10", "a/11", "b/9", "b/10", "b/11"]
    assert list(braces("plain {x}")) == ["plain {x}"]
    for wrong in ("{5..1}", "{0..99999999}"):
        with pytest.raises(UsageError, match="too many"):
            list(braces(wrong))


def test_folders_patterns_and_braces_give_files_in_order_each_once(tmp_path):
    for name in ("b/2.txt", "b/1.txt", "a.csv", ".hidden.txt", "b/.tmp-x/1.txt", "b/notes.md", "c[1].txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def names(*given):
        found = expand([str(tmp_path / one) for one in given], (".txt", ".csv"))
        return [path.relative_to(tmp_path).as_posix() for path in found]

    assert names("") == ["a.csv", "b/1.txt", "b/2.txt", "c[1].txt"]
    assert names("b/*.txt", "a.csv", "b/1.txt") == ["b/1.txt", "b/2.txt", "a.csv"]
    assert names("b/{2..2}.txt", "c[1].txt", "**/1.txt") == ["b/2.txt", "c[1].txt", "b/1.txt"]
    for missing in ("b/{1..3}.txt", "nothing/*.txt", "x.txt"):
        with pytest.raises(UsageError, match="there is no file"):
            names(missing)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no file of a known type"):
        names("empty")


def test_labels_tell_files_apart(tmp_path):
    def labels(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(
                "caption\na dog" if "csv" in name.lower() else json.dumps({"caption": "a dog"})
            )
        return [piece.label for piece in open_captions([tmp_path / name for name in names])]

    assert labels("x.part.txt", "y.CSV") == ["x.part", "y"]
    assert labels("x.txt", "x.csv") == ["x.txt", "x.csv"]
    assert labels("one/x.csv", "two/x.csv") == ["one/x.csv", "two/x.csv"]
