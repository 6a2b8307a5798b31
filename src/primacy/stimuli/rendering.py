"""Rendering a design into a folder: going on where it stopped, in shards, in worker processes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from primacy import __version__
from primacy.design.scene import Scene
from primacy.errors import DatasetError, UsageError
from primacy.files import os_errors_as, remove_temporaries
from primacy.identity import canonical_json
from primacy.listener import Listener, Silent
from primacy.render.base import Renderer
from primacy.stimuli.draw import Batch, Drawn, Line, Opener, Trouble
from primacy.stimuli.finish import finish, update_failed
from primacy.stimuli.layout import Header, Layout, check_format, read_header, write_header
from primacy.stimuli.parts import Finished
from primacy.stimuli.processes import draw_side_by_side
from primacy.stimuli.scene_lines import read_lines, write_scenes

BATCH = 32
"""Scenes whose rows are written together: what a killed process loses at the most."""
LOCK_SECONDS = 3600.0  # the first of several machines lays out all scenes while the others wait


@dataclass(frozen=True)
class Job:
    """What is to be rendered, and where.

    `request` is what the design was asked for (JSON-able; compared when the folder is there already), `scenes` gives
    the scenes and is called only where the folder has none, `opener` opens renderers here and in worker processes.
    """

    root: Path
    request: Mapping[str, Any]
    scenes: Callable[[], Iterable[Scene]]
    opener: Opener
    library_digest: str
    image_format: str = "png"


@dataclass(frozen=True)
class Outcome:
    """What one run did: scenes of the shard that it `drew`, `kept` from before, and could not draw.

    `finished`: all scenes of the folder, those of other shards too, are drawn or have failed, and the manifest is
    there.
    """

    root: Path
    n_scenes: int
    drew: int
    kept: int
    failed: tuple[Trouble, ...]
    finished: bool
    seconds: float


def render_dataset(
    job: Job, *, shard: tuple[int, int] = (1, 1), workers: int = 1, listener: Listener | None = None
) -> Outcome:
    """Draw the scenes of `job` that its folder lacks; nothing that is there and unaltered is drawn again.

    Args:
        job: what to render.
        shard: (i, n): the i-th of n parts, from 1; whole sets (set_id modulo n).
        workers: processes; 1 draws in this one. No result depends on it.
        listener: told of the progress, in scenes.

    Raises:
        DatasetError: the folder holds something else, cannot be written, or is being rendered by another process.
        RenderError: the renderer broke down. What was drawn is kept.
        UsageError: a shard or number of workers that cannot be.
    """
    check_format(job.image_format)
    if not 1 <= shard[0] <= shard[1]:
        raise UsageError(f"shard {shard[0]}/{shard[1]} cannot be", hint="Of n shards, i is from 1 to n: --shard 1/4.")
    if workers < 1:
        raise UsageError(f"--workers is {workers}, expected 1 or more")
    listener, layout, start = listener or Silent(), Layout(job.root), time.perf_counter()
    with (
        closing(job.opener.open()) as renderer,
        os_errors_as(DatasetError, f"cannot write to {job.root}"),
        _alone(layout, shard),
    ):
        header = _prepare(job, renderer)
        ids, wanted = _ids(layout, header, shard)
        finished = Finished(layout, ids, header.renderer_fingerprint)
        done = set(finished.load()["scene_id"])
        for name in finished.damaged:
            listener.note(f"{name} was damaged; its scenes are drawn again.")
        missing = wanted - done
        kept = len(wanted) - len(missing)
        listener.stage("scenes", len(missing))
        todo = _batches(_lines(layout, missing), _batch_size(len(missing), workers))
        batch = Batch(job.root, job.image_format, header.renderer_fingerprint, shard)
        parts, failed = list[str](), list[Trouble]()
        try:
            for drawn in _draw(batch, renderer, job.opener, todo, workers, listener.advance):
                parts.extend(drawn.parts)
                failed.extend(drawn.failed)
        finally:
            with _sole(layout):
                update_failed(layout, failed, set(finished.load(parts)["scene_id"]))
        with _sole(layout):
            complete = finish(layout, header, finished)
        if shard == (1, 1):
            _sweep(layout)
    drew = len(missing) - len(failed)
    return Outcome(job.root, len(wanted), drew, kept, tuple(failed), complete, time.perf_counter() - start)


def prepare_folder(job: Job) -> None:
    """Write the scenes of `job` and no image, so that shards elsewhere need not.

    Raises:
        DatasetError: as `render_dataset`.
    """
    with closing(job.opener.open()) as renderer, os_errors_as(DatasetError, f"cannot write to {job.root}"):
        _prepare(job, renderer)


def _prepare(job: Job, renderer: Renderer) -> Header:
    """Write the scenes and `dataset.json`, or check that those there are what is asked for.

    Raises:
        DatasetError: the folder holds another request, was drawn by another renderer, or the design gives no scene.
        OSError: as the operating system says.
    """
    layout = Layout(job.root)
    job.root.mkdir(parents=True, exist_ok=True)
    with _sole(layout):
        there = read_header(layout)
        if there is None:
            _refuse_foreign(layout)
            count, digest = write_scenes(layout.scenes, job.scenes())
        else:
            count, digest = there.n_scenes, there.scenes_sha256
        if not count:
            layout.scenes.unlink()
            raise DatasetError("the design gives no scene", hint="Ask for more sets, objects or categories.")
        header = Header(
            json.loads(canonical_json(dict(job.request))), renderer.name, renderer.fingerprint, job.library_digest,
            job.image_format, count, digest, __version__,
        )  # fmt: skip
        if there is None:
            write_header(layout, header)
        else:
            _refuse_differences(layout, there, header)
    return header


def _draw(
    batch: Batch,
    renderer: Renderer,
    opener: Opener,
    todo: Iterator[list[Line]],
    workers: int,
    advance: Callable[[int], None],
) -> Iterator[Drawn]:
    if workers > 1:
        renderer.close()  # it told its fingerprint; the workers open their own
        yield from draw_side_by_side(batch, opener, todo, workers, advance)
    else:
        yield from (batch.draw(renderer, lines, advance=advance) for lines in todo)


def _lines(layout: Layout, missing: Set[str]) -> Iterator[Line]:
    """The scenes of `missing`, in the order of the design; the file is left as soon as all are found."""
    left = len(missing)
    for index, (scene_id, data) in enumerate(read_lines(layout.scenes) if left else ()):
        if scene_id in missing:
            yield index, scene_id, data
            left -= 1
            if not left:
                return


def _batch_size(scenes: int, workers: int) -> int:
    """Small where there is little to do, so that no worker is left with most of it."""
    return BATCH if workers == 1 else max(1, min(BATCH, scenes // (4 * workers)))


def _batches(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    while some := list(islice(lines, size)):
        yield some


def _ids(layout: Layout, header: Header, shard: tuple[int, int]) -> tuple[list[str], set[str]]:
    """The ids of all scenes, and those of the shard."""
    ids, wanted = list[str](), set[str]()
    for scene_id, data in read_lines(layout.scenes):
        ids.append(scene_id)
        if data.get("set_id", 0) % shard[1] == shard[0] - 1:
            wanted.add(scene_id)
    if len(ids) != header.n_scenes:
        raise DatasetError(
            f"{layout.scenes} has {len(ids):,} scenes, dataset.json says {header.n_scenes:,}",
            hint="The folder cannot go on without its scenes: render into another one.",
        )
    return ids, wanted


@contextmanager
def _alone(layout: Layout, shard: tuple[int, int]) -> Iterator[None]:
    """Two processes at the same shard would draw the same scenes."""
    layout.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(layout.lock(f"{shard[0]}of{shard[1]}"), timeout=0):
            if shard == (1, 1):
                _sweep(layout)
            yield
    except Timeout:
        raise DatasetError(
            f"another process is rendering into {layout.root}",
            hint="Wait for it, or give each process a shard of its own: --shard 1/2, --shard 2/2.",
        ) from None


@contextmanager
def _sole(layout: Layout) -> Iterator[None]:
    """Files that all shards share are written by one at a time."""
    try:
        with FileLock(layout.lock("dataset"), timeout=LOCK_SECONDS):
            yield
    except Timeout:
        raise DatasetError(f"another process has held {layout.lock('dataset')} for an hour") from None


def _sweep(layout: Layout) -> None:
    """Remove what killed writers left; by the one who has the folder to himself."""
    for folder in (layout.root, layout.images, layout.masks, layout.parts):
        remove_temporaries(folder)


def _refuse_foreign(layout: Layout) -> None:
    """A folder with files of others in it is most likely a slip of the keyboard."""
    ours = {layout.scenes.name}
    for path in sorted(layout.root.iterdir()):
        if path.name not in ours and not path.name.startswith("."):
            raise DatasetError(
                f"{layout.root} is no folder of scenes and not empty: it holds {path.name}",
                hint="Choose a new or an empty folder.",
            )


def _refuse_differences(layout: Layout, there: Header, asked: Header) -> None:
    before, now = there.identity(), asked.identity()
    for name in before | now:
        if before.get(name) != now.get(name):
            raise DatasetError(
                f"{layout.root} was rendered with {name} {_shown(before.get(name))}, now {_shown(now.get(name))}",
                hint="Give its command again to go on with it, or choose another folder.",
            )


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else repr(value[:80])
