"""Running an experiment: every model that is not there yet is trained and read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from primacy.encoders.lab.names import MODEL
from primacy.errors import PrimacyError, RunError
from primacy.lab.experiment import Experiment, Task, tasks, waves
from primacy.lab.readings import Reading, read_readings, readings_of
from primacy.lab.train import train
from primacy.listener import Listener, Silent
from primacy.process_tasks import side_by_side
from primacy.ray_tasks import on_ray


class Row(NamedTuple):
    """The readings of one model; `key`: the name of its folder."""

    point: str
    seed: int
    key: str
    readings: list[Reading]


def run_experiment(
    experiment: Experiment,
    recipe: Mapping[str, Any],
    models: Path,
    *,
    seeds: int | None = None,
    workers: int = 1,
    ray: bool = False,
    device: str = "auto",
    precision: str = "fp32",
    listener: Listener | None = None,
) -> list[Row]:
    """Train and read every model that is not there yet.

    Args:
        experiment: the grid.
        recipe: what all models share, see `base_recipe`.
        models: folder of models, shared by experiments.
        seeds: instead of the experiment's own number.
        workers: models trained side by side, one thread each; 1 trains in this process with all threads.
        ray: train them as tasks of a Ray cluster instead, as many at a time as it has CPUs (or, where `device` is
            "cuda", GPUs).
        device: where.
        precision: "fp32" or "bf16".
        listener: told of models done, those that were there among them.

    Returns:
        One row for each point and seed, in the order of the points.

    Raises:
        PrimacyError: a model could not be trained or read; those that were stay.
    """
    listener = listener or Silent()
    models = models.absolute()  # Ray's processes are elsewhere
    seeds = seeds or experiment.seeds
    asked = tasks(experiment, seeds, recipe, models, precision=precision)
    found = {task.key: kept for task in asked if (kept := read_readings(models / task.key)) is not None}
    listener.stage("models", len({task.key for task in asked}))
    listener.advance(len(found))
    threads = 1 if ray or workers > 1 else None
    work = partial(run_task, models=models, device=device, precision=precision, threads=threads)
    for wave in waves(asked):
        missing = [task for task in wave if task.key not in found]
        gpus = int(device.startswith("cuda"))
        done = on_ray(work, missing, gpus=gpus) if ray and missing else side_by_side(work, missing, workers)
        with closing(done):
            for task, readings in done:
                found[task.key] = readings
                listener.advance(1)
    keys = {(task.point, task.seed): task.key for task in asked}
    order = [(point.name, seed) for point in experiment.points for seed in range(seeds)]
    return [Row(*place, keys[place], found[keys[place]]) for place in order]


def run_task(task: Task, *, models: Path, device: str, precision: str, threads: int | None) -> list[Reading]:
    """Train and read one model, as far as that was not done before.

    Raises:
        RunError: it cannot be trained or read; point and seed are named.
    """
    import torch

    from primacy.encoders._torch import placement
    from primacy.encoders.base import EncoderOptions

    if threads is not None:
        torch.set_num_threads(threads)
    folder = models / task.key
    try:
        place = placement(EncoderOptions(device, precision))
        if not (folder / MODEL).is_file():  # the key says that it is of this recipe, wherever the folder has moved
            train(task.spec, folder, place)
        return readings_of(folder, place)
    except PrimacyError as error:
        # One kind that can be pickled, whatever went wrong in a worker.
        raise RunError(f"{task.point}, seed {task.seed}: {error}", hint=error.hint) from error
