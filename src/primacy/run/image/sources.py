"""From a specification to pictures: designs are drawn and sources opened, before any encoder sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from primacy import identity
from primacy.design.matching import MatchingDesign
from primacy.design.orders import orders
from primacy.design.picture_table import picture_tables
from primacy.design.removal import RemovalDesign
from primacy.design.scenes.request import SceneRequest
from primacy.design.sets import sample_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign, gallery_texts
from primacy.design.vocabulary import Vocabulary
from primacy.errors import DatasetError, DesignError, UsageError
from primacy.listener import Listener
from primacy.results.spec import IMAGE_PROBES, AuditSpec
from primacy.run.image.gallery import gallery_for, library_vocabulary, named, not_in_gallery
from primacy.run.image.plan import ImageCell, ImageGroup, ImagePlan, Kind
from primacy.stimuli.images.base import PictureSource, Skipped
from primacy.stimuli.images.coco_photos import open_photos
from primacy.stimuli.images.composed import compose
from primacy.stimuli.images.crops import CropLadder
from primacy.stimuli.images.gallery import ImageGallery, gallery_of
from primacy.stimuli.images.open import is_library, open_pictures

IOC_CATEGORIES = 18
"""Categories of the IOC probe's scenes: a linear head needs each of them in many sets."""
_RETRIEVAL = ("ior", "i2tor")
_LOOKED_AT = 50
"""Pictures of a source that are looked at to see whether it has masks."""
_PHOTO_FOILS = 10
"""Foils of each photo, drawn at random, unless a number is asked for: photos share no captions."""


def make_image_plan(spec: AuditSpec, listener: Listener) -> ImagePlan:
    """Draw the designs and open the sources; the same spec gives the same pictures everywhere.

    `spec.probes` are the probes of the run, resolved.

    Raises:
        PrimacyError: a source cannot be read, or pictures and probes do not go together.
    """
    asked = tuple(probe for probe in spec.probes if probe in IMAGE_PROBES)
    if not asked:
        return ImagePlan(())
    groups = [_composed(spec, asked, listener) if is_library(spec.images.scenes) else _opened(spec, asked, listener)]
    if spec.images.photos is not None:
        groups.append(_photos(spec, asked, listener))
    plan = ImagePlan(tuple(groups))
    _refuse_one_name_twice(plan)
    return plan


def _refuse_one_name_twice(plan: ImagePlan) -> None:
    """Records are told apart by probe, number of objects and the name of the pictures."""
    met = set[tuple[str, str, int]]()
    for cell in plan.cells:
        keys = {(probe, cell.source.name, n) for probe in cell.probes for n in cell.tables}
        if not met.isdisjoint(keys):
            raise UsageError(
                f"two sources of pictures are called {cell.source.name!r}",
                hint="Results could not be told apart: rename a folder, or audit them one at a time.",
            )
        met |= keys


def _composed(spec: AuditSpec, asked: tuple[str, ...], listener: Listener) -> ImageGroup:
    """Scenes that are composed on the way."""
    images = spec.images
    vocabulary = library_vocabulary(images.scenes, images.categories)
    paper = spec.protocol == "paper"
    cells = []
    scenes = [probe for probe in asked if probe in (*_RETRIEVAL, "matching", "attention")]
    for n in spec.objects if scenes else ():
        request = _request(spec, "paper" if paper else "one-large", (n,), images.sets)
        cells.append(_cell(spec, compose(request, images.scenes, listener), vocabulary, scenes))
    ladder = [probe for probe in asked if probe in _RETRIEVAL]
    if ladder and not paper:
        request = _request(spec, "pair-ladder", (2,), images.ladder_sets)
        cells.append(_cell(spec, compose(request, images.scenes, listener), vocabulary, ladder, "ladder"))
    for n in spec.objects if "ioc" in asked else ():
        rng = identity.rng_stream(spec.seed, "ioc categories")
        few = sorted(rng.permutation(len(vocabulary))[: max(IOC_CATEGORIES, n)].tolist())
        categories = tuple(vocabulary.names[i] for i in few)
        request = _request(spec, "one-large", (n,), images.ioc_sets, categories=categories)
        cells.append(_cell(spec, compose(request, images.scenes, listener), vocabulary, ["ioc"]))
    gallery = None
    if {"ior", "toir"} & set(asked):
        gallery = gallery_for(spec, images.gallery_scenes or images.scenes, vocabulary.names, listener)
    return _group(spec, asked, vocabulary, gallery, cells)


def _opened(spec: AuditSpec, asked: tuple[str, ...], listener: Listener) -> ImageGroup:
    """Pictures that lie somewhere; those of single objects among them are the gallery."""
    images = spec.images
    sources = open_pictures(images.scenes, listener=listener)
    multi = [source for source in sources if any(len(p.objects) > 1 for p in source.pictures)]
    singles = [source for source in sources if source not in multi and source.pictures]
    if not multi:
        raise DatasetError(f"{images.scenes} has no picture of two objects", hint="See docs/picture-sources.md.")
    shown = list(dict.fromkeys(name for source in sources for p in source.pictures for name in p.categories))
    gallery = None
    if images.gallery_scenes is not None:
        gallery = gallery_for(spec, images.gallery_scenes, shown, listener)
    elif singles:
        gallery = gallery_of(singles[0], shown)
    elif "ior" in asked:
        raise UsageError(
            f"{images.scenes} has no pictures of single objects, which IOR compares with",
            hint="Name some with --gallery-scenes, e.g. comco, or ask for --probes i2tor,matching.",
        )
    vocabulary = named(shown if gallery is None else list(gallery.names))
    cells = [_cell(spec, source, vocabulary, _asked_of(source, asked, gallery), _kind(source)) for source in multi]
    left_out = [skip for source in multi for skip in not_in_gallery(source, vocabulary)]
    if images.gallery_scenes is None:
        left_out += [Skipped(s.name, f"{singles[0].name} is the gallery, and there is one only") for s in singles[1:]]
    return _group(spec, asked, vocabulary, gallery, cells, tuple(left_out))


