"""The memory budget: how much is embedded at a time, what it costs, and that no result knows of it."""

import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from primacy.encoders.base import EncoderOptions
from primacy.encoders.load import load_encoder
from primacy.errors import UsageError
from primacy.listener import Silent
from primacy.run.audit import audit
from primacy.run.embedding import BLOCK, Embedder

CHILD = Path(__file__).with_name("memory_child.py")
DIM = 256  # of the child's vectors


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="resident memory is read from Linux")
@pytest.mark.parametrize("budget", [5e7, 1e8])
def test_peak_memory_stays_within_the_budget(tmp_path, budget):
    """A new process for each: without a cache, with an empty one, and with one that holds everything."""
    peaks = {}
    for name, cache in (("none", "none"), ("empty", tmp_path), ("full", tmp_path)):
        done = subprocess.run([sys.executable, CHILD, str(budget), str(cache)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["captions"] > 3 * found["window"]
        if name != "full":
            assert found["calls"] == [found["window"]] * (len(found["calls"]) - 1) + found["calls"][-1:]
            assert sum(found["calls"]) == found["captions"]
        else:
            assert found["calls"] == []
        peaks[name] = found["peak"]
        assert 4 * DIM * found["window"] < found["peak"] < budget, (name, found)
    assert peaks["empty"] > budget / 2  # the budget is there to be used


def embedder(memory, dim=2):
    found = Embedder(load_encoder("null:constant", EncoderOptions()), None, Silent(), memory)
    found._dim = dim
    return found


def test_windows_are_whole_blocks_that_fit_and_never_longer_than_the_design():
    assert embedder(1e9, dim=0).window(10**7) == BLOCK  # before the dimension is known
    windows = [embedder(memory, dim=512).window(10**7) for memory in (5e7, 1e8, 1e9, 4e9)]
    assert all(window % BLOCK == 0 for window in windows)
    assert all(3 < memory / window / 1024 < 10 for memory, window in zip((5e7, 1e8, 1e9, 4e9), windows, strict=True))
    assert all(a < b for a, b in pairwise(windows))
    assert embedder(1e9, dim=512).window(3000) == 3 * BLOCK
    assert embedder(5e7, dim=10**6).window(10**7) == BLOCK  # one block is the least


def test_the_index_of_the_cache_is_counted(tmp_path):
    own = Embedder(load_encoder("null:constant", EncoderOptions()), tmp_path, Silent(), 1e9)
    own.texts(["a"])
    assert own.window(10**7) < embedder(1e9).window(10**7) - 0.8 * 80 * 10**7 / 1508


@pytest.mark.parametrize("memory", [0, 4.9e7, -1, math.nan, math.inf])
def test_a_budget_that_is_too_small_is_refused(small, tmp_path, memory):
    with pytest.raises(UsageError, match=r"GB, expected at least 0\.05"):
        audit(small(), out=tmp_path, cache=None, memory=memory)


def test_no_result_depends_on_memory(small, tmp_path):
    calls = []

    def run(name, memory):
        with pytest.MonkeyPatch.context() as patch:
            original = Embedder.texts
            patch.setattr(Embedder, "texts", lambda self, texts: calls.append(len(texts)) or original(self, texts))
            spec = small(vocabulary="comco", sets=12_000, probes=("tor",))
            outcome = audit(spec, out=tmp_path / name, cache=None, memory=memory)
        return outcome, outcome.folder.file("trials.parquet").read_bytes(), max(calls)

    little, trials, most = run("little", 5e7)
    assert BLOCK < most < 36_000  # several windows
    plenty, same, all_at_once = run("plenty", 1e9)
    assert all_at_once == 36_000
    assert trials == same  # to the byte, row groups and all
    assert plenty.result.run_id == little.result.run_id
    assert plenty.result.estimates == little.result.estimates
