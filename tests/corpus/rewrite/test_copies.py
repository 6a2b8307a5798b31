import csv
import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from primacy.corpus.captions import Columns, open_captions
from primacy.corpus.faults import Faults
from primacy.corpus.rewrite.orders import Shuffle, SmallestFirst
from primacy.corpus.rewrite.rewriter import Rewriter, Tally
from primacy.corpus.rewrite.run import UNREACHED, rewrite_corpus, targets
from primacy.corpus.rewrite.wording import worded
from primacy.errors import CorpusError, UsageError
from primacy.listener import Silent


class Backwards:
    """The wanted order is that of the text turned round."""

    def keys(self, firsts, ids):
        return -firsts.place


@pytest.fixture
def rewrite(lexicon, matcher):
    def run(paths, out, *, how="prefix", order=None, columns=Columns(), overwrite=False, strict=False):  # noqa: B008
        faults = Faults()
        found = targets(open_captions([str(path) for path in paths], columns), out, overwrite=overwrite)
        rewriter = Rewriter(matcher, order or Backwards(), worded(how, lexicon))
        tally = rewrite_corpus(found, rewriter, faults=faults, strict=strict, listener=Silent())
        return tally, {fault.kind: fault.times for fault in faults}

    return run


OLD, NEW = "a man on a  horse", "a horse, a man: a man on a horse"  # white space of captions that change is tidied


def test_a_parquet_file_without_rows_is_copied(tmp_path, rewrite):
    schema = pa.schema([("caption", pa.string()), ("n", pa.int8())])
    pq.ParquetWriter(tmp_path / "in.parquet", schema).close()
    assert rewrite([tmp_path / "in.parquet"], tmp_path / "out.parquet")[0] == Tally()
    assert pq.read_table(tmp_path / "out.parquet").schema == schema


def test_a_csv_keeps_in_step_with_lines_that_hold_a_carriage_return(tmp_path, rewrite):
    rows = [b"caption,n\r\n", b"a man\ron a horse,1\r\n", b"a bus,2\r\n", b"a man and a dog,3\r\n"]
    (tmp_path / "in.csv").write_bytes(b"".join(rows))
    tally, faults = rewrite([tmp_path / "in.csv"], tmp_path / "out.csv")
    rows[1] = b'"a horse, a man: a man on a horse",1\r\n'
    rows[3] = b'"a dog, a man: a man and a dog",3\r\n'
    assert (tmp_path / "out.csv").read_bytes() == b"".join(rows)
    assert tally.after == 2 and faults == {}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_json_with_bad_bytes_is_copied(tmp_path, rewrite, name):
    entries = [
        b'{"image_id": 1, "caption": "a man \xff and a dog", "url": "\xfe"}',
        b'{"image_id": 2, "caption": "\xff"}',
    ]
    whole = b'{"annotations": [' + b", ".join(entries) + b"]}"
    (tmp_path / name).write_bytes(whole if name == "a.json" else b"\n".join(entries))
    (tmp_path / "out").mkdir()
    tally, faults = rewrite([tmp_path / name], tmp_path / "out")
    text = (tmp_path / "out" / name).read_bytes().decode("utf-8", "surrogateescape")
    copied = json.loads(text)["annotations"] if name == "a.json" else list(map(json.loads, text.splitlines()))
    assert copied[0]["caption"].startswith("a dog, a man: a man \ufffd") and copied[0]["url"] == "\udcfe"
    assert copied[1] == {"image_id": 2, "caption": "\udcff"}
    assert tally.after == 1 and faults == {"captions that are not UTF-8 (bad bytes replaced)": 2}


@pytest.mark.parametrize("packed", [False, True])
def test_plain_text_keeps_every_other_byte(tmp_path, rewrite, packed):
    lines = [
        b"  two  dogs\n",
        OLD.encode() + b"\r\n",
        b"\n",
        b"\xff a man and a dog\n",
        b"bad \xff\n",
        b"dog \xc3\xa9, man",
    ]
    path, out = (tmp_path / f"{name}.txt{'.gz' * packed}" for name in ("in", "out"))
    path.write_bytes(gzip.compress(b"".join(lines)) if packed else b"".join(lines))
    tally, faults = rewrite([path], out)
    got = gzip.decompress(out.read_bytes()) if packed else out.read_bytes()
    lines[1] = NEW.encode() + b"\r\n"
    lines[3] = "a dog, a man: \ufffd a man and a dog\n".encode()
    lines[5] = "a man, a dog: dog é, man".encode()
    assert got.split(b"\n") == b"".join(lines).split(b"\n")
    assert tally == Tally(captions=5, several=3, before=0, after=3)
    assert faults == {"empty captions (left out)": 1, "captions that are not UTF-8 (bad bytes replaced)": 2}