def _asked_of(source: PictureSource, asked: tuple[str, ...], gallery: ImageGallery | None) -> list[str]:
    """The probes that pictures from elsewhere can answer: IOC needs the same slots in all."""
    slots: dict[int, set[tuple[str, ...]]] = {}
    for picture in source.pictures:
        slots.setdefault(len(picture.objects), set()).add(tuple(shown.slot for shown in picture.objects))
    placed = all(
        len(found) == 1 and all(all(names) and len(set(names)) == n for names in found)
        for n, found in slots.items()
        if n > 1
    )
    without = {"toir"} | ({"ior"} if gallery is None else set()) | (set() if placed else {"ioc"})
    return [probe for probe in asked if probe not in without]


def _kind(source: PictureSource) -> Kind:
    """A source all of whose pictures say by which ratio their target's area is another's is a ladder."""
    steps = all("ratio" in p.factors and any(o.role == "target" for o in p.objects) for p in source.pictures)
    return "ladder" if steps else "scenes"


def _photos(spec: AuditSpec, asked: tuple[str, ...], listener: Listener) -> ImageGroup:
    images = spec.images
    photos = open_photos(Path(str(images.photos)), Path(str(images.instances)), listener=listener)
    vocabulary = named(list(dict.fromkeys(name for p in photos.pictures for name in p.categories)))
    gallery, left_out = None, list[Skipped]()
    if "ior" in asked:
        gallery = gallery_for(spec, images.gallery_scenes or "coco80", vocabulary.names, listener)
        without = [name for name in vocabulary.names if name not in gallery.names]
        if without:  # a gallery that lacks a category would make the others win
            left_out.append(Skipped("IOR on photos", f"no picture of {', '.join(without[:5])} alone"))
            gallery = None
    of_photos = (*_RETRIEVAL, "matching", "attention") if gallery is not None else ("i2tor", "matching", "attention")
    cells = [_cell(spec, photos, vocabulary, [probe for probe in asked if probe in of_photos], "photos")]
    if "i2tor" in asked:
        try:
            crops = CropLadder(photos, listener=listener)
        except DesignError as error:
            left_out.append(Skipped("crops", str(error)))
        else:
            cells.append(_cell(spec, crops, vocabulary, ["i2tor"], "crops"))
    return _group(spec, (), vocabulary, gallery, cells, tuple(left_out))


def _group(
    spec: AuditSpec,
    asked: tuple[str, ...],
    vocabulary: Vocabulary,
    gallery: ImageGallery | None,
    cells: list[ImageCell],
    left_out: tuple[Skipped, ...] = (),
) -> ImageGroup:
    kinds = ("bare",) if spec.protocol == "paper" else ("bare", "photo")
    template = get_template("and", 2)
    prompts = tuple(tuple(row) for kind in kinds for row in gallery_texts(kind, vocabulary, template))
    captions = []
    for n in spec.objects if "toir" in asked and gallery is not None else ():
        rng = identity.rng_stream(spec.seed, "toir sets", f"n={n}")
        sets = sample_sets(len(vocabulary), n, 10 * spec.images.sets, rng=rng, sort=spec.sort_sets)
        captions.append(TextDesign(vocabulary, sets, orders(spec.orders, n), get_template(spec.templates[0], n)))
    missing = () if gallery is None else gallery.missing
    return ImageGroup(vocabulary, gallery, prompts, tuple(cells), tuple(captions), (*left_out, *missing))


def _cell(
    spec: AuditSpec, source: PictureSource, vocabulary: Vocabulary, probes: list[str], kind: Kind = "scenes"
) -> ImageCell:
    tables = {n: table for n, table in picture_tables(source.pictures, vocabulary.names).items() if n >= 2}
    matching, removal = {}, {}
    foils = spec.images.foils
    for n, table in tables.items() if "matching" in probes else ():
        rng = identity.rng_stream(spec.seed, "matching", source.name, f"n={n}")
        if kind == "photos":
            drawn = _PHOTO_FOILS if foils == "all" else foils
            removal[n] = RemovalDesign.of(table, vocabulary, foils=drawn, rng=rng)
        else:
            matching[n] = MatchingDesign.of(table, vocabulary, foils=foils, rng=rng)
    matching = {n: design for n, design in matching.items() if len(design)}
    removal = {n: design for n, design in removal.items() if len(design)}
    can = [p for p in probes if (p != "attention" or _has_masks(source)) and (p != "matching" or matching or removal)]
    return ImageCell(kind, source, tables, tuple(can), matching, removal)


def _has_masks(source: PictureSource) -> bool:
    return any(source.mask(row) is not None for row in range(min(len(source.pictures), _LOOKED_AT)))


def _request(spec: AuditSpec, design: str, objects: tuple[int, ...], sets: int, **fields: Any) -> SceneRequest:
    images = spec.images
    shown = {"categories": images.categories or None} | fields
    return SceneRequest(design, objects=objects, sets=sets, seed=spec.seed, size=images.size, area=images.area, **shown)
