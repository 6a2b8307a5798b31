"""Ctrl-C in the middle of a run: one line and exit status 130."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

_KEPT = "Stopped. What was embedded is kept in the cache; the same command goes on from there."
_LOST = "Stopped. Without a cache nothing was kept; the same command starts anew."


@contextmanager
def stopped_with(line: str) -> Iterator[None]:
    """Turn Ctrl-C inside into `line` on standard error, and exit status 130."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"\n{line}", err=True)
        raise typer.Exit(130) from None


@contextmanager
def resumable(cache: Path | None) -> Iterator[None]:
    """Turn Ctrl-C inside into a line on standard error that says what is kept, and exit status 130."""
    with stopped_with(_LOST if cache is None else _KEPT):
        yield
