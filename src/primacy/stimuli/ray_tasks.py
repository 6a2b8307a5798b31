"""Shards as tasks of a Ray cluster; all its machines must see the folder under one path."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial

from primacy.listener import Listener, Silent
from primacy.ray_tasks import cluster_cpus, need_ray, on_ray
from primacy.stimuli.draw import Trouble
from primacy.stimuli.rendering import Job, Outcome, prepare_folder, render_dataset


def render_on_ray(job: Job, *, tasks: int | None = None, listener: Listener | None = None) -> Outcome:
    """As `render_dataset`, in `tasks` shards, each a task of one CPU; None is one for each CPU of the cluster.

    A running cluster is used (RAY_ADDRESS), else one is started on this machine.

    Raises:
        MissingExtraError: Ray is not installed.
        PrimacyError: as `render_dataset`.
    """
    need_ray()  # before anything is written
    listener = listener or Silent()
    prepare_folder(job)
    count = tasks or cluster_cpus()
    work = partial(_shard, replace(job, scenes=tuple))  # the scenes are in the folder now
    listener.stage("shards", count)
    outcomes: list[Outcome] = []
    with closing(on_ray(work, [(k, count) for k in range(1, count + 1)])) as done:
        for _, outcome in done:
            outcomes.append(outcome)
            listener.advance(1)
    return _together(outcomes)


def _shard(job: Job, shard: tuple[int, int]) -> Outcome:
    return render_dataset(job, shard=shard)


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
