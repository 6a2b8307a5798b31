"""`primacy corpus mentions` as a user meets it."""

import gzip
import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from primacy.cli.app import app
from primacy.corpus.tables import MENTIONS
from primacy.errors import CorpusError, UsageError

TEXTS = ["A dog and a cat.", "nothing here", "", "two hot dogs", "a cat on a sofa, a dog", None, "x" * 100_001]


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table({"TEXT": TEXTS, "n": range(7), "src": ["web", "alt"] * 3 + ["web"]}), "part-00.parquet")
    (tmp_path / "part-01.txt").write_text("a boat\n" * 3)
    return tmp_path


def primacy(*arguments, code=0):
    done = CliRunner().invoke(app, ["corpus", "mentions", *arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_a_table_a_file_and_every_fault_named(corpus):
    done = primacy("part-{00..00}.parquet", "part-01.txt", "-o", "m.parquet")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["category", "captions", "of", "all"]
    shown = {tuple(line.rsplit(maxsplit=2)) for line in lines[1:6]}
    assert {("boat", "3", "42.9%"), ("cat", "2", "28.6%"), ("hot dog", "1", "14.3%")} <= shown
    assert lines[1].startswith("boat")
    assert lines[-2:] == ["7 captions, 6 with a mention (85.7%), 1.29 mentions a caption", "Mentions: m.parquet"]
    assert done.stderr.splitlines() == [
        "primacy: null captions (left out): 1 (such as part-00:6)",
        "primacy: captions over 100,000 bytes (left out): 1 (such as part-00:7)",
        "primacy: empty captions (left out): 1 (such as part-00:3)",
    ]
    table = pl.read_parquet("m.parquet").cast(MENTIONS)
    assert table["categories"].to_list()[:4] == [["dog", "cat"], [], ["hot dog"], ["cat", "couch", "dog"]]
    assert table["surfaces"].to_list()[2:4] == [["hot dogs"], ["cat", "sofa", "dog"]]
    assert table["words"].to_list()[3] == [2, 5, 7]
    assert sorted(path.name for path in corpus.iterdir()) == ["m.parquet", "part-00.parquet", "part-01.txt"]


def test_json_columns_processes_and_kept_parts(corpus):
    done = primacy(
        "part-00.parquet", "-o", "m.parquet", "--source-column", "src", "--id-column", "n", "--workers", "2",
        "--work", "kept", "--json",
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["captions"], told["mentioning"], told["mentions"], told["censored"]) == (4, 3, 6, 0)
    assert told["categories"] == {"cat": 2, "dog": 2, "couch": 1, "hot dog": 1}
    assert told["faults"][0] == {"kind": "null captions (left out)", "count": 1, "examples": ["5"]}
    table = pl.read_parquet("m.parquet")
    assert table["caption_id"].to_list() == ["0", "1", "3", "4"]
    assert table["source"].to_list() == ["web", "alt", "alt", "web"]
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (corpus / "kept").glob("[!.]*"))
    written = (corpus / "m.parquet").read_bytes()
    again = primacy(
        "part-00.parquet", "-o", "m.parquet", "--source-column", "src", "--id-column", "n", "--work", "kept", "--quiet"
    )
    assert again.stdout == "" and (corpus / "m.parquet").read_bytes() == written
    assert sorted((path.name, path.stat().st_mtime_ns) for path in (corpus / "kept").glob("[!.]*")) == before


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (["part-00.parquet", "--strict"], CorpusError, "1 x null captions .left out. .first: part-00:6., and 2"),
        (["part-00.parquet", "--text-column", "text"], UsageError, "has no column 'text'"),
        (["nothing-*.parquet"], UsageError, "there is no file"),
        (["part-01.txt", "--extractor", "lexicn"], UsageError, "unknown extractor"),
        (["part-01.txt", "--engine", "rya"], UsageError, "unknown engine"),
        (["part-01.txt", "--address", "auto"], UsageError, "the local engine has no address"),
        (["part-01.txt", "--vocabulary", "coco81"], UsageError, "unknown vocabulary"),
        (["part-01.txt", "-o", "part-01.txt"], UsageError, "is one of the files of captions"),
    ],
)
def test_what_is_wrong_is_an_error_and_nothing_is_written(corpus, arguments, kind, said):
    done = primacy("-o", "m.parquet", *arguments, code=1)
    assert isinstance(done.exception, kind)
    with pytest.raises(kind, match=said):
        raise done.exception
    assert not (corpus / "m.parquet").exists()
    assert (corpus / "m.parquet.parts").exists() == ("--strict" in arguments)
    assert (corpus / "part-01.txt").read_text() == "a boat\n" * 3


def test_a_cut_gz_and_strict_after_a_run(corpus):
    whole = gzip.compress("\n".join(f"a dog {k * 7919 % 10007}" for k in range(5000)).encode())
    (corpus / "a.txt.gz").write_bytes(whole[: len(whole) // 2])
    done = primacy("a.txt.gz", "-o", "m.parquet")
    assert ".gz files that are cut short or damaged (used up to there): 1 (such as a.txt.gz)" in done.stderr
    assert 1000 < len(pl.read_parquet("m.parquet")) < 4000
    assert isinstance(primacy("a.txt.gz", "-o", "m2.parquet", "--strict", code=1).exception, CorpusError)
    assert not (corpus / "m2.parquet").exists()
