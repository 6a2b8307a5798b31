"""Planted encoders: their effect is known, so each probe must recover it.

A planted encoder draws the winner of every caption from a stated law and returns a vector whose nearest single-object
vector is that winner's: item vectors are orthonormal and the winner has twice the weight of the others. The draw is a
function of the text (and seed) alone, so the encoder is deterministic.

The law: with probability `first` the object mentioned first wins outright; with probability `last` the last one; else
the winner has the largest utility  category * z(name) + length * words(name) + Gumbel noise  (a conditional logit with
known coefficients; z is a standard normal score of the name). With probability `cluster` a caption's noise is shared
by all orders of its object set, which makes trials of one set dependent. In a balanced design the expected order bias
(first minus last) is exactly `first` - `last`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from primacy.design.templates import FILLER
from primacy.design.vocabulary import Category
from primacy.encoders.lexicon import Lexicon, random_items
from primacy.encoders.parameters import number
from primacy.errors import UsageError
from primacy.identity import fingerprint as digest
from primacy.identity import rng_stream

WINNER_WEIGHT = 2.0
"""Weight of the winner's item vector; the others have 1."""


@dataclass(frozen=True)
class Plant:
    """Sizes of the planted effects; all 0 is the encoder without any."""

    first: float = 0.0
    last: float = 0.0
    category: float = 0.0
    length: float = 0.0
    cluster: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse probabilities outside [0, 1]."""
        for name in ("first", "last", "cluster"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"planted {name}={getattr(self, name)}, expected a probability from 0 to 1")
        if self.first + self.last > 1:
            raise UsageError(f"planted first + last = {self.first + self.last}, expected at most 1")


class PlantedEncoder:
    """Encoder with the effects of `plant` on captions that mention the given names."""

    def __init__(self, names: Sequence[str], plant: Plant) -> None:
        self.plant = plant
        self._lexicon = Lexicon(names)
        self._items = planted_items(names, plant.seed)
        words = np.array([len(name.split()) for name in names])
        self.utility = plant.category * normal_scores(names, plant.seed) + plant.length * words
        self.identity = {"source": "null:planted", "plant": asdict(plant), "names": digest(list(names))}
        self.fingerprint = digest(self.identity)

    def encode_text(self, texts: list[str]) -> np.ndarray:
        """float32 (n, d)."""
        out = np.zeros((len(texts), self._items.shape[1]))
        for row, text in enumerate(texts):
            found = [i for i in self._lexicon.find(text) if self._lexicon.names[i] != FILLER.name]
            if not found:
                continue
            weights = np.ones(len(found))
            weights[self._winner(text, found) if len(found) > 1 else 0] = WINNER_WEIGHT
            out[row] = weights @ self._items[found]
        return out.astype(np.float32)

    def _winner(self, text: str, found: list[int]) -> int:
        """Index into `found` of the winner."""
        plant = self.plant
        draw, share = uniforms(f"{plant.seed}/draw/{text}", 2)
        if draw < plant.first:
            return 0
        if draw < plant.first + plant.last:
            return len(found) - 1
        source = "+".join(map(str, sorted(found))) if share < plant.cluster else text
        # Noise belongs to the object, not to its place, so that shared noise means the same winner in every order.
        keys = [f"{plant.seed}/noise/{source}/{item}" for item in found]
        return int(np.argmax(self.utility[found] + gumbel(keys)))


def planted_from_parameters(categories: Sequence[Category], parameters: dict[str, str]) -> PlantedEncoder:
    """Build from the parameters of a `null:planted?...` name.

    Raises:
        UsageError: a value that is no number or out of range.
    """
    values = {key: number(parameters, key, 0.0) for key in parameters if key != "seed"}
    plant = Plant(**values, seed=seed_of(parameters))
    return PlantedEncoder([category.name for category in categories], plant)


def seed_of(parameters: dict[str, str]) -> int:
    """The seed among the parameters of a name, 0 if there is none.

    Raises:
        UsageError: not a whole number of at least 0.
    """
    value = number(parameters, "seed", 0)
    if value < 0 or value != int(value):
        raise UsageError(f"parameter seed={parameters['seed']!r}, expected a whole number of at least 0")
    return int(value)


def planted_items(names: Sequence[str], seed: int) -> np.ndarray:
    """Orthonormal item vectors of the names, float64 (len(names), d)."""
    return random_items(len(names), rng_stream(seed, "planted", "items"))


def normal_scores(names: Sequence[str], seed: int) -> np.ndarray:
    """A standard normal score of each name, float64 (len(names),), that depends on the name and the seed alone."""
    draws = np.array([uniforms(f"{seed}/score/{name}", 2) for name in names])
    return np.sqrt(-2 * np.log(draws[:, 0])) * np.cos(2 * np.pi * draws[:, 1])


def gumbel(keys: Sequence[str]) -> np.ndarray:
    """A standard Gumbel draw for each key, float64 (len(keys),)."""
    return -np.log(-np.log([uniforms(key, 1)[0] for key in keys]))


def uniforms(key: str, n: int) -> np.ndarray:
    """`n` uniform draws in (0, 1) that depend on `key` alone."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    words = np.frombuffer(digest, dtype="<u8")[:n]
    return (words.astype(np.float64) + 0.5) / 2.0**64
