"""Reading captions: every format gives the same captions, whatever the size of blocks; every fault is counted."""

import csv
import gzip
import io
import json
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.corpus.captions import Columns, open_captions, read_blocks
from primacy.corpus.captions.block import MAX_BYTES, Rows, tidy
from primacy.corpus.captions.delimited import LEFT_OPEN
from primacy.corpus.faults import Faults
from primacy.errors import CorpusError, UsageError

ROWS = [("7", "139", "a dog, a cat", "web"), ("8", "139", 'the "big" dog', "coco"), ("9", "285", "zwei Hünde", "web")]
COLUMNS = Columns("caption", "image_id", "id", "source")


def read(path, columns=Columns(), rows=65_536):  # noqa: B008
    faults = Faults()
    blocks = [block for piece in open_captions([path], columns) for block in read_blocks(piece, faults, rows=rows)]
    for block in blocks:
        assert all(column.type == pa.string() and column.null_count == 0 for column in block)
        assert 0 < len(block.texts) <= rows and len({len(column) for column in block}) == 1
    captions = [one for block in blocks for one in zip(*(column.to_pylist() for column in block), strict=True)]
    return captions, {fault.kind: fault.times for fault in faults}


def table(delimiter, rows=ROWS):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([("id", "image_id", "caption", "source"), *rows])
    return stream.getvalue().encode()


def entries():
    return [dict(zip(("id", "image_id", "caption", "source"), row, strict=True)) for row in ROWS]


def coco():
    numbered = [{**entry, "id": int(entry["id"]), "image_id": int(entry["image_id"])} for entry in entries()]
    return json.dumps({"info": {}, "annotations": numbered}).encode()


FILES = {
    "a.csv": table(","),
    "a.tsv": table("\t"),
    "a.jsonl": "\n".join(map(json.dumps, entries())).encode(),
    "a.json": coco(),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_captions(tmp_path, name, packed):
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(FILES[name]) if packed else FILES[name])
    for rows in (1, 2, 100):
        found, faults = read(path, COLUMNS, rows)
        assert found == [(i, image, text, source) for i, image, text, source in ROWS]
        assert faults == {}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int8(), pa.string())])
def test_parquet_of_every_kind_of_string(tmp_path, kind):
    ids, images, texts, sources = zip(*ROWS, strict=True)
    columns = {"id": pa.array(map(int, ids)), "image_id": pa.array(map(float, images)), "source": sources}
    pq.write_table(pa.table({**columns, "caption": pa.array(texts).cast(kind)}), tmp_path / "a.parquet")
    found, faults = read(tmp_path / "a.parquet", COLUMNS, 2)
    assert found == [(i, image, text, source) for i, image, text, source in ROWS] and faults == {}


def test_plain_lines_are_numbered_and_their_own_images(tmp_path):
    path = tmp_path / "some captions.txt"
    path.write_bytes(b"\xef\xbb\xbfa dog\r\n\na cat")
    found, faults = read(path)
    ids = ["some captions:1", "some captions:3"]
    assert found == [(i, i, text, "some captions") for i, text in zip(ids, ["a dog", "a cat"], strict=True)]
    assert faults == {"empty captions (left out)": 1}


def test_row_groups_are_pieces_and_rows_are_counted_through(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    texts = [f"caption {k}" for k in range(1, 26)]
    pq.write_table(pa.table({"TEXT": texts, "n": range(25)}), path, row_group_size=4)
    whole, _ = read(path)
    assert [text for _, _, text, _ in whole] == texts and [i for i, *_ in whole] == [f"a:{k}" for k in range(1, 26)]
    monkeypatch.setattr("primacy.corpus.captions.parquet._PIECE_ROWS", 8)
    pieces = open_captions([path])
    assert [piece.groups for piece in pieces] == [(0, 2), (2, 4), (4, 6), (6, 7)]
    assert read(path, rows=3)[0] == whole


@settings(deadline=None)
@given(
    st.lists(st.text("ab\t\r\x0b\x0c\x85\u00a0\u2003\u3000\u2028 é\U0001f436", max_size=12), max_size=12),
    st.integers(1, 5),
)
def test_white_space_is_single_spaces(texts, rows):
    faults = Faults()
    found: list[tuple[str, str]] = []
    for start in range(0, len(texts), rows):
        some = [text.encode() for text in texts[start : start + rows]]
        numbers = range(start + 1, start + 1 + len(some))
        block = tidy(Rows(pa.array(numbers, pa.int64()), pa.array(some, pa.binary())), "x", faults)
        found += zip(block.caption_ids.to_pylist(), block.texts.to_pylist(), strict=True)
    expected = [(f"x:{k}", " ".join(text.split())) for k, text in enumerate(texts, 1) if text.split()]
    assert found == expected
    assert faults.count("empty captions (left out)") == len(texts) - len(expected)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab,\"\n \t'", min_size=1), st.text('ab,"\n')), min_size=1, max_size=20), st.data())
