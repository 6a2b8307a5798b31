"""The folder of a lab model: what it keeps is whole or an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from primacy.errors import RunError

Found = TypeVar("Found")


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
