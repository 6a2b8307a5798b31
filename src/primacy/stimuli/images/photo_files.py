"""Photos in a folder or a zip file, found by the names that an annotation file gives them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from primacy.assets.archive import Archive
from primacy.errors import AssetError, DatasetError, UsageError
from primacy.files import os_errors_as
from primacy.stimuli.images.decode import MAX_FILE, SUFFIXES, read_bytes


class PhotoFiles:
    """The photos below a folder or inside a .zip, read one at a time, from any thread.

    Only what a listing shows is ever opened: a name in an annotation file is looked up, never followed. Hidden files
    (".x", "__MACOSX/...") are no photos.

    Args:
        path: the folder or .zip.

    Raises:
        UsageError: it is missing, unreadable, neither of the two, or without photos.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive = None if path.is_dir() else _archive(path)
        listed = _below(path) if self._archive is None else self._archive.names
        self.names = tuple(sorted(name for name in listed if _is_photo(name)))
        if not self.names:
            raise UsageError(
                f"{path} holds no photos",
                hint=f"Expected files with one of these suffixes: {', '.join(SUFFIXES)}.",
            )
        self._by_base: dict[str, list[str]] = {}
        for name in self.names:
            self._by_base.setdefault(_base(name), []).append(name)

    def find(self, file_name: str) -> list[str]:
        """The photos that `file_name` may mean, one where all is well.

        The same path, else those whose path ends in it, else those of the same name in whatever folder.
        """
        wanted = file_name.replace("\\", "/").lstrip("/")
        alike = self._by_base.get(_base(wanted), [])
        for found in ([n for n in alike if n == wanted], [n for n in alike if n.endswith(f"/{wanted}")]):
            if found:
                return found
        return list(alike)

    def read(self, name: str) -> bytes:
        """The bytes of a photo of `names`.

        Raises:
            DatasetError: it cannot be read, or has more than `decode.MAX_FILE` bytes.
        """
        if self._archive is None:
            return read_bytes(self._path / name)
        try:
            data = self._archive.read(name)
        except AssetError as error:
            raise DatasetError(str(error)) from error
        if len(data) > MAX_FILE:
            raise DatasetError(f"{name} is larger than {MAX_FILE:,} bytes")
        return data


def _archive(path: Path) -> Archive:
    if not path.exists():
        raise UsageError(f"{path} is missing, expected a folder or .zip of photos")
    try:
        return Archive(path)
    except AssetError as error:
        raise UsageError(str(error), hint="Expected a folder or .zip of photos.") from error


def _below(folder: Path) -> Sequence[str]:
    """Files below `folder` as relative paths with slashes; links to folders are not entered."""
    found = []
    with os_errors_as(UsageError, f"cannot list {folder}"):
        for here, folders, files in os.walk(folder, onerror=_raise):
            folders.sort()
            found += [(Path(here) / name).relative_to(folder).as_posix() for name in files]
    return found


def _raise(error: OSError) -> None:
    raise error


def _is_photo(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith(".") for part in parts) or parts[0] == "__MACOSX"
    return not hidden and name.lower().endswith(SUFFIXES)


def _base(name: str) -> str:
    return name.rsplit("/", 1)[-1]
