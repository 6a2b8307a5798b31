"""The size-category contrast (the paper's claim 1) with all else held fixed.

Each cluster takes one big and one small category whose names have the same number of tokens, and n - 1 categories of
middling size. The same captions are built twice, once with the big and once with the small one as the target, with the
target at every position and the others in every rotation. So the two arms differ in the target alone (published: the
first *and* the last object changed, the names differed in length, and every caption reused the same middle objects;
docs/paper.md F10 and F11).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from primacy.design.sets import ObjectSets
from primacy.design.templates import Template
from primacy.design.text import TextDesign, TrialBlock
from primacy.design.vocabulary import Vocabulary
from primacy.errors import DesignError

BIG_M, SMALL_M = 1.5, 0.3
LEVELS = ("big", "small")


class Factors(NamedTuple):
    """Of each trial of a cluster, in order: `level` (0 big, 1 small) and `position` of the target (0-based), (R,)."""

    level: np.ndarray
    position: np.ndarray


@dataclass(frozen=True, eq=False)
class SizeCategoryDesign:
    """K clusters of R = 2 n (n - 1) captions each. `targets` (K, 2): big and small category; `others` (K, n - 1)."""

    vocabulary: Vocabulary
    targets: np.ndarray
    others: np.ndarray
    template: Template

    @property
    def n_objects(self) -> int:
        """Objects a caption."""
        return self.others.shape[1] + 1

    @property
    def n_clusters(self) -> int:
        """Matched pairs."""
        return len(self.targets)

    def __len__(self) -> int:
        return self.n_clusters * len(self.factors.level)

    @cached_property
    def factors(self) -> Factors:
        """Level and target position of the trials of any cluster."""
        n = self.n_objects
        level, position, _ = np.meshgrid(np.arange(2), np.arange(n), np.arange(n - 1), indexing="ij")
        return Factors(level.ravel(), position.ravel())

    def block(self, start: int, stop: int) -> TrialBlock:
        """Trials start to stop - 1, clipped."""
        trials = np.arange(start, min(stop, len(self)))
        clusters, within = np.divmod(trials, len(self.factors.level))
        n = self.n_objects
        rotation = within % (n - 1)
        turned = (np.arange(n - 1) + rotation[:, None]) % (n - 1)
        objects = np.empty((len(trials), n), dtype=np.int64)
        position = self.factors.position[within]
        rows = np.arange(len(trials))
        objects[rows, position] = self.targets[clusters, self.factors.level[within]]
        elsewhere = np.arange(n) != position[:, None]
        objects[elsewhere] = np.take_along_axis(self.others[clusters], turned, axis=1).ravel()
        return TrialBlock(trials, clusters, objects, self._renderer.captions(objects))

    @cached_property
    def _renderer(self) -> TextDesign:
        n = self.n_objects
        return TextDesign(self.vocabulary, ObjectSets(len(self.vocabulary), n), np.arange(n)[None], self.template)


def size_category_design(
    vocabulary: Vocabulary,
    template: Template,
    k: int,
    token_counts: np.ndarray,
    *,
    rng: np.random.Generator,
) -> SizeCategoryDesign:
    """Draw `k` matched pairs with their companions.

    Args:
        vocabulary: with typical sizes; big is at least 1.5 m, small at most 0.3 m, middle between.
        template: of the captions; its n is the number of objects.
        k: clusters.
        token_counts: (V,) tokens of each name; the two targets of a cluster have the same count.
        rng: source of randomness.

    Raises:
        DesignError: sizes are unknown, or a class is too small.
    """
    sizes = vocabulary.sizes_m
    big, small = np.flatnonzero(sizes >= BIG_M), np.flatnonzero(sizes <= SMALL_M)
    middle = np.flatnonzero((sizes > SMALL_M) & (sizes < BIG_M))
    pairs = np.array([(b, s) for b in big for s in small if token_counts[b] == token_counts[s]]).reshape(-1, 2)
    if not len(pairs) or len(middle) < template.n - 1:
        raise DesignError(
            f"vocabulary {vocabulary.name!r} gives {len(pairs)} big-small pairs of equal token count and {len(middle)}"
            f" middle categories, expected at least 1 and {template.n - 1}",
            hint="Give a vocabulary table with a size_m column, or use comco or coco80.",
        )
    picks = np.concatenate([rng.permutation(len(pairs)) for _ in range(-(-k // len(pairs)))])[:k]
    others = np.stack([rng.choice(middle, template.n - 1, replace=False) for _ in range(k)])
    return SizeCategoryDesign(vocabulary, pairs[picks], others, template)
