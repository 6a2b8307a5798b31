"""From texts to vectors: right rows, no text twice, fixed chunks, shards of a good size."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.encoders import _output, _pieces
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


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set how many texts make a chunk and a shard."""

    def set_to(chunk: int, shard: int | None = None) -> None:
        monkeypatch.setattr(_pieces, "CHUNK", chunk)
        monkeypatch.setattr(_output, "SHARD_ROWS", shard or chunk)

    return set_to


def shards(store: EmbeddingStore) -> list[int]:
    """Vectors in each shard, in the order of writing."""
    paths = sorted(store.path.glob("*.keys.npy"), key=lambda path: path.stat().st_mtime_ns)
    return [len(np.load(path)) for path in paths]


TEXTS = ["a cat", "a dog", "a cat", "", "a cat and a dog", "A cat", "a dog", "a cat "]


@pytest.mark.parametrize("chunk", [1, 2, 3, 2048])
def test_equals_direct_encoding_with_and_without_store(tmp_path: Path, chunk: int, sizes: Callable[..., None]) -> None:
    sizes(chunk)
    store = EmbeddingStore(tmp_path, "counting-1")
    expected = vectors_of(TEXTS)
    for kept in (None, store, store):
        got = embed_texts(Counting(), TEXTS, store=kept)
        assert got.dtype == np.float32
        assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("stored", [True, False])
def test_each_distinct_text_once_in_fixed_chunks_of_first_occurrence(
    tmp_path: Path, stored: bool, sizes: Callable[..., None]
) -> None:
    sizes(2)
    encoder = Counting()
    store = EmbeddingStore(tmp_path, "counting-1") if stored else None
    embed_texts(encoder, TEXTS, store=store)
    assert encoder.calls == [["a cat", "a dog"], ["", "a cat and a dog"], ["A cat", "a cat "]]


def test_second_run_encodes_nothing_and_a_longer_one_only_what_is_new(
    tmp_path: Path, sizes: Callable[..., None]
) -> None:
    embed_texts(Counting(), TEXTS, store=EmbeddingStore(tmp_path, "counting-1"))
    second = Counting()
    assert embed_texts(second, TEXTS[::-1], store=EmbeddingStore(tmp_path, "counting-1")).tobytes() == (
        vectors_of(TEXTS[::-1]).tobytes()
    )
    assert second.calls == []
    third, longer = Counting(), ["new", *TEXTS, "newer", "new"]
    sizes(1)
    got = embed_texts(third, longer, store=EmbeddingStore(tmp_path, "counting-1"))
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
    shard=st.integers(1, 9),
)
def test_any_texts_fan_out_right(runs: list[list[str]], chunk: int, shard: int) -> None:
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_pieces, "CHUNK", chunk)
        patch.setattr(_output, "SHARD_ROWS", shard)
        encoder = Counting()
        for texts in runs:
            store = EmbeddingStore(Path(root), "counting-1")
            got = embed_texts(encoder, texts, store=store)
            assert got.tobytes() == vectors_of(texts).tobytes()
            assert len(got) == len(texts)
        assert sorted(encoder.seen) == sorted({text for texts in runs for text in texts})


def test_surrogate_pair_and_the_character_it_stands_for_are_two_texts(tmp_path: Path) -> None:
    encoder = Counting()
    texts = ["\U0001f600", "\ud83d\ude00"]
    got = embed_texts(encoder, texts, store=EmbeddingStore(tmp_path, "counting-1"))
    assert encoder.seen == texts
    assert not np.array_equal(got[0], got[1])


def test_progress_counts_distinct_texts_and_starts_with_what_is_kept(
    tmp_path: Path, sizes: Callable[..., None]
) -> None:
    sizes(2)
    store = EmbeddingStore(tmp_path, "counting-1")
    seen: list[tuple[int, int]] = []
    embed_texts(Counting(), ["a", "b", "a"], store=store, progress=lambda *pair: seen.append(pair))
    embed_texts(Counting(), list("abcdea"), store=store, progress=lambda *pair: seen.append(pair))
    assert seen == [(0, 2), (2, 2), (2, 5), (4, 5), (5, 5)]


