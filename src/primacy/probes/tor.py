"""TOR, Text-based Object Retrieval: which of the objects of a caption lies nearest to the caption's vector?

Paper section 2.2.1; protocol and flaws in docs/paper.md 2 and 9. The probe turns blocks of scored trials into one row
of sums per cluster, which is all that estimates and intervals need, so designs of any length run in bounded memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy import sparse

from primacy.design.text import TrialBlock
from primacy.probes._group_sums import MAX_GROUPS, cluster_rows
from primacy.probes.retrieval import RetrievalScores

CHOICE_TRIALS = 20_000
"""Attribution is fitted on at most this many trials of a cell, from the start of the design."""


class Galleries(NamedTuple):
    """What the galleries differ in: the name of the `group` of records, and the level of each of the G (galleries of
    one level are pooled); no `levels`: "1" to "G"."""

    group: str = "gallery_position"
    levels: tuple[str, ...] = ()


POSITIONS = Galleries()


@dataclass
class TorSums:
    """Sums over the trials of each cluster, for one encoder on one design cell; grows block by block.

    Arrays have K rows: one a cluster, or one a random group of clusters where there are more than `MAX_GROUPS`.
    `trials` (K,): captions; `credit` (K, G, n); `top1` (K, G, n + 1); `paper` (K, G, n) and `paper_n` (K, G): numerator
    and denominator of the published share; `recall`, `ranks`, `cosines`, `margin` (K, G, n); `ties`: trials x galleries
    whose winner was shared.
    """

    n_clusters: int
    n_galleries: int
    n_objects: int
    galleries: Galleries = POSITIONS
    arrays: dict[str, np.ndarray] = field(init=False)
    ties: float = 0.0
    _choice: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    _choice_rows: int = 0

    def __post_init__(self) -> None:
        """Allocate the sums."""
        k, g, n = min(self.n_clusters, MAX_GROUPS), self.n_galleries, self.n_objects
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(
            ("credit", "paper", "recall", "ranks", "cosines", "margin"), (k, g, n)
        )
        shapes |= {"top1": (k, g, n + 1), "paper_n": (k, g), "trials": (k,)}
        self.arrays = {name: np.zeros(shape) for name, shape in shapes.items()}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def add(self, block: TrialBlock, scores: RetrievalScores) -> None:
        """Add a block of trials."""
        at = cluster_rows(block.clusters, self.n_clusters, len(self.arrays["trials"]))
        groups, member = np.unique(at, return_inverse=True)
        rows = np.arange(len(block.clusters))
        membership = sparse.csr_array((np.ones(len(rows)), (member, rows)), shape=(len(groups), len(rows)))
        values = {
            "credit": scores.credit,
            "top1": scores.top1,
            "paper": scores.paper,
            "paper_n": scores.topn_correct,
            "recall": scores.recall,
            "ranks": scores.ranks,
            "cosines": scores.cosines,
            "margin": scores.margin,
            "trials": np.ones(len(rows)),
        }
        for name, value in values.items():
            sums = membership @ value.reshape(len(rows), -1)
            self.arrays[name][groups] += sums.reshape(len(groups), *value.shape[1:])
        self.ties += float((scores.credit.max(axis=2) < 1 - 1e-9).sum())
        kept = slice(CHOICE_TRIALS - self._choice_rows)
        if self._choice_rows < CHOICE_TRIALS:
            self._choice.append((block.objects[kept], scores.credit[kept].mean(axis=1), block.clusters[kept]))
            self._choice_rows += len(self._choice[-1][0])

    def merge(self, other: TorSums) -> None:
        """Add the sums of other captions of the same clusters."""
        for name, values in other.arrays.items():
            self.arrays[name] += values
        self.ties += other.ties
        self._choice += other._choice
        self._choice_rows += other._choice_rows

    @property
    def versions(self) -> dict[str, list[int]]:
        """Levels of the galleries, each with the galleries that have it."""
        out: dict[str, list[int]] = {}
        for g in range(self.n_galleries):
            out.setdefault(self.galleries.levels[g] if self.galleries.levels else str(g + 1), []).append(g)
        return out

    @property
    def tie_share(self) -> float:
        """Share of scored (caption, gallery) pairs whose winner was a tie."""
        return self.ties / max(1.0, float(self.arrays["trials"].sum()) * self.n_galleries)

    def choice_data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Objects (T, n), winner credit averaged over gallery positions (T, n) and clusters (T,), for attribution."""
        objects, credit, clusters = (np.concatenate(parts) for parts in zip(*self._choice, strict=True))
        return objects, credit, clusters
