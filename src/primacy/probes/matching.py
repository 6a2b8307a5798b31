"""Matching (ITM): is a picture nearer to its caption than to one in which a foil stands for an object?

Paper, Table 6; the published scenarios and the design that takes them apart are in docs/matching.md. The probe turns
blocks of scored trials into one row of sums a cluster, so that designs of any length run in bounded memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from primacy.design.matching import MatchingDesign
from primacy.design.matching_block import MatchingBlock
from primacy.errors import DesignError
from primacy.probes.retrieval import TIE, unit


class MatchingScores(NamedTuple):
    """Means over the foils, float64 (t, cells), of t pictures: `credit` 1 for the correct caption, 0 for the wrong one,
    1/2 where their cosines differ by no more than `retrieval.TIE`; `ties` share of such trials."""

    credit: np.ndarray
    ties: np.ndarray


def score_matching(block: MatchingBlock, pictures: np.ndarray, captions: np.ndarray) -> MatchingScores:
    """Score a block of matching trials.

    Args:
        block: the trials.
        pictures: (t, d) vectors of its pictures, in its order, any length.
        captions: (C, d) vectors of its captions, any length.

    Raises:
        DesignError: the vectors do not fit the block or each other.
    """
    _check(block, pictures, captions)
    credit, ties = np.empty(block.correct.shape), np.empty(block.correct.shape)
    for shown, texts in block.spans:
        cosines = unit(pictures[shown]) @ unit(captions[texts]).T
        rows, first = np.arange(len(cosines)), texts.start
        correct = cosines[rows[:, None], block.correct[shown] - first]
        lead = correct[..., None] - cosines[rows[:, None, None], block.wrong[shown] - first]
        tied = np.abs(lead) <= TIE
        credit[shown] = np.where(tied, 0.5, lead > 0).mean(axis=-1)
        ties[shown] = tied.mean(axis=-1)
    return MatchingScores(credit, ties)


def _check(block: MatchingBlock, pictures: np.ndarray, captions: np.ndarray) -> None:
    t, c = len(block.pictures), len(block.captions)
    if pictures.ndim != 2 or captions.ndim != 2 or pictures.shape[1] != captions.shape[1]:
        raise DesignError(f"matching got pictures {pictures.shape} and captions {captions.shape}, expected one space")
    if len(pictures) != t or len(captions) != c:
        raise DesignError(f"matching got {len(pictures)} pictures and {len(captions)} captions, expected {t} and {c}")
    if not (np.isfinite(pictures).all() and np.isfinite(captions).all()):
        raise DesignError("matching got vectors with NaN or infinity")


@dataclass
class MatchingSums:
    """Sums over the trials of each cluster, for one encoder; grows block by block.

    `credit` float64 (K, cells): trials won. `pictures` (K,): so that each cell has pictures x `n_foils` trials. `ties`:
    trials of all cells that were shared.
    """

    n_clusters: int
    n_objects: int
    n_foils: int
    n_cells: int
    credit: np.ndarray = field(init=False)
    pictures: np.ndarray = field(init=False)
    ties: float = 0.0

    def __post_init__(self) -> None:
        """Allocate the sums."""
        self.credit = np.zeros((self.n_clusters, self.n_cells))
        self.pictures = np.zeros(self.n_clusters)

    def add(self, block: MatchingBlock, scores: MatchingScores) -> None:
        """Add a block of trials."""
        np.add.at(self.credit, block.clusters, self.n_foils * scores.credit)
        np.add.at(self.pictures, block.clusters, 1)
        self.ties += self.n_foils * float(scores.ties.sum())

    @classmethod
    def of(cls, design: MatchingDesign) -> MatchingSums:
        """Empty sums for a design."""
        return cls(design.n_clusters, design.n_objects, design.n_foils, design.n_cells)

    @property
    def tie_share(self) -> float:
        """Share of trials whose two captions tied."""
        return self.ties / max(1.0, float(self.pictures.sum()) * self.n_foils * self.n_cells)
