"""All shards of one folder as one map from content keys to vectors; damaged ones are set aside on the way."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from primacy.encoders._key_index import KeyIndex, Places
from primacy.encoders._shard import KEY_BYTES, SHARD_FILE, ShardDamagedError, ShardFolder
from primacy.errors import StoreError
from primacy.files import TEMPORARY_PREFIX, remove_temporaries

_DAMAGED = "damaged"
_log = logging.getLogger(__name__)


class Hits(NamedTuple):
    """Answer of the store to n keys."""

    found: np.ndarray  # bool (n,)
    vectors: np.ndarray  # float32 (found.sum(), dim), in the order of the found keys


class StoreCheck(NamedTuple):
    """Outcome of `EmbeddingStore.verify`."""

    n_shards: int  # sound ones
    n_vectors: int
    damaged: tuple[str, ...]  # what was wrong with each shard that was set aside


class Shards:
    """The shards of one folder, as they stand now: other processes may add to them at any time."""

    def __init__(self, folder: ShardFolder) -> None:
        self._folder = folder
        self._dim: int | None = None
        self._checked: set[str] = set()  # shards whose vectors this process has checked
        self._unusable: set[str] = set()  # damaged shards that could not be moved away
        self._reported: set[str] = set()
        self._forget()

    def count(self) -> int:
        """Number of distinct keys."""
        self._refresh()
        return len(self._index)

    def size_bytes(self) -> int:
        """Bytes taken by the shards."""
        return sum(path.stat().st_size for path in self._files())

    def dim(self) -> int | None:
        """Length of the vectors; None while there are none."""
        self._refresh()
        while self._dim is None and self._names:
            if self._damage(self._names[0]):
                self._refresh()
        return self._dim

    def lookup(self, keys: np.ndarray) -> Hits:
        """Find the vectors of `keys`, uint8 (n, 32).

        Raises:
            StoreError: there are vectors of two dimensions.
        """
        while True:  # ends: each turn but the last takes one damaged shard out
            self._refresh()
            places = self._index.find(keys)
            needed = [self._names[number] for number in np.unique(places.shard[places.found])]
            if any(self._damage(name) for name in needed):
                continue
            try:
                return Hits(places.found, self._gather(places))
            except ShardDamagedError:  # another process has just set it aside
                continue

    def append(self, keys: np.ndarray, vectors: np.ndarray, rows: np.ndarray) -> None:
        """Write one more shard; only under the lock of the store.

        Args:
            keys: uint8 (m, 32), distinct and not kept yet.
            vectors: float32 (n, dim).
            rows: int64 (m,), which row of `vectors` each key stands for.

        Raises:
            OSError: it could not be written; nothing of it is left then.
        """
        name = self._folder.write(keys, vectors, rows)
        self._unusable.discard(name)
        self._admit([name])

    def check_all(self) -> StoreCheck:
        """Read everything from end to end.

        Raises:
            StoreError: there are vectors of two dimensions.
        """
        self._forget()
        self._checked.clear()
        damaged = self._refresh()
        while unchecked := [name for name in self._names if name not in self._checked]:
            if why := self._damage(unchecked[0]):
                damaged += [why, *self._refresh()]
        return StoreCheck(len(self._names), len(self._index), tuple(damaged))

    def sweep(self) -> None:
        """Clear what killed writers left; only under the lock of the store, when nobody else is writing."""
        remove_temporaries(self._folder.path)
        for path in self._files():
            match = SHARD_FILE.fullmatch(path.name)
            if match and not self._folder.keys_path(match["name"]).exists():
                self._set_aside(match["name"], f"{self._folder.keys_path(match['name']).name} is missing")

    def _files(self) -> list[Path]:
        """The files of all shards, sorted; what does not belong here is reported once and left alone."""
        try:
            with os.scandir(self._folder.path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []
        ours = []
        for entry in entries:
            if entry.is_file() and SHARD_FILE.fullmatch(entry.name):
                ours.append(Path(entry.path))
            elif entry.name not in self._reported and not entry.name.startswith((TEMPORARY_PREFIX, _DAMAGED)):
                self._reported.add(entry.name)
                _log.warning("embedding store: %s is not a shard and is ignored", entry.path)
        return ours

    def _forget(self) -> None:
        self._index, self._names = KeyIndex(), list[str]()

    def _refresh(self) -> list[str]:
        """Take in new shards, drop those that are gone; returns what was wrong with the damaged ones."""
        matches = [match for path in self._files() if (match := SHARD_FILE.fullmatch(path.name))]
        present = {match["name"]: True for match in matches if match["half"] == "keys"}
        if any(name not in present for name in self._names):
            self._forget()
        known = set(self._names)
        new = [name for name in present if name not in known and name not in self._unusable]
        return self._admit(new)

    def _admit(self, names: list[str]) -> list[str]:
        """Enter shards into the index, one by one, as the keys of all would fill the memory; returns what was wrong
        with the damaged ones."""
        damaged = []
        for name in names:
            try:
                keys = self._folder.read_keys(name)
            except ShardDamagedError as error:
                damaged.append(self._set_aside(name, str(error)))
                continue
            shard = np.full(len(keys), len(self._names), dtype=np.int32)
            self._index.add(keys, shard, np.arange(len(keys), dtype=np.int32))
            self._names.append(name)
        return damaged

    def _damage(self, name: str) -> str:
        """Check a shard's vectors, once per process; returns what is wrong with them, or nothing."""
        try:
            if name not in self._checked:
                self._folder.check_vectors(name)
            dim = self._folder.map_vectors(name).shape[1]
        except ShardDamagedError as error:
            self._forget()
            return self._set_aside(name, str(error))
        if self._dim not in (None, dim):
            raise StoreError(
                f"{self._folder.path} holds vectors of dimensions {self._dim} and {dim} (shard {name})",
                hint="One fingerprint stands for two encoders here: remove the folder and tell them apart.",
            )
        self._dim = dim
        self._checked.add(name)
        return ""

    def _gather(self, places: Places) -> np.ndarray:
        """Vectors at the found places, float32 (found.sum(), dim).

        Shards are mapped one after the other: thousands of open maps would use up the file descriptors.
        """
        shard, row = places.shard[places.found], places.row[places.found]
        out = np.empty((len(shard), self._dim or 0), dtype=np.float32)
        order = np.argsort(shard, kind="stable")
        numbers, starts = np.unique(shard[order], return_index=True)
        for number, at in zip(numbers, np.split(order, starts)[1:], strict=True):
            out[at] = self._folder.map_vectors(self._names[number])[row[at]]
        return out

    def _set_aside(self, name: str, why: str) -> str:
        _log.warning("embedding store %s: %s; what it held is computed again", self._folder.path, why)
        self._checked.discard(name)
        aside = self._folder.path / _DAMAGED
        try:
            aside.mkdir(exist_ok=True)
            for path in (self._folder.keys_path(name), self._folder.vectors_path(name)):
                if path.is_file():
                    path.replace(aside / path.name)
        except OSError:
            self._unusable.add(name)
        return why


def key_array(keys: Sequence[bytes] | np.ndarray) -> np.ndarray:
    """Keys of 32 bytes as uint8 (n, 32), which an array of them is already.

    Raises:
        StoreError: a key has another length.
    """
    if isinstance(keys, np.ndarray):
        return keys
    if any(len(key) != KEY_BYTES for key in keys):
        raise StoreError(f"a key does not have {KEY_BYTES} bytes")
    return np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), KEY_BYTES)


def first_of_each(keys: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Those of the rows `at` of `keys` whose key stands there for the first time, in their order."""
    _, first = np.unique(keys[at].view(f"S{KEY_BYTES}"), return_index=True)
    return at[np.sort(first)]
