"""The null battery: encoders that cannot have the effect, built for the encoder that is audited.

Which null can serve which probe is said here; which of them is no null for which effect, in `primacy.stats.effects`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from primacy.design.templates import FILLER
from primacy.design.vocabulary import Vocabulary
from primacy.encoders.base import Encoder, EncodesImages, HasUntrainedTwin
from primacy.encoders.null import GAMMA, BagEncoder, ConstantEncoder, size_weights
from primacy.encoders.null_images import LowResolution, MeanColour, PictureBag, PictureLaw

TEXT = frozenset({"tor", "toc"})
"""Probes of texts alone."""
PICTURES = frozenset({"ior", "ioc"})
"""Probes of pictures alone."""
CROSS_MODAL = frozenset({"i2tor", "toir", "matching"})
"""Probes of pictures and texts together."""
MATCHING = frozenset({"matching"})
"""The probe that a bag without noise never errs at."""

_NEEDS: dict[str, tuple[str, ...]] = {"flat-bag": (), "area-bag": ("area",), "centre-bag": ("centrality",)}

NOISE = 1 / 3
"""Noise of the noisy bags, in units of a typical weight. With it an order-blind encoder gets all of the published
matching scenario 1 right and two thirds to three quarters of scenario 2 (docs/image-nulls.md)."""


class Null(NamedTuple):
    """A named null encoder; `cached` says whether its vectors are worth storing, `serves` which probes it can take,
    `needs` which facts of objects ("area", "centrality") it is told."""

    name: str
    build: Callable[[], Encoder]
    cached: bool
    serves: frozenset[str] = TEXT
    needs: tuple[str, ...] = ()


def item_texts(vocabulary: Vocabulary) -> list[str]:
    """The single names, and the gallery's filler, whose vectors the bags sum."""
    return [*vocabulary.names, FILLER.name]


def null_battery(encoder: Encoder, vocabulary: Vocabulary, items: np.ndarray, *, untrained: int) -> list[Null]:
    """The nulls of texts for one encoder, cheapest first.

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
    return nulls + _twins(encoder, untrained, TEXT)


def image_null_battery(encoder: Encoder, vocabulary: Vocabulary, items: np.ndarray, *, untrained: int) -> list[Null]:
    """The nulls of pictures, and of pictures with texts, for one encoder, cheapest first.

    Args:
        encoder: the audited one.
        vocabulary: the names of what the pictures show.
        items: (V, d) a vector for each name, which stands for its pictures and its texts alike. Made of the audited
            encoder's own, unit centroids of its single-object pictures beside unit vectors of its texts, they give the
            bags its item strengths, so that they differ from it by being blind to order and place.
        untrained: number of untrained twins, for encoders that have them and whose twins take pictures.
    """
    names = vocabulary.names
    both = PICTURES | CROSS_MODAL

    def bag(kind: str, noise: float = 0.0) -> Callable[[], Encoder]:
        return lambda: PictureBag(BagEncoder(names, items), PictureLaw(kind, noise=noise))

    nulls = [
        Null("constant", ConstantEncoder, False, both),
        *(Null(kind, bag(kind), False, both, needs) for kind, needs in _NEEDS.items()),
        *(Null(f"noisy-{kind}", bag(kind, NOISE), False, MATCHING, _NEEDS[kind]) for kind in ("flat-bag", "area-bag")),
        Null("mean-colour", MeanColour, False, PICTURES),
        Null("low-res", LowResolution, False, PICTURES),
    ]
    if isinstance(encoder, EncodesImages):
        nulls += _twins(encoder, untrained, both | {"attention"})
    return nulls


def _twins(encoder: Encoder, untrained: int, serves: frozenset[str]) -> list[Null]:
    if not isinstance(encoder, HasUntrainedTwin):
        return []
    twins = (lambda seed=seed: encoder.untrained_twin(seed) for seed in range(untrained))
    return [Null(f"untrained#{seed}", twin, True, serves) for seed, twin in enumerate(twins)]
