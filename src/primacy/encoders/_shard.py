"""One shard of the embedding store: two .npy files whose name is the digest of what they hold.

    <keys digest>-<vectors digest>.keys.npy      uint8 (n, 32): row i is the content key of row i of
    <keys digest>-<vectors digest>.vectors.npy   float32 (n, dim)

Both digests are salted with the encoder's fingerprint and the modality, and that of the vectors with that of
the keys: a shard that was altered, cut short, put together from two others, or copied from another encoder's
folder does not answer to its name. Nothing is parsed before its digest has been checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from primacy.files import atomic_path, atomic_write_bytes
from primacy.identity import canonical_json

KEY_BYTES = 32
_BLOCK_ROWS = 1024  # gone through at a time
KEYS_SUFFIX, VECTORS_SUFFIX = ".keys.npy", ".vectors.npy"
_KEYS_DIGEST, _VECTORS_DIGEST = 16, 32  # hex characters of each digest in the name
SHARD_FILE = re.compile(
    rf"(?P<name>[0-9a-f]{{{_KEYS_DIGEST}}}-[0-9a-f]{{{_VECTORS_DIGEST}}})\.(?P<half>keys|vectors)\.npy"
)


class ShardDamagedError(Exception):
    """A shard is not what its name says; never leaves the store."""


class ShardFolder(NamedTuple):
    """Where shards lie and what salts their digests."""

    path: Path
    fingerprint: str
    modality: str

    def keys_path(self, name: str) -> Path:
        """The file of a shard's keys; a shard exists when this file does."""
        return self.path / f"{name}{KEYS_SUFFIX}"

    def vectors_path(self, name: str) -> Path:
        """The file of a shard's vectors."""
        return self.path / f"{name}{VECTORS_SUFFIX}"

    def write(self, keys: np.ndarray, vectors: np.ndarray, rows: np.ndarray) -> str:
        """Write one shard durably and return its name.

        The vectors are gone through twice, a block of rows at a time, first for the name and then for the file, so
        that a shard of any size is written without a second copy of it in memory.

        Args:
            keys: uint8 (m, 32).
            vectors: float32 (n, dim).
            rows: int64 (m,), which row of `vectors` each key stands for.

        Raises:
            OSError: it could not be written; nothing of it is left then.
        """
        keys_data = _npy_header(keys.dtype, keys.shape) + keys.tobytes()
        keys_digest = self._keys_hash(keys_data)
        vectors_hash = self._vectors_hash(keys_digest)
        for part in _npy_parts(vectors, rows):
            vectors_hash.update(part)
        name = f"{keys_digest}-{vectors_hash.hexdigest()[:_VECTORS_DIGEST]}"
        try:  # the keys come last: a reader that sees them finds the vectors in place
            with atomic_path(self.vectors_path(name)) as temporary, temporary.open("wb") as stream:
                stream.writelines(_npy_parts(vectors, rows))
            atomic_write_bytes(self.keys_path(name), keys_data)
        except BaseException:
            with contextlib.suppress(OSError):
                self.keys_path(name).unlink(missing_ok=True)
                self.vectors_path(name).unlink(missing_ok=True)
            raise
        return name

    def read_keys(self, name: str) -> np.ndarray:
        """The keys of a shard, uint8 (n, 32), checked against its name.

        Raises:
            ShardDamagedError: a half is missing, or the keys are not those that the name stands for.
        """
        path = self.keys_path(name)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ShardDamagedError(f"{path.name} is missing") from None
        if self._keys_hash(data) != name[:_KEYS_DIGEST]:
            raise ShardDamagedError(f"{path.name} ({len(data)} bytes) is not what its name says")
        if not self.vectors_path(name).is_file():
            raise ShardDamagedError(f"{self.vectors_path(name).name} is missing")
        keys = np.load(io.BytesIO(data), allow_pickle=False)
        if keys.dtype != np.uint8 or keys.ndim != 2 or keys.shape[1] != KEY_BYTES:
            raise ShardDamagedError(f"{path.name} holds {keys.dtype} {keys.shape}, expected uint8 (n, {KEY_BYTES})")
        return keys

    def check_vectors(self, name: str) -> None:
        """Read the vectors of a shard once from end to end and check them against its name.

        Raises:
            ShardDamagedError: they are missing, or not those that the name stands for.
        """
        path = self.vectors_path(name)
        digest = self._vectors_hash(name[:_KEYS_DIGEST])
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        except FileNotFoundError:
            raise ShardDamagedError(f"{path.name} is missing") from None
        if digest.hexdigest()[:_VECTORS_DIGEST] != name[_KEYS_DIGEST + 1 :]:
            size = path.stat().st_size
            raise ShardDamagedError(f"{path.name} ({size} bytes) is not what its name says")

    def map_vectors(self, name: str) -> np.ndarray:
        """The vectors of a shard, float32 (n, dim), memory-mapped; call `check_vectors` before.

        Raises:
            ShardDamagedError: the file has gone, or holds another dtype or shape.
        """
        path = self.vectors_path(name)
        try:
            vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise ShardDamagedError(f"{path.name} is missing") from None
        if vectors.dtype != np.float32 or vectors.ndim != 2:
            raise ShardDamagedError(f"{path.name} holds {vectors.dtype} {vectors.shape}, expected float32 (n, dim)")
        return vectors

    def _salt(self, half: str) -> bytes:
        return canonical_json(["primacy-shard-1", self.fingerprint, self.modality, half]).encode()

    def _keys_hash(self, data: bytes) -> str:
        return hashlib.sha256(self._salt("keys") + data).hexdigest()[:_KEYS_DIGEST]

    def _vectors_hash(self, keys_digest: str) -> hashlib._Hash:
        return hashlib.sha256(self._salt(f"vectors of {keys_digest}"))


def row_blocks(vectors: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """`vectors[rows]`, float32, C-contiguous copies of `_BLOCK_ROWS` at a time."""
    for start in range(0, len(rows), _BLOCK_ROWS):
        yield vectors[rows[start : start + _BLOCK_ROWS]]


def _npy_parts(vectors: np.ndarray, rows: np.ndarray) -> Iterator[bytes | memoryview]:
    """The .npy file of `vectors[rows]`, in parts."""
    yield _npy_header(vectors.dtype, (len(rows), vectors.shape[1]))
    for block in row_blocks(vectors, rows):
        yield block.data.cast("B")


def _npy_header(dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()
