"""The embedding store: every distinct input is encoded once per encoder, and kept.

    <root>/emb/<first 16 of the fingerprint>/encoder.json           whose vectors these are
    <root>/emb/<first 16 of the fingerprint>/<modality>/<shard>.*   append-only shards, see `_shard.py`
    <root>/emb/<first 16 of the fingerprint>/<modality>/damaged/    shards that failed their check

What is asked for is the content (its sha256), never a name or a position. A shard is checked against the
digest in its name once per process before anything of it is served; a damaged one is reported through
`logging`, moved to `damaged/`, and its content counts as missing. Any number of processes may share a store:
readers need no lock, writers hold one only while they append. A store in a read-only folder serves what it
has; to write to it is a `StoreError`, never a silent loss of the cache.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from primacy.encoders._shard import ShardFolder, row_blocks
from primacy.encoders._shards import Hits, Shards, StoreCheck, first_of_each, key_array
from primacy.encoders.base import Described, Encoder
from primacy.errors import StoreError, UnknownNameError
from primacy.files import atomic_write_text, os_errors_as, remove_temporaries

__all__ = ["MODALITIES", "EmbeddingStore", "Hits", "StoreCheck"]

MODALITIES = ("text", "image")
FORMAT = 1
LOCK_SECONDS = 120.0  # a writer holds the lock for well under a second

_log = logging.getLogger(__name__)


class EmbeddingStore:
    """Vectors of one encoder and one modality on disk, keyed by content.

    One instance is for one thread; further threads and processes open their own on the same folder.
    """

    def __init__(
        self,
        root: Path,
        fingerprint: str,
        modality: str = "text",
        *,
        identity: Mapping[str, Any] | None = None,
    ) -> None:
        """Open the store below `root`; nothing is created before the first write.

        Args:
            root: the cache folder.
            fingerprint: the encoder's fingerprint, in full.
            modality: "text" or "image".
            identity: JSON-able description of the encoder, kept beside the shards for people.

        Raises:
            StoreError: the folder cannot be read, or belongs to another encoder or version of the format.
            UnknownNameError: no such modality.
        """
        if modality not in MODALITIES:
            raise UnknownNameError("modality", modality, MODALITIES)
        if not fingerprint:
            raise StoreError("the encoder's fingerprint is empty, expected a string that tells its vectors apart")
        self.fingerprint, self.modality = fingerprint, modality
        self._identity = dict(identity or {})
        self._home = Path(root) / "emb" / _short(fingerprint)
        self.path = self._home / modality
        self._shards = Shards(ShardFolder(self.path, fingerprint, modality))
        self._swept = False
        with self._reading():
            self._card_is_ours()

    @classmethod
    def for_encoder(cls, root: Path, encoder: Encoder, modality: str = "text") -> EmbeddingStore:
        """The store of `encoder` below the cache folder `root`.

        Raises:
            StoreError: the folder cannot be read, or belongs to another encoder or version of the format.
        """
        identity = encoder.identity if isinstance(encoder, Described) else None
        return cls(root, encoder.fingerprint, modality, identity=identity)

    def __len__(self) -> int:
        """Number of distinct inputs kept."""
        with self._reading():
            return self._shards.count()

    def __bool__(self) -> bool:
        """True: an empty store is still a store, and `if store` asks whether there is one."""
        return True

    @property
    def dim(self) -> int | None:
        """Length of the vectors; None while there are none."""
        with self._reading():
            return self._shards.dim()

    @property
    def size_bytes(self) -> int:
        """Bytes taken by the shards, damaged ones not counted."""
        with self._reading():
            return self._shards.size_bytes()

    def get(self, keys: Sequence[bytes] | np.ndarray) -> Hits:
        """Look up `keys` (32 bytes each, see `primacy.identity.text_key`, or uint8 (n, 32)).

        Raises:
            StoreError: the folder cannot be read, or holds vectors of two dimensions.
        """
        with self._reading():
            return self._shards.lookup(key_array(keys))

    def put(self, keys: Sequence[bytes] | np.ndarray, vectors: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Append one shard with those of `keys` that are not kept yet; on return it is safely on the disk.

        Where another process was faster, its vectors are written over those given, in place, so that all who share a
        store see the same bits.

        Args:
            keys: m keys of 32 bytes, or uint8 (m, 32).
            vectors: float32 (n, dim); only the rows that are named need be finite.
            rows: int64 (m,), the row of `vectors` for each key; by default m is n, row by row. Nothing larger than a
                block of them is copied.

        Raises:
            StoreError: wrong shape, dtype or dimension, or the folder cannot be written. What was kept stays.
        """
        wanted = key_array(keys)
        rows = np.arange(len(vectors)) if rows is None else rows
        _check_vectors(vectors, rows, len(wanted))
        with self._writing():
            hits = self.get(wanted)
            self.check_dimension(vectors.shape[1])
            if len(hits.vectors):
                vectors[rows[hits.found]] = hits.vectors
            fresh = first_of_each(wanted, np.flatnonzero(~hits.found))
            if len(fresh):
                self._shards.append(wanted[fresh], vectors, rows[fresh])

    def check_dimension(self, dim: int) -> None:
        """Make sure that vectors of `dim` numbers belong here.

        Raises:
            StoreError: what is kept has another dimension.
        """
        known = self.dim
        if known not in (None, dim):
            raise StoreError(
                f"vectors of dimension {dim} for a store of dimension {known} ({self.path})",
                hint="The encoder's fingerprint must change whenever its vectors do.",
            )

    def prepare(self) -> None:
        """Make sure, before an expensive computation, that its result can be kept.

        Raises:
            StoreError: the folder cannot be created or written.
        """
        with self._writing():
            pass

    def verify(self) -> StoreCheck:
        """Read every shard from end to end and set the damaged ones aside.

        Raises:
            StoreError: the folder cannot be read, or holds vectors of two dimensions.
        """
        with self._reading():
            return self._shards.check_all()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with os_errors_as(StoreError, f"cannot read the embedding store {self.path}"):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        lock = self._home / ".lock"
        with os_errors_as(StoreError, f"cannot write to the embedding store {self.path}"):
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(lock, timeout=LOCK_SECONDS):
                    self._settle()
                    yield
            except Timeout:
                raise StoreError(
                    f"another process has held {lock} for {LOCK_SECONDS:.0f} seconds",
                    hint="Look for a stopped process that uses this cache, or choose another cache folder.",
                ) from None

    def _settle(self) -> None:
        """Once the lock is held: put up the sign of whose folder this is, clear what killed writers left."""
        if not self._card_is_ours():
            card = {"format": FORMAT, "fingerprint": self.fingerprint, "identity": self._identity}
            atomic_write_text(self._home / "encoder.json", json.dumps(card, indent=1, sort_keys=True))
        if not self._swept:
            remove_temporaries(self._home)
            self._shards.sweep()
            self._swept = True

    def _card_is_ours(self) -> bool:
        """Whether encoder.json names this encoder; False when there is none or it is damaged."""
        path = self._home / "encoder.json"
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            version, owner = card["format"], card["fingerprint"]
        except FileNotFoundError:
            return False
        except (ValueError, TypeError, KeyError):
            _log.warning("embedding store: %s is damaged and will be written anew", path)
            return False
        if version != FORMAT:
            raise StoreError(
                f"{self._home} is of format {version!r}, expected {FORMAT}",
                hint="It was written by another version of Primacy: choose another cache folder.",
            )
        if owner != self.fingerprint:
            raise StoreError(
                f"{self._home} belongs to the encoder {owner}, not to {self.fingerprint}",
                hint="Remove that folder, or choose another cache folder for one of the two encoders.",
            )
        return True


def _short(fingerprint: str) -> str:
    # A fingerprint made elsewhere may be any text, and is no safe folder name then.
    if re.fullmatch(r"[0-9a-f]{64}", fingerprint):
        return fingerprint[:16]
    return hashlib.sha256(fingerprint.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _check_vectors(vectors: np.ndarray, rows: np.ndarray, n: int) -> None:
    if vectors.dtype != np.float32 or vectors.ndim != 2 or len(rows) != n or vectors.shape[1] == 0:
        got = f"{len(rows)} vectors of {vectors.dtype} {vectors.shape}"
        raise StoreError(f"got {got} for {n} keys, expected float32 (n, dim), one a key")
    if not all(np.isfinite(block).all() for block in row_blocks(vectors, rows)):
        raise StoreError("vectors with NaN or infinity cannot be kept")
