import json

import polars as pl
import pytest
from typer.testing import CliRunner

from primacy.cli.app import app
from primacy.corpus.areas.typical import TYPICAL
from primacy.errors import CorpusError, UnknownNameError, UsageError

CAPTIONS = ["A man and a dog", "a cat", "two elephants, a cat and a mouse trap", "a person on a   dog"]


@pytest.fixture
def rewrite(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"caption": text, "image_id": k, "n": k}) for k, text in enumerate(CAPTIONS)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    sizes = {"category": ["person", "dog", "cat", "elephant"], "union": [0.3, 0.1, 0.2, 0.6]}
    others = {"largest": [0.1, 0.2, 0.2, 0.1], "sum": [0.3] * 4, "images": [1] * 4}
    pl.DataFrame(sizes | others, schema=TYPICAL).write_parquet(tmp_path / "typical.parquet")

    def run(*options, out="out.jsonl"):
        done = CliRunner().invoke(app, ["corpus", "rewrite", "in.jsonl", "-o", out, *options])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout, [json.loads(line) for line in (tmp_path / out).read_text().splitlines()]

    return run


def test_smallest_first_by_typical_sizes(rewrite):
    told, rows = rewrite("--order", "smallest-first", "--typical", "typical.parquet")
    assert [row["caption"] for row in rows] == [
        "a dog, a man: A man and a dog",
        "a cat",
        "a cat, elephants: two elephants, a cat and a mouse trap",
        "a dog, a person: a person on a dog",
    ]
    assert [row["n"] for row in rows] == [0, 1, 2, 3]
    assert "4 captions read, 3 with at least two objects" in told
    assert "in the wanted order: 0 (0.00 %) before, 3 (100.00 %) in the copy" in told
    assert "may be false" not in told


def test_the_measure_is_the_users(rewrite):
    _, rows = rewrite(
        "--order", "smallest-first", "--typical", "typical.parquet", "--measure", "largest", "--how", "swap"
    )
    assert [row["caption"] for row in rows] == [*CAPTIONS[:3], "a person on a dog"]


def test_typical_sizes_of_coco_come_along(rewrite):
    _, rows = rewrite("--order", "smallest-first", "--typical", "coco")
    assert rows[2]["caption"] == "a cat, elephants: two elephants, a cat and a mouse trap"


def test_a_swap_says_that_it_may_be_false(rewrite):
    told, _ = rewrite("--order", "rotate", "--how", "swap")
    assert "what the captions say of their objects may be false" in told
    assert rewrite("--order", "rotate", "--quiet", out="again.jsonl")[0] == ""


def test_json_holds_the_counts(rewrite):
    told, _ = rewrite("--order", "shuffle", "--json")
    found = json.loads(told)
    assert {key: found[key] for key in ("captions", "several", "after", "faults")} == {
        "captions": 4, "several": 3, "after": 3, "faults": [],
    }  # fmt: skip


def test_seeds_differ_and_are_kept(rewrite):
    copies = [rewrite("--order", "shuffle", "--seed", str(seed), "--overwrite")[1] for seed in (*range(8), 0)]
    assert copies[0] == copies[-1]
    assert len({json.dumps(copy) for copy in copies}) > 3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (["--order", "largest-first"], UnknownNameError, "unknown order"),
        (["--order", "shuffle", "--how", "magic"], UnknownNameError, "unknown way"),
        (["--order", "shuffle", "--measure", "volume"], UnknownNameError, "unknown measure"),
        (["--order", "smallest-first"], UsageError, "takes the areas from"),
        (
            ["--order", "smallest-first", "--typical", "typical.parquet", "--areas", "x"],
            UsageError,
            "takes the areas from",
        ),
        (["--order", "shuffle", "--typical", "typical.parquet"], UsageError, "is for --order smallest-first"),
        (["--order", "shuffle", "--text-column", "txt"], UsageError, "no column 'txt'"),
        (["--order", "shuffle", "--vocabulary", "none"], UnknownNameError, "unknown vocabulary"),
        (["--order", "smallest-first", "--areas", "in.jsonl"], (UsageError, CorpusError), "in.jsonl"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(rewrite, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        rewrite(*options)
    assert not (tmp_path / "out.jsonl").exists()
