"""What an encoder is: two methods, one identity. It never sees the task, the design or the store.

    class MyEncoder:
        fingerprint = "anything that changes when the vectors would"
        def encode_text(self, texts: list[str]) -> np.ndarray: ...      # float32 (n, dim)

is an encoder. What else one can do is said by further small protocols, each optional.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from primacy.errors import EncoderError

if TYPE_CHECKING:
    from PIL import Image

    from primacy.design.picture import Picture

PRECISIONS = ("fp32", "bf16", "fp16")


@runtime_checkable
class Encoder(Protocol):
    """Maps texts to vectors.

    `fingerprint` is a string that changes whenever the vectors would: weights, architecture with its activation,
    tokenizer, context length, pooling, normalisation, precision, library version.
    """

    @property
    def fingerprint(self) -> str:
        """Identity of everything that shapes the vectors."""
        ...

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """Embed `texts`: float32 array (len(texts), dim), row i for text i, finite, in no way dependent on the
        other rows beyond floating-point rounding."""
        ...


class Piece(NamedTuple):
    """Some of the texts of a call: `rows` int64 (m,), which ones, and `vectors` float32 (m, dim), row i for text
    rows[i]."""

    rows: np.ndarray
    vectors: np.ndarray


@runtime_checkable
class EncodesInPieces(Protocol):
    """An encoder that takes many texts at once, in whatever order is cheapest, and gives vectors as they come."""

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        """Pieces that together hold each text once, with the vectors that `encode_text` would give."""
        ...


def gather(pieces: Iterable[Piece], n: int) -> np.ndarray:
    """Vectors float32 (n, dim) of pieces that together hold each of n >= 1 texts once."""
    out = np.empty((n, 0), dtype=np.float32)
    for rows, vectors in pieces:
        if not out.shape[1]:
            out = np.empty((n, vectors.shape[1]), dtype=np.float32)
        out[rows] = vectors
    return out


@runtime_checkable
class EncodesImages(Protocol):
    """An encoder that also maps pictures to vectors of the same space."""

    def encode_image(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Embed RGB images of any size, each framed by the encoder's own transform: float32 (len(images), dim)."""
        ...


@runtime_checkable
class PreparesImages(Protocol):
    """An image encoder whose transform can run elsewhere (other threads) than its tower."""

    def prepare_image(self, image: Image.Image) -> Any:
        """The encoder's own transform of one RGB image; safe to call from several threads."""
        ...

    def encode_prepared(self, prepared: Sequence[Any]) -> np.ndarray:
        """Embed what `prepare_image` gave: the vectors that `encode_image` would give, float32 (n, dim)."""
        ...


@runtime_checkable
class ReadsFacts(Protocol):
    """A null or planted encoder: it is told what a picture shows instead of seeing it."""

    def encode_pictures(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Embed pictures by their facts: float32 (len(pictures), dim)."""
        ...


@runtime_checkable
class HasUntrainedTwin(Protocol):
    """An encoder that can be rebuilt with the same architecture and tokenizer but fresh random weights."""

    def untrained_twin(self, seed: int) -> Encoder:
        """The twin; the same seed gives the same weights."""
        ...


@runtime_checkable
class CountsTokens(Protocol):
    """An encoder that knows how many tokens of its own tokenizer a text takes (special tokens not counted)."""

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Token counts, int64 (len(texts),)."""
        ...


@runtime_checkable
class KnowsItsWords(Protocol):
    """An encoder with a list of words, which takes every word that is not on it for one and the same."""

    def unknown_words(self, texts: Iterable[str]) -> list[str]:
        """The words of `texts` that are not on the list, each once, sorted."""
        ...


class SceneRange(NamedTuple):
    """What the scenes that an encoder was trained on show: the library of their objects, its categories (none: all),
    smallest and largest area of an object as shares of the picture."""

    library: str
    categories: tuple[str, ...]
    areas: tuple[float, float]


@runtime_checkable
class KnowsItsScenes(Protocol):
    """An encoder that was trained on composed scenes, and sees little in others."""

    @property
    def scenes(self) -> SceneRange | None:
        """The scenes; None where they are not known."""
        ...


@runtime_checkable
class Described(Protocol):
    """An encoder that can say in a dictionary what its fingerprint was made of."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """JSON-able description: source, weights hash, architecture, activation, tokenizer, ..."""
        ...


@dataclass(frozen=True)
class EncoderOptions:
    """How to load an encoder.

    `device` ("auto", "cpu", "cuda", "cuda:1", "mps") never enters a fingerprint; `precision` ("fp32", "bf16",
    "fp16") does. `allow_activation_mismatch` loads weights under an activation that they were not trained with.
    """

    device: str = "auto"
    precision: str = "fp32"
    allow_activation_mismatch: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown precision here, before any weight is read."""
        if self.precision not in PRECISIONS:
            from primacy.errors import UnknownNameError

            raise UnknownNameError("precision", self.precision, PRECISIONS)


def checked_vectors(vectors: Any, n: int, source: str, what: str = "texts") -> np.ndarray:
    """Return `vectors` as a C-contiguous float32 array (n, dim) or say what is wrong with them.

    Raises:
        EncoderError: wrong shape, not floating point, or not finite.
    """
    array = np.asarray(vectors)
    if array.ndim != 2 or len(array) != n or array.shape[1] == 0:
        raise EncoderError(f"{source}: returned shape {array.shape} for {n} {what}, expected ({n}, dim)")
    if not np.issubdtype(array.dtype, np.floating):
        raise EncoderError(f"{source}: returned dtype {array.dtype}, expected float32")
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        raise EncoderError(
            f"{source}: {int((~finite).sum())} of {n} vectors hold NaN or infinity"
            f" (first at row {int(np.argmin(finite))})"
        )
    return np.ascontiguousarray(array, dtype=np.float32)
