"""Threads that run a model, or what comes before it, side by side."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

Job = TypeVar("Job")
Result = TypeVar("Result")


def default_workers(device: torch.device) -> int:
    """As many threads as torch would use within an operator on a CPU; one for an accelerator."""
    import torch

    return torch.get_num_threads() if device.type == "cpu" else 1


def side_by_side(
    run: Callable[[Job], Result], jobs: Iterable[Job], workers: int, ahead: int | None = None
) -> Generator[Result]:
    """Results of `run` in the order of `jobs`, on `workers` threads with one thread of torch each.

    Torch lets go of Python's lock within its operators, so that threads run side by side and share the weights. That
    is faster than several threads within each operator, and far faster where something else uses a core: threads
    within an operator wait for the slowest one each time. Jobs are drawn by the caller's thread as they are needed, and
    `ahead` results wait at most (by default twice the workers). However it ends, no thread outlives it.
    """
    # Who has not loaded torch by now runs nothing of it.
    torch = sys.modules.get("torch")
    start = {} if torch is None else {"initializer": torch.set_num_threads, "initargs": (1,)}
    most = 2 * workers if ahead is None else ahead
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers, **start) as pool:
        try:
            for job in jobs:
                waiting.append(pool.submit(run, job))
                if len(waiting) > most:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
