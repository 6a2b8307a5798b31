"""The command line as a user meets it: in a child process."""

import inspect
import json
import subprocess
import sys
import time
from importlib import import_module

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from primacy.cli.app import app
from primacy.cli.audit import audit
from primacy.cli.reproduce import reproduce
from primacy.run import cache_room
from primacy.run.embedding import DEFAULT_MEMORY

PLANTED = "null:planted?first=0.5"
SMALL = ["--vocabulary", "simco", "--objects", "3", "--sets", "30", "--sentences", "150"]


@pytest.fixture
def primacy(tmp_path):
    def call(*arguments, code=0):
        command = [sys.executable, "-m", "primacy", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=120,
            env={"PRIMACY_CACHE": str(tmp_path / "cache"), "COLUMNS": "80", "HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return call


def test_help_is_quick_and_torch_free():
    code = (
        "import sys, primacy, primacy.cli\n"
        "heavy = {'torch', 'numpy', 'polars', 'sklearn', 'transformers', 'matplotlib', 'scipy', 'pydantic', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "primacy", "--help"], capture_output=True, check=True)
    assert time.perf_counter() - start < 5  # a bound against hanging; bench/startup.py measures


def test_audit_show_and_ls(primacy):
    shown = primacy("audit", PLANTED, *SMALL).stdout
    assert shown.splitlines()[1].startswith("bias")
    assert "Report: runs/" in shown
    assert max(map(len, shown.splitlines()[:-1])) <= 80
    listed = json.loads(primacy("ls", "runs", "--json").stdout)
    assert [row["status"] for row in listed] == ["complete"]
    again = primacy("show", listed[0]["name"][:8]).stdout
    assert again.splitlines()[:5] == shown.splitlines()[:5]
    assert "complete already" in primacy("audit", PLANTED, *SMALL).stdout


def test_json_is_the_result_and_nothing_else(primacy, tmp_path):
    result = json.loads(primacy("audit", PLANTED, *SMALL, "--json").stdout)
    (path,) = (tmp_path / "runs").glob("*/result.json")
    assert result == json.loads(path.read_text())
    assert result["schema_version"] == 2 and result["status"] == "complete"


def test_quiet_prints_a_line_a_verdict(primacy):
    lines = primacy("audit", PLANTED, *SMALL, "--quiet").stdout.splitlines()
    assert len(lines) == 3 and all(
        line.split()[0] in ("bias", "artefact", "equivalent", "inconclusive") for line in lines
    )


def test_memory_and_cache_options(primacy, tmp_path):
    first = json.loads(primacy("audit", PLANTED, *SMALL, "--json", "--no-cache", "--memory", "0.05").stdout)
    assert not (tmp_path / "cache").exists()
    again = primacy("audit", PLANTED, *SMALL, "--json").stdout  # the same run, whatever the memory or the cache
    assert json.loads(again) == first
    default = inspect.signature(audit).parameters["memory"].default
    assert default * 1e9 == inspect.signature(reproduce).parameters["memory"].default * 1e9 == DEFAULT_MEMORY


@pytest.mark.parametrize(("how", "told"), [((), True), (("--json",), False), (("--quiet",), False)])
def test_a_cache_that_will_grow_large_is_told_of(tmp_path, monkeypatch, how, told):
    monkeypatch.setattr(cache_room, "LARGE", 1000)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["audit", PLANTED, *SMALL, "--cache", "kept", *how])
    assert done.exit_code == 0, done.output
    assert done.stderr.count("The vectors of this run take up to") == told
    assert "The vectors" not in done.stdout


@pytest.mark.parametrize(("how", "said"), [((), "is kept in the cache"), (("--no-cache",), "starts anew")])
@pytest.mark.parametrize("verb", [["audit", "null:bag", "--quiet"], ["reproduce", "protocols", "--json"]])
def test_interrupt_is_one_line_and_130(tmp_path, monkeypatch, verb, how, said):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("primacy.run.audit"), "audit", stop)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*verb, *how])
    assert done.exit_code == 130
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()[1:]
    assert line.startswith("Stopped.") and said in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "sbrt:x"], "Did you mean sbert"),
        (["audit", "null:constan"], "Did you mean constant"),
        (["audit", "null:bag", "--vocabulary", "simko"], "Did you mean simco"),
        (["audit", "null:bag", "--template", "artcles"], "Did you mean articles"),
        (["audit", "null:bag", "--probes", "tor,tuc"], "Did you mean toc"),
        (["audit", "null:bag", "--orders", "rotation"], "Did you mean rotations"),
        (["audit", "null:bag", "--gallery", "ballanced"], "Did you mean balanced"),
        (["audit", "null:bag", "--protocol", "papers"], "Did you mean paper"),
        (["audit", "null:bag", "--precision", "fp23"], "Did you mean fp32"),
        (["audit", "null:bag", "--objects", "two"], "--objects is 'two'"),
        (["audit", "null:bag", "--objects", "1"], "expected 2 or more"),
        (["audit", "null:bag", "--objects", "3,3"], "twice"),
        (["audit", "null:bag", "--sets", "1"], "expected 2 or more"),
        (["audit", "null:bag", "--margin", "0"], "margin"),
        (["audit", "null:bag", "--memory", "0.01"], "memory is 0.01 GB, expected at least 0.05"),
        (["audit", "null:bag", "--memory", "nan"], "memory is nan GB"),
        (["reproduce", "protocols", "--memory", "0"], "memory is 0 GB"),
        (["audit", "null:bag", "--cache", "x", "--no-cache"], "contradict"),
        (["reproduce", "protocols", "--cache", "x", "--no-cache"], "contradict"),
        (["audit", "null:bag", "--vocabulary", "simco", "--objects", "19"], "19 objects"),
        (["audit", "null:bag", "--design", "captions"], "go together"),
        (["audit", "null:bag", "--design", "captions", "--captions", "none.json"], "cannot read none.json"),
        (["audit", "null:bag", "--design", "size-category", "--probes", "toc"], "no TOC probe"),
        (["audit", "null:bag", "--design", "size-category", "--vocabulary", "simco"], "big-small pairs"),
        (["audit", "vectors:none.parquet"], "none.parquet"),
        (["audit", "python:nomodule:x"], "nomodule"),
        (["ls", "runns"], "Did you mean runs"),
        (["show", "abc"], "unknown run 'abc'"),
        (["reproduce", "table9"], "unknown table 'table9'"),
        (["reproduce", "table3"], "needs --captions"),
        (["export", "-o", "x.xlsx"], "unknown file ending '.xlsx'"),
    ],
)
def test_mistakes_get_one_line_and_a_way_on(primacy, arguments, said):
    done = primacy(*arguments, code=2)
    assert said in done.stderr
    assert done.stderr.startswith("primacy: ") and len(done.stderr.splitlines()) <= 3


