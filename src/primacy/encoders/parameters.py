"""Parameters in an encoder's name: everything after a question mark, as in `null:planted?first=0.3&seed=1`."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from urllib.parse import parse_qsl

from primacy.errors import UnknownNameError, UsageError


def split_parameters(rest: str) -> tuple[str, dict[str, str]]:
    """Split "name?key=value&..." into the name and its parameters."""
    name, _, query = rest.partition("?")
    return name, dict(parse_qsl(query, keep_blank_values=True))


def refuse_unknown(owner: str, parameters: dict[str, str], known: Sequence[str]) -> None:
    """Raise for the first parameter that `owner` does not have.

    Raises:
        UnknownNameError: it lists the known ones.
    """
    for key in parameters:
        if key not in known:
            raise UnknownNameError(f"parameter of {owner}", key, known)


def number(parameters: dict[str, str], key: str, default: float) -> float:
    """The finite number under `key`, or the default.

    Raises:
        UsageError: not a finite number.
    """
    if key not in parameters:
        return default
    try:
        value = float(parameters[key])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise UsageError(f"parameter {key}={parameters[key]!r}, expected a number")
    return value
