"""What a manifest says of a picture: its objects and their facts, checked."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from primacy.design.picture import Shown
from primacy.errors import DatasetError

_MOST_OBJECTS = 255  # values of a mask
_MOST_INSTANCES = 1_000_000
_MOST_FACTOR = 1e300


def clean_name(text: str) -> str:
    """A category's name: composed Unicode, single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


class Clusters:
    """Numbers for clusters, in the order in which they are met."""

    def __init__(self) -> None:
        self._ids: dict[Hashable, int] = {}

    def of_objects(self, names: Sequence[str]) -> int:
        """The cluster of all pictures of the same objects, in whatever order."""
        return self._id(("objects", *sorted(names)))

    def of_name(self, name: str) -> int:
        """The cluster that somebody called so."""
        return self._id(("name", name))

    def _id(self, key: Hashable) -> int:
        return self._ids.setdefault(key, len(self._ids))


def _share(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError("0 to 1")
    return number


def _area(value: Any) -> float:
    number = _number(value)
    if not 0 < number <= 1:
        raise ValueError("a share of the picture, more than 0, at most 1")
    return number


def _count(value: Any) -> int:
    number = _number(value)
    if not 1 <= number <= _MOST_INSTANCES or number != int(number):
        raise ValueError(f"a whole number from 1 to {_MOST_INSTANCES:,}")
    return int(number)


def _number(value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a number")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value.strip()


FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "areas": ("area", _area),
    "xs": ("x", _share),
    "ys": ("y", _share),
    "contrasts": ("contrast", _share),
    "slots": ("slot", _text),
    "size_levels": ("size_level", _text),
    "roles": ("role", _text),
    "instances": ("instances", _count),
}
"""Lists with one entry an object: the field of `Shown` that each becomes, and what reads an entry."""


def objects_of(fields: Mapping[str, Sequence[Any]]) -> tuple[Shown, ...]:
    """The objects that a row or record names.

    Args:
        fields: `objects`, a list of names, and any of `FIELDS`, lists of the same length; an absent or empty one means
            that nothing is known.

    Raises:
        DatasetError: no objects, one twice, a list of another length, or an entry that cannot be.
    """
    names = [clean_name(name) if isinstance(name, str) else "" for name in fields.get("objects", ())]
    if not names or not all(names):
        raise DatasetError("objects names nothing, expected one name or more")
    if len(names) > _MOST_OBJECTS:
        raise DatasetError(f"objects holds {len(names)} names, expected at most {_MOST_OBJECTS}")
    for k, name in enumerate(names):
        if name in names[:k]:
            raise DatasetError(f"objects names {name!r} twice; give its instances as one, with their number")
    facts: list[dict[str, Any]] = [{"area": math.nan, "x": math.nan, "y": math.nan} for _ in names]
    for field, (attribute, read) in FIELDS.items():
        values = fields.get(field, ())
        if not values:
            continue
        if len(values) != len(names):
            raise DatasetError(f"{field} holds {len(values)} entries, expected {len(names)}, one an object")
        for fact, value in zip(facts, values, strict=True):
            try:
                fact[attribute] = read(value)
            except ValueError as error:
                raise DatasetError(f"{field} holds {value!r}, expected {error}") from None
    return tuple(Shown(category=name, **fact) for name, fact in zip(names, facts, strict=True))


def factor(value: Any) -> float | int | str:
    """A factor as a number where it is one, else as text.

    Raises:
        DatasetError: it is neither.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DatasetError(f"a factor is {value!r}, expected a number or text")
    if not isinstance(value, str):
        number: float | int = value
    else:
        for kind in (int, float):
            try:
                number = kind(value)
                break
            except ValueError:
                continue
        else:
            return value.strip()
    if not -_MOST_FACTOR <= number <= _MOST_FACTOR:
        raise DatasetError(f"a factor is {str(value)[:40]!r}, expected a finite number or text")
    return number
