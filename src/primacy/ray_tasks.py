"""Jobs as tasks of a Ray cluster; all its machines must see the files of the jobs under one path."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from primacy.errors import MissingExtraError, RunError, UsageError

Job = TypeVar("Job")
Found = TypeVar("Found")
_LEAVE_SECONDS = 20.0


def on_ray(
    work: Callable[[Job], Found], jobs: Sequence[Job], *, gpus: int = 0, address: str | None = None, retries: int = 0
) -> Generator[tuple[Job, Found], None, None]:
    """Do `jobs`, each a task of one CPU; pairs of job and result come as they are finished.

    A running cluster is used (RAY_ADDRESS), else one is started on this machine. Where the iterator is closed, a job
    fails or the user presses Ctrl-C, the tasks that are left are cancelled, and given time to write down what they
    have. Close it (`contextlib.closing`) where it may not be read to its end.

    Args:
        work: what is done; it, jobs and results are pickled.
        jobs: what it is done to.
        gpus: GPUs that each task has to itself.
        address: of the cluster: auto, host:port or ray://host:port; None as above.
        retries: how often a job is done again whose worker was killed; what `work` raises is not tried again.

    Raises:
        MissingExtraError: Ray is not installed.
        UsageError: there is no cluster at `address`.
        RunError: a worker was killed, more often than `retries`.
        PrimacyError: what `work` raises.
    """
    ray = _connected(address)
    task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=retries)(_done)
    waiting = {task.remote(work, job): job for job in jobs}
    try:
        while waiting:
            (ready,), _ = ray.wait(list(waiting))
            job = waiting.pop(ready)
            yield job, ray.get(ready)
    except ray.exceptions.RayTaskError as error:
        # Ray wraps the task's own error in one that would be a traceback to the user.
        raise error.cause if isinstance(error.cause, Exception) else error from None
    except ray.exceptions.RayError as error:
        raise RunError(
            f"a task of the Ray cluster was lost ({type(error).__name__})",
            hint="Most often for want of memory on its machine. Give the command again; it goes on.",
        ) from error
    finally:
        for left in waiting:
            ray.cancel(left)  # as Ctrl-C would
        if waiting:
            ray.wait(list(waiting), num_returns=len(waiting), timeout=_LEAVE_SECONDS)


def cluster_cpus() -> int:
    """CPUs of the cluster that `on_ray` uses, at least 1.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    return max(1, int(_connected().cluster_resources().get("CPU", 1)))


def need_ray() -> Any:
    """Ray's module; it starts nothing.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import ray
    except ImportError:
        raise MissingExtraError("ray", "ray") from None
    return ray


def _connected(address: str | None = None) -> Any:
    ray = need_ray()
    try:
        ray.init(address, ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        if address is None:
            raise
        raise UsageError(
            f"no Ray cluster answers at {address!r}",
            hint="Start one (ray start --head), or give no address. If it asks for a token, set RAY_AUTH_MODE=token.",
        ) from error
    return ray


def _done(work: Callable[[Job], Found], job: Job) -> Found:
    return work(job)
