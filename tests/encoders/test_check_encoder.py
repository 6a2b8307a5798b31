"""The public contract test finds each way of breaking the contract, and only that."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from primacy.errors import PrimacyError, UsageError
from primacy.testing import HOSTILE_TEXTS, EncoderContractError, check_encoder


class Sound:
    """Keeps the contract; the broken ones below change one thing each."""

    fingerprint = "sound"

    def encode_text(self, texts):
        rows = [np.frombuffer(hashlib.sha256(t.encode()).digest(), dtype=np.uint8) for t in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(-1, 32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class BatchDependent(Sound):
    def encode_text(self, texts):
        return super().encode_text(texts) + np.float32(1e-4 * len(texts))


class OrderDependent(Sound):
    def encode_text(self, texts):
        vectors = super().encode_text(texts)
        return vectors + np.linspace(0, 1e-3, len(texts), dtype=np.float32)[:, None]


class DuplicateDependent(Sound):
    def encode_text(self, texts):
        vectors = super().encode_text(texts)
        seen: list[str] = []
        for row, text in enumerate(texts):
            vectors[row] += 0.01 * seen.count(text)
            seen.append(text)
        return vectors


class Random(Sound):
    def encode_text(self, texts):
        noise = np.random.default_rng().normal(scale=1e-7, size=(len(texts), 32))
        return super().encode_text(texts) + noise.astype(np.float32)


class NotFinite(Sound):
    def encode_text(self, texts):
        vectors = super().encode_text(texts)
        vectors[[t == "" for t in texts]] = np.nan
        return vectors


class Double(Sound):
    def encode_text(self, texts):
        return super().encode_text(texts).astype(np.float64)


class Flat(Sound):
    def encode_text(self, texts):
        return super().encode_text(texts).ravel()


class AList(Sound):
    def encode_text(self, texts):
        return super().encode_text(texts).tolist()


class Dropping(Sound):
    def encode_text(self, texts):
        return super().encode_text(list(dict.fromkeys(texts)))


class NoEmpty(Sound):
    def encode_text(self, texts):
        return np.stack(list(super().encode_text(texts)))


class LongRaises(Sound):
    def encode_text(self, texts):
        if max(map(len, texts), default=0) > 500:
            raise IndexError("position 78 of 77")
        return super().encode_text(texts)


class Sorting(Sound):
    def encode_text(self, texts):
        order = sorted(range(len(texts)), key=lambda i: texts[i])
        vectors = super().encode_text(texts)
        texts[:] = [texts[i] for i in order]
        return vectors


class Unprinted(Sound):
    fingerprint = None


class Drifting(Sound):
    calls = 0

    @property
    def fingerprint(self):
        self.calls += 1
        return f"drift {self.calls}"


class BadIdentity(Sound):
    identity = {"scale": float("nan")}  # noqa: RUF012


class BadCounts(Sound):
    def count_tokens(self, texts):
        return [len(text) for text in texts][:-1]


BROKEN = {
    BatchDependent: "batch size",
    OrderDependent: "order: reversed",
    DuplicateDependent: "duplicates",
    Random: "determinism",
    NotFinite: "NaN or infinity, first for ''",
    Double: "dtype float64, expected float32",
    Flat: "shape",
    AList: "returns list, expected a numpy array",
    Dropping: "duplicates: shape",
    NoEmpty: "empty list: raises ValueError",
    LongRaises: "raises IndexError: position 78 of 77",
    Sorting: "changes the list",
    Unprinted: "fingerprint: None",
    Drifting: "fingerprint: differs",
    BadIdentity: "identity: not JSON-able",
    BadCounts: "count_tokens",
}


def test_a_sound_encoder_passes_and_is_described():
    report = check_encoder(Sound())
    assert report.dimension == 32
    assert report.unit_norm
    assert report.batch_error == 0


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_each_broken_encoder_is_caught_for_what_it_does(kind):
    with pytest.raises(EncoderContractError) as caught:
        check_encoder(kind())
    assert any(BROKEN[kind] in violation for violation in caught.value.violations)
    assert BROKEN[kind] in str(caught.value)


def test_violations_are_all_listed():
    class Both(BatchDependent, Unprinted):
        pass

    with pytest.raises(EncoderContractError) as caught:
        check_encoder(Both())
    assert {violation.partition(":")[0] for violation in caught.value.violations} >= {
        "fingerprint",
        "batch size",
    }


def test_the_error_is_ours_and_a_failed_assertion():
    with pytest.raises(AssertionError):
        check_encoder(Unprinted())
    with pytest.raises(PrimacyError):
        check_encoder(Unprinted())


def test_tolerance_and_norm_are_stated():
    class Long(Sound):
        def encode_text(self, texts):
            return 3 * super().encode_text(texts)

    assert not check_encoder(Long()).unit_norm
    report = check_encoder(BatchDependent(), tolerance=1e-1)
    assert 1e-4 < report.batch_error < 1e-1


def test_one_text_shows_nothing():
    for texts in ([], ["x", "x"]):
        with pytest.raises(UsageError, match="two different texts"):
            check_encoder(Sound(), texts=texts)


def test_own_texts_are_used():
    class Narrow(Sound):
        def encode_text(self, texts):
            if not {"x", "y"} >= set(texts):
                raise KeyError(texts)
            return super().encode_text(texts)

    assert check_encoder(Narrow(), texts=["x", "y"]).dimension == 32
    with pytest.raises(EncoderContractError, match="KeyError"):
        check_encoder(Narrow())
    assert any(len(text) > 500 for text in HOSTILE_TEXTS) and "" in HOSTILE_TEXTS
