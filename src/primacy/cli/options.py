"""Options that several verbs share, and how their strings become a spec."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from primacy.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from primacy.results.spec import AuditSpec

DEFAULT_ENCODER = "lab:natural"

Probes = Annotated[
    str | None,
    typer.Option(help="Probes, comma-separated [default: all that the encoder takes; `primacy ls probes`]"),
]
Objects = Annotated[str, typer.Option(help="Numbers of objects a caption, comma-separated, e.g. 2,3,4.")]
VocabularyName = Annotated[str, typer.Option(help="simco, comco, coco80, or a file of your own.")]
Templates = Annotated[
    list[str] | None,
    typer.Option("--template", help="Template name or pattern like 'a {1} by a {2}'; repeatable."),
]
ProtocolName = Annotated[str, typer.Option("--protocol", help="balanced, or paper (the published one).")]
Orders = Annotated[str | None, typer.Option(help="all, rotations, williams or combinations [default: the protocol's]")]
Gallery = Annotated[str | None, typer.Option(help="bare, photo, last or balanced [default: the protocol's]")]
Sets = Annotated[str, typer.Option(help="Object sets for each number of objects, or 'all'.")]
Sentences = Annotated[int, typer.Option(help="Captions of the TOC probe for each number of objects.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random draw.")]
Design = Annotated[str, typer.Option(help="factorial, size-category (big against small object) or captions.")]
Captions = Annotated[str | None, typer.Option(help="COCO captions file, .json or .json.gz, of --design captions.")]
Scenes = Annotated[
    str,
    typer.Option(
        help="Objects that scenes are composed of (comco, simco, a library of your own), or where pictures lie: a"
        " rendered folder, a published one, one with manifest.csv, a WebDataset .tar, hub:org/name/folder."
    ),
]
GalleryScenes = Annotated[
    str | None, typer.Option(help="The same, for the pictures of single objects [default: those of --scenes]")
]
ImageSets = Annotated[int, typer.Option(help="Object sets of composed scenes, for each number of objects.")]
LadderSets = Annotated[int, typer.Option(help="Object sets of the ladder of areas, two objects each.")]
IocSets = Annotated[int, typer.Option(help="Object sets of the IOC probe, for each number of objects.")]
ImageSize = Annotated[int, typer.Option(help="Side of composed scenes in pixels.")]
ImageArea = Annotated[
    float | None,
    typer.Option(
        help="Area of the largest objects of composed scenes, share of the picture [default: the"
        " design's; for lab: models, as they were trained]"
    ),
]
ImageCategories = Annotated[
    str | None,
    typer.Option(help="Categories that composed scenes show [default: all; for lab: models, as they were trained]"),
]
ImageGallery = Annotated[
    str | None, typer.Option(help="Pictures of single objects: balanced or centred [default: the protocol's]")
]
Foils = Annotated[str, typer.Option(help="Foils of each matching trial, or 'all' absent categories.")]
Photos = Annotated[str | None, typer.Option(help="Folder or .zip of photos; needs --instances.")]
Instances = Annotated[str | None, typer.Option(help="COCO instances file of the photos, .json or .json.gz.")]
Untrained = Annotated[int, typer.Option(help="Untrained twins among the nulls.")]
Level = Annotated[float, typer.Option(help="Confidence level of the intervals.")]
Margin = Annotated[float, typer.Option(help="Equivalence margin, a difference of shares.")]
Out = Annotated[Path, typer.Option(help="Folder of the run folders.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of cached vectors [default: the user's cache folder]")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no vectors; an interrupted run then starts anew.")]
Memory = Annotated[
    float,
    typer.Option(
        help="Gigabytes for captions, their keys, tokens and vectors in flight, at least 0.05; the model and"
        " the libraries come on top. More lets captions share more computation. No result depends on it."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the verdicts only.")]
DeviceName = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")]
Precision = Annotated[str, typer.Option(help="fp32, bf16 or fp16.")]


def cache_or_none(chosen: Path | None, no_cache: bool) -> Path | None:
    """The cache folder, or None where the user wants none.

    Raises:
        UsageError: a folder is named as well.
    """
    if no_cache and chosen is not None:
        raise UsageError("--cache and --no-cache contradict each other", hint="Give one of the two.")
    return None if no_cache else cache_folder(chosen)


def cache_folder(chosen: Path | None) -> Path:
    """The cache folder: as chosen, else $PRIMACY_CACHE, else the user's."""
    if chosen is not None:
        return chosen
    if os.environ.get("PRIMACY_CACHE"):
        return Path(os.environ["PRIMACY_CACHE"])
    import platformdirs

    return Path(platformdirs.user_cache_dir("primacy"))


def split_list(text: str) -> list[str]:
    """Entries of a comma-separated option, blanks dropped."""
    return [part.strip() for part in text.split(",") if part.strip()]


def numbers(text: str, option: str) -> list[int]:
    """Whole numbers of a comma-separated option.

    Raises:
        UsageError: an entry is no whole number.
    """
    try:
        return [int(part) for part in split_list(text)]
    except ValueError:
        raise UsageError(f"--{option} is {text!r}, expected whole numbers separated by commas") from None


def split_shard(text: str) -> tuple[int, int]:
    """The two numbers of a --shard option, "I/N".

    Raises:
        UsageError: it has another form.
    """
    i, _, n = text.partition("/")
    if not (i.isdecimal() and n.isdecimal()):
        raise UsageError(f"--shard is {text!r}, expected I/N", hint="--shard 1/4 is the first of four parts.")
    return int(i), int(n)


def make_spec(**fields: Any) -> AuditSpec:
    """An AuditSpec from option values; what the protocol presets is filled in where it was not given.

    Raises:
        UnknownNameError: an unknown protocol, probe, order scheme, gallery or design.
        UsageError: a value out of range.
    """
    from primacy.design.orders import SCHEMES
    from primacy.design.text import GALLERIES
    from primacy.results.spec import DESIGNS, IMAGE_GALLERIES, PROBES, PROTOCOLS, checked_spec

    protocol = PROTOCOLS.get(fields["protocol"])
    if protocol is None:
        raise UnknownNameError("protocol", fields["protocol"], PROTOCOLS)
    fields["orders"] = fields.get("orders") or protocol.orders
    fields["gallery"] = fields.get("gallery") or protocol.gallery
    fields["probes"] = split_list(fields["probes"] or "")
    for kind, name, known in (
        *(("probe", probe, PROBES) for probe in fields["probes"]),
        ("order scheme", fields["orders"], SCHEMES),
        ("gallery", fields["gallery"], GALLERIES),
        ("design", fields["design"], DESIGNS),
    ):
        if name not in known:
            raise UnknownNameError(kind, name, known)
    if fields["sets"] != "all":
        fields["sets"] = numbers(str(fields["sets"]), "sets")[0]
    images = fields.setdefault("images", {})
    images["gallery"] = images.get("gallery") or protocol.image_gallery
    if images["gallery"] not in IMAGE_GALLERIES:
        raise UnknownNameError("gallery of pictures", images["gallery"], IMAGE_GALLERIES)
    if images.get("foils", "all") != "all":
        images["foils"] = numbers(str(images["foils"]), "foils")[0]
    return checked_spec(fields)
