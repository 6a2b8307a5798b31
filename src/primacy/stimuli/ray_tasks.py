"""Shards as tasks of a Ray cluster; all its machines must see the folder under one path."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from primacy.errors import MissingExtraError
from primacy.listener import Listener, Silent
from primacy.stimuli.draw import Trouble
from primacy.stimuli.rendering import Job, Outcome, prepare_folder, render_dataset

_LEAVE_SECONDS = 20.0


def render_on_ray(job: Job, *, tasks: int | None = None, listener: Listener | None = None) -> Outcome:
    """As `render_dataset`, in `tasks` shards, each a task of one CPU; None is one for each CPU of the cluster.

    A running cluster is used (RAY_ADDRESS), else one is started on this machine.

    Raises:
        MissingExtraError: Ray is not installed.
        PrimacyError: as `render_dataset`.
    """
    try:
        import ray
    except ImportError:
        raise MissingExtraError("ray", "ray") from None
    listener = listener or Silent()
    prepare_folder(job)
    ray.init(ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR)
    count = tasks or max(1, int(ray.cluster_resources().get("CPU", 1)))
    prepared = replace(job, scenes=tuple)  # the scenes are in the folder now
    shard = ray.remote(max_retries=0)(_shard)
    waiting = [shard.remote(prepared, (k, count)) for k in range(1, count + 1)]
    listener.stage("shards", count)
    outcomes: list[Outcome] = []
    try:
        while waiting:
            ready, waiting = ray.wait(waiting)
            outcomes.extend(ray.get(ready))
            listener.advance(len(ready))
    except ray.exceptions.RayTaskError as error:
        raise _cause(error) from None
    finally:
        for task in waiting:
            ray.cancel(task)  # as Ctrl-C would: it writes down what was drawn, for which it is given time
        if waiting:
            ray.wait(waiting, num_returns=len(waiting), timeout=_LEAVE_SECONDS)
    return _together(outcomes)


def _shard(job: Job, shard: tuple[int, int]) -> Outcome:
    return render_dataset(job, shard=shard)


def _cause(error: Any) -> BaseException:
    """The task's own error: Ray wraps it in one that would be a traceback to the user."""
    return error.cause if isinstance(error.cause, Exception) else error


def _together(outcomes: list[Outcome]) -> Outcome:
    failed: list[Trouble] = sorted(t for outcome in outcomes for t in outcome.failed)
    return replace(
        outcomes[0],
        n_scenes=sum(outcome.n_scenes for outcome in outcomes),
        drew=sum(outcome.drew for outcome in outcomes),
        kept=sum(outcome.kept for outcome in outcomes),
        failed=tuple(failed),
        finished=any(outcome.finished for outcome in outcomes),
        seconds=max(outcome.seconds for outcome in outcomes),
    )
