"""Mentions of a corpus: planted ones are found, and nothing but the corpus decides what is written."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from primacy.cli.corpus_mentions import mentions
from primacy.corpus import parts
from primacy.corpus.captions import Columns, open_captions
from primacy.corpus.duplicates import repeated
from primacy.corpus.engine import Engine, extract_mentions
from primacy.corpus.extract import ExtractorSpec, load_extractor
from primacy.corpus.faults import Faults
from primacy.corpus.tables import MENTIONS
from primacy.errors import CorpusError, UnknownNameError, UsageError

RUNNER, APP = CliRunner(), typer.Typer()
APP.command()(mentions)
NAMES = ["dog", "cat", "umbrella", "boat", "cup", "train"]
IDS = Columns(id="key", image="image")


def planted(k):
    """Caption k and what it mentions: (categories, words)."""
    rng = np.random.default_rng(k)
    chosen = [NAMES[i] for i in rng.permutation(len(NAMES))[: rng.integers(0, 4)]]
    text = "look :" + "".join(f" the {name}" for name in chosen) + f" {chosen[0] if chosen else 'again'}"
    return text, (chosen, [3 + 2 * i for i in range(len(chosen))])


@pytest.fixture
def corpus(tmp_path):
    """Parquet with ids in row groups, a .csv whose last ids come again, a .txt.gz; and the rows that are expected."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    texts = [planted(k)[0] for k in range(3000)]
    first = {"caption": texts[:1400], "key": range(1400), "image": [k // 5 for k in range(1400)]}
    pq.write_table(pa.table(first), folder / "a.parquet", row_group_size=200)
    rows = [f'{k - 50 if k > 1990 else k},"{texts[k]}",x' for k in range(1400, 2000)]
    (folder / "b.csv").write_text("\n".join(["key,caption,image", *rows, ",,", "7,,x", ""]))
    (folder / "c.txt.gz").write_bytes(gzip.compress("\n".join([*texts[2000:], ""]).encode()))
    expected = [(str(k), str(k // 5), "a", k) for k in range(1400)]
    expected += [(str(k), "x", "b", k) for k in range(1400, 1991)]
    expected += [(f"c:{k - 1999}", f"c:{k - 1999}", "c", k) for k in range(2000, 3000)]
    return folder, expected


def files(folder):
    tables = open_captions([folder / "a.parquet", folder / "b.csv"], IDS)
    return tables + open_captions([folder / "c.txt.gz"])


def extracted(folder, tmp_path, name="parts", engine=Engine()):  # noqa: B008
    faults = Faults()
    found = extract_mentions(files(folder), ExtractorSpec(), folder=tmp_path / name, engine=engine, faults=faults)
    tally = found.write(tmp_path / f"{name}.parquet", {"vocabulary": "coco80"})
    return found, (tmp_path / f"{name}.parquet").read_bytes(), list(faults), tally


def test_planted_mentions_are_found_in_the_order_of_the_corpus(corpus, tmp_path):
    folder, expected = corpus
    found, _, faults, tally = extracted(folder, tmp_path)
    frame = found.frame()
    assert frame.schema == MENTIONS and len(frame) == len(expected) == tally.captions
    for row, (caption, image, source, k) in zip(frame.iter_rows(named=True), expected, strict=True):
        text, (categories, words) = planted(k)
        assert (row["caption_id"], row["image_id"], row["source"]) == (caption, image, source)
        assert row["n_words"] == sum(word.isalpha() for word in text.split()) and row["censored"] is False
        assert row["categories"] == row["surfaces"] == categories and row["words"] == words
    assert [(fault.kind, fault.times) for fault in faults] == [
        ("empty captions (left out)", 2),
        ("caption ids that come again (left out)", 9),
    ]
    assert faults[1].examples == ("1941", "1942", "1943")
    on_disk = pl.read_parquet(tmp_path / "parts.parquet")
    assert on_disk.cast(MENTIONS).equals(frame)
    counts = frame["categories"].explode(empty_as_null=False).value_counts(sort=False).rows()
    assert tally.top == sorted(counts, key=lambda one: (-one[1], one[0]))
    assert tally.mentioning == (frame["categories"].list.len() > 0).sum()
    about = json.loads(pq.read_schema(tmp_path / "parts.parquet").metadata[b"primacy"])
    assert about == {"vocabulary": "coco80", "extractor": "lexicon", "extractor_fingerprint": found.fingerprint}
    told = json.loads(pq.read_metadata(tmp_path / "parts.parquet").metadata[b"primacy_counts"])
    assert told["captions"] == len(expected) and told["categories"] == dict(counts)


@pytest.mark.parametrize(
    "change",
    [
        {"primacy.corpus.parts.BLOCK_ROWS": 97, "primacy.corpus.mentions.BLOCK_ROWS": 131},
        {"primacy.corpus.captions.parquet._PIECE_ROWS": 300, "primacy.corpus.duplicates._HELD": 10},
        {"primacy.corpus.extract._PART_ROWS": {"lexicon": 64}, "primacy.corpus.captions.lines._PIECE": 90},
    ],
)
def test_nothing_but_the_corpus_decides_what_is_written(corpus, tmp_path, monkeypatch, change):
    folder, _ = corpus
    _, written, faults, _ = extracted(folder, tmp_path)
    for name, value in change.items():
        monkeypatch.setattr(name, value)
    found, again, the_same, _ = extracted(folder, tmp_path, "other")
    assert again == written and the_same == faults
    assert ("_PIECE_ROWS" in str(change)) == (len(found.records) > 3)
    assert ("_PART_ROWS" in str(change)) == (len(found.parts) > 40)


def test_processes_give_the_same_bytes(corpus, tmp_path):
    folder, _ = corpus
    _, written, faults, _ = extracted(folder, tmp_path)
    _, again, the_same, _ = extracted(folder, tmp_path, "other", Engine(workers=2))
    assert again == written and the_same == faults


def counting(monkeypatch, stop_after=None):
    made: list[str] = []
    real = parts._write

    def write(path, extractor, blocks):
        if len(made) == stop_after:
            raise KeyboardInterrupt
        made.append(path.name)
        return real(path, extractor, blocks)

    monkeypatch.setattr(parts, "_write", write)
    return made


def test_an_interrupted_run_goes_on(corpus, tmp_path, monkeypatch):
    folder, _ = corpus
    monkeypatch.setattr("primacy.corpus.extract._PART_ROWS", {"lexicon": 100})
    _, written, faults, _ = extracted(folder, tmp_path, "whole")
    with monkeypatch.context() as patch:
        before = counting(patch, stop_after=17)
        with pytest.raises(KeyboardInterrupt):
            extracted(folder, tmp_path)
    with monkeypatch.context() as patch:
        after = counting(patch)
        _, again, the_same, _ = extracted(folder, tmp_path)
    assert again == written and the_same == faults
    assert len(before) == 17 and not set(before) & set(after) and len(before) + len(after) == 14 + 6 + 10
    with monkeypatch.context() as patch:
        assert counting(patch) == []
        assert extracted(folder, tmp_path)[1] == written


def test_a_part_that_was_cut_or_altered_is_made_again(corpus, tmp_path, monkeypatch):
    folder, _ = corpus
    found, written, faults, _ = extracted(folder, tmp_path)
    for spoil in (lambda whole: whole[: len(whole) // 2], lambda whole: b"", lambda whole: whole[:-1]):
        found.parts[1].write_bytes(spoil(found.parts[1].read_bytes()))
        with monkeypatch.context() as patch:
            made = counting(patch)
            assert extracted(folder, tmp_path)[1:3] == (written, faults)
        assert made == [found.parts[1].name]
    found.records[0].write_text('{"rows": [1')
    assert extracted(folder, tmp_path)[1:3] == (written, faults)
    whole = found.parts[0].read_bytes()
    for place in (200, len(whole) // 3):
        found.parts[0].write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(CorpusError, match="a part of the mentions is damaged") as error:
            extracted(folder, tmp_path)
        assert "same command again" in error.value.hint
        assert extracted(folder, tmp_path)[1:3] == (written, faults)


def test_a_changed_file_and_another_lexicon_are_other_pieces(corpus, tmp_path):
    folder, _ = corpus
    found, *_ = extracted(folder, tmp_path)
    texts = gzip.decompress((folder / "c.txt.gz").read_bytes()).replace(b"dog", b"cow")
    (folder / "c.txt.gz").write_bytes(gzip.compress(texts))
    changed, *_ = extracted(folder, tmp_path)
    assert changed.parts[:2] == found.parts[:2] and changed.parts[2] != found.parts[2]
    assert "cow" in changed.frame()["categories"].explode().unique()
    spec = ExtractorSpec(vocabulary="comco")
    other = extract_mentions(files(folder), spec, folder=tmp_path / "parts", faults=Faults())
    assert not set(other.parts) & set(changed.parts)


def test_what_cannot_be_asked_is_an_error(corpus, tmp_path):
    folder, _ = corpus
    for engine, said in (
        (Engine("rya"), "unknown engine 'rya'"),
        (Engine(workers=0), "0 workers"),
        (Engine(address="auto"), "the local engine has no address"),
        (Engine("ray", workers=2), "up to the Ray cluster"),
    ):
        with pytest.raises(UsageError, match=said):
            extracted(folder, tmp_path, engine=engine)
    for name, kind in (("lexcon", UnknownNameError), ("lexicon:x", UnknownNameError), ("hf:", UsageError)):
        with pytest.raises(kind, match="extractor"):
            load_extractor(ExtractorSpec(name))
    (folder / "empty.txt").write_text("\n \n")
    with pytest.raises(CorpusError, match=r"no caption of the corpus can be used \(2 x empty captions \(left out\)\)"):
        extract_mentions(open_captions([folder / "empty.txt"]), ExtractorSpec(), folder=tmp_path, faults=Faults())


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 7), st.integers(1, 9))
def test_what_comes_again_is_found_in_pieces_of_any_size(tmp_path_factory, keys, block, held):
    folder = tmp_path_factory.mktemp("ids")
    ids = pl.Series([str(key) for key in keys], dtype=pl.String)
    found = repeated((ids.slice(k, block) for k in range(0, len(ids), block)), len(ids), folder, held=held)
    assert found.tolist() == [k for k, key in enumerate(keys) if key in keys[:k]]
    assert not any(folder.iterdir())


def test_a_killed_command_goes_on_where_it_was(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in range(60):
        lines = [planted(100 * name + k % 100)[0] for k in range(1_000)]
        (folder / f"{name:02}.txt").write_text("\n".join(lines))
    assert RUNNER.invoke(APP, [str(folder), "--quiet", "-o", str(tmp_path / "whole.parquet")]).exit_code == 0
    command = [str(folder), "--quiet", "-o", str(tmp_path / "cut.parquet")]
    program = [sys.executable, "-c", "from primacy.cli import main; main()", "corpus", "mentions"]
    victim = subprocess.Popen([*program, *command], env={**os.environ, "POLARS_MAX_THREADS": "1"})
    kept = tmp_path / "cut.parquet.parts"
    deadline = time.monotonic() + 60
    while len(list(kept.glob("[!.]*.json"))) < 3:
        assert time.monotonic() < deadline and victim.poll() is None
        time.sleep(0.005)
    victim.send_signal(signal.SIGKILL)
    assert victim.wait(30) == -9 and not (tmp_path / "cut.parquet").exists()
    were = {path: path.stat().st_mtime_ns for path in kept.glob("[!.]*.json")}
    assert 3 <= len(were) < 60
    assert RUNNER.invoke(APP, [*command, "--work", str(kept)]).exit_code == 0
    assert (tmp_path / "cut.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert {path: path.stat().st_mtime_ns for path in were} == were and len(list(kept.glob("[!.]*.json"))) == 60
    assert not (tmp_path / "whole.parquet.parts").exists()
