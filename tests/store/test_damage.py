"""Damaged, missing and foreign files, full disks, read-only folders."""

import errno
import os
import resource
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from primacy.encoders import _output, _pieces
from primacy.encoders.embed import embed_texts
from primacy.encoders.store import EmbeddingStore
from primacy.errors import StoreError
from primacy.identity import text_key

TEXTS = [f"text {i}" for i in range(6)]
KEYS = [text_key(text) for text in TEXTS]
EXPECTED = np.array([[i, i / 3] for i in range(6)], dtype=np.float32)


class Numbers:
    """Text "... i" becomes (i, i / 3); counts what it encodes."""

    fingerprint = "numbers-1"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode_text(self, texts: list[str]) -> np.ndarray:
        self.seen += texts
        return np.array([[int(t.split()[1]), int(t.split()[1]) / 3] for t in texts], dtype=np.float32)


def open_store(root: Path) -> EmbeddingStore:
    return EmbeddingStore(root, "numbers-1")


@pytest.fixture(autouse=True)
def three_texts_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pieces, "CHUNK", 3)
    monkeypatch.setattr(_output, "SHARD_ROWS", 3)


@pytest.fixture
def filled(tmp_path: Path) -> EmbeddingStore:
    """Two shards of three texts."""
    store = open_store(tmp_path)
    embed_texts(Numbers(), TEXTS, store=store)
    return store


def files(store: EmbeddingStore, half: str) -> list[Path]:
    return sorted(store.path.glob(f"[!.]*.{half}.npy"))


def expect_recomputed(root: Path, number: int) -> None:
    """All right, `number` texts encoded again, and whole thereafter."""
    encoder = Numbers()
    assert embed_texts(encoder, TEXTS, store=open_store(root)).tobytes() == EXPECTED.tobytes()
    assert len(encoder.seen) == number
    again = Numbers()
    assert embed_texts(again, TEXTS, store=open_store(root)).tobytes() == EXPECTED.tobytes()
    assert again.seen == []
    assert open_store(root).verify().damaged == ()


