"""Null encoders: they cannot have the effect, so an effect that they show is made by the design.

* `null:constant` gives every text the same vector.
* `null:bag` gives a text the sum of the vectors of the names in it: no order. `items=ENCODER` takes these vectors from
  an encoder's single names, else they are random.
* `null:weighted-bag` is the bag with weight (typical size)**`gamma`: prefers big things, still without order.
* `null:planted` *has* an effect, of known size: see `primacy.encoders.planted`.
* Nulls of pictures are in `primacy.encoders.null_images`, a planted encoder of pictures in
  `primacy.encoders.planted_images`.

Parameters follow a question mark: `null:weighted-bag?gamma=0.5&vocabulary=my_names.txt`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from primacy.design.templates import FILLER
from primacy.design.vocabulary import BUILTIN, Category, load_vocabulary
from primacy.encoders.base import Encoder, EncoderOptions
from primacy.encoders.lexicon import DIMENSION, Lexicon
from primacy.encoders.null_images import PICTURE_BAGS, LowResolution, MeanColour, PictureBag, PictureLaw
from primacy.encoders.parameters import number, refuse_unknown, split_parameters
from primacy.encoders.planted import Plant, planted_from_parameters, seed_of
from primacy.encoders.planted_images import PicturePlant, planted_image_from_parameters
from primacy.errors import UnknownNameError
from primacy.identity import fingerprint as digest
from primacy.identity import rng_stream

if TYPE_CHECKING:
    from primacy.design.picture import Picture

GAMMA = 0.25
"""Default exponent of the size weights: a bus (12 m) weighs about 2.6 times a bowl (0.18 m)."""

_PARAMETERS = {
    "constant": (),
    "bag": ("items", "seed"),
    "weighted-bag": ("items", "seed", "gamma"),
    "planted": tuple(Plant.__dataclass_fields__),
    "flat-bag": ("items", "seed", "noise"),
    "area-bag": ("items", "seed", "gamma", "noise"),
    "centre-bag": ("items", "seed", "gamma", "noise"),
    "mean-colour": (),
    "low-res": (),
    "planted-image": tuple(PicturePlant.__dataclass_fields__),
}
NULL_NAMES = tuple(_PARAMETERS)


class ConstantEncoder:
    """The same unit vector for every text and every picture."""

    identity: ClassVar[dict[str, Any]] = {"source": "null:constant"}
    fingerprint = digest(identity)

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """float32 (n, 2), every row (1, 0)."""
        return self._rows(len(texts))

    def encode_pictures(self, pictures: Sequence[Picture]) -> np.ndarray:
        """float32 (n, 2), every row (1, 0)."""
        return self._rows(len(pictures))

    def _rows(self, n: int) -> np.ndarray:
        return np.tile(np.array([1, 0], dtype=np.float32), (n, 1))


class BagEncoder:
    """Order-invariant sum of the vectors of the names in a text (the paper's "Sum", docs/paper.md 7).

    Args:
        names: names to look for; whole words, longest match.
        items: (len(names), d) their vectors; scaled to length 1 here.
        weights: (len(names),) factor of each; None for 1.

    A text without any known name gets the zero vector (all its cosines tie).

    Attributes:
        lexicon: of the names.
        items: their vectors times their weights, float64 (len(names), d).
    """

    def __init__(self, names: Sequence[str], items: np.ndarray, weights: np.ndarray | None = None) -> None:
        self.lexicon = Lexicon(names)
        norms = np.linalg.norm(items, axis=1, keepdims=True)
        unit = np.asarray(items, dtype=np.float64) / np.where(norms > 0, norms, 1)
        self.items = unit if weights is None else unit * np.asarray(weights, dtype=np.float64)[:, None]
        self.identity: dict[str, Any] = {
            "source": "null:bag" if weights is None else "null:weighted-bag",
            "names": digest(list(names)),
            "items": digest(self.items.astype(np.float32).tobytes().hex()),
        }
        self.fingerprint = digest(self.identity)

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """float32 (n, d); the sum runs in index order, so permuted texts get identical bits."""
        out = np.zeros((len(texts), self.items.shape[1]))
        for row, text in enumerate(texts):
            for index in sorted(self.lexicon.find(text)):
                out[row] += self.items[index]
        return out.astype(np.float32)


def size_weights(categories: Sequence[Category], gamma: float) -> np.ndarray:
    """Weights (typical size / median size)**gamma, 1 where the size is unknown; float64 (len(categories),)."""
    sizes = np.array([np.nan if c.size_m is None else c.size_m for c in categories])
    known = sizes[np.isfinite(sizes)]
    relative = np.where(np.isfinite(sizes), sizes, 1.0) / (np.median(known) if len(known) else 1.0)
    return np.where(np.isfinite(sizes), relative, 1.0) ** gamma


_NAMELESS: dict[str, Callable[[], Encoder]] = {
    "constant": ConstantEncoder,
    "mean-colour": MeanColour,
    "low-res": LowResolution,
}


def load(rest: str, options: EncoderOptions) -> Encoder:
    """Load `null:<name>[?parameter=value&...]`.

    Raises:
        UnknownNameError: no such null encoder or parameter.
        UsageError: a parameter's value is not a number or out of range.
    """
    name, parameters = split_parameters(rest)
    if name not in _PARAMETERS:
        raise UnknownNameError("null encoder", name, _PARAMETERS)
    nameless = _NAMELESS.get(name)
    refuse_unknown(f"null:{name}", parameters, [*_PARAMETERS[name], *(() if nameless else ("vocabulary",))])
    if nameless is not None:
        return nameless()
    categories = _categories(parameters.pop("vocabulary", None))
    if name == "planted":
        return planted_from_parameters(categories, parameters)
    names = [category.name for category in categories]
    things = [name for name in names if name != FILLER.name]
    if name == "planted-image":
        return planted_image_from_parameters(things, parameters)
    if name in PICTURE_BAGS:
        law = PictureLaw(name, number(parameters, "gamma", 1.0), number(parameters, "noise", 0.0), seed_of(parameters))
        return PictureBag(BagEncoder(things, _items(things, parameters, options)), law)
    items = _items(names, parameters, options)
    weights = size_weights(categories, number(parameters, "gamma", GAMMA)) if name == "weighted-bag" else None
    return BagEncoder(names, items, weights)


def _items(names: Sequence[str], parameters: dict[str, str], options: EncoderOptions) -> np.ndarray:
    """Vectors of the names: those of the encoder `items`, else random ones."""
    if "items" in parameters:
        from primacy.encoders.load import load_encoder  # the loader knows this module

        return load_encoder(parameters["items"], options).encode_text(list(names))
    return rng_stream(seed_of(parameters), "null", "bag").standard_normal((len(names), DIMENSION))


def _categories(vocabulary: str | None) -> list[Category]:
    """Categories of the named vocabulary, or of all built-in ones, and the gallery's filler."""
    found: dict[str, Category] = {}
    for source in [vocabulary] if vocabulary else BUILTIN:
        found |= {category.name: category for category in load_vocabulary(source).categories}
    return [*found.values(), FILLER]
