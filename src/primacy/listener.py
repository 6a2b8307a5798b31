"""Who is told how long work goes on."""

from __future__ import annotations

from typing import Protocol


class Listener(Protocol):
    """Told how work goes on, counted in captions or scenes."""

    def stage(self, name: str, total: int) -> None:
        """A stage of `total` of them begins."""
        ...

    def advance(self, done: int) -> None:
        """So many more are done; over a stage these add up to its total."""
        ...

    def note(self, message: str) -> None:
        """Something that the user should know before it goes on."""
        ...


class Silent:
    """A listener that does nothing."""

    def stage(self, name: str, total: int) -> None:
        """Nothing."""

    def advance(self, done: int) -> None:
        """Nothing."""

    def note(self, message: str) -> None:
        """Nothing."""
