"""From texts to vectors: right rows, no text twice, fixed chunks."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.encoders.embed import embed_texts
from primacy.encoders.store import EmbeddingStore
from primacy.errors import EncoderError, StoreError, UsageError


class Counting:
    """Vectors from the sha256 of the text; remembers every call."""

    def __init__(self, fingerprint: str = "counting-1", dim: int = 6) -> None:
        self.fingerprint, self.dim, self.calls = fingerprint, dim, list[list[str]]()

    def encode_text(self, texts: list[str]) -> np.ndarray:
        self.calls.append(list(texts))
        return vectors_of(texts, self.dim)

    @property
    def seen(self) -> list[str]:
        return [text for call in self.calls for text in call]


def vectors_of(texts: list[str], dim: int = 6) -> np.ndarray:
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:dim] for text in texts]
    return np.array([[byte / 7 for byte in digest] for digest in digests], dtype=np.float32).reshape(-1, dim)


TEXTS = ["a cat", "a dog", "a cat", "", "a cat and a dog", "A cat", "a dog", "a cat "]


@pytest.mark.parametrize("chunk", [1, 2, 3, 2048])
def test_equals_direct_encoding_with_and_without_store(tmp_path: Path, chunk: int) -> None:
    store = EmbeddingStore(tmp_path, "counting-1")
    expected = vectors_of(TEXTS)
    for kept in (None, store, store):
        got = embed_texts(Counting(), TEXTS, store=kept, chunk=chunk)
        assert got.dtype == np.float32
        assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("stored", [True, False])
def test_each_distinct_text_once_in_fixed_chunks_of_first_occurrence(tmp_path: Path, stored: bool) -> None:
    encoder = Counting()
    store = EmbeddingStore(tmp_path, "counting-1") if stored else None
    embed_texts(encoder, TEXTS, store=store, chunk=2)
    assert encoder.calls == [["a cat", "a dog"], ["", "a cat and a dog"], ["A cat", "a cat "]]


def test_second_run_encodes_nothing_and_a_longer_one_only_what_is_new(tmp_path: Path) -> None:
    embed_texts(Counting(), TEXTS, store=EmbeddingStore(tmp_path, "counting-1"), chunk=4)
    second = Counting()
    assert embed_texts(second, TEXTS[::-1], store=EmbeddingStore(tmp_path, "counting-1")).tobytes() == (
        vectors_of(TEXTS[::-1]).tobytes()
    )
    assert second.calls == []
    third, longer = Counting(), ["new", *TEXTS, "newer", "new"]
    got = embed_texts(third, longer, store=EmbeddingStore(tmp_path, "counting-1"), chunk=1)
    assert third.calls == [["new"], ["newer"]]
    assert got.tobytes() == vectors_of(longer).tobytes()


@settings(max_examples=60, deadline=None)
@given(
    runs=st.lists(
        st.lists(st.text(st.characters(exclude_categories=()), max_size=4) | st.sampled_from(["", "a", "\ud800"])),
        min_size=1,
        max_size=3,
    ),
    chunk=st.integers(1, 5),
)
def test_any_texts_fan_out_right(runs: list[list[str]], chunk: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        encoder = Counting()
        for texts in runs:
            store = EmbeddingStore(Path(root), "counting-1")
            got = embed_texts(encoder, texts, store=store, chunk=chunk)
            assert got.tobytes() == vectors_of(texts).tobytes()
            assert len(got) == len(texts)
        assert sorted(encoder.seen) == sorted({text for texts in runs for text in texts})


def test_surrogate_pair_and_the_character_it_stands_for_are_two_texts(tmp_path: Path) -> None:
    encoder = Counting()
    texts = ["\U0001f600", "\ud83d\ude00"]
    got = embed_texts(encoder, texts, store=EmbeddingStore(tmp_path, "counting-1"))
    assert encoder.seen == texts
    assert not np.array_equal(got[0], got[1])


def test_progress_counts_distinct_texts_and_starts_with_what_is_kept(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "counting-1")
    seen: list[tuple[int, int]] = []
    embed_texts(Counting(), ["a", "b", "a"], store=store, progress=lambda *pair: seen.append(pair))
    embed_texts(Counting(), list("abcdea"), store=store, chunk=2, progress=lambda *pair: seen.append(pair))
    assert seen == [(0, 2), (2, 2), (2, 5), (4, 5), (5, 5)]


def test_no_texts(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "counting-1")
    assert embed_texts(Counting(), [], store=None).shape == (0, 0)
    assert embed_texts(Counting(), [], store=store).shape == (0, 0)
    embed_texts(Counting(), ["a"], store=store)
    assert embed_texts(Counting(), [], store=store).shape == (0, 6)


def test_interrupt_keeps_the_finished_chunks(tmp_path: Path) -> None:
    class Interrupted(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            if "e" in texts:
                raise KeyboardInterrupt
            return super().encode_text(texts)

    with pytest.raises(KeyboardInterrupt):
        embed_texts(Interrupted(), list("abcdefgh"), store=EmbeddingStore(tmp_path, "counting-1"), chunk=2)
    resumed = Counting()
    got = embed_texts(resumed, list("abcdefgh"), store=EmbeddingStore(tmp_path, "counting-1"), chunk=2)
    assert resumed.calls == [["e", "f"], ["g", "h"]]
    assert got.tobytes() == vectors_of(list("abcdefgh")).tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_embedding_is_refused_and_not_kept(tmp_path: Path, bad: float) -> None:
    class Broken(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            return np.full((len(texts), 3), bad, dtype=np.float32)

    store = EmbeddingStore(tmp_path, "counting-1")
    with pytest.raises(EncoderError, match="NaN or infinity"):
        embed_texts(Broken(), ["a"], store=store)
    assert len(store) == 0


@pytest.mark.parametrize(("stored", "error"), [(True, StoreError), (False, EncoderError)])
def test_dimension_must_not_change_on_the_way(tmp_path: Path, stored: bool, error: type[Exception]) -> None:
    class Growing(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            self.dim += 1
            return super().encode_text(texts)

    store = EmbeddingStore(tmp_path, "counting-1") if stored else None
    with pytest.raises(error, match="dimension"):
        embed_texts(Growing(), ["a", "b"], store=store, chunk=1)


def test_float64_vectors_come_out_as_float32(tmp_path: Path) -> None:
    class Wide(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            return super().encode_text(texts).astype(np.float64)

    got = embed_texts(Wide(), ["a", "b"], store=EmbeddingStore(tmp_path, "counting-1"))
    assert got.dtype == np.float32
    assert got.tobytes() == vectors_of(["a", "b"]).tobytes()


def test_wrong_use_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one string"):
        embed_texts(Counting(), "a cat", store=None)
    with pytest.raises(UsageError, match="text 1 is of type int"):
        embed_texts(Counting(), ["a", 3], store=None)  # type: ignore[list-item]
    with pytest.raises(UsageError, match="at least 1"):
        embed_texts(Counting(), ["a"], store=None, chunk=0)
    with pytest.raises(StoreError, match="counting-2"):
        embed_texts(Counting("counting-2"), ["a"], store=EmbeddingStore(tmp_path, "counting-1"))
    with pytest.raises(StoreError, match="modality 'image'"):
        embed_texts(Counting(), ["a"], store=EmbeddingStore(tmp_path, "counting-1", "image"))
