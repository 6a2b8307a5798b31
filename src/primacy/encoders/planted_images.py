"""A planted encoder of pictures: its area elasticity and its liking for the centre are known, so probes must find them.

The winner of a picture is the object with the largest utility

    area * ln(area) + centre * centrality + contrast * contrast + category * z(name) + Gumbel noise,

a conditional logit with known coefficients; z is a standard normal score of the name. The picture's vector is the sum
of orthonormal item vectors with twice the weight for the winner. The noise depends on the picture's id, the name and
the seed alone. With probability `cluster` it is shared by all pictures of a cluster, which makes trials of one object
set dependent and leaves the law of each as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from primacy.encoders.lexicon import Lexicon
from primacy.encoders.parameters import number
from primacy.encoders.planted import (
    WINNER_WEIGHT,
    Plant,
    PlantedEncoder,
    gumbel,
    normal_scores,
    planted_items,
    seed_of,
    uniforms,
)
from primacy.errors import EncoderError, UsageError
from primacy.identity import fingerprint as digest

if TYPE_CHECKING:
    from primacy.design.picture import Picture, Shown


@dataclass(frozen=True)
class PicturePlant:
    """Sizes of the planted effects; all 0 is the encoder whose winners are drawn evenly.

    `area`: area elasticity, logits for each unit of the natural logarithm of area. `centre`: logits between a corner of
    the frame (centrality 0) and its middle (1). `contrast`: logits for each unit of contrast. `category`: standard
    deviation of the names' utilities. `first`: probability that the name mentioned first wins a caption; 0 leaves texts
    without any order. `cluster`: probability that a picture shares its noise with its cluster.

    Raises:
        UsageError: a probability outside 0 to 1.
    """

    area: float = 0.0
    centre: float = 0.0
    contrast: float = 0.0
    category: float = 0.0
    first: float = 0.0
    cluster: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("first", "cluster"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"planted {name}={getattr(self, name)}, expected a probability from 0 to 1")


class PlantedImageEncoder:
    """Encoder with the effects of `plant` on pictures of the given names, and of `plant.first` on captions."""

    def __init__(self, names: Sequence[str], plant: PicturePlant) -> None:
        self.plant = plant
        self._lexicon = Lexicon(names)
        self._items = planted_items(names, plant.seed)
        self._scores = plant.category * normal_scores(names, plant.seed)
        self._captions = PlantedEncoder(names, Plant(first=plant.first, seed=plant.seed)) if plant.first else None
        self.identity = {"source": "null:planted-image", "plant": asdict(plant), "names": digest(list(names))}
        self.fingerprint = digest(self.identity)

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """float32 (n, d): the sum of the names' vectors; with `first`, as `planted.PlantedEncoder` has it."""
        if self._captions is not None:
            return self._captions.encode_text(texts)
        out = np.zeros((len(texts), self._items.shape[1]))
        for row, text in enumerate(texts):
            out[row] = self._items[sorted(self._lexicon.find(text))].sum(axis=0)
        return out.astype(np.float32)

    def encode_pictures(self, pictures: Sequence[Picture]) -> np.ndarray:
        """float32 (n, d); categories without a name here add nothing.

        Raises:
            EncoderError: a utility needs a fact that was not measured.
        """
        out = np.zeros((len(pictures), self._items.shape[1]))
        for row, picture in enumerate(pictures):
            utilities = self.utilities(picture)
            if not utilities:
                continue
            found = list(utilities)
            weights = np.ones(len(found))
            if len(found) > 1:
                weights[np.argmax(np.array(list(utilities.values())) + self._noise(picture, found))] = WINNER_WEIGHT
            out[row] = weights @ self._items[found]
        return out.astype(np.float32)

    def utilities(self, picture: Picture) -> dict[int, float]:
        """Utility without noise, by index of the name, of the objects that are known."""
        known = ((self._lexicon.index(shown.category), shown) for shown in picture.objects)
        asked = {index: shown for index, shown in known if index is not None}
        found = {index: float(self._scores[index]) + self._of(shown) for index, shown in asked.items()}
        for index, utility in found.items():
            if np.isnan(utility):
                raise EncoderError(
                    f"null:planted-image: picture {picture.picture_id!r} has an object without a measured"
                    f" {_unmeasured(asked[index], self.plant)}",
                    hint="Leave out area=, centre= and contrast=, or use pictures with masks.",
                )
        return found

    def _of(self, shown: Shown) -> float:
        """What the facts of an object are worth; an effect that is not planted asks for no fact."""
        plant = self.plant
        utility = plant.centre * shown.centrality if plant.centre else 0.0
        if plant.area:
            with np.errstate(divide="ignore"):
                utility += plant.area * float(np.log(shown.area))
        if plant.contrast:
            utility += plant.contrast * shown.contrast
        return utility

    def _noise(self, picture: Picture, found: list[int]) -> np.ndarray:
        seed, source = self.plant.seed, f"picture {picture.picture_id}"
        if self.plant.cluster and uniforms(f"{seed}/share/{source}", 1)[0] < self.plant.cluster:
            source = f"cluster {picture.cluster}"
        return gumbel([f"{seed}/noise/{source}/{self._lexicon.names[index]}" for index in found])


def _unmeasured(shown: Shown, plant: PicturePlant) -> str:
    """What an object lacks of that which planted effects ask for."""
    facts = (
        ("area", plant.area, shown.area),
        ("place", plant.centre, shown.centrality),
        ("contrast", plant.contrast, shown.contrast),
    )
    return " or ".join(name for name, effect, value in facts if effect and np.isnan(value))


def planted_image_from_parameters(names: Sequence[str], parameters: dict[str, str]) -> PlantedImageEncoder:
    """Build from the parameters of a `null:planted-image?...` name.

    Raises:
        UsageError: a value that is no number or out of range.
    """
    values = {key: number(parameters, key, 0.0) for key in parameters if key != "seed"}
    return PlantedImageEncoder(names, PicturePlant(**values, seed=seed_of(parameters)))
