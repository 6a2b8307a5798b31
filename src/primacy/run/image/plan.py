"""From a specification to pictures: what is shown, against which gallery and prompts, before any encoder sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from primacy import identity
from primacy.design.matching import MatchingDesign
from primacy.design.orders import orders
from primacy.design.picture_table import PictureTable, picture_tables
from primacy.design.scenes.request import SceneRequest
from primacy.design.sets import sample_sets
from primacy.design.templates import get_template
from primacy.design.text import TextDesign, gallery_texts
from primacy.design.vocabulary import BUILTIN, Vocabulary, load_vocabulary, parse_vocabulary
from primacy.errors import DatasetError, UsageError
from primacy.listener import Listener
from primacy.results.spec import IMAGE_PROBES, AuditSpec
from primacy.stimuli.images.base import PictureSource, Skipped
from primacy.stimuli.images.coco_photos import open_photos
from primacy.stimuli.images.composed import compose
from primacy.stimuli.images.crops import CropLadder
from primacy.stimuli.images.gallery import ImageGallery, composed_gallery, gallery_of
from primacy.stimuli.images.open import open_pictures
from primacy.stimuli.sources import object_library

IOC_CATEGORIES = 18
"""Categories of the IOC probe's scenes: a linear head needs each of them in many sets."""
_RETRIEVAL = ("ior", "i2tor")


Kind = Literal["scenes", "ladder", "photos", "crops"]


@dataclass(frozen=True, eq=False)
class ImageCell:
    """Pictures of one source and what is asked of them.

    `kind`: "scenes"; "ladder" where areas vary in steps, so that their elasticity is asked for; "photos"; "crops".
    `tables`: by number of objects, at least 2. `probes`: those of the run that these pictures can answer. `matching`:
    the matching trials of each table that has any.
    """

    kind: Kind
    source: PictureSource
    tables: dict[int, PictureTable]
    probes: tuple[str, ...]
    matching: dict[int, MatchingDesign]


@dataclass(frozen=True, eq=False)
class ImageGroup:
    """Cells that share a vocabulary and so a gallery.

    `gallery`: pictures of single objects, None where there are none. `prompts`: P lists of V texts that name single
    objects. `captions`: TOIR's captions, by number of objects. `left_out`: what could not be used, and why.
    """

    vocabulary: Vocabulary
    gallery: ImageGallery | None
    prompts: tuple[tuple[str, ...], ...]
    cells: tuple[ImageCell, ...]
    captions: tuple[TextDesign, ...]
    left_out: tuple[Skipped, ...]


@dataclass(frozen=True, eq=False)
class ImagePlan:
    """The pictures of an audit; no group where no probe of pictures is asked for."""

    groups: tuple[ImageGroup, ...]

    @property
    def cells(self) -> list[ImageCell]:
        """All cells of all groups."""
        return [cell for group in self.groups for cell in group.cells]

    @property
    def n_pictures(self) -> int:
        """Pictures that every encoder sees: those of cells and galleries."""
        shown = sum(len(table) for cell in self.cells for table in cell.tables.values())
        return shown + sum(len(np.unique(g.gallery.rows)) for g in self.groups if g.gallery is not None)


def make_image_plan(spec: AuditSpec, listener: Listener) -> ImagePlan:
    """Draw the designs and open the sources; the same spec gives the same pictures everywhere.

    `spec.probes` are the probes of the run, resolved.

    Raises:
        PrimacyError: a source cannot be read, or pictures and probes do not go together.
    """
    asked = tuple(probe for probe in spec.probes if probe in IMAGE_PROBES)
    if not asked:
        return ImagePlan(())
    groups = [_composed(spec, asked, listener) if _is_library(spec.images.scenes) else _opened(spec, asked, listener)]
    if spec.images.photos is not None:
        groups.append(_photos(spec, asked, listener))
    return ImagePlan(tuple(groups))


def _is_library(name: str) -> bool:
    return name in BUILTIN or (Path(name) / "library.json").is_file()


