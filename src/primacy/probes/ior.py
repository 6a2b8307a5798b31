"""IOR and I2TOR: which of the objects of a picture lies nearest to the picture's vector?

IOR, Image-based Object Retrieval (paper section 2.2.2, Table 2), compares a picture with pictures of single objects;
I2TOR (Table 4) compares it with texts that name single objects. Both are scored by `retrieval.score`, and what is kept
of the scores is the same: one row of sums per cluster and level, and the trials that attribution needs (docs/ior.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from primacy import identity
from primacy.design.picture_table import PictureTable
from primacy.probes._group_sums import MAX_GROUPS, GroupSums, cluster_rows
from primacy.probes.retrieval import RetrievalScores
from primacy.stimuli.images.gallery import Version

CHOICE_TRIALS = 20_000
"""Attribution, area elasticity and the estimates of photos rest on at most this many pictures of a cell, drawn
at random (the same for all encoders) where there are more."""


class PictureTrials(NamedTuple):
    """Scored pictures, one row each, padded to the largest number of objects n; all (T, n) but `clusters` (T,).

    `present` bool: where there is an object. `objects` int64 category ids. `credit` float64, 0 in padding: the winner's
    credit, averaged over the gallery (of a removal design the accuracy where the object is missed). `areas`,
    `centrality`, `contrasts` float64, NaN where not measured. `instances` int64. `slots` strings, "" where there is no
    design.
    """

    present: np.ndarray
    objects: np.ndarray
    credit: np.ndarray
    areas: np.ndarray
    centrality: np.ndarray
    contrasts: np.ndarray
    instances: np.ndarray
    slots: np.ndarray
    clusters: np.ndarray

    @classmethod
    def of(cls, table: PictureTable, credit: np.ndarray) -> PictureTrials:
        """The pictures of a table with the credit (m, n) of their objects."""
        return cls(
            present=np.ones(table.objects.shape, dtype=bool),
            objects=table.objects,
            credit=credit,
            areas=table.areas,
            centrality=table.centrality,
            contrasts=table.contrasts,
            instances=table.instances,
            slots=table.slots,
            clusters=table.clusters,
        )


def join_trials(parts: Sequence[PictureTrials]) -> PictureTrials:
    """All of them, one after the other; no row where there is none."""
    if not parts:
        nothing = np.empty((0, 0))
        return PictureTrials(nothing.astype(bool), *[nothing] * 7 + [np.empty(0)])
    widest = max(part.present.shape[1] for part in parts)
    padded = [PictureTrials(*(_pad(field, widest) for field in part)) for part in parts]
    return PictureTrials(*(np.concatenate(fields) for fields in zip(*padded, strict=True)))


class PictureSums:
    """Sums over the pictures of each cluster, for one encoder on one cell; grows block by block.

    Scores are averaged over the versions of the gallery first, so a denominator counts objects shown (pictures, for
    `paper_share` and the level "other"). Levels appear as they are met; each costs two numbers a cluster.
    """

    def __init__(self, clusters: np.ndarray, versions: Sequence[Version], names: Sequence[str] | None = None) -> None:
        """Prepare empty sums.

        Args:
            clusters: int (N,), the clusters of the N pictures to come.
            versions: G, those of the gallery; for texts, what stands for it (blank versions give no gallery tables).
            names: of the categories, by id, for shares by category; None leaves these out.
        """
        self._clusters = np.unique(clusters)
        self.sums = GroupSums(min(len(self._clusters), MAX_GROUPS))
        self._scales = _by_label([version.scale for version in versions])
        self._places = _by_label([version.slot for version in versions])
        self._names = None if names is None else np.array(names, dtype=str)
        self._counts: list[int] = []
        self._ties, self._scored = 0.0, 0
        self._choice: list[PictureTrials] = []
        self._kept: list[np.ndarray] = []
        # At random: designs are periodic, and every second or third picture could have one slot or size only.
        drawn = identity.rng_stream(0, "choice trials").permutation(len(clusters))[:CHOICE_TRIALS]
        self._added, self._chosen = 0, np.sort(drawn)

    @property
    def n_objects(self) -> int:
        """Objects a picture; 0 where pictures differ in it, or there is none."""
        return self._counts[0] if len(self._counts) == 1 else 0

    @property
    def tie_share(self) -> float:
        """Share of scored (picture, version) pairs whose winner was a tie."""
        return self._ties / max(1, self._scored)

    def add(self, table: PictureTable, scores: RetrievalScores) -> None:
        """Add pictures with their scores (m, G, n), G as many as there are versions."""
        m, n = table.objects.shape
        if not m:
            return
        if n not in self._counts:
            self._counts.append(n)
        self._ties += float((scores.credit.max(axis=2) < 1 - 1e-9).sum())
        self._scored += scores.credit.shape[0] * scores.credit.shape[1]
        at = cluster_rows(np.searchsorted(self._clusters, table.clusters), len(self._clusters), self.sums.n_rows)
        levelled = (table.size_levels != "").all(axis=1)
        measured = np.isfinite(table.areas).all(axis=1)
        ranks = table.size_ranks.astype(str)
        self._winners(table, scores, at, levelled, measured, ranks)
        self._others(table.size_levels, "size_level", scores, at, levelled)
        self._others(ranks, "size_rank", scores, at, measured & ~levelled)
        self._published(_published_roles(table, ranks, levelled, measured), scores, at)
        self._keep(table, scores)

    def choice_data(self) -> PictureTrials:
        """The trials that attribution is fitted on; none where nothing was added."""
        return join_trials(self._choice)

    def credit_of(self, numbers: np.ndarray) -> np.ndarray:
        """Credit (m, n) of the pictures that were added as numbers (m,), from 0; NaN for those that were not kept."""
        kept = np.concatenate([*self._kept, np.empty(0, dtype=np.int64)])
        credit = self.choice_data().credit
        found = np.full((len(numbers), credit.shape[1]), np.nan)
        at = np.searchsorted(kept, numbers)
        there = (at < len(kept)) & (kept[np.minimum(at, len(kept) - 1)] == numbers) if len(kept) else at < 0
        found[there] = credit[at[there]]
        return found

    def _add(
        self, metric: str, group: str, levels: np.ndarray, at: np.ndarray, values: np.ndarray, where: np.ndarray
    ) -> None:
        """Add values (m, n) at their levels (m, n) in the rows (m,), `where` (m,) or (m, n) says so."""
        chosen = np.broadcast_to(where if where.ndim == 2 else where[:, None], values.shape)
        rows = np.broadcast_to(at[:, None], values.shape)[chosen]
        levels = np.broadcast_to(levels, values.shape)
        self.sums.add(metric, group, levels[chosen], rows, values[chosen], np.ones(len(rows)))

    def _winners(
        self,
        table: PictureTable,
        scores: RetrievalScores,
        at: np.ndarray,
        levelled: np.ndarray,
        measured: np.ndarray,
        ranks: np.ndarray,
    ) -> None:
        won = scores.credit.mean(axis=1)
        same = table.areas[:, :, None] == table.areas[:, None, :]  # equal areas share their ranks
        by_rank = np.einsum("mij,mj->mi", same.astype(float), won) / np.maximum(same.sum(axis=2), 1)
        placed = (table.slots != "").all(axis=1)
        self._add("winner_share", "size_level", table.size_levels, at, won, levelled)
        self._add("winner_share", "size_rank", ranks, at, by_rank, measured)
        self._add("winner_share", "slot", table.slots, at, won, placed)
        if self._names is not None:
            self._add("winner_share", "category", self._names[table.objects], at, won, np.ones(len(won), dtype=bool))
        for group, levels, where, versions in (
            ("size_level*gallery_scale", table.size_levels, levelled, self._scales),
            ("slot*gallery_slot", table.slots, placed, self._places),
        ):
            for label, chosen in versions.items() if len(versions) > 1 else ():
                crossed = np.char.add(levels.astype(str), f"*{label}")
                self._add("winner_share", group, crossed, at, scores.credit[:, chosen].mean(axis=1), where)
        ratio, centred = (_factor(table, name) for name in ("ratio", "centred"))
        target = table.roles == "target"
        self._add("winner_share", "area_ratio", ratio, at, won, target & (ratio != ""))
        crossed = np.char.add(np.char.add(ratio, "*"), centred)
        self._add("winner_share", "area_ratio*centred", crossed, at, won, target & (ratio != "") & (centred != ""))

    def _others(
        self, levels: np.ndarray, group: str, scores: RetrievalScores, at: np.ndarray, where: np.ndarray
    ) -> None:
        metrics = {
            "top1_share": scores.top1[..., :-1],
            "recall_at_n": scores.recall,
            "mean_rank": scores.ranks,
            "mean_cosine": scores.cosines,
            "margin": scores.margin,
        }
        for metric, values in metrics.items():
            self._add(metric, group, levels, at, values.mean(axis=1), where)
        self._add("top1_share", group, np.array("other"), at, scores.top1[..., -1:].mean(axis=1), where)

    def _published(self, roles: np.ndarray, scores: RetrievalScores, at: np.ndarray) -> None:
        known = roles != ""
        right = np.broadcast_to(scores.topn_correct.mean(axis=1)[:, None], roles.shape)
        rows = np.broadcast_to(at[:, None], roles.shape)[known]
        won = scores.paper.mean(axis=1)
        self.sums.add("paper_share", "published", roles[known], rows, won[known], right[known])

    def _keep(self, table: PictureTable, scores: RetrievalScores) -> None:
        first, self._added = self._added, self._added + len(table)
        number = self._chosen[slice(*np.searchsorted(self._chosen, (first, self._added)))]
        at = number - first
        self._kept.append(number)
        self._choice.append(PictureTrials.of(table.take(at), scores.credit[at].mean(axis=1)))


def _published_roles(table: PictureTable, ranks: np.ndarray, levelled: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Strings (m, n) as in the published tables: "large", "small 1", ... in slot order; by area, largest first, where
    pictures have no levels of size; "" where neither is known or not just one object is large."""
    small = table.size_levels == "small"
    one_large = levelled & (small.sum(axis=1) == small.shape[1] - 1) & (table.size_levels == "large").any(axis=1)
    by_slot = np.where(small, small.cumsum(axis=1), 0)
    by_area = ranks.astype(int) - 1
    place = np.where(levelled[:, None], by_slot, by_area)
    names = np.array(["large", *(f"small {k}" for k in range(1, place.shape[1] + 1))])[place]
    return np.where((one_large | (measured & ~levelled))[:, None], names, "")


def _factor(table: PictureTable, name: str) -> np.ndarray:
    """Strings (m, 1): a factor of each picture, "" where it has none."""
    return np.array([str(factors.get(name, "")) for factors in table.factors], dtype=str)[:, None]


def _by_label(labels: Sequence[str]) -> dict[str, list[int]]:
    out: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        out.setdefault(label, []).append(i)
    return out


def _pad(values: np.ndarray, width: int) -> np.ndarray:
    """Rows made `width` long with False, 0 or "" at the end; a vector stays as it is."""
    if values.ndim == 1 or values.shape[1] == width:
        return values
    out = np.zeros((len(values), width), dtype=values.dtype)
    out[:, : values.shape[1]] = values
    return out
