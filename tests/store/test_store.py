"""What the store keeps, whose it is, and what it refuses."""

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pytest

from primacy.encoders import store as store_module
from primacy.encoders.store import EmbeddingStore
from primacy.errors import StoreError, UnknownNameError
from primacy.identity import fingerprint, text_key

KEYS = [text_key(f"text {i}") for i in range(10)]
VECTORS = np.arange(40, dtype=np.float32).reshape(10, 4) / 3


def test_keeps_what_was_put_across_instances(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "e")
    assert (len(store), store.dim, store.size_bytes, bool(store)) == (0, None, 0, True)
    assert not (tmp_path / "emb").exists()  # asking creates nothing
    store.put(KEYS[:6], VECTORS[:6])
    store.put(KEYS[6:], VECTORS[6:])
    for opened in (store, EmbeddingStore(tmp_path, "e")):
        assert (len(opened), opened.dim) == (10, 4)
        wanted = [*KEYS[::-1], text_key("other"), KEYS[3]]
        found, vectors = opened.get(wanted)
        assert found.tolist() == [True] * 10 + [False, True]
        assert vectors.tobytes() == np.vstack([VECTORS[::-1], VECTORS[3:4]]).tobytes()
    files = [path for path in store.path.iterdir() if path.is_file()]
    assert store.size_bytes == sum(path.stat().st_size for path in files)
    assert len(files) == 4


def test_shards_are_plain_npy_files(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "e")
    store.put(KEYS, VECTORS)
    (keys,) = store.path.glob("*.keys.npy")
    (vectors,) = store.path.glob("*.vectors.npy")
    assert [row.tobytes() for row in np.load(keys, allow_pickle=False)] == KEYS
    assert np.load(vectors, allow_pickle=False).tobytes() == VECTORS.tobytes()
    assert np.load(vectors).dtype == np.float32


def test_vectors_come_from_memory_maps_that_close_again(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "e")
    for i in range(10):
        store.put(KEYS[i : i + 1], VECTORS[i : i + 1])
    descriptors = Path("/dev/fd")
    before = len(list(descriptors.iterdir()))
    vectors = store.get(KEYS).vectors
    assert len(list(descriptors.iterdir())) == before
    for path in sorted(store.path.iterdir()):
        path.unlink()
    assert vectors.tobytes() == VECTORS.tobytes()  # what was given out does not hang on the files
    assert len(store) == 0  # the cache may be emptied under an open store
    assert not store.get(KEYS).found.any()
    store.put(KEYS, VECTORS)
    assert store.get(KEYS).vectors.tobytes() == VECTORS.tobytes()


def test_put_writes_nothing_twice_and_shows_what_is_kept(tmp_path: Path) -> None:
    first, second = EmbeddingStore(tmp_path, "e"), EmbeddingStore(tmp_path, "e")
    assert len(second) == 0
    first.put(KEYS[:3], VECTORS[:3])
    again = VECTORS[[7, 8, 9]]
    second.put([KEYS[4], KEYS[1], KEYS[4]], again)
    assert again.tobytes() == VECTORS[[7, 1, 9]].tobytes()
    assert first.get([KEYS[4]]).vectors.tobytes() == VECTORS[7:8].tobytes()
    assert sum(len(np.load(path)) for path in first.path.glob("*.keys.npy")) == 4
    size = first.size_bytes
    first.put(KEYS[:3], VECTORS[:3])
    assert (len(first), first.size_bytes) == (4, size)


def test_put_of_chosen_rows(tmp_path: Path) -> None:
    store, vectors = EmbeddingStore(tmp_path, "e"), VECTORS.copy()
    store.put(KEYS[:2], VECTORS[:2] + 1)
    vectors[9] = np.nan  # not asked for
    rows = np.array([8, 0, 3, 1])
    store.put(np.frombuffer(b"".join(KEYS[i] for i in rows), dtype=np.uint8).reshape(-1, 32), vectors, rows)
    assert vectors[:2].tobytes() == (VECTORS[:2] + 1).tobytes()  # those that were kept before
    assert vectors[2:9].tobytes() == VECTORS[2:9].tobytes()
    assert store.get(KEYS).found.tolist() == [i in rows for i in range(10)]
    assert store.get([KEYS[8], KEYS[3]]).vectors.tobytes() == VECTORS[[8, 3]].tobytes()


def test_a_shard_of_many_blocks_is_the_file_that_numpy_writes(tmp_path: Path) -> None:
    n = 9000  # more than two of the blocks that it is written in
    rows = np.random.default_rng(0).permutation(n)
    vectors = np.arange(2.0 * n, dtype=np.float32).reshape(n, 2)
    store = EmbeddingStore(tmp_path, "e")
    store.put([text_key(str(i)) for i in rows], vectors, rows)
    np.save(tmp_path / "expected.npy", vectors[rows])
    (path,) = store.path.glob("*.vectors.npy")
    assert path.read_bytes() == (tmp_path / "expected.npy").read_bytes()
    assert store.verify() == (1, n, ())


def test_no_encoder_precision_or_modality_sees_anothers_vectors(tmp_path: Path) -> None:
    prints = [fingerprint({"model": "m", "precision": p}) for p in ("fp32", "bf16")] + [
        "m",
        "m/../n",
        "é" * 300,
    ]
    stores = [EmbeddingStore(tmp_path, name) for name in prints] + [EmbeddingStore(tmp_path, "m", "image")]
    for i, store in enumerate(stores):
        assert not store.get(KEYS).found.any()
        store.put(KEYS, VECTORS + i)
    for i, store in enumerate(stores):
        assert store.get(KEYS).vectors.tobytes() == (VECTORS + i).tobytes()
        assert store.path.resolve().is_relative_to(tmp_path.resolve() / "emb")
    assert stores[0].path == tmp_path / "emb" / prints[0][:16] / "text"


