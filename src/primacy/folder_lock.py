"""A folder that one process at a time works in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from primacy.errors import RunError
from primacy.files import os_errors_as
from primacy.listener import Listener, Silent

LOCK = ".lock"


@contextmanager
def alone(folder: Path, listener: Listener | None = None) -> Iterator[None]:
    """Hold a folder, which is made if it is missing; wait where another process holds it.

    What the other process was doing is done then, so whoever waited looks again before beginning anything. The lock of
    a process that dies is free.

    Args:
        folder: holds what is worked on, and the lock.
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