@pytest.mark.parametrize("half", ["keys", "vectors"])
def test_no_flipped_byte_anywhere_is_ever_served(
    filled: EmbeddingStore, tmp_path: Path, half: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = files(filled, half)[0]
    good = {file: file.read_bytes() for file in filled.path.glob("*.npy")}
    for position in range(len(good[path])):
        data = bytearray(good[path])
        data[position] ^= 1 << position % 8
        path.write_bytes(data)
        caplog.clear()
        found, vectors = open_store(tmp_path).get(KEYS)
        assert found.sum() == 3
        assert vectors.tobytes() == EXPECTED[found].tobytes()
        assert path.name in caplog.text
        for file, content in good.items():
            file.write_bytes(content)


@pytest.mark.parametrize("half", ["keys", "vectors"])
@pytest.mark.parametrize("kind", ["flipped", "truncated", "longer", "empty", "missing", "text", "swapped"])
def test_damage_is_reported_and_recomputed(
    filled: EmbeddingStore, tmp_path: Path, half: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, other = files(filled, half)
    data = path.read_bytes()
    flipped = bytearray(data)
    flipped[int(np.random.default_rng(11).integers(len(data)))] ^= 0x40
    damage = {
        "flipped": flipped,
        "truncated": data[:-5],
        "longer": data + b"\0",
        "empty": b"",
        "text": b"hello",
    }
    if kind == "missing":
        path.unlink()
    else:
        path.write_bytes(damage.get(kind, other.read_bytes()))
    expect_recomputed(tmp_path, 3)
    assert path.name in caplog.text


def test_damage_in_an_open_store_is_found_when_its_shard_was_not_read_yet(
    filled: EmbeddingStore, tmp_path: Path
) -> None:
    store = open_store(tmp_path)
    assert len(store) == 6
    path = files(store, "vectors")[1]
    path.write_bytes(path.read_bytes()[::-1])
    found, vectors = store.get(KEYS)
    assert found.sum() == 3
    assert vectors.tobytes() == EXPECTED[found].tobytes()
    assert len(store) == 3


def test_shard_that_comes_back_is_checked_again(filled: EmbeddingStore, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.get(KEYS).found.all()
    good = {path: path.read_bytes() for path in (files(store, "keys")[0], files(store, "vectors")[0])}
    files(store, "vectors")[0].unlink()
    assert store.get(KEYS).found.sum() == 3
    for path, data in good.items():
        path.write_bytes(data.replace(data[-4:], b"\x00\x00\x80\x3f") if "vectors" in path.name else data)
    found, vectors = store.get(KEYS)
    assert vectors.tobytes() == EXPECTED[found].tobytes()
    assert found.sum() == 3


def test_halves_of_two_shards_are_not_taken_for_one(filled: EmbeddingStore, tmp_path: Path) -> None:
    (a_keys, b_keys), (_, b_vectors) = files(filled, "keys"), files(filled, "vectors")
    mixed = a_keys.name[:16] + b_keys.name[16:-9]  # digest of a's keys, of b's vectors
    (a_keys.with_name(f"{mixed}.keys.npy")).write_bytes(a_keys.read_bytes())
    (a_keys.with_name(f"{mixed}.vectors.npy")).write_bytes(b_vectors.read_bytes())
    assert len(open_store(tmp_path).verify().damaged) == 1
    expect_recomputed(tmp_path, 0)


def test_shards_of_another_encoder_do_not_count(filled: EmbeddingStore, tmp_path: Path) -> None:
    other = EmbeddingStore(tmp_path, "numbers-2")
    other.prepare()
    for path in filled.path.glob("*.npy"):
        path.replace(other.path / path.name)
    assert not other.get(KEYS).found.any()
    expect_recomputed(tmp_path, 6)


def test_verify_counts_and_names_the_damaged(filled: EmbeddingStore, tmp_path: Path) -> None:
    assert filled.verify() == (2, 6, ())
    path = files(filled, "vectors")[0]
    path.write_bytes(b"x" + path.read_bytes()[1:])
    check = filled.verify()  # a shard that this process has served before is read again
    assert (check.n_shards, check.n_vectors) == (1, 3)
    assert path.name in check.damaged[0]
    assert sorted(p.name for p in (filled.path / "damaged").iterdir()) == sorted(
        [path.name, path.name.replace("vectors", "keys")]
    )


def test_foreign_files_are_reported_once_and_left_alone(
    filled: EmbeddingStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    np.save(filled.path / "mine.npy", np.zeros(3))
    (filled.path / ("0" * 16 + "-" + "0" * 32 + ".keys.npy")).mkdir()
    store = open_store(tmp_path)
    assert store.get(KEYS).found.all()
    assert store.get(KEYS).found.all()
    assert caplog.text.count("is not a shard") == 2
    assert "mine.npy" in caplog.text
    assert (filled.path / "mine.npy").exists()
    expect_recomputed(tmp_path, 0)


def test_pickles_are_not_opened(filled: EmbeddingStore, tmp_path: Path) -> None:
    path = files(filled, "vectors")[0]
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    expect_recomputed(tmp_path, 3)


def test_leftovers_of_dead_writers_go(filled: EmbeddingStore, tmp_path: Path) -> None:
    for folder in (filled.path, filled.path.parent):
        (folder / ".tmp-99999-aa-x.npy").write_bytes(b"half")
    store = open_store(tmp_path)
    assert store.get(KEYS).found.all()
    store.prepare()
    assert not list(tmp_path.rglob(".tmp-*"))


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    """The system stops every write at `size` bytes, in the middle of it, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def failing_after(calls: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the files opened for writing, the first `calls` are well; the others break off in the middle."""
    original, seen = Path.open, list[Path]()

    def opened(self: Path, mode: str = "r", *args: Any, **more: Any) -> IO[Any]:
        stream = original(self, mode, *args, **more)
        if mode == "wb":
            seen.append(self)
            if len(seen) > calls:
                return Breaking(stream, code)
        return stream

    monkeypatch.setattr(Path, "open", opened)


class Breaking:
    """A stream that takes half of what it is given, then fails."""

    def __init__(self, stream: IO[bytes], code: int) -> None:
        self.stream, self.code = stream, code

    def __enter__(self) -> "Breaking":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def write(self, data: bytes) -> int:
        self.stream.write(data[: len(data) // 2])
        raise OSError(self.code, os.strerror(self.code))

    def writelines(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            self.write(part)


@pytest.mark.parametrize("calls", [0, 1, 2, 3])  # each half of each of the two chunks
def test_full_disk_keeps_the_finished_chunks(tmp_path: Path, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(tmp_path).prepare()
    store = open_store(tmp_path)
    with monkeypatch.context() as patch:
        failing_after(calls, errno.ENOSPC, patch)
        with pytest.raises(StoreError, match="No space left") as caught:
            embed_texts(Numbers(), TEXTS, store=store)
    assert "disk space" in caught.value.hint
    assert str(store.path) in str(caught.value)
    assert len(list(store.path.iterdir())) == 2 * (calls // 2)  # nothing half-written stays
    encoder = Numbers()  # the same instance goes on once there is room
    assert embed_texts(encoder, TEXTS, store=store).tobytes() == EXPECTED.tobytes()
    assert len(encoder.seen) == 6 - 3 * (calls // 2)
    expect_recomputed(tmp_path, 0)


def test_write_that_the_system_cuts_short(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    embed_texts(Numbers(), TEXTS[:1], store=store)
    keys = [text_key(f"t{i}") for i in range(3000)]
    with limited_file_size(60_000), pytest.raises(StoreError, match="File too large"):
        store.put(keys, np.ones((3000, 2), dtype=np.float32))  # its vectors fit, its keys do not
    assert len(list(store.path.iterdir())) == 2
    expect_recomputed(tmp_path, 5)


def test_failing_sync_or_rename_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)
    store.prepare()
    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:

            def fail(*args: object) -> None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            patch.setattr(os, name, fail)
            with pytest.raises(StoreError, match="No space left"):
                embed_texts(Numbers(), TEXTS, store=store)
        assert list(store.path.iterdir()) == []
    expect_recomputed(tmp_path, 6)


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    """The process may not write below `root`: for the superuser that takes another user id for the while."""
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    superuser = os.geteuid() == 0
    try:
        if superuser:
            os.seteuid(65534)
        yield
    finally:
        if superuser:
            os.seteuid(0)
        for folder in folders:
            folder.chmod(0o755)


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A folder that any user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_read_only_store_serves_what_it_has_and_says_that_it_cannot_write(open_root: Path) -> None:
    embed_texts(Numbers(), TEXTS[:3], store=open_store(open_root))
    with read_only(open_root):
        encoder = Numbers()
        got = embed_texts(encoder, TEXTS[:3], store=open_store(open_root))
        assert got.tobytes() == EXPECTED[:3].tobytes()
        with pytest.raises(StoreError, match="cannot write to the embedding store") as caught:
            embed_texts(encoder, TEXTS, store=open_store(open_root))
        assert "may write" in caught.value.hint
        assert encoder.seen == []  # said before anything was computed for nothing
        assert embed_texts(encoder, TEXTS, store=None).tobytes() == EXPECTED.tobytes()


def test_read_only_folder_without_a_store(open_root: Path) -> None:
    with read_only(open_root), pytest.raises(StoreError, match="Permission denied"):
        embed_texts(Numbers(), TEXTS, store=open_store(open_root))


def test_damaged_shard_in_a_read_only_store_is_not_served(open_root: Path) -> None:
    store = open_store(open_root)
    embed_texts(Numbers(), TEXTS, store=store)
    path = files(store, "vectors")[0]
    path.write_bytes(path.read_bytes()[:-1] + b"\x55")
    with read_only(open_root):
        opened = open_store(open_root)
        for _ in range(2):
            found, vectors = opened.get(KEYS)
            assert found.sum() == 3
            assert vectors.tobytes() == EXPECTED[found].tobytes()
    expect_recomputed(open_root, 3)


def test_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreError, match="Not a directory") as caught:
        open_store(tmp_path / "cache")
    assert "A file stands" in caught.value.hint