def test_tables_keep_their_other_fields_and_rows(tmp_path, rewrite):
    text = (
        'id,"Caption",note\r\n'
        f'1,"{OLD}","he said ""no"""\r\n'
        "2,a dog,x\r\n"
        "short row\r\n"
        '3,"dog,\nman",\r\n'
        "\r\n"
        '"4",a man \xff,y\r\n'
        "5,man, \r\n"
    )
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("latin-1"))
    tally, faults = rewrite([path], out, columns=Columns("Caption", id="id"))
    expected = text.replace(f'"{OLD}"', f'"{NEW}"').replace('"dog,\nman"', '"a man, a dog: dog, man"')
    assert list(csv.reader(io.StringIO(out.read_bytes().decode("latin-1"), newline=""))) == list(
        csv.reader(io.StringIO(expected, newline=""))
    )
    lines = text.encode("latin-1").split(b"\r\n")
    untouched = [line for line in lines if b"dog,\nman" not in line and OLD.encode() not in line]
    assert set(untouched) <= set(out.read_bytes().split(b"\r\n"))
    assert tally.after == 2
    assert sum(faults.values()) == 2  # the short row, the byte that is not UTF-8


def test_tab_separated(tmp_path, rewrite):
    path, out = tmp_path / "in.tsv.gz", tmp_path / "out.tsv.gz"
    path.write_bytes(gzip.compress(f"text\tn\n{OLD}\t1\nman, horse\t2".encode()))
    rewrite([path], out)
    assert gzip.decompress(out.read_bytes()).decode() == f"text\tn\n{NEW}\t1\na horse, a man: man, horse\t2"


def test_json_lines_keep_keys_and_their_order(tmp_path, rewrite):
    lines = [
        json.dumps({"z": 1.5, "caption": OLD, "a": {"deep": [None]}, "é": "é"}, ensure_ascii=False),
        json.dumps({"caption": "a dog", "extra": "\ud800"}),
        "not json",
        json.dumps({"caption": OLD, "extra": "\ud800 é"}),
        '{ "caption" : "horse" }',
    ]
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    tally, _ = rewrite([path], out)
    got = out.read_text("utf-8").split("\n")
    assert [got[k] for k in (1, 2, 4, 5)] == [lines[1], lines[2], lines[4], ""]
    assert list(json.loads(got[0]).items()) == list((json.loads(lines[0]) | {"caption": NEW}).items())
    assert "é" in got[0]
    assert json.loads(got[3]) == json.loads(lines[3]) | {"caption": NEW}
    assert tally.after == 2


@pytest.mark.parametrize("packed", [False, True])
def test_coco_files_keep_all_else(tmp_path, rewrite, packed):
    content = {
        "info": {"year": 2017, "é": 0.1},
        "images": [{"id": 7, "file_name": "x.jpg"}],
        "annotations": [
            {"id": 1, "image_id": 7, "caption": "a dog"},
            {"image_id": 7, "caption": "no id, a man, a dog"},
            "odd",
            {"id": 3, "image_id": 7, "caption": OLD, "extra": [1, 2]},
            {"id": 4, "caption": "a man without an image and a dog"},
        ],
        "licenses": [],
    }
    path, out = (tmp_path / f"{name}.json{'.gz' * packed}" for name in ("in", "out"))
    path.write_bytes(gzip.compress(json.dumps(content).encode()) if packed else json.dumps(content).encode())
    rewrite([path], out)
    got = json.loads(gzip.decompress(out.read_bytes()) if packed else out.read_bytes())
    content["annotations"][1]["caption"] = "a dog, a man: no id, a man, a dog"
    content["annotations"][3]["caption"] = NEW
    assert got == content
    assert list(got) == list(content)


TYPES = [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string()), pa.string_view()]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_parquet_keeps_columns_types_and_metadata(tmp_path, rewrite, kind):
    texts = ["a dog", OLD, None, "dog, man", OLD]
    values = pa.array(texts, pa.string())
    values = values.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else values.cast(kind)
    table = pa.table({"n": [1, 2, 3, 4, 5], "text": values, "list": [[1], [], None, [2], [3]]})
    table = table.replace_schema_metadata({"who": "me"})
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, path, compression="zstd", row_group_size=2)
    tally, _ = rewrite([path], out)
    got = pq.read_table(out)
    assert got.schema.equals(pq.read_table(path).schema, check_metadata=True)
    new = ["a dog", NEW, None, "a man, a dog: dog, man", NEW]
    assert [v.decode() if isinstance(v, bytes) else v for v in got["text"].to_pylist()] == new
    assert got.drop(["text"]).equals(pq.read_table(path).drop(["text"]))
    assert pq.ParquetFile(out).metadata.row_group(0).column(0).compression == "ZSTD"
    assert tally == Tally(captions=4, several=3, before=0, after=3)


