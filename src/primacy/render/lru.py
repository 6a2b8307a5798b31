"""A cache that forgets what was used longest ago, bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class _Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


V = TypeVar("V", bound=_Sized)


class ByteLRU(Generic[V]):
    """Values of at most `limit` bytes together (`nbytes` of each); a larger one is made anew each time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._values: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of `key`, made now if it is not here."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
            return value
        value = make()
        if value.nbytes <= self.limit:
            self._values[key] = value
            self.used += value.nbytes
            while self.used > self.limit:
                self.used -= self._values.popitem(last=False)[1].nbytes
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self.used = 0
