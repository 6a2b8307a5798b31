"""Removal designs: for each picture its caption, and for each object the same caption with a foil in its place.

The two captions of a trial differ in one word and never in order, so what differs between the objects of a picture is
which of them is missing. That is all that photos allow: nobody chose what is large in them (docs/photos.md). Nothing
is held but an order and the foils of each picture; captions are made block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from primacy import identity
from primacy.design.matching_block import MatchingBlock, captions_of, check_trials, draw_foils
from primacy.design.picture_table import PictureTable
from primacy.design.templates import Template, get_template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class RemovalDesign:
    """P pictures of n objects, each of which is removed in turn, with F foils.

    `table`: the pictures. `places` int64 (P, n): where each object of the table stands in the captions of its picture,
    from 0 on. `foils` int64 (P, F): the same for all objects of a picture.
    """

    vocabulary: Vocabulary
    template: Template
    table: PictureTable
    places: np.ndarray
    foils: np.ndarray

    @classmethod
    def of(
        cls,
        table: PictureTable,
        vocabulary: Vocabulary,
        *,
        foils: int,
        rng: np.random.Generator,
        template: Template | None = None,
    ) -> RemovalDesign:
        """Trials on the pictures of `table`; none where every category is shown, so that there is no foil.

        Args:
            table: pictures of n objects.
            vocabulary: what the table's ids stand for.
            foils: how many are drawn for each picture among the categories that it does not show; all where fewer are.
            rng: draws the order of the objects in the captions of each picture, and the foils.
            template: of the captions, "a and b and c" unless given.

        Raises:
            DesignError: fewer than two objects or one foil, or a template or vocabulary that does not fit.
        """
        template = template or get_template("and", max(table.n_objects, 2))
        check_trials(table, vocabulary, template, foils)
        if len(vocabulary) == table.n_objects:
            table = table.take(np.arange(0))
        places = rng.permuted(np.tile(np.arange(table.n_objects), (len(table), 1)), axis=1)
        return cls(vocabulary, template, table, places, draw_foils(table.objects, len(vocabulary), foils, rng=rng))

    def __len__(self) -> int:
        return self.table.objects.size * self.foils.shape[1]

    @property
    def rows(self) -> np.ndarray:
        """int64 (P,): the pictures in their source."""
        return self.table.rows

    @property
    def n_objects(self) -> int:
        """Objects a caption."""
        return self.table.n_objects

    @property
    def n_captions(self) -> int:
        """Captions of all blocks: the correct one of each picture and one for each object and foil."""
        return len(self.table) * self._each

    @property
    def digest(self) -> str:
        """Hex sha256 of all trials: equal digests, equal captions of equal rows of the source."""
        arrays = (self.rows, self.table.objects, self.places, self.foils)
        texts = [self.vocabulary.names, self.template.literals, self.template.articles]
        return identity.fingerprint(["removal", *texts, *(a.tolist() for a in arrays)])

    def blocks(self, captions: int) -> Iterator[MatchingBlock]:
        """All trials, as many whole pictures at a time as have `captions` captions, but at least one. The number never
        changes a result."""
        step = max(1, captions // self._each)
        for start in range(0, len(self.table), step):
            yield self.block(start, start + step)

    def block(self, start: int, stop: int) -> MatchingBlock:
        """The trials of pictures `start` to `stop` - 1, clipped to the design. The cells are the objects that are
        removed, in the order of the table."""
        at = slice(start, min(stop, len(self.table)))
        objects, places, foils = self.table.objects[at], self.places[at], self.foils[at]
        (t, n), f = objects.shape, foils.shape[1]
        correct = np.empty_like(objects)
        np.put_along_axis(correct, places, objects, axis=1)
        wrong = np.broadcast_to(correct[:, None, None], (t, n, f, n)).copy()
        np.put_along_axis(
            wrong, np.broadcast_to(places[:, :, None, None], (t, n, f, 1)), foils[:, None, :, None], axis=3
        )
        texts = np.concatenate([correct[:, None], wrong.reshape(t, n * f, n)], axis=1)
        first = self._each * np.arange(t)
        return MatchingBlock(
            pictures=self.rows[at],
            clusters=self._clusters[at],
            correct=np.repeat(first[:, None], n, axis=1),
            wrong=(first[:, None] + 1 + np.arange(n * f)).reshape(t, n, f),
            captions=self._renderer.captions(texts.reshape(-1, n)),
            spans=tuple((slice(i, i + 1), slice(i * self._each, (i + 1) * self._each)) for i in range(t)),
        )

    @property
    def _each(self) -> int:
        """Captions of one picture."""
        return 1 + self.n_objects * self.foils.shape[1]

    @cached_property
    def _clusters(self) -> np.ndarray:
        return np.unique(self.table.clusters, return_inverse=True)[1].ravel()

    @cached_property
    def _renderer(self) -> TextDesign:
        return captions_of(self.vocabulary, self.template)
