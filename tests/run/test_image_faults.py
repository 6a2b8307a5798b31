"""Kill a run that looks at pictures, interrupt it, spoil its cache: it goes on, and the numbers are the same."""

import os
import signal
import subprocess
import textwrap
import time

import polars as pl
import pytest

from primacy.errors import PrimacyError
from primacy.results.spec import AuditSpec, ImageSpec
from primacy.run.audit import audit

ARGUMENTS = [
    "audit", "python:slow_eyes:encoder", "--probes", "i2tor,ioc,matching", "--objects", "3", "--scenes", "simco",
    "--image-sets", "4", "--ladder-sets", "2", "--ioc-sets", "9", "--image-size", "32", "--foils", "2", "--quiet",
]  # fmt: skip


@pytest.fixture
def looked(tmp_path, monkeypatch):
    """`python:slow_eyes:encoder`: coarse pixels and words in one space, a pause a call, a log line a picture."""
    (tmp_path / "slow_eyes.py").write_text(
        textwrap.dedent("""
        import hashlib, os, time
        import numpy as np

        LOOK = np.random.default_rng(0).standard_normal((48, 32))

        class Encoder:
            fingerprint = "slow eyes 1"

            def encode_text(self, texts):
                return np.array([self.words(text) for text in texts], dtype=np.float32)

            def words(self, text):
                seeds = [int.from_bytes(hashlib.sha256(w.encode()).digest()[:8], "little") for w in text.split()]
                return np.sum([np.random.default_rng(s).standard_normal(32) for s in seeds], axis=0)

            def encode_image(self, images):
                time.sleep(float(os.environ.get("SLOW", "0")))
                with open(os.environ["LOOKED"], "a") as log:
                    log.writelines(hashlib.sha256(i.tobytes()).hexdigest() + "\\n" for i in images)
                small = [np.asarray(i.resize((4, 4), 4), dtype=float).ravel() / 255 for i in images]
                return (np.array(small) @ LOOK).astype(np.float32)

        encoder = Encoder()
        """)
    )
    log = tmp_path / "looked.txt"
    monkeypatch.setenv("LOOKED", str(log))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return log


def start(command, tmp_path, folder, slow="0", cache=None):
    environment = {**os.environ, "SLOW": slow, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    places = ["--out", str(tmp_path / folder), "--cache", str(tmp_path / (cache or f"{folder}-cache"))]
    with (tmp_path / f"{folder}.err").open("w") as errors:
        return subprocess.Popen(
            [*command, *ARGUMENTS, *places], cwd=tmp_path, env=environment, stdout=errors, stderr=errors
        )


def said(tmp_path, folder):
    return (tmp_path / f"{folder}.err").read_text()


def ends_well(process, tmp_path, folder):
    assert process.wait(120) == 0, said(tmp_path, folder)


def trials(tmp_path, folder):
    (path,) = (tmp_path / folder).glob("*/image_trials.parquet")
    return pl.read_parquet(path)


def lines(log):
    return log.read_text().splitlines() if log.exists() else []


def test_killed_interrupted_and_spoilt_runs_end_the_same(command, tmp_path, looked):
    ends_well(start(command, tmp_path, "whole"), tmp_path, "whole")
    once = lines(looked)
    assert len(set(once)) == len(once) > 200  # each picture is encoded once for all probes
    looked.unlink()

    for blow, status in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        before = len(lines(looked))
        victim = start(command, tmp_path, "cut", slow="0.25")
        deadline = time.monotonic() + 60
        while len(lines(looked)) < before + 64:
            assert time.monotonic() < deadline and victim.poll() is None, said(tmp_path, "cut")
            time.sleep(0.02)
        time.sleep(0.15)  # what threads have just finished is taken; the next pictures take 0.25 s
        victim.send_signal(blow)
        assert victim.wait(30) == status
        assert "Traceback" not in said(tmp_path, "cut")
        assert not list((tmp_path / "cut").glob("*/result.json"))
        assert not list((tmp_path / "cut").glob("*/image_trials.parquet"))
        if blow == signal.SIGINT:
            assert said(tmp_path, "cut").strip().startswith("Stopped. What was embedded is kept in the cache")
            assert len(set(lines(looked))) == len(lines(looked))
    kept = len(set(lines(looked)))
    ends_well(start(command, tmp_path, "cut"), tmp_path, "cut")
    assert set(lines(looked)) == set(once) and kept < len(once)
    lost = len(lines(looked)) - len(once)
    assert lost <= kept - 64  # what the interrupted run had was not encoded again, whatever the kill took along
    assert trials(tmp_path, "cut").equals(trials(tmp_path, "whole"))
    assert not list((tmp_path / "cut").rglob(".tmp-*"))

    shards = sorted((tmp_path / "cut-cache").rglob("image/*.npy"), key=lambda path: path.stat().st_size)
    damaged = bytearray(shards[-1].read_bytes())
    damaged[-5] ^= 1
    shards[-1].write_bytes(bytes(damaged))
    looked.unlink()
    ends_well(start(command, tmp_path, "spoilt", cache="cut-cache"), tmp_path, "spoilt")
    assert 0 < len(lines(looked)) < len(once)  # those of the damaged shard alone
    assert trials(tmp_path, "spoilt").equals(trials(tmp_path, "whole"))


def test_pictures_and_texts_of_two_spaces_are_one_clear_error(tmp_path, looked):
    source = (tmp_path / "slow_eyes.py").read_text()
    (tmp_path / "narrow_eyes.py").write_text(
        source.replace("(np.array(small) @ LOOK)", "(np.array(small) @ LOOK)[:, :8]")
    )
    images = ImageSpec(scenes="simco", sets=2, ladder_sets=2, foils=2, size=32)
    for probe in ("i2tor", "matching"):
        spec = AuditSpec(encoder="python:narrow_eyes:encoder", probes=(probe,), objects=(3,), images=images)
        with pytest.raises(PrimacyError, match="expected one space"):
            audit(spec, out=tmp_path / "runs", cache=None)
