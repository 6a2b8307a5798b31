"""The specification of an audit: everything that a user can ask for, checked in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from primacy.design.orders import Scheme
from primacy.design.scenes.presets import PRESETS
from primacy.design.text import Gallery
from primacy.errors import UsageError

if TYPE_CHECKING:
    from primacy.encoders.base import SceneRange

TextProbe = Literal["tor", "toc"]
TEXT_PROBES = get_args(TextProbe)
ImageProbe = Literal["ior", "i2tor", "toir", "ioc", "matching", "attention"]
IMAGE_PROBES = get_args(ImageProbe)
Probe = Literal[TextProbe, ImageProbe]
PROBES = (*TEXT_PROBES, *IMAGE_PROBES)
Design = Literal["factorial", "size-category", "captions"]
DESIGNS = get_args(Design)


class Protocol(BaseModel):
    """What a protocol presets: order scheme, galleries, and whether sets keep the vocabulary's order."""

    model_config = ConfigDict(frozen=True)

    orders: str
    gallery: str
    sort_sets: bool
    image_gallery: str


PROTOCOLS = {
    "balanced": Protocol(orders="rotations", gallery="balanced", sort_sets=False, image_gallery="balanced"),
    "paper": Protocol(orders="combinations", gallery="bare", sort_sets=True, image_gallery="centred"),
}


ImageGallery = Literal["balanced", "centred"]
IMAGE_GALLERIES = get_args(ImageGallery)


