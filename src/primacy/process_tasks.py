"""Jobs of minutes in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from primacy.errors import RunError

Job = TypeVar("Job")
Found = TypeVar("Found")
_POLL = 0.2  # seconds


def side_by_side(
    work: Callable[[Job], Found], jobs: Sequence[Job], workers: int
) -> Generator[tuple[Job, Found], None, None]:
    """Do `jobs`, at most `workers` at a time; pairs of job and result come as they are finished.

    Where the iterator is closed, a job fails or the user presses Ctrl-C, jobs under way are ended at once: they must
    leave nothing half-written. Close it (`contextlib.closing`) where it may not be read to its end.

    Args:
        work: what is done; it, jobs and results are pickled, unless there is one worker.
        jobs: what it is done to.
        workers: processes; 1 works in this one.

    Raises:
        RunError: a worker was killed.
        PrimacyError: what `work` raises.
    """
    if workers == 1 or len(jobs) < 2:
        for job in jobs:
            yield job, work(job)
        return
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may never wake up
    pool = ProcessPoolExecutor(min(workers, len(jobs)), context, obey_parent)
    finished = False
    try:
        waiting = {pool.submit(work, job): job for job in jobs}
        while waiting:
            # A wait without end would not hear Ctrl-C where a library (polars) has put its handler before Python's.
            done, _ = wait(waiting, timeout=_POLL, return_when=FIRST_COMPLETED)
            for future in done:
                yield waiting.pop(future), future.result()
        finished = True
    except BrokenProcessPool:
        hint = "Most often for want of memory: give the command again with fewer --workers; it goes on."
        raise RunError("a worker process died", hint=hint) from None
    finally:
        if not finished:
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def obey_parent() -> None:
    """In a worker process: leave Ctrl-C to the parent, which is told of it too, and die when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody would ever ask for work again
