"""Matching by each object of a picture: is the picture nearer to its caption than to one that misses this object?

The trials are those of `design.removal`; each is scored as in `probes.matching`. What is kept is one accuracy for each
object of each picture, beside what is known of the object, whatever the number of objects (docs/photos.md).
"""

from __future__ import annotations

from primacy.design.picture_table import PictureTable
from primacy.errors import DesignError
from primacy.probes.ior import PictureTrials, join_trials
from primacy.probes.matching import MatchingScores


class RemovalScores:
    """Accuracies of one encoder on pictures of any numbers of objects; grows block by block.

    A few numbers are kept for each object of each picture, less than its facts take.
    """

    def __init__(self) -> None:
        """Prepare for blocks."""
        self._parts: list[PictureTrials] = []
        self._ties, self._cells = 0.0, 0

    def add(self, table: PictureTable, scores: MatchingScores) -> None:
        """Add pictures with the scores (m, n) of their objects.

        Raises:
            DesignError: the scores are not those of the table's objects.
        """
        if scores.credit.shape != table.objects.shape:
            raise DesignError(f"scores {scores.credit.shape} for objects {table.objects.shape}, expected one for each")
        self._parts.append(PictureTrials.of(table, scores.credit))
        self._ties += float(scores.ties.sum())
        self._cells += scores.ties.size

    def trials(self) -> PictureTrials:
        """All that was added, in its order: `credit` is the accuracy where the object is missed, a mean over foils."""
        return join_trials(self._parts)

    @property
    def tie_share(self) -> float:
        """Share of trials whose two captions tied."""
        return self._ties / max(1, self._cells)
