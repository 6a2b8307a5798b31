"""Encoders from the user's own module."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from primacy.encoders.base import CountsTokens, EncoderOptions, EncodesInPieces, HasUntrainedTwin
from primacy.encoders.embed import embed_texts
from primacy.encoders.load import load_encoder
from primacy.errors import EncoderError, UnknownNameError, UsageError
from primacy.testing import check_encoder

SOURCE = """
import hashlib
import numpy as np

class Hashed:
    fingerprint = "hashed/v1"
    def encode_text(self, texts):
        rows = [np.frombuffer(hashlib.sha256(t.encode()).digest(), dtype=np.uint8) for t in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, 32)

class Counting(Hashed):
    fingerprint = "counting"
    def encode_pieces(self, texts):
        for row in reversed(range(len(texts))):
            yield np.array([row]), self.encode_text([texts[row]])
    def count_tokens(self, texts):
        return np.array([len(t.split()) for t in texts], dtype=np.int64)
    def untrained_twin(self, seed):
        twin = Hashed()
        twin.fingerprint = f"twin {seed}"
        return twin

def make():
    return Hashed()

def needs(argument):
    return Hashed()

hashed = Hashed()
number = 3

class NoPrint(Hashed):
    fingerprint = ""

class Wrong(Hashed):
    fingerprint = "wrong"
    def encode_text(self, texts):
        return VALUES[texts[0]]

VALUES = {
    "short": np.zeros((1, 4), np.float32),
    "flat": np.zeros(2, np.float32),
    "nan": np.array([[1.0], [np.nan]]),
    "int": np.zeros((2, 4), int),
}
"""
_numbers = itertools.count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of a fresh name in the current directory, which is not on the import path."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    name = f"users_module_{next(_numbers)}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    return name


@pytest.mark.parametrize("form", ["hashed", "Hashed", "make"])
def test_object_class_and_factory(module, form):
    encoder = load_encoder(f"python:{module}:{form}", EncoderOptions(device="cpu"))
    report = check_encoder(encoder)
    assert report.dimension == 32
    assert not report.unit_norm  # stated, not forced
    assert len(encoder.fingerprint) == 64  # safe as a folder's name, whatever the user's own string


def test_the_fingerprint_follows_the_objects_own(module):
    assert load_encoder(f"python:{module}:hashed").fingerprint == load_encoder(f"python:{module}:hashed").fingerprint
    assert load_encoder(f"python:{module}:hashed").fingerprint != load_encoder(f"python:{module}:Counting").fingerprint


def test_what_else_it_can_do_stays(module):
    plain, rich = load_encoder(f"python:{module}:hashed"), load_encoder(f"python:{module}:Counting")
    assert not isinstance(plain, HasUntrainedTwin) and not isinstance(plain, CountsTokens)
    assert isinstance(rich, HasUntrainedTwin) and isinstance(rich, CountsTokens)
    assert isinstance(rich, EncodesInPieces) and not isinstance(plain, EncodesInPieces)
    assert np.array_equal(embed_texts(rich, ["a", "b", "a"], store=None), rich.encode_text(["a", "b", "a"]))
    assert rich.count_tokens(["a dog"]).tolist() == [2]
    assert rich.untrained_twin(0).fingerprint != rich.untrained_twin(1).fingerprint
    check_encoder(rich)
    check_encoder(rich.untrained_twin(0))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("short", r"shape \(1, 4\) for 2 texts"), ("flat", "shape"), ("nan", "NaN"), ("int", "dtype")],
)
def test_what_it_returns_is_checked(module, kind, words):
    encoder = load_encoder(f"python:{module}:Wrong")
    with pytest.raises(EncoderError, match=words):
        encoder.encode_text([kind, "other"])


def test_errors_say_what_is_wrong(module, tmp_path):
    with pytest.raises(UsageError, match="does not name an object"):
        load_encoder(f"python:{module}")
    with pytest.raises(UnknownNameError, match="'hashd'") as caught:
        load_encoder(f"python:{module}:hashd")
    assert "hashed" in caught.value.hint
    with pytest.raises(EncoderError, match="'no_such_module_here' was not found"):
        load_encoder("python:no_such_module_here:x")
    with pytest.raises(EncoderError, match="without arguments failed"):
        load_encoder(f"python:{module}:needs")
    with pytest.raises(EncoderError, match="is a int without a method encode_text"):
        load_encoder(f"python:{module}:number")
    with pytest.raises(EncoderError, match="expected a non-empty string"):
        load_encoder(f"python:{module}:NoPrint")
    (tmp_path / f"{module}_b.py").write_text("1 / 0")
    with pytest.raises(EncoderError, match=r"fails on import \(ZeroDivisionError"):
        load_encoder(f"python:{module}_b:x")
    (tmp_path / f"{module}_c.py").write_text("import no_such_thing")
    with pytest.raises(EncoderError, match="needs 'no_such_thing'"):
        load_encoder(f"python:{module}_c:x")


def test_an_encoder_need_not_know_primacy(module):
    vectors = load_encoder(f"python:{module}:hashed").encode_text(["a", "b"])
    assert vectors.flags.c_contiguous and vectors.dtype == np.float32