def _composed(spec: AuditSpec, asked: tuple[str, ...], listener: Listener) -> ImageGroup:
    """Scenes that are composed on the way."""
    images = spec.images
    vocabulary = _library_vocabulary(images.scenes)
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
        names = tuple(vocabulary.names[i] for i in few)
        request = _request(spec, "one-large", (n,), images.ioc_sets, categories=names)
        cells.append(_cell(spec, compose(request, images.scenes, listener), vocabulary, ["ioc"]))
    gallery = None
    if images.gallery_scenes is not None:
        gallery = _gallery_from(images.gallery_scenes, vocabulary.names)
    elif {"ior", "toir"} & set(asked):
        names = vocabulary.names
        gallery = composed_gallery(images.scenes, names, size=images.size, kind=images.gallery, seed=spec.seed)
    return _group(spec, asked, vocabulary, gallery, cells, ())


def _opened(spec: AuditSpec, asked: tuple[str, ...], listener: Listener) -> ImageGroup:
    """Pictures that lie somewhere; those of single objects among them are the gallery."""
    images = spec.images
    sources = open_pictures(images.scenes)
    multi = [source for source in sources if any(len(p.objects) > 1 for p in source.pictures)]
    singles = [source for source in sources if source not in multi and source.pictures]
    if not multi:
        raise DatasetError(
            f"{images.scenes} has no picture of two objects or more", hint="See docs/picture-sources.md."
        )
    shown = dict.fromkeys(name for source in sources for p in source.pictures for name in p.categories)
    gallery = None
    if images.gallery_scenes is not None and not _is_library(images.gallery_scenes):
        gallery = _gallery_from(images.gallery_scenes, list(shown))
    elif images.gallery_scenes is not None:
        known = set(_library_vocabulary(images.gallery_scenes).names)
        names = [name for name in shown if name in known]
        gallery = composed_gallery(images.gallery_scenes, names, size=images.size, kind=images.gallery, seed=spec.seed)
    elif singles:
        gallery = gallery_of(singles[0], list(shown))
    if gallery is None and "ior" in asked:
        raise UsageError(
            f"{images.scenes} has no pictures of single objects, which IOR compares with",
            hint="Name some with --gallery-scenes, e.g. comco, or ask for --probes i2tor,matching.",
        )
    names = list(shown) if gallery is None else list(gallery.names)
    missing = tuple(
        Skipped(name, "no picture of it alone, so none with others counts") for name in shown if name not in names
    )
    vocabulary = _named(names)
    wanted = [probe for probe in asked if probe != "toir"]
    cells = [_cell(spec, source, vocabulary, wanted, _kind(source)) for source in multi]
    return _group(spec, asked, vocabulary, gallery, cells, missing)


def _kind(source: PictureSource) -> Kind:
    """A source whose pictures say by which ratio their target's area is another's is a ladder."""
    return (
        "ladder"
        if any("ratio" in p.factors and any(o.role == "target" for o in p.objects) for p in source.pictures)
        else "scenes"
    )


def _photos(spec: AuditSpec, asked: tuple[str, ...], listener: Listener) -> ImageGroup:
    images = spec.images
    photos = open_photos(Path(str(images.photos)), Path(str(images.instances)))
    vocabulary = _named(list(dict.fromkeys(name for p in photos.pictures for name in p.categories)))
    gallery = None
    if "ior" in asked and set(vocabulary.names) <= set(_library_vocabulary("comco").names):
        names = vocabulary.names
        gallery = composed_gallery("comco", names, size=images.size, kind=images.gallery, seed=spec.seed)
    wanted = [probe for probe in asked if probe in (*_RETRIEVAL, "matching", "attention")]
    cells = [_cell(spec, photos, vocabulary, wanted, "photos")]
    if "i2tor" in asked:
        cells.append(_cell(spec, CropLadder(photos), vocabulary, ["i2tor"], "crops"))
    return _group(spec, (), vocabulary, gallery, cells, ())


def _group(
    spec: AuditSpec,
    asked: tuple[str, ...],
    vocabulary: Vocabulary,
    gallery: ImageGallery | None,
    cells: list[ImageCell],
    left_out: tuple[Skipped, ...],
) -> ImageGroup:
    kinds = ("bare",) if spec.protocol == "paper" else ("bare", "photo")
    template = get_template("and", 2)
    prompts = tuple(tuple(row) for kind in kinds for row in gallery_texts(kind, vocabulary, template))
    captions = []
    for n in spec.objects if "toir" in asked and gallery is not None else ():
        rng = identity.rng_stream(spec.seed, "toir sets", f"n={n}")
        sets = sample_sets(len(vocabulary), n, 10 * spec.images.sets, rng=rng, sort=spec.sort_sets)
        captions.append(TextDesign(vocabulary, sets, orders(spec.orders, n), get_template(spec.templates[0], n)))
    return ImageGroup(vocabulary, gallery, prompts, tuple(cells), tuple(captions), left_out)