def test_several_files_go_into_a_folder_and_shuffle_as_one_corpus(tmp_path, rewrite):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.permutation(["man", "dog", "horse"])) for _ in range(40)]
    ids = [f"c{k}" for k in range(40)]
    for name, a, b in (("all", 0, 40), ("one", 0, 13), ("two", 13, 40)):
        pq.write_table(pa.table({"text": texts[a:b], "caption_id": ids[a:b]}), tmp_path / f"{name}.parquet")
    rewrite([tmp_path / "all.parquet"], tmp_path / "whole.parquet", order=Shuffle(1))
    tally, _ = rewrite(
        [tmp_path / "one.parquet", tmp_path / "two.parquet"], tmp_path / "into" / "here", order=Shuffle(1)
    )
    parts = [pq.read_table(tmp_path / "into/here" / f"{name}.parquet")["text"].to_pylist() for name in ("one", "two")]
    assert parts[0] + parts[1] == pq.read_table(tmp_path / "whole.parquet")["text"].to_pylist()
    assert tally.captions == tally.after == 40


def test_smallest_first_goes_by_the_files_image_ids(tmp_path, rewrite, lexicon):
    import polars as pl

    from primacy.corpus.rewrite.areas import ImageAreas

    rows = [("7", "person", 0.5), ("7", "dog", 0.1), ("8", "person", 0.1), ("8", "dog", 0.5)]
    areas = ImageAreas(pl.DataFrame(rows, ["image_id", "category", "sum"], orient="row"), lexicon.categories, "sum")
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("".join(json.dumps({"text": "man, dog", "image_id": k}) + "\n" for k in (7, 8, 9)))
    tally, _ = rewrite([path], out, order=SmallestFirst(areas), how="swap")
    assert [json.loads(line)["text"] for line in out.read_text().splitlines()] == ["dog, man", "man, dog", "man, dog"]
    assert tally == Tally(captions=3, several=3, before=2, after=3)


def test_nothing_is_overwritten_unasked(tmp_path, rewrite):
    path, out = tmp_path / "in.txt", tmp_path / "out.txt"
    path.write_text(OLD)
    out.write_text("dear")
    with pytest.raises(UsageError, match=r"out\.txt is there already"):
        rewrite([path], out)
    assert out.read_text() == "dear"
    rewrite([path], out, overwrite=True)
    assert out.read_text() == NEW
    for place in (path, tmp_path):
        with pytest.raises(UsageError, match="one of the files that are read"):
            rewrite([path], place, overwrite=True)
    assert path.read_text() == OLD


def test_a_copy_of_another_format_is_refused(tmp_path, rewrite):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"text": OLD}))
    for name in ("out.parquet", "out", "out.jsonl.gz", "jsonl"):
        with pytest.raises(UsageError, match="does not end as"):
            rewrite([path], tmp_path / name)


def test_two_files_of_one_name_are_refused(tmp_path, rewrite):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(OLD)
    with pytest.raises(UsageError, match=r"two files are called x\.txt"):
        rewrite([tmp_path / "a/x.txt", tmp_path / "b/x.txt"], tmp_path / "c")


def test_strict_writes_no_file_with_faults(tmp_path, rewrite):
    path, out = tmp_path / "in.txt", tmp_path / "out.txt"
    path.write_text(f"{OLD}\nhot man, dog\n")
    with pytest.raises(CorpusError, match="could not be put in the wanted order"):
        rewrite([path], out, how="swap", strict=True)
    assert sorted(tmp_path.iterdir()) == [path]
    tally, faults = rewrite([path], out, how="swap")
    assert faults == {UNREACHED: 1}
    assert out.read_text() == "a horse on a man\nhot man, dog\n"
    assert tally == Tally(captions=2, several=2, before=0, after=1)


def test_a_damaged_gz_is_copied_up_to_where_it_is_read(tmp_path, rewrite):
    path, out = tmp_path / "in.txt.gz", tmp_path / "out.txt.gz"
    rng = np.random.default_rng(0)
    lines = [f"man, dog {word}" for word in rng.integers(10**12, size=3000)]
    path.write_bytes(gzip.compress("\n".join(lines).encode())[:-9000])
    tally, faults = rewrite([path], out)
    got = gzip.decompress(out.read_bytes()).decode().splitlines()
    assert 0 < len(got) < 3000
    assert got == [f"a dog, a man: {line}" for line in lines[: len(got)]]
    assert tally.captions == len(got)
    assert faults == {".gz files that are cut short or damaged (used up to there)": 1}