def test_exported_texts_come_back_as_vectors(primacy, tmp_path):
    """A closed model: export, embed elsewhere, audit; the result is that of the model itself."""
    primacy("export", "-o", "texts.parquet", *SMALL)
    texts = pl.read_parquet(tmp_path / "texts.parquet")["text"].to_list()
    assert len(texts) == len(set(texts))
    from primacy.encoders.load import load_encoder

    vectors = load_encoder(PLANTED).encode_text(texts)
    vectors[~vectors.any(axis=1)] = 1  # the filler alone, which only the bags ask for; zero vectors are refused
    pl.DataFrame({"text": texts, "vector": vectors.tolist()}).write_parquet(tmp_path / "vectors.parquet")
    brought = json.loads(primacy("audit", "vectors:vectors.parquet", *SMALL, "--json").stdout)
    direct = json.loads(primacy("audit", PLANTED, *SMALL, "--json").stdout)
    for a, b in zip(brought["estimates"], direct["estimates"], strict=True):
        assert a["metric"] == b["metric"] and a["value"] == pytest.approx(b["value"], abs=1e-6)
    other = primacy("audit", "vectors:vectors.parquet", *SMALL, "--seed", "1", code=2)
    assert "primacy export" in other.stderr


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".txt"])
def test_export_formats_agree(primacy, tmp_path, ending):
    primacy("export", "-o", "a.parquet", *SMALL)
    primacy("export", "-o", f"a{ending}", *SMALL)
    want = pl.read_parquet(tmp_path / "a.parquet")["text"].to_list()
    path = tmp_path / f"a{ending}"
    readers = {".csv": pl.read_csv, ".jsonl": pl.read_ndjson}
    got = readers[ending](path)["text"].to_list() if ending in readers else path.read_text().splitlines()
    assert got == want


def test_reproduce_prints_published_and_own(primacy):
    shown = primacy("reproduce", "table1", "--encoders", "null:weighted-bag", "--sets", "60").stdout
    assert "63.96" in shown and ">= 2,603" in shown
    rows = json.loads(
        primacy("reproduce", "table1", "--encoders", "null:weighted-bag", "--sets", "60", "--json").stdout
    )["rows"]
    assert [row["arm"] for row in rows] == ["paper", "balanced"]
    np.testing.assert_allclose([cell["value"] for cell in rows[1]["cells"]], 0.25, atol=1e-12)
    assert rows[0]["cells"][0]["value"] > 0.4
    markdown = primacy("reproduce", "protocols", "--encoders", "null:constant", "--sets", "20", "--markdown").stdout
    (row,) = [line for line in markdown.splitlines() if line.startswith("| `null:constant` |")]
    assert row.count("25/25/25/25; 0.0 [0.0, 0.0]; n 80/20") == 4 and row.count("n 20/20") == 1


def test_ls_and_doctor(primacy):
    for kind in ("encoders", "probes", "vocabularies", "templates", "nulls", "runs"):
        primacy("ls", kind)
    assert "comco" in primacy("ls", "vocabularies").stdout
    assert "python" in primacy("doctor").stdout


@pytest.mark.parametrize("verb", ["audit", "export", "reproduce", "render", "progress"])
def test_a_seed_below_0_is_told_of_before_anything_else(verb):
    needed = {
        "export": ["-o", "x.txt"],
        "reproduce": ["table1"],
        "render": ["simco", "-o", "x"],
        "progress": ["null:bag"],
    }
    done = CliRunner().invoke(app, [verb, *needed.get(verb, []), "--seed", "-1"], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "--seed" in done.stderr and "greater than or equal to 0" in done.stderr
