"""Files that are either whole or not there: write under a temporary name, fsync, rename.

A temporary name starts with `TEMPORARY_PREFIX`, lies in the folder of its target (a rename across file
systems is not atomic) and keeps the target's suffix, since some writers choose their format by it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from primacy.errors import PrimacyError, UsageError

TEMPORARY_PREFIX = ".tmp-"

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextlib.contextmanager
def atomic_path(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Give a temporary path to write to; on success it becomes `path`, on any failure it is removed.

    The folder is created when it is missing. The content is on the disk before the name is, so a crash at any
    moment leaves the old file or the new one. Without `sync` that holds for a killed process but not for a power
    cut: enough, and faster, for a file whose hash is kept elsewhere.

    Raises:
        OSError: as the operating system says; see `os_errors_as`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unique = f"{TEMPORARY_PREFIX}{os.getpid()}-{secrets.token_hex(4)}-"
    temporary = path.with_name(unique + path.name[-100:])
    try:
        yield temporary
        if sync:
            with temporary.open("r+b") as stream:
                os.fsync(stream.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - one name for the call that makes a file exist
    finally:
        temporary.unlink(missing_ok=True)
    if sync:
        _sync_folder(path.parent)


def atomic_write_bytes(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write `data` to `path` as a whole or not at all; `sync` as for `atomic_path`.

    Raises:
        OSError: as the operating system says; the former file, if any, is untouched.
    """
    with atomic_path(path, sync=sync) as temporary:
        temporary.write_bytes(data)


def atomic_write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 with the line ends as they are, as a whole or not at all.

    Raises:
        OSError: as the operating system says; the former file, if any, is untouched.
    """
    atomic_write_bytes(path, text.encode("utf-8"))


def remove_temporaries(folder: Path) -> None:
    """Remove what killed writers left in `folder`; for one who knows that nobody is writing there."""
    for left in sorted(folder.glob(f"{TEMPORARY_PREFIX}*")):
        left.unlink(missing_ok=True)


@contextlib.contextmanager
def os_errors_as(kind: type[PrimacyError], doing: str) -> Iterator[None]:
    """Turn an OSError into `kind`, as "<doing>: <reason>" with a hint for full disks and forbidden folders.

    Raises:
        PrimacyError: of class `kind`, in place of any OSError raised inside.
    """
    try:
        yield
    except OSError as error:
        raise kind(f"{doing}: {error.strerror or error}", hint=_hint(error)) from error


def check_utf8(name: str) -> None:
    """Raise a UsageError where `name`, of a file or an argument, holds bytes that are not UTF-8.

    They could not stand in the tables and reports that name the file, and Arrow does not open it.
    """
    raw = os.fsencode(name)
    try:
        raw.decode()
    except UnicodeDecodeError:
        shown = raw.decode("utf-8", "backslashreplace")
        raise UsageError(f"{shown} is not UTF-8, expected a name that is", hint="Rename the file or folder.") from None


def _hint(error: OSError) -> str:
    if error.errno in _DISK_FULL:
        return "Free some disk space or choose another folder, then run again: what was finished is kept."
    if error.errno in _NOT_ALLOWED:
        return "Choose a folder that you may write to, or change its permissions."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "A file stands where a folder is needed: remove it or choose another folder."
    return ""


def _sync_folder(folder: Path) -> None:
    # Windows and some file systems cannot sync a folder; a crash may lose the name then, never half a file.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
