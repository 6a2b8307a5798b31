"""Text designs: object sets x orders x one template, addressed by trial number.

A design never holds its captions: trial t is set t // R in order t % R, and any block of trials is built from these
numbers alone. So a design of millions costs kilobytes, and work can stop and go on at any trial.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Protocol, get_args

import numpy as np

from primacy.design.captions import TemplatedCaptions
from primacy.design.sets import ObjectSets
from primacy.design.templates import FILLER, Template
from primacy.design.vocabulary import Vocabulary
from primacy.errors import UnknownNameError

Gallery = Literal["bare", "photo", "last", "balanced"]
GALLERIES = get_args(Gallery)


class TrialBlock(NamedTuple):
    """Consecutive trials: `trial_ids` (m,), `clusters` (m,) (the object set or image each belongs to), `objects`
    (m, n) category ids in mention order, `texts` m captions (rendered on demand where a template gives them)."""

    trial_ids: np.ndarray
    clusters: np.ndarray
    objects: np.ndarray
    texts: Sequence[str]


class TextTrials(Protocol):
    """Captions with known mention order, from a design or from a corpus."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Categories that the ids stand for."""
        ...

    @property
    def template(self) -> Template:
        """Pattern of the captions, or at least of balanced gallery prompts."""
        ...

    @property
    def n_objects(self) -> int:
        """Objects a caption."""
        ...

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        ...

    def __len__(self) -> int: ...

    def block(self, start: int, stop: int) -> TrialBlock:
        """Trials start to stop - 1."""
        ...


@dataclass(frozen=True, eq=False)
class TextDesign:
    """Every one of `sets` in every one of `orders` (R, n), rendered by `template`."""

    vocabulary: Vocabulary
    sets: ObjectSets
    orders: np.ndarray
    template: Template

    @property
    def n_objects(self) -> int:
        """Objects a caption."""
        return self.sets.n

    @property
    def n_clusters(self) -> int:
        """One cluster an object set."""
        return len(self.sets)

    def __len__(self) -> int:
        return len(self.sets) * len(self.orders)

    def block(self, start: int, stop: int) -> TrialBlock:
        """Trials start to stop - 1, clipped to the design."""
        trials = np.arange(start, min(stop, len(self)))
        objects = self.objects(start, stop)
        return TrialBlock(trials, trials // len(self.orders), objects, self.captions(objects))

    def objects(self, start: int, stop: int) -> np.ndarray:
        """Category ids of trials start to stop - 1 in mention order, int64 (m, n); clipped to the design."""
        trials = np.arange(start, min(stop, len(self)))
        if not len(trials):
            return np.empty((0, self.n_objects), dtype=np.int64)
        set_ids, order_ids = np.divmod(trials, len(self.orders))
        first = int(set_ids[0])
        members = self.sets.block(first, int(set_ids[-1]) + 1)[set_ids - first]
        return np.take_along_axis(members, self.orders[order_ids], axis=1)

    def captions(self, objects: np.ndarray) -> TemplatedCaptions:
        """Captions of rows of category ids (m, n), in mention order; m strings, rendered when they are looked at."""
        return TemplatedCaptions(self.template.literals, self._surfaces, objects)

    @cached_property
    def _surfaces(self) -> tuple[tuple[str, ...], ...]:
        """[position][category] -> what stands in that slot."""
        by_category = [self.template.surfaces(category) for category in self.vocabulary.categories]
        return tuple(zip(*by_category, strict=True))


def blocks(trials: TextTrials, size: int) -> Iterator[TrialBlock]:
    """All trials in blocks of `size`; the block size never changes a result."""
    for start in range(0, len(trials), size):
        yield trials.block(start, start + size)


def gallery_texts(kind: str, vocabulary: Vocabulary, template: Template) -> list[list[str]]:
    """Single-object prompts to score captions against.

    `bare`: the name alone, as published. `photo`: "a photo of a dog". `last`: the caption template with the object in
    the last slot and neutral fillers before it, so that a causal tower shares no computation between prompt and caption
    beyond the start. `balanced`: the object at each position 1..n and fillers at the others, so that no mention
    position is favoured by standing where the gallery prompt has its object (docs/paper.md F4).

    Returns:
        G lists of V texts; G is n for `balanced` (row g: object at position g + 1), else 1.

    Raises:
        UnknownNameError: no such gallery.
    """
    if kind == "bare":
        return [list(vocabulary.names)]
    if kind == "photo":
        return [[f"a photo of {category.with_article}" for category in vocabulary.categories]]
    if kind in ("last", "balanced"):
        n = template.n
        return [
            [template.render([category if p == g else FILLER for p in range(n)]) for category in vocabulary.categories]
            for g in (range(n) if kind == "balanced" else [n - 1])
        ]
    raise UnknownNameError("gallery", kind, GALLERIES)
