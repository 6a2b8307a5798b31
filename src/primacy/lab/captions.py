"""Captions of scenes under the dials: which objects are mentioned, in which order, in which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from primacy.design.templates import FILLER, get_template
from primacy.design.vocabulary import Category
from primacy.lab.scenes import SceneBatch
from primacy.lab.spec import MAX_SLOTS, CaptionSpec, OrderSpec

FILLED = -2
"""Stands for "something" where category ids stand."""


def mention_order(batch: SceneBatch, order: OrderSpec, rng: np.random.Generator) -> np.ndarray:
    """Objects of each scene from first to last mentioned.

    A caption that is sorted by area is in part sorted by centrality as well, and the other way round, as far as the two
    go together in the scene.

    Returns:
        int64 (B, n): columns of the batch; those of objects that a scene does not have come last.
    """
    size, n = batch.objects.shape
    # The larger the key the earlier. One policy a caption: its sign times the property, or noise.
    off_centre = np.square(batch.centre - 0.5).sum(axis=2)
    keys = [rng.random((size, n))]
    shares = [0.0]
    for dial, property_ in ((order.area, batch.area), (order.category, -batch.objects), (order.centre, -off_centre)):
        keys.append(np.sign(dial) * property_)
        shares.append(abs(dial))
    shares[0] = max(0.0, 1 - sum(shares))
    policy = rng.choice(len(keys), size, p=np.array(shares) / sum(shares))
    key = np.stack(keys)[policy, np.arange(size)]
    turned = (policy == 1) & (rng.random((size,)) < order.mixed)
    key = np.where(turned[:, None], -key, key)
    noise = rng.random((size, n))  # decides between equals
    key = np.where(batch.objects >= 0, key, -np.inf)
    return np.lexsort((noise, -key), axis=1)


def mentioned(batch: SceneBatch, spec: CaptionSpec, rng: np.random.Generator) -> np.ndarray:
    """Whether each object of a scene is mentioned, bool (B, n); at least one is."""
    real, count = batch.objects >= 0, batch.count
    wanted = count * spec.mentioned
    keep = np.maximum(1, np.floor(wanted + rng.random(len(wanted)))).astype(np.int64)
    rank_by = batch.area if spec.left_out == "smallest" else rng.random(real.shape)
    rank = np.argsort(np.argsort(-np.where(real, rank_by, -np.inf), axis=1), axis=1)
    return real & (rank < keep[:, None])


def mentions(batch: SceneBatch, spec: CaptionSpec, rng: np.random.Generator) -> list[list[int]]:
    """Category ids that each caption mentions, in order."""
    order = mention_order(batch, spec.order, rng)
    rows = np.arange(len(order))[:, None]
    said, ids = mentioned(batch, spec, rng)[rows, order], batch.objects[rows, order]
    return [i[s].tolist() for i, s in zip(ids, said, strict=True)]


class Phrase(NamedTuple):
    """A caption before it is words: its template, and the category id (or `FILLED`) in each slot."""

    template: str
    slots: tuple[int, ...]

    def naming(self, objects: Sequence[int]) -> Phrase:
        """The same words around other objects, as many, in mention order."""
        left = iter(objects)
        return self._replace(slots=tuple(k if k == FILLED else next(left) for k in self.slots))


class Wording:
    """Lists of categories in words.

    Args:
        categories: by id.
        spec: templates and the rate of fillers.

    Raises:
        UnknownNameError: no such template.
        DesignError: a template has no form for some number of objects.
    """

    def __init__(self, categories: Sequence[Category], spec: CaptionSpec) -> None:
        self.categories, self._filler = list(categories), spec.filler
        self._names = list(spec.templates)
        share = np.array(list(spec.templates.values()))
        self._share = share / share.sum()
        self._surface = {}
        self._literals = {}
        for name in self._names:
            for n in range(1, MAX_SLOTS + 1):
                template = get_template(name, max(n, 2))
                self._literals[name, n] = template.literals if n > 1 else (template.literals[0], "")
                self._surface[name] = [template.surfaces(c)[0] for c in (*self.categories, FILLER)]

    def captions(self, objects: Sequence[Sequence[int]], rng: np.random.Generator) -> list[str]:
        """One caption for each list of category ids, see `phrases`."""
        return [self.render(phrase) for phrase in self.phrases(objects, rng)]

    def phrases(self, objects: Sequence[Sequence[int]], rng: np.random.Generator) -> list[Phrase]:
        """One phrase for each list of category ids: a random template, at times with fillers at random places."""
        template = rng.choice(len(self._names), len(objects), p=self._share)
        filled = rng.random(len(objects)) < self._filler
        found = []
        for ids, t, fill in zip(objects, template.tolist(), filled.tolist(), strict=True):
            ids = list(ids)
            if fill and len(ids) < 4:
                for _ in range(int(rng.integers(1, 5 - len(ids)))):
                    ids.insert(int(rng.integers(0, len(ids) + 1)), FILLED)
            found.append(Phrase(self._names[t], tuple(ids)))
        return found

    def texts(self) -> list[str]:
        """Texts that hold every word that captions can have."""
        every = [*range(len(self.categories)), FILLED]
        return [
            self.render(Phrase(name, (k,) * n)) for name in self._names for n in range(1, MAX_SLOTS + 1) for k in every
        ]

    def render(self, phrase: Phrase) -> str:
        """The caption that a phrase reads as."""
        surface, literals = self._surface[phrase.template], self._literals[phrase.template, len(phrase.slots)]
        words = [surface[-1 if k == FILLED else k] for k in phrase.slots]
        return literals[0] + "".join(w + text for w, text in zip(words, literals[1:], strict=True))
