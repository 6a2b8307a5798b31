"""`primacy render`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primacy.cli import options as o
from primacy.cli.interrupt import stopped_with
from primacy.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from primacy.listener import Listener
    from primacy.stimuli.rendering import Job, Outcome

_YAWS = ("front", "all")
_STOPPED = "Stopped. What was drawn is kept; the same command goes on from there."
_NAMED = 10  # failed scenes that are named; failed.jsonl has them all


def render(
    objects_of: Annotated[
        str, typer.Argument(metavar="VOCABULARY", help="simco, comco, coco80, or the folder of a sprite library.")
    ],
    out: Annotated[Path, typer.Option("--output", "-o", help="Folder to render into, or to go on with.")],
    design: Annotated[str | None, typer.Option(help="Design, see docs/scenes.md [default: one-large]")] = None,
    objects: Annotated[str | None, typer.Option(help="Numbers of objects a scene [default: the design's]")] = None,
    sets: Annotated[int | None, typer.Option(help="Object sets for each number of objects.")] = None,
    size: Annotated[int, typer.Option(help="Side of the images in pixels.")] = 224,
    renderer: Annotated[str, typer.Option(help="collage (sprites, fast) or blender (path-traced).")] = "collage",
    singles: Annotated[
        bool, typer.Option("--singles", help="Render the gallery, one object a scene: the same as --design singles.")
    ] = False,
    area: Annotated[float | None, typer.Option(help="Share of the image for the large or equal objects.")] = None,
    ratio: Annotated[float | None, typer.Option(help="Large area over small area.")] = None,
    yaws: Annotated[str, typer.Option(help="front (three views) or all (eight).")] = "front",
    ground: Annotated[
        str, typer.Option(help="Ground textures, comma-separated: plain, checker, planks, ...")
    ] = "plain",
    camera_jitter: Annotated[float, typer.Option(help="Degrees that the camera may differ between sets.")] = 0.0,
    light_jitter: Annotated[float, typer.Option(help="Degrees that the light may differ between sets.")] = 0.0,
    categories: Annotated[str | None, typer.Option(help="Use these only, comma-separated.")] = None,
    large_slot: Annotated[str | None, typer.Option(help="Slot of the large object in --design paper.")] = None,
    copies: Annotated[str, typer.Option(help="Copies in --design count: same or different.")] = "same",
    sizes: Annotated[str, typer.Option(help="Sizes in --design equal: canonical or real.")] = "canonical",
    image_format: Annotated[str, typer.Option("--format", help="png, or webp (lossy, smaller).")] = "png",
    seed: o.Seed = 0,
    shard: Annotated[str | None, typer.Option(help="I/N: only the I-th of N parts, whole sets each.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes [default: collage 1, blender and --ray one a CPU]")
    ] = None,
    samples: Annotated[int | None, typer.Option(help="Rays a pixel, of the blender renderer.")] = None,
    blender: Annotated[
        Path | None, typer.Option(help="A Blender, or a Python with bpy [default: $PRIMACY_BLENDER, else as installed]")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder of unpacked objects [default: the user's]")] = None,
    ray: Annotated[bool, typer.Option("--ray", help="Render shards as tasks of a Ray cluster.")] = False,
    as_json: o.AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but what went wrong.")] = False,
) -> None:
    """Render a design of scenes into a folder: images, masks, and what was measured. Goes on where it stopped.

    Exit status 1 where scenes could not be drawn; the same command tries these again.
    """
    if yaws not in _YAWS:
        raise UnknownNameError("choice of views", yaws, _YAWS)
    if singles and design not in (None, "singles"):
        raise UsageError(f"--singles and --design {design} contradict each other", hint="Render two folders.")
    if shard is not None and ray:
        raise UsageError("--shard and --ray contradict each other", hint="--ray divides the work itself.")
    part = (1, 1) if shard is None else o.split_shard(shard)
    from primacy.cli.progress import progress
    from primacy.design.scenes.request import ALL_VIEWS, FRONT_VIEWS, SceneRequest
    from primacy.stimuli.sources import RendererChoice, make_job

    request = SceneRequest(
        "singles" if singles else design or "one-large",
        objects=None if objects is None else tuple(o.numbers(objects, "objects")),
        sets=sets, seed=seed, size=size, area=area, ratio=ratio,
        yaws=ALL_VIEWS if yaws == "all" else FRONT_VIEWS,
        textures=tuple(o.split_list(ground)),
        camera_jitter=camera_jitter, light_jitter=light_jitter,
        categories=None if categories is None else tuple(o.split_list(categories)),
        large_slot=large_slot, copies=copies, sizes=sizes,  # type: ignore[arg-type] # the request checks them
    )  # fmt: skip
    choice = RendererChoice(renderer, objects_of, samples, blender, o.cache_folder(cache))
    job = make_job(out, request, choice, image_format=image_format)
    if workers is None and not ray:
        workers = (os.cpu_count() or 1) if renderer == "blender" else 1
    with stopped_with(_STOPPED), progress(hidden=as_json or quiet, noun="shards" if ray else "scenes") as listener:
        outcome = _run(job, part, workers, ray, listener)
    if as_json:
        typer.echo(json.dumps(_record(outcome), indent=1, ensure_ascii=False))
    elif not quiet:
        typer.echo(_told(outcome))
    _name_failed(outcome)
    if outcome.failed:
        raise typer.Exit(1)


def _run(job: Job, shard: tuple[int, int], workers: int | None, ray: bool, listener: Listener) -> Outcome:
    from primacy.stimuli.ray_tasks import render_on_ray
    from primacy.stimuli.rendering import render_dataset

    if ray or workers is None:
        return render_on_ray(job, tasks=workers, listener=listener)
    return render_dataset(job, shard=shard, workers=workers, listener=listener)


def _told(outcome: Outcome) -> str:
    rate = f" ({outcome.drew / outcome.seconds:,.1f} a second)" if outcome.drew and outcome.seconds else ""
    kept = f", {outcome.kept:,} were there" if outcome.kept else ""
    end = "The manifest is written." if outcome.finished else "Other shards are still to be drawn."
    return f"{outcome.root}: {outcome.drew:,} of {outcome.n_scenes:,} scenes drawn{rate}{kept}. {end}"


def _name_failed(outcome: Outcome) -> None:
    for trouble in outcome.failed[:_NAMED]:
        typer.echo(f"primacy: scene {trouble.scene_id} failed: {trouble.reason}", err=True)
    if outcome.failed:
        typer.echo(
            f"  {len(outcome.failed):,} scenes failed, listed in {outcome.root / 'failed.jsonl'};"
            " the same command tries them again.",
            err=True,
        )


def _record(outcome: Outcome) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(outcome) | {"root": str(outcome.root), "seconds": round(outcome.seconds, 3)}
