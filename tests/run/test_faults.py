"""Kill, interrupt, fill the disk, run twice at once, flip bytes: a re-run goes on and gives the same trials."""

import errno
import os
import signal
import subprocess
import time

import polars as pl
import pytest

from primacy.encoders._pieces import CHUNK
from primacy.errors import RunError
from primacy.run.audit import audit

ARGUMENTS = ["audit", "python:slow_words:encoder", "--vocabulary", "simco", "--objects", "3", "--sets", "700",
             "--sentences", "150", "--quiet"]  # fmt: skip


def start(command, tmp_path, folder, slow="0", cache=None):
    environment = {**os.environ, "SLOW": slow, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    cache = cache or f"{folder}-cache"
    arguments = [*ARGUMENTS, "--out", str(tmp_path / folder), "--cache", str(tmp_path / cache)]
    with (tmp_path / f"{folder}.err").open("w") as errors:
        return subprocess.Popen([*command, *arguments], cwd=tmp_path, env=environment, stdout=errors, stderr=errors)


def said(tmp_path, folder):
    return (tmp_path / f"{folder}.err").read_text()


def ends_well(process, tmp_path, folder):
    assert process.wait(120) == 0, said(tmp_path, folder)


def trials(tmp_path, folder):
    (path,) = (tmp_path / folder).glob("*/trials.parquet")
    return pl.read_parquet(path), path.read_bytes()


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_goes_on_and_ends_the_same(command, tmp_path, slow_encoder, blow):
    ends_well(start(command, tmp_path, "whole"), tmp_path, "whole")
    slow_encoder.unlink()

    victim = start(command, tmp_path, "cut", slow="1.5")
    deadline = time.monotonic() + 60
    while not (slow_encoder.exists() and slow_encoder.read_text().count("\n") > 900):
        assert time.monotonic() < deadline and victim.poll() is None, said(tmp_path, "cut")
        time.sleep(0.02)
    time.sleep(0.3)  # into the pause of the next call
    victim.send_signal(blow)
    assert victim.wait(30) == (-9 if blow == signal.SIGKILL else 130)
    assert not list((tmp_path / "cut").glob("*/result.json"))
    assert not list((tmp_path / "cut").glob("*/trials.parquet"))
    assert "Traceback" not in said(tmp_path, "cut")
    interrupted = said(tmp_path, "cut").split("\n")[1:-1]

    ends_well(start(command, tmp_path, "cut"), tmp_path, "cut")
    left, right = trials(tmp_path, "whole"), trials(tmp_path, "cut")
    assert left[0].equals(right[0])
    assert left[1] == right[1]  # to the byte
    encoded = slow_encoder.read_text().splitlines()
    twice = len(encoded) - len(set(encoded))
    if blow == signal.SIGINT:
        assert interrupted == ["Stopped. What was embedded is kept in the cache; the same command goes on from there."]
        assert twice == 0  # the second run asks for the rest alone
    else:
        assert twice <= CHUNK  # at most some seconds of work, here one call of the encoder, go with the process
    assert not list((tmp_path / "cut").rglob(".tmp-*"))


def test_two_runs_at_once_on_one_cache(command, tmp_path, slow_encoder):
    processes = [start(command, tmp_path, out, slow="0.3", cache="shared") for out in ("one", "two")]
    for process, out in zip(processes, ("one", "two"), strict=True):
        ends_well(process, tmp_path, out)
    assert trials(tmp_path, "one")[0].equals(trials(tmp_path, "two")[0])


def test_two_runs_at_once_in_one_folder(command, tmp_path, slow_encoder):
    first = start(command, tmp_path, "same", slow="1")
    deadline = time.monotonic() + 60
    while not list((tmp_path / "same").glob("*/log.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert start(command, tmp_path, "same").wait(60) == 2
    assert "another process is working on the run" in said(tmp_path, "same")
    first.kill()
    first.wait()


def test_a_flipped_byte_is_found_and_encoded_again(tmp_path, slow_encoder, small):
    spec = small("python:slow_words:encoder")
    audit(spec, out=tmp_path / "a", cache=tmp_path / "cache")
    before = len(slow_encoder.read_text().splitlines())
    shards = sorted((tmp_path / "cache").rglob("*.npy"), key=lambda p: p.stat().st_size)
    damaged = bytearray(shards[-1].read_bytes())
    damaged[-5] ^= 1
    shards[-1].write_bytes(bytes(damaged))
    audit(spec, out=tmp_path / "b", cache=tmp_path / "cache")
    assert len(slow_encoder.read_text().splitlines()) > before
    assert trials(tmp_path, "a")[0].equals(trials(tmp_path, "b")[0])


@pytest.mark.parametrize("name", ["trials.parquet", "report.html", "result.json"])
def test_a_full_disk_loses_nothing_and_says_so(tmp_path, slow_encoder, small, monkeypatch, name):
    spec = small("python:slow_words:encoder")
    real = os.replace

    def replace(source, target):
        if str(target).endswith(name):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(RunError) as raised:
            audit(spec, out=tmp_path / "runs", cache=tmp_path / "cache")
    assert "No space left" in str(raised.value) and "disk space" in raised.value.hint
    encoded = slow_encoder.read_text()
    assert not list((tmp_path / "runs").glob("*/result.json"))
    outcome = audit(spec, out=tmp_path / "runs", cache=tmp_path / "cache")
    assert slow_encoder.read_text() == encoded  # nothing is encoded twice
    assert outcome.result.status == "complete"
