"""Mentions on a Ray cluster of two workers on this machine: what the local engine finds, to the byte."""

import logging
import os
import signal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from primacy.corpus.captions import Columns, open_captions
from primacy.corpus.engine import Engine, extract_mentions
from primacy.corpus.extract import ExtractorSpec
from primacy.corpus.faults import Faults
from primacy.errors import CorpusError, RunError

pytestmark = pytest.mark.xdist_group("ray")  # one cluster is enough for this machine


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray", reason="ray is not installed")
    ray.shutdown()  # one that other tests have left
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR,
        object_store_memory=80_000_000,
    )  # fmt: skip
    yield ray
    ray.shutdown()


@pytest.fixture
def pieces(tmp_path):
    texts = [f"a {'dog' if k % 3 else 'hot dog'} number {k} and a {'cup' if k % 2 else 'man'}" for k in range(4000)]
    texts[5] = ""
    pq.write_table(pa.table({"caption": texts, "key": [k % 3900 for k in range(4000)]}), tmp_path / "a.parquet")
    for name in "bcd":
        (tmp_path / f"{name}.txt").write_text("\n".join(texts[:500]))
    return open_captions([tmp_path / "a.parquet"], Columns(id="key")) + open_captions([tmp_path / "{b,c,d}.txt"])


def extracted(pieces, tmp_path, name, engine):
    faults = Faults()
    found = extract_mentions(pieces, ExtractorSpec(), folder=tmp_path / name, engine=engine, faults=faults)
    found.write(tmp_path / f"{name}.parquet", {})
    return (tmp_path / f"{name}.parquet").read_bytes(), list(faults)


def test_a_cluster_finds_what_one_process_finds(ray, pieces, tmp_path):
    local = extracted(pieces, tmp_path, "local", Engine())
    assert extracted(pieces, tmp_path, "far", Engine("ray", address="auto")) == local
    assert [fault.times for fault in local[1]] == [4, 100 - 1]


def test_a_worker_that_is_killed_midway_loses_and_doubles_nothing(ray, pieces, tmp_path, monkeypatch):
    local = extracted(pieces, tmp_path, "local", Engine())
    marks = tmp_path / "marks"
    marks.mkdir()

    def work(piece):  # sent by value, so that workers need not import this file
        import primacy.corpus.parts as there

        mark = marks / piece.file.label
        if piece.file.label in ("a", "c") and not mark.exists():
            mark.touch()
            write = there._write

            def written_then_killed(path, *rest):
                write(path, *rest)  # a part is there, the record of the piece is not
                path.with_name(".tmp-half").write_bytes(b"half a part")
                os.kill(os.getpid(), signal.SIGKILL)

            there._write = written_then_killed
        return there.do_piece(piece)

    monkeypatch.setattr("primacy.corpus.engine.do_piece", work)
    assert extracted(pieces, tmp_path, "far", Engine("ray")) == local
    assert sorted(path.name for path in marks.iterdir()) == ["a", "c"]
    assert len(list((tmp_path / "far").glob("*.json"))) == len(list((tmp_path / "far").glob("*.parquet"))) == 4


def test_a_worker_that_always_dies_is_one_line_and_what_is_done_stays(ray, pieces, tmp_path, monkeypatch):
    def work(piece):
        import primacy.corpus.parts as there

        if piece.file.label == "c":
            os.kill(os.getpid(), signal.SIGKILL)
        return there.do_piece(piece)

    with monkeypatch.context() as patch:
        patch.setattr("primacy.corpus.engine.do_piece", work)
        patch.setattr("primacy.corpus.engine._RETRIES", 1)
        with pytest.raises(RunError, match="lost"):
            extracted(pieces, tmp_path, "far", Engine("ray"))
    assert extracted(pieces, tmp_path, "far", Engine()) == extracted(pieces, tmp_path, "local", Engine())


def test_a_mistake_on_the_cluster_is_raised_as_it_is(ray, pieces, tmp_path):
    (tmp_path / "c.txt").unlink()
    with pytest.raises(CorpusError, match=r"cannot read .*c\.txt"):
        extracted(pieces, tmp_path, "far", Engine("ray"))
