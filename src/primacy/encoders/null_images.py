"""Null encoders of pictures (docs/image-nulls.md).

* Picture bags are told what a picture shows and add up the vectors of its objects: `null:flat-bag` each alike,
  `null:area-bag` by area, `null:centre-bag` by centrality. A text is the plain sum of its names, in the same space.
* `null:mean-colour` and `null:low-res` see the pixels, and nothing that has a name: they have no texts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from primacy.errors import EncoderError, UnknownNameError, UsageError
from primacy.identity import fingerprint as digest
from primacy.identity import rng_stream

if TYPE_CHECKING:
    from PIL import Image

    from primacy.design.picture import Picture, Shown
    from primacy.encoders.null import BagEncoder

_FACTS: dict[str, Callable[[Shown], float]] = {
    "flat-bag": lambda shown: 1.0,
    "area-bag": lambda shown: shown.area,
    "centre-bag": lambda shown: max(shown.centrality, 0.0),
}
PICTURE_BAGS = tuple(_FACTS)
LOW_RES = 8


@dataclass(frozen=True)
class PictureLaw:
    """How a picture bag weighs what it is told.

    `kind`: one of `PICTURE_BAGS`, the fact that counts. `gamma`: exponent of that fact; 1 weighs every pixel of an
    area alike, as an average over patches would. `noise`: spread of what is seen besides, see `PictureBag`. `seed`: of
    the noise.

    Raises:
        UnknownNameError: no such kind.
        UsageError: a negative exponent or noise.
    """

    kind: str
    gamma: float = 1.0
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in _FACTS:
            raise UnknownNameError("picture bag", self.kind, _FACTS)
        for name in ("gamma", "noise"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"{self.kind}: {name}={getattr(self, name)}, expected at least 0")


class PictureBag:
    """The weighted sum of the vectors of the objects that a picture shows.

    With weights w of the shown objects, scaled to a root mean square of 1, and vectors v of all names k, a picture is
    sum_shown w v + noise * sum_k e_k v_k, with e_k standard normal draws that depend on the picture's id and the seed
    alone: a little of everything that is not there. Noise is thus in units of a typical weight, whatever the number of
    names and the geometry of their vectors.

    Args:
        bag: encodes the texts; its names and vectors are the pictures' too.
        law: the weights.

    Categories that the bag does not know add nothing, as in texts.
    """

    def __init__(self, bag: BagEncoder, law: PictureLaw) -> None:
        self._bag = bag
        self._law = law
        self.identity: dict[str, Any] = {
            "source": f"null:{law.kind}",
            "law": asdict(law),
            "names": bag.identity["names"],
            "items": bag.identity["items"],
        }
        self.fingerprint = digest(self.identity)

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """float32 (n, d): those of the bag."""
        return self._bag.encode_text(texts)

    def encode_pictures(self, pictures: Sequence[Picture]) -> np.ndarray:
        """float32 (n, d); summed in the order of the names, so that equal facts in other slots give equal bits.

        Raises:
            EncoderError: a weight needs a fact that was not measured.
        """
        items = self._bag.items
        out = np.zeros((len(pictures), items.shape[1]))
        for row, picture in enumerate(pictures):
            weights = self._weights(picture)
            if weights:
                found = sorted(weights)
                values = np.array([weights[index] for index in found])
                scale = np.sqrt(np.mean(values**2))
                out[row] = values / (scale if scale > 0 else 1.0) @ items[found]
            if self._law.noise:
                rng = rng_stream(self._law.seed, "null", "noise", picture.picture_id)
                out[row] += self._law.noise * (rng.standard_normal(len(items)) @ items)
        return out.astype(np.float32)

    def _weights(self, picture: Picture) -> dict[int, float]:
        """Weight by index of the name; that of an object alone is 1 where it was not measured."""
        fact, gamma = _FACTS[self._law.kind], self._law.gamma
        known = ((self._bag.lexicon.index(shown.category), shown) for shown in picture.objects)
        found = {index: fact(shown) ** gamma for index, shown in known if index is not None}
        if np.isnan(list(found.values())).any():
            if len(found) == 1:
                return dict.fromkeys(found, 1.0)
            raise EncoderError(
                f"null:{self._law.kind}: picture {picture.picture_id!r} has an object that was not measured",
                hint="It needs pictures with masks, or a manifest that states areas and places.",
            )
        return found


class _PixelEncoder(ABC):
    """A baseline that sees pixels only."""

    identity: ClassVar[dict[str, Any]]
    fingerprint: ClassVar[str]
    dimension: ClassVar[int]

    @abstractmethod
    def prepare_image(self, image: Image.Image) -> np.ndarray:
        """The vector of one RGB image, float32 (d,)."""

    def encode_prepared(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """float32 (n, d)."""
        return np.array(prepared, dtype=np.float32).reshape(len(prepared), self.dimension)

    def encode_image(self, images: Sequence[Image.Image]) -> np.ndarray:
        """float32 (len(images), d)."""
        return self.encode_prepared([self.prepare_image(image) for image in images])

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """Refuse.

        Raises:
            EncoderError: always: pixels have no texts.
        """
        raise EncoderError(
            f"{self.identity['source']} sees pixels only and cannot encode texts",
            hint="Use it for probes that compare pictures with pictures: ior, ioc.",
        )


class MeanColour(_PixelEncoder):
    """The mean colour of a picture, nothing else.

    Each mean x of red, green and blue, from 0 to 1, becomes (cos pi x, sin pi x). The cosine of two pictures is then
    the mean of cos(pi difference) over the three channels: it falls with the distance of the two colours wherever they
    lie, while a cosine of the plain means would compare their hues and call all greys equal.
    """

    identity: ClassVar[dict[str, Any]] = {"source": "null:mean-colour", "map": "half turn per channel"}
    fingerprint: ClassVar[str] = digest(identity)
    dimension: ClassVar[int] = 6

    def prepare_image(self, image: Image.Image) -> np.ndarray:
        """float32 (6,), of length sqrt 3."""
        counts = np.array(image.histogram()).reshape(3, 256)
        angle = np.pi * (counts @ np.arange(256)) / (255 * counts.sum(axis=1))
        return np.concatenate([np.cos(angle), np.sin(angle)]).astype(np.float32)


class LowResolution(_PixelEncoder):
    """A picture squeezed to 8 x 8 pixels, less its mean colour: where something differs from the rest, and how.

    A picture of one colour is the zero vector (all its cosines tie).
    """

    identity: ClassVar[dict[str, Any]] = {"source": "null:low-res", "side": LOW_RES, "filter": "box"}
    fingerprint: ClassVar[str] = digest(identity)
    dimension: ClassVar[int] = 3 * LOW_RES**2

    def prepare_image(self, image: Image.Image) -> np.ndarray:
        """float32 (192,), values from -1 to 1, each channel summing to 0."""
        from PIL import Image

        # Squeezed as floats: eight bits would round small objects away.
        channels = [
            np.asarray(channel.convert("F").resize((LOW_RES, LOW_RES), Image.Resampling.BOX)).ravel() / 255
            for channel in image.split()
        ]
        return np.concatenate([channel - channel.mean() for channel in channels]).astype(np.float32)
