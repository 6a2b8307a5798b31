"""`primacy corpus areas`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from primacy.cli import options as o
from primacy.cli.corpus_faults import fault_records, name_faults
from primacy.cli.corpus_options import Address, EngineName, Strict
from primacy.cli.interrupt import stopped_with
from primacy.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from primacy.corpus.areas.detect.run import Cluster, DetectJob, ShardDone
    from primacy.corpus.areas.detect.spec import DetectSpec
    from primacy.corpus.faults import Faults
    from primacy.listener import Listener

_STOPPED = "Stopped. What was found is kept; the same command goes on from there."


def areas(
    images: Annotated[
        list[str],
        typer.Argument(
            help="Folders, images, .zip files, WebDataset .tar files, or patterns: 'shards-{000..127}.tar'."
        ),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", help="Parquet file of areas to write.")],
    detector: Annotated[
        str, typer.Option(help="hf:<repository or folder>[@revision]: Grounding DINO, OWL-ViT, OWLv2, DETR family.")
    ],
    masks: Annotated[
        str | None, typer.Option(help="hf:<repository or folder>[@revision]: SAM or SAM 2 [default: areas of boxes]")
    ] = None,
    vocabulary: o.VocabularyName = "coco80",
    mentions: Annotated[
        Path | None, typer.Option(help="Mentions file: look in each image only for what its captions mention.")
    ] = None,
    image_ids: Annotated[
        Path | None, typer.Option(help="COCO file with ids by file name [default: the name without its ending]")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Least score [default: Grounding DINO 0.3, OWL 0.1, DETR family 0.5]")
    ] = None,
    text_threshold: Annotated[
        float, typer.Option(help="Least mean score of a name's tokens; Grounding DINO only.")
    ] = 0.25,
    overlap: Annotated[
        float, typer.Option(help="Boxes of a category that share more than this with a better one are doubles.")
    ] = 0.5,
    batch: Annotated[int, typer.Option(help="Images a pass at most; only those of one shape share a pass.")] = 8,
    device: o.DeviceName = "auto",
    precision: o.Precision = "fp32",
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of finished parts, which is kept [default: OUTPUT.parts, removed at the end]"),
    ] = None,
    shard: Annotated[str | None, typer.Option(help="I/N: only the I-th of N parts of the images.")] = None,
    engine: EngineName = "local",
    address: Address = None,
    workers: Annotated[int, typer.Option(min=1, help="Tasks of --engine ray, each with a model of its own.")] = 1,
    gpus: Annotated[int, typer.Option(min=0, help="GPUs of each task of --engine ray.")] = 0,
    strict: Strict = False,
    as_json: o.AsJson = False,
) -> None:
    """Find the categories of a vocabulary in images and write their areas. Goes on where it stopped."""
    from primacy.cli.progress import progress
    from primacy.corpus.areas.detect.run import Cluster
    from primacy.corpus.areas.detect.spec import DetectSpec
    from primacy.corpus.engine import ENGINES
    from primacy.corpus.faults import Faults
    from primacy.design.vocabulary import load_vocabulary

    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    if shard is not None and engine == "ray":
        raise UsageError("--shard and --engine ray contradict each other", hint="Ray divides the work itself.")
    part = (1, 1) if shard is None else o.split_shard(shard)
    spec = DetectSpec(
        detector, load_vocabulary(vocabulary), masks, threshold, text_threshold, overlap, device, precision, batch
    )
    faults = Faults()
    job = _job(spec, images, mentions, image_ids, work or out.with_name(f"{out.name}.parts"), faults)
    if strict:
        faults.refuse()
    with stopped_with(_STOPPED), progress(hidden=as_json, noun="shards" if engine == "ray" else "images") as listener:
        done = _run(job, part, Cluster(workers, gpus, address) if engine == "ray" else None, listener)
        table = _finish(job, done, out, faults, strict)
        if table is not None and work is None and shard is None:
            shutil.rmtree(job.folder, ignore_errors=True)
    if as_json:
        typer.echo(json.dumps(_record(job, done, table, faults), indent=1, ensure_ascii=False))
    else:
        _tell(job, done, table, faults, out)


def _job(
    spec: DetectSpec, images: list[str], mentions: Path | None, image_ids: Path | None, work: Path, faults: Faults
) -> DetectJob:
    from primacy.corpus.areas.detect.asked import read_asked
    from primacy.corpus.areas.detect.images import list_images, read_image_ids
    from primacy.corpus.areas.detect.parts import divide
    from primacy.corpus.areas.detect.run import DetectJob

    names = spec.vocabulary.names
    ids = None if image_ids is None else read_image_ids(image_ids)
    asked = None if mentions is None else read_asked(mentions, names, faults)
    listed = list_images(images, faults, ids)
    return DetectJob(spec, tuple(divide(listed, len(names), asked)), work, chosen=mentions is not None)


def _run(job: DetectJob, shard: tuple[int, int], cluster: Cluster | None, listener: Listener) -> ShardDone:
    from primacy.corpus.areas.detect.run import detect_on_ray, detect_shard

    return detect_shard(job, shard, listener) if cluster is None else detect_on_ray(job, cluster, listener)


def _finish(job: DetectJob, done: ShardDone, out: Path, faults: Faults, strict: bool) -> pl.DataFrame | None:
    """Write the areas where all parts are there."""
    from primacy.corpus.areas.detect.run import collect
    from primacy.corpus.areas.read import write_areas

    table = collect(job, done.fingerprint, faults)
    if strict:
        faults.refuse()
    if table is not None:
        write_areas(table, out)
    return table


def _record(job: DetectJob, done: ShardDone, table: pl.DataFrame | None, faults: Faults) -> dict[str, Any]:
    from primacy.corpus.areas.detect.summary import summarise

    summary = None if table is None else summarise(job.parts, table)
    return {
        "fingerprint": done.fingerprint,
        "finished": table is not None,
        "computed": done.computed,
        "kept": done.kept,
        "faults": fault_records(faults),
        "summary": None if summary is None else {
            **summary._asdict(), "categories": [category._asdict() for category in summary.categories]
        },
    }  # fmt: skip


def _tell(job: DetectJob, done: ShardDone, table: pl.DataFrame | None, faults: Faults, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from primacy.corpus.areas.detect.summary import summarise

    name_faults(faults)
    if table is None:
        typer.echo(f"{done.computed:,} images done, {done.kept:,} were there. Other shards are still to be done.")
        return
    summary = summarise(job.parts, table)
    console = Console()
    grid = Table(title=f"{summary.found:,} of {summary.images:,} images show something")
    grid.add_column("category")
    for name in ("images", "instances", "median area"):
        grid.add_column(name, justify="right")
    for one in summary.categories:
        grid.add_row(one.category, f"{one.images:,}", f"{one.instances:,}", f"{one.median_area:.2%}")
    console.print(grid)
    if summary.asked < summary.images:
        console.print(f"{summary.images - summary.asked:,} images were not looked at: their captions mention nothing.")
    console.print(f"Areas: {out}", soft_wrap=True, highlight=False, markup=False)