def test_tables_read_as_python_wrote_them(tmp_path_factory, rows, data):
    path = tmp_path_factory.mktemp("csv") / data.draw(st.sampled_from(["t.csv", "t.tsv"]))
    stream = io.StringIO()
    csv.writer(stream, delimiter="," if path.suffix == ".csv" else "\t").writerows([("caption", "url"), *rows])
    path.write_bytes(stream.getvalue().encode())
    found, _ = read(path, rows=data.draw(st.integers(1, 7)))
    expected = [(f"t:{k}", " ".join(text.split())) for k, (text, _) in enumerate(rows, 1)]
    assert [(i, text) for i, _, text, _ in found] == [one for one in expected if one[1]]


def test_null_empty_overlong_and_bad_bytes_are_counted(tmp_path):
    texts = ["a dog", None, " \n", "x" * (MAX_BYTES + 1), "y" * MAX_BYTES, b"caf\xe9", "café"]
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    images = ["1", None, "3", "4", "5", "6", None]
    pq.write_table(pa.table({"caption": pa.array(raw, pa.binary()), "image_id": images}), tmp_path / "a.parquet")
    found, faults = read(tmp_path / "a.parquet")
    assert [(i, image, text[:5]) for i, image, text, _ in found] == [
        ("a:1", "1", "a dog"), ("a:5", "5", "yyyyy"), ("a:6", "6", "caf\ufffd"), ("a:7", "a:7", "café"),
    ]  # fmt: skip
    assert faults == {
        "null captions (left out)": 1,
        "captions over 100,000 bytes (left out)": 1,
        "captions that are not UTF-8 (bad bytes replaced)": 1,
        "empty captions (left out)": 1,
        "captions without an image id (their own stands in)": 1,
    }


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.json"])
def test_bad_bytes_in_text_files_cost_nothing_else(tmp_path, name):
    lines = [b"a dog", b"caf\xe9", b"a cat"]
    entries = [b'{"image_id": 1, "caption": "' + line + b'"}' for line in lines]
    content = {
        "a.txt": b"\n".join(lines),
        "a.csv": b"\n".join([b"caption", *lines]),
        "a.jsonl": b"\n".join(entries),
        "a.json": b'{"annotations": [' + b", ".join(entries) + b"]}",
    }
    (tmp_path / name).write_bytes(content[name])
    found, faults = read(tmp_path / name)
    texts = [text for _, _, text, _ in found]
    assert [texts[0], texts[1].rstrip("\ufffd"), texts[2]] == ["a dog", "caf", "a cat"] and "\ufffd" in texts[1]
    assert faults == {"captions that are not UTF-8 (bad bytes replaced)": 1}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_ids_and_sources_that_are_empty_or_nan_are_not_there(tmp_path, name):
    """As data frames write what is missing; captions without an id are no doubles of each other."""
    path, texts = tmp_path / name, ["a dog", "a cat", "a bus"]
    if name == "a.csv":
        path.write_text("caption,image_id,caption_id,source\na dog,139,7,web\na cat,,,\na bus,,,\n")
    elif name == "a.jsonl":
        rows = [
            {"image_id": 139.0, "caption_id": 7.0, "source": "web"},
            *[{"image_id": float("nan"), "source": ""}] * 2,
        ]
        path.write_text("\n".join(json.dumps({"caption": t, **row}) for t, row in zip(texts, rows, strict=True)))
    else:
        numbers = {"image_id": [139.0, float("nan"), None], "caption_id": [7.0, float("nan"), float("inf")]}
        pq.write_table(pa.table({"caption": texts, **numbers, "source": ["web", "", None]}), path)
    found, faults = read(path)
    assert found == [
        ("7", "139", "a dog", "web"), ("a:2", "a:2", "a cat", "a"), ("a:3", "a:3", "a bus", "a"),
    ]  # fmt: skip
    assert faults == {"captions without an image id (their own stands in)": 2}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("a dog\n".encode("utf-16"), "UTF-16"),
        (gzip.compress(b"a dog\n"), "packed by gzip"),
        (b"PK\x03\x04 and so on", "a .zip file"),
        (b"PAR1\x15 and so on", "a parquet file"),
    ],
    ids=["utf-16", "gzip", "zip", "parquet"],
)
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
def test_a_file_that_is_no_text_is_refused_by_what_it_is(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=rf"{name} is {what}, expected text in UTF-8"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    "content", ["caption,image_id\ra dog,1\r", "x" * 200_000 + ",caption\n1,a dog\n"], ids=["lone cr", "long"]
)
def test_a_first_line_that_names_no_columns_is_refused(tmp_path, content):
    (tmp_path / "a.csv").write_text(content, newline="")
    with pytest.raises(UsageError, match=r"first line of a\.csv cannot be read"):
        read(tmp_path / "a.csv")


def test_a_carriage_return_within_a_line_is_white_space(tmp_path):
    (tmp_path / "a.csv").write_text("caption,image_id\r\na dog\rand a cat,1\r\na bus,2\r\n", newline="")
    found, faults = read(tmp_path / "a.csv")
    assert [(image, text) for _, image, text, _ in found] == [("1", "a dog and a cat"), ("2", "a bus")]
    assert faults == {}


