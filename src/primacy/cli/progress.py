"""A progress bar on standard error, with captions (or scenes) a second and the time left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from primacy.listener import Listener, Silent


class _Rate(ProgressColumn):
    def __init__(self, noun: str) -> None:
        super().__init__()
        self._noun = noun

    def render(self, task: Task) -> Text:
        digits = 0 if (task.speed or 0) >= 10 else 1
        return Text(f"{task.speed:,.{digits}f} {self._noun}/s" if task.speed else "")


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, name: str, total: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=self._bars.tasks[-1].total)
        self._task = self._bars.add_task(name, total=total or None)

    def advance(self, done: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, done)

    def note(self, message: str) -> None:
        self._bars.console.print(message, markup=False, highlight=False)


class _Notes(Silent):
    def note(self, message: str) -> None:
        typer.echo(message, err=True)


@contextmanager
def progress(*, hidden: bool, noun: str = "captions") -> Iterator[Listener]:
    """A listener that draws bars while the block runs; notes alone where it is no terminal, nothing where hidden.

    `noun` is what is counted.
    """
    if hidden or not sys.stderr.isatty():
        yield Silent() if hidden else _Notes()
        return
    columns = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Rate(noun),
        TimeElapsedColumn(),  # moves between the blocks of a slow encoder
        TextColumn("left"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)
