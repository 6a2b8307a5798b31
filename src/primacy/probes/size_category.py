"""The size-category contrast: how often the target wins, by its size class and its mention position."""

from __future__ import annotations

import numpy as np

from primacy.design.size_category import SizeCategoryDesign
from primacy.design.text import TrialBlock
from primacy.probes.retrieval import RetrievalScores


class SizeCategorySums:
    """Sums by matched pair: `credit` (K, 2, n), the target's winner credit by level (big, small) and position, and
    `captions`, the number of captions behind each cell."""

    def __init__(self, design: SizeCategoryDesign) -> None:
        n = design.n_objects
        self._factors = design.factors
        self.credit = np.zeros((design.n_clusters, 2, n))
        self.captions = n - 1

    def add(self, block: TrialBlock, scores: RetrievalScores) -> None:
        """Add a block of the design's trials."""
        within = block.trial_ids % len(self._factors.level)
        level, position = self._factors.level[within], self._factors.position[within]
        won = scores.credit.mean(axis=1)[np.arange(len(within)), position]
        np.add.at(self.credit, (block.clusters, level, position), won)