def test_a_packed_file_may_have_capitals_in_its_name(tmp_path):
    (tmp_path / "A.JSON.GZ").write_bytes(gzip.compress(coco()))
    assert [i for i, *_ in read(tmp_path / "A.JSON.GZ", Columns(source="source"))[0]] == ["7", "8", "9"]


def test_a_name_that_is_not_utf8_is_refused(tmp_path):
    try:
        (tmp_path / "a\udcff.txt").write_text("a dog")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    with pytest.raises(UsageError, match=r"a\\xff\.txt is not UTF-8"):
        open_captions([tmp_path])


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.json", "a.parquet"])
def test_a_caption_of_40_mb_is_left_out(tmp_path, name):
    texts = ["a dog", "b " * 20_000_000, "a cat"]
    path = tmp_path / name
    listed = [{"caption": text, "image_id": k, "id": k} for k, text in enumerate(texts)]
    if name == "a.parquet":
        pq.write_table(pa.table({"caption": texts}), path)
    elif name == "a.json":
        path.write_text(json.dumps({"annotations": listed}))
    elif name == "a.jsonl":
        path.write_text("\n".join(map(json.dumps, listed)))
    else:
        path.write_text("\n".join(["caption"] * (name == "a.csv") + texts))
    found, faults = read(path)
    assert [text for _, _, text, _ in found] == ["a dog", "a cat"]
    kind = "lines that are no JSON object (left out)" if name == "a.jsonl" else "captions over 100,000 bytes (left out)"
    assert faults == {kind: 1}


def test_a_gz_that_is_cut_is_used_up_to_there(tmp_path):
    lines = [f"caption {zlib.crc32(str(k).encode())} number {k}" for k in range(20_000)]
    packed = gzip.compress("\n".join(lines).encode())
    path = tmp_path / "a.txt.gz"
    for size in (len(packed) - 4, len(packed) // 2, 40):
        path.write_bytes(packed[:size])
        found, faults = read(path)
        texts = [text for _, _, text, _ in found]
        assert texts == lines[: len(texts)]
        assert faults == {".gz files that are cut short or damaged (used up to there)": 1}
        assert len(texts) >= (len(lines) - 1) * (size - 20_000) / len(packed)
    (tmp_path / "b.txt.gz").write_bytes(packed + packed)  # two members are one file
    assert len(read(tmp_path / "b.txt.gz")[0]) == 2 * len(lines) - 1


def test_what_is_no_gz_or_parquet_at_all_is_named(tmp_path):
    (tmp_path / "a.txt.gz").write_text("a dog")
    with pytest.raises(CorpusError, match=r"a\.txt\.gz: .*[Nn]ot a gzipped file"):
        read(tmp_path / "a.txt.gz")
    pq.write_table(pa.table({"caption": ["a dog"] * 1000}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    for broken in (b"", b"PAR1", whole[:-10]):
        (tmp_path / "b.parquet").write_bytes(broken)
        with pytest.raises(CorpusError, match=r"b\.parquet as parquet"):
            read(tmp_path / "b.parquet")
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(coco())[:-12])
    with pytest.raises(UsageError, match="cut short"):
        read(tmp_path / "a.json.gz")


def test_rows_that_are_none_are_counted(tmp_path):
    (tmp_path / "a.csv").write_text('caption,url\na dog,1\na cat, black,2\n\n"a, b",3\nopen "quote,4\n')
    found, faults = read(tmp_path / "a.csv")
    assert [(i, text) for i, _, text, _ in found] == [("a:1", "a dog"), ("a:4", "a, b"), ("a:5", 'open "quote')]
    assert faults == {"rows with another number of fields than columns (left out)": 1}
    (tmp_path / "a.jsonl").write_text('{"caption": "a dog"}\n[1]\n{"caption": 3}\n{"caption": ["x"]}\n{broken\n\n')
    found, faults = read(tmp_path / "a.jsonl", Columns(text="caption"))
    assert [text for _, _, text, _ in found] == ["a dog", "3"]
    assert faults == {"lines that are no JSON object (left out)": 2, "null captions (left out)": 1}
    annotations = [{"caption": "a dog", "image_id": 1}, {"caption": "a cat"}, {"image_id": 2}, 5, {"caption": 1}]
    (tmp_path / "a.json").write_text(json.dumps({"annotations": annotations}))
    found, faults = read(tmp_path / "a.json")
    assert found == [("a:1", "1", "a dog", "a")]
    assert faults == {"annotations without an image_id or a caption (left out)": 4}
    (tmp_path / "b.json").write_text("[]")
    with pytest.raises(UsageError, match="no list 'annotations'"):
        read(tmp_path / "b.json")


def test_a_quote_that_is_never_closed_costs_no_memory(tmp_path):
    (tmp_path / "a.csv").write_text('caption,url\na dog,1\n"never closed,2\n' + "a cat,3\n" * 100_000)
    found, faults = read(tmp_path / "a.csv")
    assert faults == {LEFT_OPEN: 1}
    assert len(found) > 80_000 and found[-1][2] == "a cat"
