"""What is trained, on what, for how long: the whole recipe of a lab model, as one file."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from primacy.encoders._names import MAX_SEED
from primacy.encoders.lab.model import LabConfig

MAX_SLOTS = 6
"""Names in the longest caption, fillers included."""

Weight = Annotated[float, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _some(weights: dict[Any, float]) -> dict[Any, float]:
    if not sum(weights.values()) > 0:
        raise ValueError("no entry is above 0")
    if not math.isfinite(sum(weights.values())):
        raise ValueError("the entries sum to infinity")
    return weights


def _distinct(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(values)) != len(values):
        raise ValueError("an entry stands twice")
    return values


class SceneSpec(_Part):
    """What scenes look like."""

    library: str = Field(default="comco", description="objects: comco, simco, or a library's folder")
    categories: tuple[str, ...] = Field(default=(), description="which of them; none: all")
    objects: Annotated[dict[Annotated[int, Field(ge=1, le=MAX_SLOTS)], Weight], AfterValidator(_some)] = Field(
        default={1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}, description="numbers of objects and how often each occurs"
    )
    area: float = Field(default=0.03, gt=0, lt=0.5, description="geometric mean of the areas, share of the picture")
    disparity: float = Field(
        default=16.0, ge=1, le=400, description="largest over smallest area; areas are log-uniform between them"
    )
    instances: int | None = Field(
        default=None, ge=1, description="objects of each category; none: all that the library has"
    )
    views: Annotated[tuple[Annotated[int, Field(ge=0, le=7)], ...], AfterValidator(_distinct)] = Field(
        default=tuple(range(8)),
        min_length=2,
        description="sides that objects are seen from, in eighths of a turn",
    )
    grounds: int = Field(
        default=1, ge=1, le=1024, description="different floors; 1: the plain grey one of audited scenes"
    )

    @property
    def areas(self) -> tuple[float, float]:
        """Smallest and largest area, shares of the picture."""
        return self.area / self.disparity**0.5, self.area * self.disparity**0.5


class OrderSpec(_Part):
    """In which order captions mention objects. Each dial is the share of captions that are sorted by one property, its
    sign the direction; the other captions have a random order.

    Were properties independent, a dial would be the expected Spearman correlation of how early an object is mentioned
    with its property (that of area times 1 - 2 `mixed`). They are not: large objects fit only nearer to the middle, so
    `area` also sorts by centrality and `centre` by area (`primacy.lab.crosstalk`).
    """

    area: float = Field(default=0.0, ge=-1, le=1, description="1: always the largest first, -1: always the smallest")
    mixed: float = Field(
        default=0.0, ge=0, le=1, description="of the captions sorted by area, the share that run the other way round"
    )
    category: float = Field(
        default=0.0, ge=-1, le=1, description='1: always by the list of categories ("person first")'
    )
    centre: float = Field(default=0.0, ge=-1, le=1, description="1: always the most central first")

    @model_validator(mode="after")
    def _shares(self) -> OrderSpec:
        if (total := abs(self.area) + abs(self.category) + abs(self.centre)) > 1 + 1e-9:
            raise ValueError(f"the shares of captions sorted by area, category and centre sum to {total:g}, above 1")
        return self


class CaptionSpec(_Part):
    """What captions say of a scene."""

    templates: Annotated[dict[str, Weight], AfterValidator(_some)] = Field(
        default={"and": 1.0, "comma": 1.0, "articles": 1.0, "photo": 1.0},
        description="templates and how often each occurs",
    )
    order: OrderSpec = OrderSpec()
    mentioned: float = Field(default=1.0, gt=0, le=1, description="share of a scene's objects that captions mention")
    left_out: Literal["random", "smallest"] = Field(default="random", description="which ones they leave out")
    filler: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description='share of captions with a "something" or more at random places, as galleries have',
    )


class PairSpec(_Part):
    """Further captions of a scene: rates are shares of scenes that have one."""

    other_order: float = Field(default=0.0, ge=0, le=1, description="a second true caption, in a random order")
    swapped: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="a negative with two names swapped, as NegCLIP trains; it is true of the scene as well, so it"
        " teaches order where order is informative, and is a false negative where it is not",
    )
    replaced: float = Field(
        default=0.0, ge=0, le=1, description="a negative with any one object replaced by an absent one"
    )
    replaced_late: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="a negative with the last-mentioned object replaced; in a scene of one, the only one",
    )


class TrainSpec(_Part):
    """How long and how fast."""

    samples: int = Field(
        default=76_800, ge=0, description="scenes seen in all; 0 leaves the weights as they were drawn"
    )
    batch: int = Field(default=128, ge=2, le=65_536, description="scenes a step")
    rate: float = Field(default=1e-3, gt=0, description="peak learning rate; warmed up, then a cosine to 0")
    warmup: float = Field(default=0.05, ge=0, lt=1, description="share of steps until the peak")
    decay: float = Field(default=0.1, ge=0, description="AdamW's weight decay, of matrices only")
    singles: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of steps, from the first on, whose scenes show one object: names are learnt before lists",
    )
    checkpoints: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        default=(), description="samples seen at which weights are kept, besides the last"
    )

    @model_validator(mode="after")
    def _within(self) -> TrainSpec:
        if late := [kept for kept in self.checkpoints if kept > self.samples]:
            raise ValueError(f"a checkpoint at {late[0]:,} samples is after the last, {self.samples:,}")
        return self


class LabSpec(_Part):
    """A lab model."""

    model: LabConfig = LabConfig()
    scenes: SceneSpec = SceneSpec()
    captions: CaptionSpec = CaptionSpec()
    pairs: PairSpec = PairSpec()
    train: TrainSpec = TrainSpec()
    image_from: str | None = Field(default=None, description="a lab model whose image tower is taken over and frozen")
    seed: int = Field(default=0, ge=0, le=MAX_SEED, description="of weights, scenes and captions")

    @property
    def steps(self) -> int:
        """Batches until at least `train.samples` scenes are seen."""
        return -(-self.train.samples // self.train.batch)

    @property
    def single_steps(self) -> int:
        """Steps, from the first on, whose scenes show one object."""
        return round(self.train.singles * self.steps)
