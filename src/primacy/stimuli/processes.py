"""Worker processes that draw batches side by side, each with a renderer of its own."""

from __future__ import annotations

import atexit
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

from primacy.errors import RenderError
from primacy.process_tasks import obey_parent
from primacy.render.base import Renderer
from primacy.stimuli.draw import Batch, Drawn, Line, Opener

_POLL = 0.2  # seconds between looks at the counter of scenes


class _Worker:
    """State of a worker process, filled by `_start`; the renderer is opened by the first batch."""

    opener: Opener
    renderer: Renderer | None = None
    batch: Batch
    stop: Event
    done: Synchronized


def draw_side_by_side(
    batch: Batch, opener: Opener, batches: Iterable[Sequence[Line]], workers: int, advance: Callable[[int], None]
) -> Iterator[Drawn]:
    """Draw `batches` in `workers` processes; results come as they are finished.

    On Ctrl-C the workers finish the scene that they are at and keep what they have.

    Raises:
        RenderError: a worker was killed.
        PrimacyError: what `Batch.draw` raises.
    """
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may never wake up
    stop, done = context.Event(), context.Value("q", 0)
    waiting, told, source = set[Future[Drawn]](), 0, iter(batches)
    with ProcessPoolExecutor(workers, context, _start, (opener, batch, stop, done)) as pool:
        try:
            while True:
                for lines in islice(source, workers + 1 - len(waiting)):
                    waiting.add(pool.submit(_draw, lines))
                if not waiting:
                    break
                finished, waiting = wait(waiting, timeout=_POLL, return_when=FIRST_COMPLETED)
                advance(done.value - told)
                told = done.value
                for future in finished:
                    yield future.result()
        except BrokenProcessPool:
            raise RenderError(
                "a worker process died",
                hint="Most often for want of memory: give the command again with fewer --workers; it goes on.",
            ) from None
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _start(opener: Opener, batch: Batch, stop: Event, done: Synchronized) -> None:
    obey_parent()
    _Worker.opener, _Worker.batch, _Worker.stop, _Worker.done = opener, batch, stop, done


def _draw(lines: Sequence[Line]) -> Drawn:
    if _Worker.stop.is_set():
        return Drawn((), ())
    if _Worker.renderer is None:
        _Worker.renderer = _Worker.opener.open()
        atexit.register(_Worker.renderer.close)
    return _Worker.batch.draw(_Worker.renderer, lines, advance=_count, stopped=_Worker.stop.is_set)


def _count(done: int) -> None:
    with _Worker.done.get_lock():
        _Worker.done.value += done
