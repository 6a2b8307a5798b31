"""JSON files of others: read whole, up to a limit, and what is wrong with them said in one line."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from primacy.errors import UsageError
from primacy.files import os_errors_as

MAX_BYTES = 4_000_000_000


_REST = "Fetch the file again: what is there of it cannot be used."


def read_json(path: Path, *, max_bytes: int = MAX_BYTES, bad_bytes: bool = False) -> Any:
    """The content of a .json or .json.gz file.

    Args:
        path: the file; it is unpacked where its name ends in .gz.
        max_bytes: most bytes of JSON text that are read.
        bad_bytes: whether bytes that are not UTF-8 are let through, as by `load_bytes`.

    Raises:
        UsageError: unreadable, cut short, damaged, too large, or not JSON.
    """
    with os_errors_as(UsageError, f"cannot read {path}"):
        opener = gzip.open if path.suffix.lower() == ".gz" else open
        try:
            with opener(path, "rb") as stream:
                data = stream.read(max_bytes + 1)
        except EOFError as error:
            raise UsageError(f"{path.name} is cut short: {error}", hint=_REST) from error
        except zlib.error as error:
            raise UsageError(f"{path.name} is damaged: {error}", hint=_REST) from error
    if len(data) > max_bytes:
        raise UsageError(f"{path.name} holds more than {max_bytes:,} bytes of JSON, which is the most that is read")
    try:
        return load_bytes(data) if bad_bytes else json.loads(data)
    except RecursionError:
        raise UsageError(f"{path.name} is nested too deeply to be read") from None
    except ValueError as error:  # JSON, UTF-8, and numbers of thousands of digits
        raise UsageError(f"{path.name} is not JSON: {error}") from error


def load_bytes(data: bytes) -> Any:
    """JSON as `json.loads` reads it, but bytes that are not UTF-8 become lone surrogates, U+DC80 to U+DCFF.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        return json.loads(data.decode("utf-8", "surrogateescape"))


def entries(path: Path, content: Any, name: str, expected: str) -> list[Any]:
    """The list `name` of a file's top level; `expected` says in words what the file should have been.

    Raises:
        UsageError: there is no such list.
    """
    found = content.get(name) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise UsageError(f"{path.name} has no list {name!r}, expected {expected}")
    return found