def test_same_prefix_other_fingerprint_is_an_error(tmp_path: Path) -> None:
    one, other = "ab" * 32, "ab" * 8 + "cd" * 24
    late = EmbeddingStore(tmp_path, other)
    EmbeddingStore(tmp_path, one, identity={"model": "one"}).put(KEYS, VECTORS)
    card = json.loads((tmp_path / "emb" / one[:16] / "encoder.json").read_text())
    assert (card["fingerprint"], card["identity"]) == (one, {"model": "one"})
    with pytest.raises(StoreError, match=f"belongs to the encoder {one}"):
        EmbeddingStore(tmp_path, other)
    with pytest.raises(StoreError, match="belongs to"):
        late.put(KEYS, VECTORS)


def test_for_encoder_takes_fingerprint_and_identity(tmp_path: Path) -> None:
    class Described:
        fingerprint = "d"
        identity = {"activation": "quick_gelu"}  # noqa: RUF012

        def encode_text(self, texts: list[str]) -> np.ndarray:
            return np.zeros((len(texts), 1), dtype=np.float32)

    store = EmbeddingStore.for_encoder(tmp_path, Described())
    store.prepare()
    assert json.loads((store.path.parent / "encoder.json").read_text())["identity"] == Described.identity


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b"null"])
def test_damaged_card_is_reported_and_written_anew(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = EmbeddingStore(tmp_path, "e")
    store.put(KEYS[:5], VECTORS[:5])
    card = store.path.parent / "encoder.json"
    card.write_bytes(data)
    opened = EmbeddingStore(tmp_path, "e")
    assert "encoder.json is damaged" in caplog.text
    assert opened.get(KEYS[:5]).found.all()
    opened.put(KEYS, VECTORS)
    assert json.loads(card.read_text())["fingerprint"] == "e"


def test_unknown_format_is_refused_untouched(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "e")
    store.put(KEYS, VECTORS)
    card = store.path.parent / "encoder.json"
    card.write_text(card.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(StoreError, match="format 2, expected 1"):
        EmbeddingStore(tmp_path, "e")


def test_wrong_input_is_refused(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, "e")
    with pytest.raises(StoreError, match="32 bytes"):
        store.get([b"short"])
    for wrong in (VECTORS[:3], VECTORS.astype(np.float64), VECTORS[:, 0], VECTORS[:, :0]):
        with pytest.raises(StoreError, match="expected float32"):
            store.put(KEYS, wrong)
    with pytest.raises(StoreError, match="NaN"):
        store.put(KEYS[:1], np.array([[np.nan]], dtype=np.float32))
    with pytest.raises(StoreError, match="fingerprint is empty"):
        EmbeddingStore(tmp_path, "")
    with pytest.raises(UnknownNameError, match="modality"):
        EmbeddingStore(tmp_path, "e", "../text")


def test_second_dimension_is_refused(tmp_path: Path) -> None:
    EmbeddingStore(tmp_path, "e").put(KEYS[:1], VECTORS[:1])
    store = EmbeddingStore(tmp_path, "e")
    with pytest.raises(StoreError, match="dimension 3 for a store of dimension 4"):
        store.put(KEYS[1:2], VECTORS[1:2, :3])
    assert store.get(KEYS[:2]).found.tolist() == [True, False]


def test_shards_of_two_dimensions_are_detected(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path / "a", "e")
    store.put(KEYS[:1], VECTORS[:1])
    other = EmbeddingStore(tmp_path / "b", "e")
    other.put(KEYS[1:2], VECTORS[1:2, :3])
    for path in other.path.glob("*.npy"):
        path.replace(store.path / path.name)
    for use in (lambda s: s.get(KEYS), lambda s: s.verify()):
        with pytest.raises(StoreError, match="dimensions"):
            use(EmbeddingStore(tmp_path / "a", "e"))


def test_caches_of_one_encoder_can_be_joined_by_copying(tmp_path: Path) -> None:
    store, other = EmbeddingStore(tmp_path / "a", "e"), EmbeddingStore(tmp_path / "b", "e")
    store.put(KEYS[:6], VECTORS[:6])
    other.put(KEYS[3:], VECTORS[3:])
    for path in other.path.glob("*.npy"):
        path.replace(store.path / path.name)
    assert store.get(KEYS).vectors.tobytes() == VECTORS.tobytes()
    assert len(store) == 10


def test_waits_for_the_lock_and_says_when_it_is_never_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EmbeddingStore(tmp_path, "e")
    store.prepare()
    monkeypatch.setattr(store_module, "LOCK_SECONDS", 0.2)
    start = time.monotonic()
    with (
        store_module.FileLock(store.path.parent / ".lock"),
        pytest.raises(StoreError, match="another process"),
    ):
        store.put(KEYS, VECTORS)
    assert time.monotonic() - start >= 0.2
    store.put(KEYS, VECTORS)
    assert len(store) == 10


def test_many_keys_equal_to_a_dictionary(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    keys = [hashlib.sha256(bytes([i // 256, i % 256])).digest() for i in range(1500)]
    vectors = rng.standard_normal((1500, 5)).astype(np.float32)
    store, kept = EmbeddingStore(tmp_path, "e"), dict[bytes, int]()
    for _ in range(12):
        rows = rng.integers(0, 1200, rng.integers(1, 300))
        store.put([keys[i] for i in rows], vectors[rows])
        kept.update({keys[i]: i for i in rows})
        asked = rng.integers(0, 1500, 700)
        found, got = store.get([keys[i] for i in asked])
        assert found.tolist() == [keys[i] in kept for i in asked]
        assert got.tobytes() == vectors[asked[found]].tobytes()
    assert len(store) == len(kept)
