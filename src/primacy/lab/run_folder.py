"""The folder of a lab model: one process at a time works in it, and what it keeps is whole or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from primacy.errors import RunError
from primacy.files import os_errors_as
from primacy.listener import Listener, Silent

Found = TypeVar("Found")
LOCK = ".lock"


@contextmanager
def alone(folder: Path, listener: Listener | None = None) -> Iterator[None]:
    """Hold the folder of a lab model, which is made if it is missing; wait where another process holds it.

    What the other process was doing is done then, so whoever waited looks again before beginning anything. The lock of
    a process that dies is free.

    Args:
        folder: the model's own.
        listener: told of the wait.

    Raises:
        RunError: the folder cannot be made or held.
    """
    with os_errors_as(RunError, f"cannot use {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            (listener or Silent()).note(f"another process is working in {folder}: waiting for it to end")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def read_kept(path: Path, parse: Callable[[bytes], Found]) -> Found | None:
    """What a file of the folder says; None where it is not there yet.

    Args:
        path: the file, which the command that made it makes again.
        parse: reads it; a ValueError says that it is not whole.

    Raises:
        RunError: it is damaged, or cannot be read.
    """
    if not path.is_file():
        return None
    try:
        return parse(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged", hint="Remove it; the same command makes it again.") from error
