"""`primacy progress`. (`cli/progress.py` is the progress bar.)"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primacy.cli import options as o
from primacy.cli.interrupt import resumable

_FAILED = 2

CHECKPOINTS = Annotated[
    list[str],
    typer.Argument(
        help="The folder of a `primacy lab train` run, lab:NAME of a shipped model, or two or more NAME=SAMPLES.",
        metavar="RUN | NAME=SAMPLES...",
    ),
]
OUT = Annotated[Path, typer.Option("--out", "-o", help="Folder of the run folders and of the result.")]


def progression(
    checkpoints: CHECKPOINTS,
    protocol: o.ProtocolName = "balanced",
    probes: Annotated[
        str | None,
        typer.Option(help="tor, toir, ior, i2tor, comma-separated [default: tor, and ior where pictures are taken]"),
    ] = None,
    objects: o.Objects = "4",
    vocabulary: o.VocabularyName = "comco",
    template: o.Templates = None,
    orders: o.Orders = None,
    gallery: o.Gallery = None,
    sets: o.Sets = "100",
    scenes: o.Scenes = "comco",
    gallery_scenes: o.GalleryScenes = None,
    image_sets: o.ImageSets = 20,
    ladder_sets: o.LadderSets = 12,
    image_size: o.ImageSize = 224,
    image_area: o.ImageArea = None,
    image_categories: o.ImageCategories = None,
    image_gallery: o.ImageGallery = None,
    photos: o.Photos = None,
    instances: o.Instances = None,
    untrained: o.Untrained = 3,
    margin: o.Margin = 0.05,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    precision: o.Precision = "fp32",
    device: o.DeviceName = "auto",
    allow_activation_mismatch: Annotated[
        bool, typer.Option(help="Load weights under an activation that they were not trained with.")
    ] = False,
    out: OUT = Path("runs"),
    cache: o.Cache = None,
    no_cache: o.NoCache = False,
    memory: o.Memory = 1.0,
    as_json: o.AsJson = False,
) -> None:
    """Follow order bias and size bias along training: one audit a checkpoint, the untrained model at the left end."""
    from primacy.run.checkpoints import checkpoints as named

    found = named(checkpoints)
    spec = o.make_spec(
        encoder=found[0].name, protocol=protocol, probes=probes, objects=o.numbers(objects, "objects"),
        vocabulary=vocabulary, templates=template or ["and"], orders=orders, gallery=gallery, sets=sets,
        design="factorial", untrained=untrained, margin=margin, level=level, seed=seed, precision=precision,
        allow_activation_mismatch=allow_activation_mismatch,
        images={
            "scenes": scenes, "gallery_scenes": gallery_scenes, "sets": image_sets, "ladder_sets": ladder_sets,
            "size": image_size, "area": image_area, "categories": o.split_list(image_categories or ""),
            "gallery": image_gallery, "photos": photos, "instances": instances,
        },
    )  # fmt: skip
    from rich.console import Console

    from primacy.cli.progress import progress as bars
    from primacy.encoders.base import EncoderOptions
    from primacy.report.progress_figure import save_figures
    from primacy.report.progress_table import render_progress
    from primacy.results.spec import AuditSpec
    from primacy.run.audit import Outcome, audit
    from primacy.run.progress import Numbered, default_probes, follow, keep

    folder = o.cache_or_none(cache, no_cache)
    with resumable(folder), bars(hidden=as_json) as listener:
        if not spec.probes:
            options = EncoderOptions(device, precision, allow_activation_mismatch)
            spec = spec.model_copy(update={"probes": default_probes(found, options)})

        def run(asked: AuditSpec, which: str) -> Outcome:
            return audit(
                asked, out=out, cache=folder, device=device, memory=memory * 1e9, listener=Numbered(listener, which)
            )

        progress = follow(found, spec, run)
    path = keep(progress, out)
    figures = save_figures(progress, path.parent)
    if as_json:
        typer.echo(progress.model_dump_json(indent=1))
    else:
        render_progress(progress, Console())
        for written in (path, *figures):
            typer.echo(f"Written: {written}")
    for failure in progress.failures:
        typer.echo(f"primacy: {failure.name}: {failure.error}", err=True)
        if failure.hint:
            typer.echo(f"  {failure.hint}", err=True)
    if progress.failures:
        raise typer.Exit(_FAILED)
