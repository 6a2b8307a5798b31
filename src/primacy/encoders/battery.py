"""The null battery: encoders that cannot have the effect, built for the encoder that is audited."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from primacy.design.templates import FILLER
from primacy.design.vocabulary import Vocabulary
from primacy.encoders.base import Encoder, HasUntrainedTwin
from primacy.encoders.null import GAMMA, BagEncoder, ConstantEncoder, size_weights


class Null(NamedTuple):
    """A named null encoder; `cached` says whether its vectors are worth storing."""

    name: str
    build: Callable[[], Encoder]
    cached: bool


def item_texts(vocabulary: Vocabulary) -> list[str]:
    """The single names, and the gallery's filler, whose vectors the bags sum."""
    return [*vocabulary.names, FILLER.name]


def null_battery(encoder: Encoder, vocabulary: Vocabulary, items: np.ndarray, *, untrained: int) -> list[Null]:
    """The nulls for one encoder, cheapest first.

    Args:
        encoder: the audited one.
        vocabulary: of the design.
        items: (V + 1, d) the encoder's vectors of `item_texts(vocabulary)`, so that the bags have the very item
            strengths of the audited encoder and differ from it by being blind to order.
        untrained: number of untrained twins, for encoders that have them.
    """
    names = item_texts(vocabulary)
    weights = size_weights([*vocabulary.categories, FILLER], GAMMA)
    nulls = [
        Null("constant", ConstantEncoder, False),
        Null("bag", lambda: BagEncoder(names, items), False),
        Null("weighted-bag", lambda: BagEncoder(names, items, weights), False),
    ]
    if isinstance(encoder, HasUntrainedTwin):
        twins = (lambda seed=seed: encoder.untrained_twin(seed) for seed in range(untrained))
        nulls += [Null(f"untrained#{seed}", twin, True) for seed, twin in enumerate(twins)]
    return nulls