def test_no_texts(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "counting-1")
    assert embed_texts(Counting(), [], store=None).shape == (0, 0)
    assert embed_texts(Counting(), [], store=store).shape == (0, 0)
    embed_texts(Counting(), ["a"], store=store)
    assert embed_texts(Counting(), [], store=store).shape == (0, 6)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_was_encoded_is_kept_whatever_ends_it(
    tmp_path: Path, sizes: Callable[..., None], error: type[BaseException]
) -> None:
    class Stopped(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            if "g" in texts:
                raise error
            return super().encode_text(texts)

    sizes(2, shard=4)
    store = EmbeddingStore(tmp_path, "counting-1")
    with pytest.raises(error):
        embed_texts(Stopped(), list("abcdefgh"), store=store)
    assert shards(store) == [4, 2]
    resumed = Counting()
    got = embed_texts(resumed, list("abcdefgh"), store=EmbeddingStore(tmp_path, "counting-1"))
    assert resumed.calls == [["g", "h"]]
    assert got.tobytes() == vectors_of(list("abcdefgh")).tobytes()


def test_shards_close_at_a_number_of_texts_or_seconds(
    tmp_path: Path, sizes: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [str(i) for i in range(14)]
    sizes(2, shard=5)
    store = EmbeddingStore(tmp_path / "many", "counting-1")
    embed_texts(Counting(), texts, store=store)
    assert shards(store) == [6, 6, 2]
    clock = [0.0]

    class Slow(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            clock[0] += 4
            return super().encode_text(texts)

    monkeypatch.setattr(_output.time, "monotonic", lambda: clock[0])
    sizes(2, shard=1000)
    store = EmbeddingStore(tmp_path / "slow", "counting-1")
    embed_texts(Slow(), texts, store=store)
    assert shards(store) == [6, 6, 2]  # 10 seconds of work are over after three calls


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_embedding_is_refused_and_not_kept(tmp_path: Path, bad: float) -> None:
    class Broken(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            return np.full((len(texts), 3), bad, dtype=np.float32)

    store = EmbeddingStore(tmp_path, "counting-1")
    with pytest.raises(EncoderError, match="NaN or infinity"):
        embed_texts(Broken(), ["a"], store=store)
    assert len(store) == 0


@pytest.mark.parametrize("stored", [True, False])
def test_dimension_must_not_change_on_the_way(tmp_path: Path, stored: bool, sizes: Callable[..., None]) -> None:
    class Growing(Counting):
        def encode_text(self, texts: list[str]) -> np.ndarray:
            self.dim += 1
            return super().encode_text(texts)

    sizes(1)
    store = EmbeddingStore(tmp_path, "counting-1") if stored else None
    with pytest.raises(EncoderError, match="dimension 7, then 8"):
        embed_texts(Growing(), ["a", "b"], store=store)


def test_dimension_must_be_that_of_the_store(tmp_path: Path) -> None:
    embed_texts(Counting(), ["a"], store=EmbeddingStore(tmp_path, "counting-1"))
    for texts in (["a", "b"], ["b"]):
        with pytest.raises(StoreError, match="dimension 4 for a store of dimension 6"):
            embed_texts(Counting(dim=4), texts, store=EmbeddingStore(tmp_path, "counting-1"))
    assert len(EmbeddingStore(tmp_path, "counting-1")) == 1


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
    with pytest.raises(StoreError, match="counting-2"):
        embed_texts(Counting("counting-2"), ["a"], store=EmbeddingStore(tmp_path, "counting-1"))
    with pytest.raises(StoreError, match="modality 'image'"):
        embed_texts(Counting(), ["a"], store=EmbeddingStore(tmp_path, "counting-1", "image"))
