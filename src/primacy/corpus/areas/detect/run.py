"""Detection over many images: parts in a folder, going on where it stopped, in shards, on a Ray cluster."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl

from primacy.corpus.areas.detect.finder import AreaFinder
from primacy.corpus.areas.detect.parts import Part, read_part, together, write_part
from primacy.corpus.areas.detect.spec import DetectSpec
from primacy.corpus.faults import Faults
from primacy.errors import CorpusError, UsageError
from primacy.files import os_errors_as
from primacy.listener import Listener, Silent
from primacy.ray_tasks import need_ray, on_ray

Shard = tuple[int, int]
_RETRIES = 3


@dataclass(frozen=True)
class DetectJob:
    """`parts` of images, all of them; `folder` holds what was found. `chosen`: images are asked for what their captions
    mention, not for all."""

    spec: DetectSpec
    parts: tuple[Part, ...]
    folder: Path
    chosen: bool = False

    def of_shard(self, shard: Shard) -> Sequence[Part]:
        """Every n-th part from the i-th on, of shard (i, n) with i from 1."""
        return self.parts[shard[0] - 1 :: shard[1]]

    def place(self, fingerprint: str, part: Part) -> Path:
        """The file of a part, found as `fingerprint` says."""
        return self.folder / fingerprint[:16] / part.name


class ShardDone(NamedTuple):
    """What a shard's run did: the `fingerprint` that its parts lie under, images that it `computed` and `kept`."""

    fingerprint: str
    computed: int
    kept: int


def detect_shard(job: DetectJob, shard: Shard = (1, 1), listener: Listener | None = None) -> ShardDone:
    """Find what the folder lacks of a shard; a part is written as a whole or not at all.

    Raises:
        UsageError: a shard that cannot be, or a detector that cannot be asked for chosen categories.
        PrimacyError: as `AreaFinder`.
        CorpusError: the folder cannot be written.
    """
    if not 1 <= shard[0] <= shard[1]:
        raise UsageError(f"shard {shard[0]}/{shard[1]} cannot be", hint="Of n shards, i is from 1 to n: --shard 1/4.")
    listener, mine = listener or Silent(), job.of_shard(shard)
    finder = AreaFinder(job.spec)
    detector = finder.detector
    if job.chosen and not detector.prompted:
        raise UsageError(
            f"--mentions: {job.spec.detector} looks for its own labels, whatever it is asked",
            hint="Leave --mentions out, or choose a prompted detector (Grounding DINO, OWLv2).",
        )
    names = job.spec.vocabulary.names
    lacking = [name for k, name in enumerate(names) if k not in frozenset(detector.categories)]
    if lacking:
        listener.note(f"{job.spec.detector} has no label for {len(lacking)} categories: {', '.join(lacking)}")
    paths = {part: job.place(finder.fingerprint, part) for part in mine}
    missing = [part for part in mine if read_part(paths[part]) is None]
    total = sum(len(part.images) for part in missing)
    listener.stage("images", total)
    with os_errors_as(CorpusError, f"cannot write to {job.folder}"):
        for part in missing:
            write_part(paths[part], finder.areas(part))
            listener.advance(len(part.images))
    return ShardDone(finder.fingerprint, total, sum(len(part.images) for part in mine) - total)


class Cluster(NamedTuple):
    """The Ray cluster at `address` (None: a running one, else one on this machine), how many `tasks` at most divide the
    work, and the `gpus` of each."""

    tasks: int = 1
    gpus: int = 0
    address: str | None = None


def detect_on_ray(job: DetectJob, cluster: Cluster, listener: Listener | None = None) -> ShardDone:
    """As `detect_shard` for all parts, in shards, each a task with a model of its own; one whose machine fails goes on
    elsewhere. All machines must see the images, the models and the folder of the job under one path.

    Raises:
        MissingExtraError: Ray is not installed.
        PrimacyError: as `detect_shard`.
    """
    need_ray()
    listener = listener or Silent()
    job = replace(job, spec=job.spec.anywhere(), folder=job.folder.absolute())
    count = min(cluster.tasks, len(job.parts))
    listener.stage("shards", count)
    done: list[ShardDone] = []
    shards = [(k, count) for k in range(1, count + 1)]
    work = partial(detect_shard, job)
    with closing(on_ray(work, shards, gpus=cluster.gpus, address=cluster.address, retries=_RETRIES)) as results:
        for _, one in results:
            done.append(one)
            listener.advance(1)
    others = [one.fingerprint for one in done if one.fingerprint != done[0].fingerprint]
    if others:
        raise CorpusError(
            "the cluster's machines have different versions of the model or of its libraries",
            hint="Install the same packages and weights everywhere; what was found is kept apart by version.",
        )
    return ShardDone(done[0].fingerprint, sum(one.computed for one in done), sum(one.kept for one in done))


def collect(job: DetectJob, fingerprint: str, faults: Faults) -> pl.DataFrame | None:
    """All areas, in the order of the images and then of the vocabulary; None while parts are missing.

    Faults of the parts are added to `faults`.
    """
    found = [read_part(job.place(fingerprint, part)) for part in job.parts]
    there = [part for part in found if part is not None]
    return together(iter(there), faults) if len(there) == len(found) else None
