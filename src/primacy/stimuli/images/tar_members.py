"""The files in an uncompressed .tar, by their place in it; nothing is unpacked."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from primacy.errors import DatasetError
from primacy.stimuli.images.stored import Blob


class Member(NamedTuple):
    """A file of an archive: where its bytes lie, or in `trouble`, in a few words, why they cannot be had."""

    name: str
    blob: Blob
    trouble: str = ""


def tar_members(path: Path) -> Iterator[Member]:
    """The files of an archive in their order, folders left out.

    Raises:
        tarfile.TarError: what follows the files given so far is broken.
        DatasetError: it is no such archive, or cannot be read.
    """
    try:
        size = path.stat().st_size
        with _opened(path) as archive:
            while (member := archive.next()) is not None:
                if not member.isdir():
                    yield Member(member.name, Blob(path, member.offset_data, member.size), _trouble(member, size))
                # tarfile keeps every header that it has read: gigabytes for millions of them.
                archive.members = []  # type: ignore[attr-defined]
    except (OSError, ValueError, EOFError) as error:
        raise _unreadable(path, error) from None


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, "r:")
    except tarfile.TarError as error:
        raise _unreadable(path, error) from None


def _trouble(member: tarfile.TarInfo, size: int) -> str:
    if not member.isreg() or member.issparse():
        return "no plain file"
    return "the archive ends within it" if member.offset_data + member.size > size else ""


def _unreadable(path: Path, error: Exception) -> DatasetError:
    return DatasetError(
        f"cannot read {path} as an uncompressed .tar archive: {error}",
        hint="Unpack .tar.gz, .tgz and .zip archives first.",
    )
