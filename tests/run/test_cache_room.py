"""A cache that is about to grow by gigabytes: said before, and refused where the disk is too small for it."""

from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from primacy.encoders.store import EmbeddingStore
from primacy.errors import StoreError
from primacy.identity import text_key
from primacy.listener import Silent
from primacy.run import cache_room
from primacy.run.audit import audit
from primacy.run.cache_room import check_room

N, DIM = 2_555_190, 512
Usage = namedtuple("Usage", "total used free")


class Twin:
    fingerprint = "twin"

    def encode_text(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 4), dtype=np.float32)


@pytest.fixture
def disk(monkeypatch):
    """Set the free bytes; returns the folders that were asked about."""
    asked = []

    def set_free(free: float) -> list[Path]:
        monkeypatch.setattr(cache_room.shutil, "disk_usage", lambda path: asked.append(path) or Usage(0, 0, free))
        return asked

    return set_free


def test_the_user_is_told_of_gigabytes_and_of_nothing_less(tmp_path, disk):
    asked = disk(1e12)
    said = check_room(tmp_path / "new" / "cache", N, DIM, 0, [Twin, Twin, Twin])
    assert said is not None and "up to 20.9 GB" in said and str(tmp_path / "new" / "cache") in said
    assert "2,555,190 captions x 512 x 4 bytes x 4 encoders" in said and "--no-cache" in said
    assert asked == [tmp_path]  # the nearest folder that exists
    assert check_room(tmp_path, 900_000, DIM, 0, []) is None
    assert check_room(tmp_path, N, DIM, N, []) is None  # all of it is there
    assert "5.2 GB" in (check_room(tmp_path, N, DIM, N, [Twin]) or "")


def test_what_does_not_fit_is_refused(tmp_path, disk):
    disk(20e9)
    with pytest.raises(StoreError, match=r"up to 20\.9 GB .* 20\.0 GB free") as raised:
        check_room(tmp_path, N, DIM, 0, [Twin, Twin, Twin])
    assert "--no-cache" in raised.value.hint and "--cache" in raised.value.hint


def test_what_the_cache_holds_of_the_other_encoders_needs_no_room(tmp_path, disk, monkeypatch):
    """A run that was interrupted late must go on, though the whole of it would not fit any more."""
    monkeypatch.setattr(cache_room, "LARGE", 100)
    EmbeddingStore(tmp_path, "twin").put([text_key(str(i)) for i in range(90)], np.ones((90, 4), dtype=np.float32))
    disk(16 * 11)
    assert "up to 0.0 GB" in (check_room(tmp_path, 100, 4, 100, [Twin]) or "")
    disk(16 * 9)
    with pytest.raises(StoreError):
        check_room(tmp_path, 100, 4, 100, [Twin])


def test_an_audit_says_it_before_it_encodes_captions(small, tmp_path, disk, monkeypatch):
    class Notes(Silent):
        said: list[str] = []  # noqa: RUF012

        def note(self, message: str) -> None:
            self.said.append(message)

    monkeypatch.setattr(cache_room, "LARGE", 1000)
    disk(1e12)
    audit(small(), out=tmp_path / "a", cache=tmp_path / "cache", listener=Notes())
    assert len(Notes.said) == 1 and "x 1 encoder," in Notes.said[0]
    disk(10)
    audit(small(), out=tmp_path / "b", cache=None)  # nothing is kept, so nothing needs room
    with pytest.raises(StoreError, match=r"in .*other"):
        audit(small(), out=tmp_path / "c", cache=tmp_path / "other")
    assert len(list((tmp_path / "other").rglob("*.keys.npy"))) == 1  # the item vectors alone