def _cell(
    spec: AuditSpec, source: PictureSource, vocabulary: Vocabulary, probes: list[str], kind: Kind = "scenes"
) -> ImageCell:
    tables = {n: table for n, table in picture_tables(source.pictures, vocabulary.names).items() if n >= 2}
    matching = {}
    if "matching" in probes:
        for n, table in tables.items():
            rng = identity.rng_stream(spec.seed, "matching", source.name, f"n={n}")
            design = MatchingDesign.of(table, vocabulary, foils=spec.images.foils, rng=rng)
            if len(design):
                matching[n] = design
    can = [p for p in probes if (p != "attention" or _has_masks(source)) and (p != "matching" or matching)]
    return ImageCell(kind, source, tables, tuple(can), matching)


def _has_masks(source: PictureSource) -> bool:
    return bool(source.pictures) and source.mask(0) is not None


def _request(spec: AuditSpec, design: str, objects: tuple[int, ...], sets: int, **fields: Any) -> SceneRequest:
    return SceneRequest(design, objects=objects, sets=sets, seed=spec.seed, size=spec.images.size, **fields)


def _library_vocabulary(name: str) -> Vocabulary:
    """The categories that a library of objects has pictures of, in the order of its vocabulary."""
    have = object_library(name).categories
    if name not in BUILTIN:
        return _named(sorted(have))
    whole = load_vocabulary(name)
    return Vocabulary(name, tuple(category for category in whole.categories if category.name in have))


def _named(names: list[str]) -> Vocabulary:
    """A vocabulary of `names`; those that are built in keep their plural, synonyms and size."""
    return parse_vocabulary("pictures", "\n".join(names))


def _gallery_from(where: str, names: list[str]) -> ImageGallery:
    sources = open_pictures(where)
    singles = [s for s in sources if s.pictures and all(len(p.objects) == 1 for p in s.pictures)]
    if not singles:
        raise DatasetError(f"{where} has no pictures of single objects", hint="`primacy render comco --design singles`")
    return gallery_of(singles[0], names)


def image_hash(plan: ImagePlan) -> str:
    """sha256 over everything that is shown: pictures, facts, prompts, captions and matching trials."""
    return identity.fingerprint([_group_identity(group) for group in plan.groups])


def _group_identity(group: ImageGroup) -> list[Any]:
    gallery = None if group.gallery is None else [group.gallery.source.digest, group.gallery.rows.tolist()]
    cells = [
        [cell.source.name, cell.source.digest, list(cell.probes), [design.digest for design in cell.matching.values()]]
        for cell in group.cells
    ]
    captions = [[c.template.literals, c.orders.tolist(), c.sets.block(0, len(c.sets)).tolist()] for c in group.captions]
    return [group.vocabulary.names, group.prompts, gallery, cells, captions]


def describe_image_plan(plan: ImagePlan) -> list[dict[str, Any]]:
    """What `result.json` says of the pictures: counts and what was left out, by cell."""
    rows: list[dict[str, Any]] = []
    for group in plan.groups:
        for cell in group.cells:
            for n, table in cell.tables.items():
                rows.append(
                    {
                        "probe": " ".join(cell.probes),
                        "n_objects": n,
                        "stimuli": cell.source.name,
                        "pictures": len(table),
                        "clusters": len(np.unique(table.clusters)),
                        "vocabulary": len(group.vocabulary),
                        "skipped": len(cell.source.skipped),
                    }
                )
        if group.gallery is not None:
            versions, names = group.gallery.rows.shape
            rows.append(
                {"probe": "gallery", "stimuli": group.gallery.source.name, "versions": versions, "names": names}
            )
        for design in group.captions:
            rows.append(
                {"probe": "toir", "n_objects": design.n_objects, "captions": len(design), "clusters": design.n_clusters}
            )
    return rows
