"""The published TOC sample: random captions, drawn with replacement, each in one random order (docs/paper.md 3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from primacy.design.sets import ObjectSets
from primacy.design.templates import Template
from primacy.design.text import TextDesign, TrialBlock
from primacy.design.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class RandomSentences:
    """`drawn` (N, n) category ids in mention order; captions of one object set share a cluster."""

    vocabulary: Vocabulary
    drawn: np.ndarray
    template: Template

    @property
    def n_objects(self) -> int:
        """Objects a caption."""
        return self.drawn.shape[1]

    @property
    def n_clusters(self) -> int:
        """Distinct object sets."""
        return int(self._clusters.max()) + 1

    def __len__(self) -> int:
        return len(self.drawn)

    def block(self, start: int, stop: int) -> TrialBlock:
        """Trials start to stop - 1, clipped."""
        objects = self.drawn[start:stop]
        texts = self._renderer.captions(objects)
        return TrialBlock(np.arange(start, start + len(objects)), self._clusters[start:stop], objects, texts)

    @cached_property
    def _clusters(self) -> np.ndarray:
        return np.unique(np.sort(self.drawn, axis=1), axis=0, return_inverse=True)[1].ravel()

    @cached_property
    def _renderer(self) -> TextDesign:
        n = self.n_objects
        return TextDesign(self.vocabulary, ObjectSets(len(self.vocabulary), n), np.arange(n)[None], self.template)


def random_sentences(
    vocabulary: Vocabulary, n: int, count: int, template: Template, *, rng: np.random.Generator
) -> RandomSentences:
    """`count` captions of `n` distinct categories, every ordered n-tuple equally likely each time."""
    priorities = rng.random((count, len(vocabulary)))
    return RandomSentences(vocabulary, np.argsort(priorities, axis=1)[:, :n], template)
