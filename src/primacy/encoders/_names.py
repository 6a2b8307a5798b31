"""Optional imports and the syntax of encoder names, shared by all adapters. No torch here."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from types import ModuleType
from urllib.parse import unquote

from primacy.errors import MissingExtraError, UnknownNameError, UsageError

MAX_SEED = 2**63 - 1
"""The largest seed that weights can be drawn from."""


def require(module: str, package: str, extra: str) -> ModuleType:
    """Import an optional module.

    Raises:
        MissingExtraError: it is not installed; the hint names the extra that brings it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # installed, but something that it needs is missing: the real name must show
        raise MissingExtraError(package, extra) from error


def split_query(rest: str, allowed: Collection[str]) -> tuple[str, dict[str, str]]:
    """Split "name?key=value&key=value" into the name and its settings (percent-decoded).

    Raises:
        UnknownNameError: a key is not among `allowed`.
        UsageError: a setting is not of the form key=value, or is given twice.
    """
    name, _, query = rest.partition("?")
    settings: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        if not equals or key in settings:
            raise UsageError(f"setting {part!r} of encoder {rest!r} is not a single key=value")
        if key not in allowed:
            raise UnknownNameError("encoder setting", key, allowed)
        settings[key] = unquote(value)
    return name, settings


def split_revision(name: str) -> tuple[str, str | None]:
    """Split "org/name@revision" into repository and revision (None when there is none)."""
    repo, _, revision = name.partition("@")
    return repo, revision or None
