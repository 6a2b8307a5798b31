"""What is kept of the scores of a ladder of crops: does the target win more often as it grows?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.design.crops import STAYS, TARGET
from primacy.design.picture_table import PictureTable
from primacy.errors import DesignError
from primacy.probes.retrieval import TIE, RetrievalScores


class CropTrials(NamedTuple):
    """Crops with their target's scores, one row each, sorted by ladder and step.

    `ladders`, `steps`, `clusters`, `n` int64: which target, which window, which photo, how many objects are shown.
    `credit`: the target's among all that are shown; `credit_among_staying`: among those that every window of its ladder
    shows, `n_staying` int64 of them. `log_area`: log2 of the target's share of the window; `log_ratio`: log2 of its
    area over the geometric mean area of the others that stay. float64 where not said.
    """

    ladders: np.ndarray
    steps: np.ndarray
    clusters: np.ndarray
    n: np.ndarray
    credit: np.ndarray
    credit_among_staying: np.ndarray
    n_staying: np.ndarray
    log_area: np.ndarray
    log_ratio: np.ndarray


class CropScores:
    """Scores of one encoder on the crops of `CropLadder`; grows block by block."""

    def __init__(self) -> None:
        """Prepare for blocks."""
        self._parts: list[CropTrials] = []

    def add(self, table: PictureTable, scores: RetrievalScores) -> None:
        """Add crops with their scores (m, G, n), averaged here over the G lists of prompts.

        Raises:
            DesignError: pictures that are no crops of a ladder.
        """
        target = table.roles == TARGET
        stays = target | (table.roles == STAYS)
        if not (target.sum(axis=1) == 1).all() or not all({"ladder", "step"} <= set(f) for f in table.factors):
            raise DesignError("expected the crops of a ladder, each with one target, a 'ladder' and a 'step'")
        logs = np.log2(table.areas)
        others = stays & ~target
        rival = np.divide(
            np.where(others, logs, 0).sum(axis=1),
            others.sum(axis=1),
            out=np.full(len(table), np.nan),
            where=others.any(axis=1),
        )
        own = logs[target]
        self._parts.append(
            CropTrials(
                ladders=np.array([f["ladder"] for f in table.factors], dtype=np.int64),
                steps=np.array([f["step"] for f in table.factors], dtype=np.int64),
                clusters=table.clusters,
                n=np.full(len(table), table.n_objects, dtype=np.int64),
                credit=scores.credit.mean(axis=1)[target],
                credit_among_staying=credit_among(scores.cosines, stays).mean(axis=1)[target],
                n_staying=stays.sum(axis=1),
                log_area=own,
                log_ratio=own - rival,
            )
        )

    def trials(self) -> CropTrials:
        """All that was added, sorted by ladder and step, in whatever blocks it came."""
        joined = CropTrials(*(np.concatenate(fields) for fields in zip(*self._parts, strict=True)))
        order = np.lexsort((joined.steps, joined.ladders))
        return CropTrials(*(field[order] for field in joined))


def credit_among(cosines: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Credit for being the most similar of some of the objects; ties share.

    Args:
        cosines: (m, G, n).
        members: bool (m, n), which objects compete, at least one a row.

    Returns:
        float64 (m, G, n), 0 for the others; rows sum to 1.
    """
    competing = np.where(members[:, None, :], cosines, -np.inf)
    winners = competing >= competing.max(axis=2, keepdims=True) - TIE
    return winners / winners.sum(axis=2, keepdims=True)
