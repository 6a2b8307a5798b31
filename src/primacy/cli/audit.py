"""`primacy audit` and `primacy export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primacy.cli import options as o
from primacy.cli.interrupt import resumable

ENCODER = Annotated[
    str,
    typer.Argument(help="SOURCE:NAME, e.g. open_clip:ViT-B-32-quickgelu/openai, hf:..., sbert:..., vectors:FILE."),
]


def audit(
    encoder: ENCODER = o.DEFAULT_ENCODER,
    protocol: o.ProtocolName = "balanced",
    probes: o.Probes = None,
    objects: o.Objects = "4",
    vocabulary: o.VocabularyName = "comco",
    template: o.Templates = None,
    orders: o.Orders = None,
    gallery: o.Gallery = None,
    sets: o.Sets = "300",
    sentences: o.Sentences = 1600,
    design: o.Design = "factorial",
    captions: o.Captions = None,
    scenes: o.Scenes = "comco",
    gallery_scenes: o.GalleryScenes = None,
    image_sets: o.ImageSets = 30,
    ladder_sets: o.LadderSets = 18,
    ioc_sets: o.IocSets = 60,
    image_size: o.ImageSize = 224,
    image_area: o.ImageArea = None,
    image_categories: o.ImageCategories = None,
    image_gallery: o.ImageGallery = None,
    foils: o.Foils = "all",
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
    out: o.Out = Path("runs"),
    cache: o.Cache = None,
    no_cache: o.NoCache = False,
    memory: o.Memory = 1.0,
    fresh: Annotated[bool, typer.Option(help="Run again even if this run is complete.")] = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """Audit an encoder: which object of a caption or picture wins its embedding, and because of what?"""
    spec = o.make_spec(
        encoder=encoder, protocol=protocol, probes=probes, objects=o.numbers(objects, "objects"),
        vocabulary=vocabulary, templates=template or ["and"], orders=orders, gallery=gallery, sets=sets,
        sentences=sentences, design=design,
        captions=captions, untrained=untrained, margin=margin, level=level, seed=seed, precision=precision,
        allow_activation_mismatch=allow_activation_mismatch,
        images={
            "scenes": scenes, "gallery_scenes": gallery_scenes, "sets": image_sets, "ladder_sets": ladder_sets,
            "ioc_sets": ioc_sets, "size": image_size, "area": image_area,
            "categories": o.split_list(image_categories or ""), "gallery": image_gallery, "foils": foils,
            "photos": photos, "instances": instances,
        },
    )  # fmt: skip
    from primacy.cli.progress import progress
    from primacy.run.audit import audit as run_audit

    folder = o.cache_or_none(cache, no_cache)
    with resumable(folder), progress(hidden=as_json or quiet) as listener:
        outcome = run_audit(
            spec, out=out, cache=folder, device=device, memory=memory * 1e9, fresh=fresh, listener=listener
        )
    if outcome.reused and not as_json and not quiet:
        typer.echo(f"This audit is complete already; showing it (--fresh runs it again): {outcome.folder.path}")
    from primacy.cli.present import present

    present(outcome.folder, outcome.result, as_json=as_json, quiet=quiet)


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .parquet, .csv, .jsonl or .txt.")],
    protocol: o.ProtocolName = "balanced",
    probes: o.Probes = None,
    objects: o.Objects = "4",
    vocabulary: o.VocabularyName = "comco",
    template: o.Templates = None,
    orders: o.Orders = None,
    gallery: o.Gallery = None,
    sets: o.Sets = "300",
    sentences: o.Sentences = 1600,
    design: o.Design = "factorial",
    captions: o.Captions = None,
    seed: o.Seed = 0,
) -> None:
    """Write every text that an audit embeds, for a model that runs elsewhere.

    Bring the vectors back as a parquet file with the columns `text` and `vector` and audit them with
    `primacy audit vectors:FILE` and the same options.
    """
    spec = o.make_spec(
        encoder="vectors:", protocol=protocol, probes=probes, objects=o.numbers(objects, "objects"),
        vocabulary=vocabulary, templates=template or ["and"], orders=orders, gallery=gallery, sets=sets,
        sentences=sentences, design=design, captions=captions, seed=seed,
    )  # fmt: skip
    from primacy.run.export import export_texts

    count = export_texts(spec, output)
    typer.echo(f"{count:,} distinct texts written to {output}")
