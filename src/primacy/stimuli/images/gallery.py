"""The gallery of single objects: one picture of every category in each of several versions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from primacy.assets.library import Library
from primacy.design.picture import Picture
from primacy.design.scenes.design import SceneDesign, build
from primacy.design.scenes.request import SceneRequest
from primacy.design.scenes.silhouettes import Shapes, from_library
from primacy.design.scenes.slots import GRID
from primacy.errors import DatasetError, RenderError
from primacy.listener import Listener, Silent
from primacy.render.collage import CollageRenderer
from primacy.stimuli.images.base import PictureSource, Skipped
from primacy.stimuli.images.composed import ComposedScenes, scale_name
from primacy.stimuli.sources import object_library

PUBLISHED_AREA = 0.071
"""Share of the picture that the large object of a published scene covers (paper, section 2.2.2)."""
_SIDE = 3  # slots of a row or column of the grid


class Version(NamedTuple):
    """How a version of the gallery shows its objects: `scale` names the area that is asked for, as a share of the
    picture ("0.025"), `slot` the place, `yaw` degrees; "" and NaN where it is not known."""

    scale: str
    slot: str
    yaw: float


@dataclass(frozen=True, eq=False)
class ImageGallery:
    """G versions of a gallery of V categories.

    `source`: pictures of one object each. `names`: the V categories, whose places are their ids. `versions`: G of
    them. `rows` int64 (G, V): the picture in `source` of each version and category. `missing`: categories and versions
    that could not be had, and why.
    """

    source: PictureSource
    names: tuple[str, ...]
    versions: tuple[Version, ...]
    rows: np.ndarray
    missing: tuple[Skipped, ...] = ()


def composed_gallery(
    library_name: str,
    names: Sequence[str],
    *,
    size: int,
    kind: Literal["balanced", "centred"] = "balanced",
    area: float | None = None,
    seed: int,
    listener: Listener | None = None,
) -> ImageGallery:
    """A gallery drawn from the sprites of a library.

    "balanced": twelve versions of the `singles` design. Each of its four areas stands in three slots, one in each row
    and each column of the grid of nine, and is seen from each of three sides; every slot occurs. The instances of a
    category take turns: version g shows number g modulo their number. "centred": one version, as published: each
    category's first instance alone in the centre, 7.1 % of the picture, facing the camera.

    Objects that take a colour keep their neutral grey: one colour a category would tell categories apart by colour.

    Args:
        library_name: as for `object_library`.
        names: the categories.
        size: side of the pictures in pixels.
        kind: which gallery.
        area: asked for the largest of the balanced gallery's four, share of the picture; None for the design's.
        seed: of the design.
        listener: told of the progress, in scenes.

    Raises:
        UnknownNameError: a category that the library lacks.
        DesignError: objects that do not fit.
        RenderError: an object that cannot be drawn.
    """
    library = object_library(library_name)
    if kind == "centred":
        design, versions, chosen = _centred(from_library(library), names, size, seed)
    else:
        design, versions, chosen = _balanced(from_library(library), names, size, area, seed)
    source = _drawn(library, design, chosen, listener or Silent())
    return ImageGallery(source, tuple(names), versions, np.arange(chosen.size).reshape(chosen.shape))


def gallery_of(source: PictureSource, names: Sequence[str]) -> ImageGallery:
    """A gallery of the pictures of a source that show one object.

    A version is a nominal area ("gallery_scale" in the picture's factors), a slot and a yaw ("yaw" in its factors),
    as far as known. It counts only if every category has it. Where each category has at least k pictures of a version
    (other instances, or nothing known that tells them apart), there are k versions of that name.

    Args:
        source: where the pictures are.
        names: the categories that are wanted, in the order of their ids.

    Returns:
        The gallery; its `names` are those of `names` that have a picture, its `missing` lists the others.

    Raises:
        DatasetError: no picture of one object, or no version that all categories have.
    """
    by_category: dict[str, dict[Version, list[int]]] = {name: {} for name in names}
    for row, picture in enumerate(source.pictures):
        if len(picture.objects) == 1 and picture.categories[0] in by_category:
            by_category[picture.categories[0]].setdefault(_version(picture), []).append(row)
    missing = [
        Skipped(name, f"no picture of it alone in {source.name}") for name, found in by_category.items() if not found
    ]
    held = {name: found for name, found in by_category.items() if found}
    if len(held) < 2:
        raise DatasetError(
            f"{source.name} shows {len(held)} of {len(names)} categories alone, expected at least 2",
            hint="A gallery needs pictures of one object each, named as the vocabulary names them.",
        )
    counts = Counter(version for found in held.values() for version in found)
    shared = [version for version, count in counts.items() if count == len(held)]
    if not shared:
        poorest = min(held, key=lambda name: len(held[name]))
        raise DatasetError(
            f"{source.name} has no version (area, slot, yaw) of single objects that all {len(held)} categories have",
            hint=f"The fewest, {len(held[poorest])}, are there of {poorest!r}.",
        )
    for version, count in counts.items():
        if count < len(held):
            missing.append(Skipped(_called(version), f"only {count} of {len(held)} categories have this version"))
    versions, rows = zip(*_versions(shared, list(held.values())), strict=True)
    return ImageGallery(source, tuple(held), versions, np.array(rows, dtype=np.int64), tuple(missing))


def _versions(
    shared: Sequence[Version], held: Sequence[dict[Version, list[int]]]
) -> Iterator[tuple[Version, list[int]]]:
    """Each version as often as every category can fill it, with its pictures; further pictures take turns."""
    for g, version in enumerate(shared):
        for k in range(min(len(found[version]) for found in held)):
            yield version, [found[version][(g + k) % len(found[version])] for found in held]


def _version(picture: Picture) -> Version:
    yaw = picture.factors.get("yaw", "")
    # One NaN for all: versions are compared, and no NaN equals another unless it is the same.
    return Version(
        str(picture.factors.get("gallery_scale", "")),
        picture.objects[0].slot,
        float(yaw) if isinstance(yaw, int | float) and not math.isnan(yaw) else math.nan,
    )


def _called(version: Version) -> str:
    yaw = "" if math.isnan(version.yaw) else f"yaw {version.yaw:g}"
    return ", ".join(part for part in (version.scale, version.slot, yaw) if part) or "unnamed version"


def _centred(
    shapes: Shapes, names: Sequence[str], size: int, seed: int
) -> tuple[SceneDesign, tuple[Version, ...], np.ndarray]:
    firsts = {category: assets[:1] for category, assets in shapes.categories.items()}
    design = build(
        SceneRequest(
            "equal",
            objects=(1,),
            sets=len(names),
            seed=seed,
            size=size,
            area=PUBLISHED_AREA,
            yaws=(0.0,),
            palette=(),
            categories=tuple(names),
        ),
        Shapes(shapes.silhouettes, firsts, shapes.tintable, shapes.sizes_m),
    )
    by_name = {scene.objects[0].category: at for at, scene in enumerate(design.scenes())}
    chosen = np.array([[by_name[name] for name in names]])
    return design, (Version(scale_name(PUBLISHED_AREA), "centre", 0.0),), chosen


def _balanced(
    shapes: Shapes, names: Sequence[str], size: int, area: float | None, seed: int
) -> tuple[SceneDesign, tuple[Version, ...], np.ndarray]:
    request = SceneRequest("singles", seed=seed, size=size, area=area, palette=(), categories=tuple(names))
    design = build(request, shapes)
    (part,) = design.parts
    owners = design.objects.category_of[part.cast.assets[:, 0]]
    sets = [np.flatnonzero(owners == category) for category in range(len(names))]
    n_yaws = len(request.yaws)
    versions: list[Version] = []
    chosen = []
    for g, (scale, place, yaw) in enumerate(_twelve()):
        arrangement = (scale * len(GRID) + place) * n_yaws + yaw
        (spot,) = part.arrangements[arrangement].spots
        versions.append(Version(scale_name(spot.area * request.area_for(1)), spot.slot.name, request.yaws[yaw]))
        chosen.append([int(of[g % len(of)]) * len(part.arrangements) + arrangement for of in sets])
    return design, tuple(versions), np.array(chosen)


def _twelve() -> Iterator[tuple[int, int, int]]:
    """Scale, place in the grid and yaw of each version.

    The three slots of a scale are a diagonal of the grid (with wrap-around): three of them cover it, the fourth scale
    has the other diagonal through the centre. So neither row nor column goes with area; the centre is there for the
    largest and the smallest alike. Yaws run against rows and columns as in a Latin square.
    """
    for scale in range(4):
        for row in range(_SIDE):
            if scale < _SIDE:
                column = (row + scale) % _SIDE
                yield scale, row * _SIDE + column, (row + column) % _SIDE
            else:
                yield scale, row * _SIDE + _SIDE - 1 - row, row


def _drawn(library: Library, design: SceneDesign, chosen: np.ndarray, listener: Listener) -> ComposedScenes:
    source = ComposedScenes("gallery", design, chosen.ravel().tolist(), CollageRenderer(library), listener)
    if source.skipped:
        first = source.skipped[0]
        raise RenderError(
            f"{len(source.skipped)} pictures of the gallery cannot be drawn: {first.reason}",
            hint=f"Its smallest objects cover a few pixels of {design.request.size} x {design.request.size}: a larger"
            " --image-size leaves them room (224 is usual).",
        )
    return source
