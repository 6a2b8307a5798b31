"""Matching designs: for each picture a correct caption and a wrong one, in which a foil stands for one of the objects.

A cell says how the two captions of a trial are made (docs/matching.md): the two published scenarios, then the sixteen
of the factorial design. Nothing is held but a few numbers a set; captions are tables of category ids, made block by
block, so a design of millions of captions costs kilobytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from primacy import identity
from primacy.design.matching_block import MatchingBlock, captions_of, check_trials, draw_foils
from primacy.design.matching_captions import CELLS, SCENARIOS, SIGNS, factorial, published
from primacy.design.picture_table import PictureTable
from primacy.design.templates import Template, get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class MatchingDesign:
    """K sets of n objects and the P pictures of them in which `members[:, 0]` is the large one.

    `members` int64 (K, n): the large category, then the small ones in their order in captions. `focal` (K,): place
    among the small ones of the one that is removed or moved. `drawn_foils` (K, F), None for every absent category.
    Pictures are sorted by set: `rows` (P,) in their source, `sets` (P,), `clusters` (P,) from 0 on, `objects` (P, n) in
    slot order, `large` (P,) the place of the large one. `unused`: pictures without exactly one large object.
    """

    vocabulary: Vocabulary
    template: Template
    members: np.ndarray
    focal: np.ndarray
    drawn_foils: np.ndarray | None
    rows: np.ndarray
    sets: np.ndarray
    clusters: np.ndarray
    objects: np.ndarray
    large: np.ndarray
    unused: int

    @classmethod
    def of(
        cls,
        table: PictureTable,
        vocabulary: Vocabulary,
        *,
        foils: int | Literal["all"],
        rng: np.random.Generator,
        template: Template | None = None,
    ) -> MatchingDesign:
        """Trials on the pictures of `table`; none where no picture has exactly one large object, or no name is absent.

        A set is a cluster's pictures of the same objects. One member of it is the large one of all its trials: member
        k mod n of set number k, members in the order of their ids, or the next one that is large in some picture.
        Pictures in which another one is large are left out, so that a set needs one family of captions. The small ones
        are in an order drawn for the set; the focal one takes each place in turn from set to set.

        Args:
            table: pictures of n objects. The large one has the size level "large"; in a table without size levels
                (photos) it is the largest by area.
            vocabulary: what the table's ids stand for.
            foils: how many are drawn for each set (all where fewer are absent), or every category that it does not
                show.
            rng: draws the orders of the small objects and the foils.
            template: of the captions, "a and b and c" unless given.

        Raises:
            DesignError: fewer than two objects or one foil, or a template or vocabulary that does not fit.
        """
        n = table.n_objects
        template = template or get_template("and", max(n, 2))
        check_trials(table, vocabulary, template, foils)
        large = _large(table)
        usable, large = table.take(large >= 0), large[large >= 0]
        shown_large = usable.objects[np.arange(len(usable)), large]
        keys = np.column_stack([usable.clusters, np.sort(usable.objects, axis=1)])
        sets, of_set = np.unique(keys, axis=0, return_inverse=True)
        sets, of_set, k = sets[:, 1:], of_set.ravel(), np.arange(len(sets))
        chosen = _large_members(sets, of_set, shown_large)
        kept = np.flatnonzero(shown_large == sets[k, chosen][of_set])
        kept = kept[np.argsort(of_set[kept], kind="stable")]
        small = sets[np.arange(n) != chosen[:, None]].reshape(-1, n - 1)
        members = np.column_stack([sets[k, chosen], rng.permuted(small, axis=1)])
        drawn = None if foils == "all" else draw_foils(members, len(vocabulary), foils, rng=rng)
        if len(vocabulary) == n:
            kept = kept[:0]
        return cls(
            vocabulary=vocabulary,
            template=template,
            members=members,
            focal=k // n % (n - 1),
            drawn_foils=drawn,
            rows=usable.rows[kept],
            sets=of_set[kept],
            clusters=np.unique(usable.clusters[kept], return_inverse=True)[1].ravel(),
            objects=usable.objects[kept],
            large=large[kept],
            unused=len(table) - len(usable),
        )

    def __len__(self) -> int:
        return len(self.rows) * self.n_cells * self.n_foils

    @property
    def n_objects(self) -> int:
        """Objects a caption."""
        return self.members.shape[1]

    @property
    def n_clusters(self) -> int:
        """Clusters that intervals resample."""
        return int(self.clusters.max(initial=-1)) + 1

    @property
    def n_foils(self) -> int:
        """Foils of each picture in each cell, F."""
        absent = len(self.vocabulary) - self.n_objects
        return absent if self.drawn_foils is None else self.drawn_foils.shape[1]

    @property
    def n_cells(self) -> int:
        """2, or 18 where there are the three objects that the factorial design needs."""
        return len(SCENARIOS) + (len(CELLS) if self.n_objects > 2 else 0)

    @cached_property
    def n_captions(self) -> int:
        """Captions of all blocks: each text of a set once."""
        return sum(len(self._of_set(k)[0]) for k in range(len(self._ends)))

    @property
    def digest(self) -> str:
        """Hex sha256 of all trials: equal digests, equal captions of equal rows of the source."""
        arrays = (self.members, self.focal, self.drawn_foils, self.rows, self.sets, self.objects, self.large)
        texts = [self.vocabulary.names, self.template.literals, self.template.articles]
        return identity.fingerprint([*texts, *(None if a is None else a.tolist() for a in arrays)])

    def blocks(self, captions: int) -> Iterator[MatchingBlock]:
        """All trials, as many whole sets at a time as have `captions` captions, but at least one set. The number never
        changes a result."""
        of_set, of_picture = (2 + 8 * self.n_foils) * (self.n_objects > 2), 2 + 2 * self.n_foils
        most = np.cumsum(of_set + of_picture * np.diff(self._ends, prepend=0))
        start = 0
        while start < len(self._ends):
            before = int(most[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(most, before + captions, side="right")))
            yield self.block(start, stop)
            start = stop

    def block(self, start: int, stop: int) -> MatchingBlock:
        """The trials of sets `start` to `stop` - 1, clipped to the design; at least one set."""
        parts, spans, pictures, captions = [], [], 0, 0
        for k in range(start, min(stop, len(self._ends))):
            texts, correct, wrong = self._of_set(k)
            parts.append((texts, correct + captions, wrong + captions))
            spans.append((slice(pictures, pictures + len(correct)), slice(captions, captions + len(texts))))
            pictures, captions = pictures + len(correct), captions + len(texts)
        texts, correct, wrong = (np.concatenate(part) for part in zip(*parts, strict=True))
        first = int(self._ends[start - 1]) if start else 0
        at, shown = slice(first, first + pictures), self._renderer.captions(texts)
        return MatchingBlock(self.rows[at], self.clusters[at], correct, wrong, shown, tuple(spans))

    def _of_set(self, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distinct captions (C, n) of set k, and the places in them of its trials: (t, cells), (t, cells, F)."""
        at = slice(int(self._ends[k - 1]) if k else 0, int(self._ends[k]))
        n, members = self.n_objects, self.members[k]
        every = self.drawn_foils is None
        foils = np.setdiff1d(np.arange(len(self.vocabulary)), members) if every else self.drawn_foils[k]  # type: ignore[index]
        tables = [*published(self.objects[at], self.large[at], foils)]
        if n > 2:
            tables += factorial(int(members[0]), members[1:], int(self.focal[k]), foils)
        texts, place = np.unique(np.concatenate([t.reshape(-1, n) for t in tables]), axis=0, return_inverse=True)
        ends = np.cumsum([t.size // n for t in tables])[:-1]
        places = [p.reshape(t.shape[:-1]) for p, t in zip(np.split(place.ravel(), ends), tables, strict=True)]
        correct, wrong = places[:2]
        if n > 2:
            levels = (1 - SIGNS) // 2
            own, against = places[2][levels[:, 1]], places[3][levels[:, 0], levels[:, 2], levels[:, 3]]
            t = len(correct)  # the factorial captions are the set's, the same for each of its pictures
            correct = np.concatenate([correct, np.broadcast_to(own, (t, *own.shape))], axis=1)
            wrong = np.concatenate([wrong, np.broadcast_to(against, (t, *against.shape))], axis=1)
        return texts, correct, wrong

    @cached_property
    def _ends(self) -> np.ndarray:
        """Where the pictures of each set end; empty for a design without trials."""
        return np.searchsorted(self.sets, np.arange(len(self.members) if len(self.rows) else 0), side="right")

    @cached_property
    def _renderer(self) -> TextDesign:
        return captions_of(self.vocabulary, self.template)


def _large(table: PictureTable) -> np.ndarray:
    """Place of the large object of each picture, int64 (m,); -1 where there is none, more than one, or areas are not
    known."""
    if not (table.size_levels != "").any():
        known = np.isfinite(table.areas).all(axis=1)
        largest = table.areas == table.areas.max(axis=1, keepdims=True)
        return np.where(known & (largest.sum(axis=1) == 1), largest.argmax(axis=1), -1)
    is_large = table.size_levels == "large"
    return np.where(is_large.sum(axis=1) == 1, is_large.argmax(axis=1), -1)


def _large_members(sets: np.ndarray, of_set: np.ndarray, large: np.ndarray) -> np.ndarray:
    """For each of K sets (K, n) the place of its large member, int64 (K,): k mod n, or the next that is `large` in one
    of its pictures."""
    k, n = np.arange(len(sets)), sets.shape[1]
    shown = np.zeros(sets.shape, dtype=bool)
    shown[of_set, (sets[of_set] == large[:, None]).argmax(axis=1)] = True
    turns = (k[:, None] + np.arange(n)) % n
    return turns[k, np.take_along_axis(shown, turns, axis=1).argmax(axis=1)]
