"""New texts of a file's rows, handed to whoever copies the file."""

from __future__ import annotations

from collections.abc import Iterable


class Changes:
    """New texts by number of row, which ascend; to be asked in the same order."""

    def __init__(self, pairs: Iterable[tuple[int, str]]) -> None:
        self._pairs = iter(pairs)
        self._next = next(self._pairs, None)

    def at(self, number: int) -> str | None:
        """The new text of a row, None where it stays as it is."""
        if self._next is None or self._next[0] != number:
            return None
        text = self._next[1]
        self._next = next(self._pairs, None)
        return text