class ImageSpec(BaseModel):
    """Which pictures an audit shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenes: str = Field(
        default="comco",
        description="objects that scenes are composed of (comco, simco, a library of your own), or where pictures lie:"
        " a rendered folder, a published one, a folder with manifest.csv, a WebDataset .tar, hub:org/name/folder",
    )
    gallery_scenes: str | None = Field(default=None, description="the same, for the pictures of single objects")
    sets: int = Field(default=30, ge=2, description="object sets of the design of scenes for each number of objects")
    ladder_sets: int = Field(default=18, ge=2, description="object sets of the ladder of areas")
    ioc_sets: int = Field(default=60, ge=3, description="object sets of the IOC probe for each number of objects")
    size: int = Field(default=224, ge=16, le=4096, description="side of a composed scene in pixels")
    area: float | None = Field(
        default=None,
        gt=0,
        le=0.5,
        description="area of the largest objects of composed scenes; none: the design's, or what the encoder says"
        " that it was trained on",
    )
    categories: tuple[str, ...] = Field(
        default=(),
        description="categories that composed scenes show; none: all, or those that the encoder was trained on",
    )
    gallery: ImageGallery = "balanced"
    foils: Annotated[int, Field(ge=1)] | Literal["all"] = Field(
        default="all", description="foils of each matching trial, or every absent category"
    )
    photos: str | None = Field(default=None, description="folder or .zip of photos")
    instances: str | None = Field(default=None, description="COCO instances file of the photos, .json or .json.gz")

    def fitted(self, known: SceneRange | None) -> ImageSpec:
        """The same pictures, of areas and categories that an encoder was trained on where they were left open."""
        if known is None:
            return self
        smallest, largest = known.areas
        area = self.area or min(largest, round(PRESETS["one-large"].ratio * smallest, 3))
        own = known.categories if self.scenes == known.library else ()
        return self.model_copy(update={"area": area, "categories": self.categories or own})


class AuditSpec(BaseModel):
    """What to audit and how. The same spec, encoder and vocabulary give the same trials on any machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: str
    protocol: Literal["balanced", "paper"] = "balanced"
    probes: tuple[Probe, ...] = Field((), description="none: all that the encoder and the design allow")
    objects: tuple[int, ...] = (4,)
    vocabulary: str = "comco"
    templates: tuple[str, ...] = ("and",)
    design: Design = "factorial"
    captions: str | None = Field(None, description="COCO captions file of the 'captions' design")
    orders: Scheme = "rotations"
    gallery: Gallery = "balanced"
    sets: int | Literal["all"] = Field(300, description="object sets for each number of objects, or 'all'")
    sentences: int = Field(1600, ge=20, description="captions of the TOC probe for each number of objects")
    untrained: int = Field(3, ge=0, le=20, description="untrained twins among the nulls")
    seed: int = Field(0, ge=0)
    images: ImageSpec = ImageSpec()
    precision: str = "fp32"
    allow_activation_mismatch: bool = False
    margin: float = Field(0.05, gt=0, lt=1, description="equivalence margin for differences of shares")
    level: float = Field(0.95, gt=0.5, lt=1, description="confidence level")

    @model_validator(mode="after")
    def _sane(self) -> AuditSpec:
        if not self.objects or not self.templates:
            raise ValueError("objects and templates need at least one entry each")
        for name in ("objects", "templates", "probes"):
            values = getattr(self, name)
            if len(set(values)) != len(values):
                raise ValueError(f"{name} holds an entry twice: {', '.join(map(str, values))}")
        if min(self.objects) < 2:
            raise ValueError(f"objects holds {min(self.objects)}, expected 2 or more")
        if self.sets != "all" and self.sets < 2:
            raise ValueError(f"sets is {self.sets}, expected 2 or more, or 'all'")
        return self

    @model_validator(mode="after")
    def _designs_fit(self) -> AuditSpec:
        if (self.design == "captions") != (self.captions is not None):
            raise ValueError("the 'captions' design and a captions file go together: give both or neither")
        if self.design != "factorial" and "toc" in self.probes:
            raise ValueError(f"the {self.design} design has no TOC probe; use probes tor")
        if self.design != "factorial" and set(self.probes) & set(IMAGE_PROBES):
            raise ValueError(f"the {self.design} design shows no pictures; use probes tor")
        if self.design != "factorial" and len(self.templates) > 1:
            raise ValueError(f"the {self.design} design takes one template")
        if (self.images.photos is None) != (self.images.instances is None):
            raise ValueError("photos and their instances file go together: give both or neither")
        if self.design == "size-category" and self.sets == "all":
            raise ValueError("the size-category design takes a number of sets")
        return self

    def resolved(self, *, pictures: bool, known: SceneRange | None = None) -> AuditSpec:
        """The specification with its probes named (see `asks_for`) and its scenes fitted to those that the encoder was
        trained on, where these are `known`. A run without pictures has the default ones, so that options of pictures
        never change its id."""
        probes = self.asks_for(pictures=pictures)
        images = self.images.fitted(known) if set(probes) & set(IMAGE_PROBES) else ImageSpec()
        return self.model_copy(update={"probes": probes, "images": images})

    def asks_for(self, *, pictures: bool) -> tuple[Probe, ...]:
        """The probes of the run: those named, else all that the design has and the encoder can take.

        Args:
            pictures: whether the encoder takes pictures as well as texts.

        Raises:
            UsageError: probes of pictures are named, and the encoder takes none; or photos are, and no such probe.
        """
        probes = self._probes(pictures)
        if self.images.photos is not None and not set(probes) & set(IMAGE_PROBES):
            raise UsageError(
                f"photos are given, and no probe of the run looks at them: {', '.join(probes)}",
                hint="Probes of photos: i2tor, ior, matching, attention; the encoder has to take pictures.",
            )
        return probes

    def _probes(self, pictures: bool) -> tuple[Probe, ...]:
        if not self.probes:
            text: tuple[Probe, ...] = TEXT_PROBES if self.design == "factorial" else ("tor",)
            return (*text, *IMAGE_PROBES) if pictures and self.design == "factorial" else text
        wanted = [probe for probe in self.probes if probe in IMAGE_PROBES]
        if wanted and not pictures:
            raise UsageError(
                f"{self.encoder} takes no pictures, so that it has no probe {', '.join(wanted)}",
                hint=f"Probes of texts: {', '.join(TEXT_PROBES)}.",
            )
        return self.probes

    @property
    def sort_sets(self) -> bool:
        """Whether sets keep the vocabulary's order (published protocol) instead of a random one."""
        return PROTOCOLS[self.protocol].sort_sets


IMAGE_OPTIONS = {"sets": "image-sets", "size": "image-size", "gallery": "image-gallery"}
"""Options of fields of `ImageSpec` that are not named like them."""


def checked_spec(fields: dict[str, Any]) -> AuditSpec:
    """The specification with these fields.

    Raises:
        UsageError: a value that it cannot have; the option of the command line is named.
    """
    try:
        return AuditSpec(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{_option(first['loc'])}{message}") from None


def _option(place: tuple[int | str, ...]) -> str:
    """The option that a place in the specification stands for, with a space after it; "" for none."""
    if not place:
        return ""
    name = str(place[0])
    if name == "images" and len(place) > 1:
        name = IMAGE_OPTIONS.get(str(place[1]), str(place[1]))
    return f"--{name.replace('_', '-')} "
