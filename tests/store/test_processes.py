"""Real processes: killed in the middle, and side by side on one cache."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from primacy.encoders.store import EmbeddingStore
from primacy.identity import text_key

CHILD = Path(__file__).with_name("child.py")
CHUNK = 8
N = 44  # five whole chunks and a rest


class Place(NamedTuple):
    folder: Path

    def start(self, name: str, *options: str, first: int = 0, last: int = N) -> subprocess.Popen:
        out, calls = self.folder / f"{name}.npy", self.folder / f"{name}.calls"
        calls.touch()
        arguments = [str(self.folder / "cache"), str(out), str(calls), str(first), str(last), *options]
        return subprocess.Popen([sys.executable, str(CHILD), *arguments])

    def run(self, name: str, *options: str) -> np.ndarray:
        assert self.start(name, *options).wait(timeout=60) == 0
        return self.vectors(name)

    def vectors(self, name: str) -> np.ndarray:
        return np.load(self.folder / f"{name}.npy")

    def calls(self, name: str) -> list[str]:
        return (self.folder / f"{name}.calls").read_text().splitlines()

    def store(self) -> EmbeddingStore:
        return EmbeddingStore(self.folder / "cache", "chunk-marking-1")

    def shards(self) -> int:
        return len(list(self.store().path.glob("[!.]*.keys.npy")))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    return Place(tmp_path_factory.mktemp("whole")).run("out")


def test_killed_while_encoding_resumes_to_the_same_bytes(tmp_path: Path, uninterrupted: np.ndarray) -> None:
    place = Place(tmp_path)
    process = place.start("killed", "--slow", "0.15")
    deadline = time.monotonic() + 60
    while len(place.calls("killed")) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    assert process.wait(timeout=60) == -signal.SIGKILL
    kept = place.shards()
    assert 2 <= kept < 6
    resumed = place.run("resumed")
    assert resumed.tobytes() == uninterrupted.tobytes()
    assert place.calls("killed")[:kept] + place.calls("resumed") == [
        "|".join(f"text {i}" for i in range(start, min(start + CHUNK, N))) for start in range(0, N, CHUNK)
    ]


# encoder.json is written first, then for each chunk the vectors and the keys; each takes an fsync of the
# file, a replace and an fsync of the folder.
@pytest.mark.parametrize(
    ("call", "number", "when"),
    [
        ("replace", 1, "before"),
        ("replace", 2, "before"),
        ("replace", 2, "after"),
        ("replace", 3, "before"),
        ("replace", 3, "after"),
        ("fsync", 5, "before"),
        ("fsync", 7, "after"),
    ],
)
def test_killed_while_writing_resumes_to_the_same_bytes(
    tmp_path: Path, uninterrupted: np.ndarray, call: str, number: int, when: str
) -> None:
    place = Place(tmp_path)
    assert place.start("killed", "--kill", call, str(number), when).wait(timeout=60) == -signal.SIGKILL
    assert place.store().verify().damaged == ()  # nothing half-written is taken for a shard
    kept = place.shards()
    resumed = place.run("resumed")
    assert resumed.tobytes() == uninterrupted.tobytes()
    assert len(place.calls("resumed")) == 6 - kept
    assert not list(tmp_path.rglob(".tmp-*"))
    assert place.store().verify() == (6, N, ())


def test_two_processes_share_one_cache(tmp_path: Path) -> None:
    place = Place(tmp_path)
    forth = place.start("forth", "--slow", "0.02", first=0, last=60)
    back = place.start("back", "--slow", "0.02", "--reverse", first=20, last=80)
    assert (forth.wait(timeout=60), back.wait(timeout=60)) == (0, 0)
    a, b = place.vectors("forth"), place.vectors("back")[::-1]
    assert a[20:].tobytes() == b[:40].tobytes()  # the marks of the chunks included: both saw the kept vectors
    kept = place.store().get([text_key(f"text {i}") for i in range(80)])
    assert kept.vectors.tobytes() == np.vstack([a, b[40:]]).tobytes()
    assert place.store().verify()[1:] == (80, ())
    rows = sum(len(np.load(path)) for path in place.store().path.glob("[!.]*.keys.npy"))
    assert rows == 80  # no text stands there twice
