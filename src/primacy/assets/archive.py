"""Bounded reading of packs: zip files (.zip, .sh3f), whose members may neither leave the folder nor fill the disk."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from primacy.errors import AssetError
from primacy.files import atomic_write_bytes, os_errors_as

_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError)  # what the ways of packing raise, each its own
MAX_MEMBERS = 200_000
MAX_MEMBER_BYTES = 500_000_000
MAX_TOTAL_BYTES = 2_000_000_000
MAX_RATIO = 250
_SMALL = 1_000_000  # a small file may be as compressible as it likes


class Archive:
    """A zip file, open for reading. Its list of members is checked when it is opened."""

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            AssetError: it is missing, no zip file, has too many members, or one that leaves the folder or is a link.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError:
            raise AssetError(f"{path} is missing") from None
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise AssetError(f"{path} is not readable as a zip file: {error}") from None
        entries = self._zip.infolist()
        if len(entries) > MAX_MEMBERS:
            raise AssetError(f"{path} has {len(entries):,} members, at most {MAX_MEMBERS:,} are read")
        for entry in entries:
            _check_name(entry.filename, path)
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise AssetError(f"{path} holds the link {entry.filename!r}", hint="Links in archives are refused.")
        self._entries = {e.filename: e for e in entries if not e.is_dir()}

    @property
    def names(self) -> tuple[str, ...]:
        """All files in it."""
        return tuple(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def beside(self, name: str) -> list[str]:
        """The files in the folder of `name` and below, `name` last; `name` alone if it lies at the top."""
        folder = str(PurePosixPath(name).parent)
        if folder == ".":
            return [name]
        return [n for n in self._entries if n.startswith(f"{folder}/") and n != name] + [name]

    def read(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            AssetError: no such member, more than `MAX_MEMBER_BYTES`, blown up by more than `MAX_RATIO`, or damaged.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise AssetError(
                f"{self.path} holds no {name!r}", hint="It may be of another version; docs/assets.md names it."
            )
        self._refuse_bomb([entry])
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(entry.file_size + 1)
        except (*_DAMAGED, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            raise AssetError(f"{self.path}: {name!r} is damaged: {error}") from None
        if len(data) != entry.file_size:
            raise AssetError(f"{self.path}: {name!r} is damaged: its size is not what the archive says")
        return data

    def unpack(self, names: Sequence[str], folder: Path) -> None:
        """Write members below `folder` in the order given; each file is there as a whole or not at all.

        Raises:
            AssetError: as `read`, or more than `MAX_TOTAL_BYTES` together, or the folder cannot be written.
        """
        self._refuse_bomb([self._entries[n] for n in names if n in self._entries])
        with os_errors_as(AssetError, f"cannot unpack into {folder}"):
            for name in names:
                atomic_write_bytes(folder / name, self.read(name))

    def close(self) -> None:
        """Close the file; idempotent."""
        self._zip.close()

    def _refuse_bomb(self, entries: Sequence[zipfile.ZipInfo]) -> None:
        total = sum(e.file_size for e in entries)
        if total > MAX_TOTAL_BYTES:
            raise AssetError(f"{self.path} would unpack to {total:,} bytes, at most {MAX_TOTAL_BYTES:,} are written")
        for entry in entries:
            if entry.file_size > MAX_MEMBER_BYTES:
                raise AssetError(f"{self.path}: {entry.filename!r} has {entry.file_size:,} bytes, too many")
            if entry.file_size > max(MAX_RATIO * entry.compress_size, _SMALL):
                raise AssetError(
                    f"{self.path}: {entry.filename!r} grows more than {MAX_RATIO}-fold when it is unpacked"
                )


def contained(folder: Path, name: str) -> Path:
    """`folder / name`, which must be a file inside `folder` with no link leading out.

    Raises:
        AssetError: it is missing or lies outside.
    """
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise AssetError(f"{name!r} lies outside {folder}")
    if not path.is_file():
        raise AssetError(f"{folder} has no file {name!r}")
    return path


def _check_name(name: str, path: Path) -> None:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
        raise AssetError(f"{path} holds the member {name!r}, which leaves the folder", hint="This archive is refused.")
