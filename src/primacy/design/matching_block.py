"""What designs of matching trials share: the blocks that they come in, their captions and their foils."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from primacy.design.captions import TemplatedCaptions
from primacy.design.picture_table import PictureTable
from primacy.design.sets import ObjectSets
from primacy.design.templates import Template
from primacy.design.text import TextDesign
from primacy.design.vocabulary import Vocabulary
from primacy.errors import DesignError


class MatchingBlock(NamedTuple):
    """Trials of t pictures, each in every cell with each of F foils.

    `pictures` (t,): rows of the pictures in their source. `clusters` (t,): 0 to n_clusters - 1. `correct` (t, cells)
    and `wrong` (t, cells, F): places in `captions`. `spans`: pictures and captions that go together, which have nothing
    to do with those of other spans.
    """

    pictures: np.ndarray
    clusters: np.ndarray
    correct: np.ndarray
    wrong: np.ndarray
    captions: TemplatedCaptions
    spans: tuple[tuple[slice, slice], ...]


def captions_of(vocabulary: Vocabulary, template: Template) -> TextDesign:
    """What renders tables of category ids (C, n); no trials of its own are meant."""
    n = template.n
    return TextDesign(vocabulary, ObjectSets(len(vocabulary), n), np.arange(n)[None], template)


def draw_foils(shown: np.ndarray, n_categories: int, foils: int, *, rng: np.random.Generator) -> np.ndarray:
    """Foils of K rows of shown categories (K, n): int64 (K, F), distinct and absent; all where fewer are absent."""
    every = np.arange(n_categories)
    count = max(0, min(foils, n_categories - shown.shape[1]))
    drawn = [rng.choice(np.setdiff1d(every, row), count, replace=False) for row in shown]
    return np.array(drawn, dtype=np.int64).reshape(len(shown), count)


def check_trials(table: PictureTable, vocabulary: Vocabulary, template: Template, foils: int | Literal["all"]) -> None:
    """Refuse what no matching trials can be made of.

    Raises:
        DesignError: fewer than two objects or one foil, or a template or vocabulary that does not fit.
    """
    n = table.n_objects
    if n < 2 or template.n != n:
        raise DesignError(
            f"matching got pictures of {n} objects and a template for {template.n}, expected 2 or more and as many"
        )
    if len(table) and not 0 <= table.objects.min() <= table.objects.max() < len(vocabulary):
        raise DesignError(f"pictures hold category ids outside 0..{len(vocabulary) - 1}, those of {vocabulary.name!r}")
    if foils != "all" and foils < 1:
        raise DesignError(f"{foils} foils asked for each matching trial, expected at least 1 or 'all'")
