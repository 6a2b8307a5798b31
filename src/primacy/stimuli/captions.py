"""Observed captions of a corpus as trials: which captions mention exactly n categories, and in what order.

Nothing counter-balances such captions; attribution (`primacy.stats.choice`) is what separates position from item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from primacy.design.templates import Template
from primacy.design.text import TrialBlock
from primacy.design.vocabulary import Vocabulary
from primacy.errors import DesignError, UsageError
from primacy.stimuli.bounded_json import entries, read_json


class Caption(NamedTuple):
    """A caption and the image it belongs to."""

    image_id: int
    text: str


Finder = Callable[[list[str]], list[list[int]]]
"""Captions -> distinct category ids of each, in order of first mention."""


@dataclass(frozen=True, eq=False)
class ObservedCaptions:
    """Captions with `mentioned` (N, n) category ids in mention order; captions of one image share a cluster.

    `template` is the pattern of balanced gallery prompts; the captions themselves stand as they are.
    """

    vocabulary: Vocabulary
    template: Template
    texts: list[str]
    mentioned: np.ndarray
    clusters: np.ndarray

    @property
    def n_objects(self) -> int:
        """Objects a caption."""
        return self.mentioned.shape[1]

    @property
    def n_clusters(self) -> int:
        """Images."""
        return int(self.clusters[-1]) + 1

    def __len__(self) -> int:
        return len(self.texts)

    def block(self, start: int, stop: int) -> TrialBlock:
        """Captions start to stop - 1, clipped."""
        rows = slice(start, stop)
        ids = np.arange(len(self))[rows]
        return TrialBlock(ids, self.clusters[rows], self.mentioned[rows], self.texts[rows])


def observed_captions(
    captions: Iterable[Caption], vocabulary: Vocabulary, template: Template, find: Finder
) -> ObservedCaptions:
    """Keep the captions that mention exactly `template.n` distinct categories.

    Args:
        captions: any captions; those of one image form a cluster.
        vocabulary: categories to look for.
        template: gallery pattern, its n is the number of objects.
        find: finds the mentions: `published_finder`, or `primacy.corpus.finder.lexicon_finder`.

    Raises:
        DesignError: fewer than two images are left.
    """
    captions = list(captions)
    mentions = find([caption.text for caption in captions])
    kept = [
        (caption.image_id, caption.text, found)
        for caption, found in zip(captions, mentions, strict=True)
        if len(found) == template.n
    ]
    kept.sort(key=lambda row: row[0])
    images = np.array([image for image, _, _ in kept], dtype=np.int64)
    clusters = np.unique(images, return_inverse=True)[1]
    if len(kept) == 0 or clusters[-1] < 1:
        raise DesignError(
            f"{len(kept)} captions mention exactly {template.n} categories of vocabulary {vocabulary.name!r}; they must"
            " come from at least 2 images"
        )
    objects = np.array([found for _, _, found in kept], dtype=np.int64)
    return ObservedCaptions(vocabulary, template, [text for _, text, _ in kept], objects, clusters)


def published_finder(vocabulary: Vocabulary) -> Finder:
    """The published rule (docs/paper.md F9): names that are whitespace tokens, in order of their first substring.

    Multi-word names, plurals and synonyms never match, and a substring ("cat" in "located") may decide the order.
    """

    def mentioned(text: str) -> list[int]:
        tokens = text.split()
        found = [i for i, name in enumerate(vocabulary.names) if name in tokens]
        return sorted(found, key=lambda i: text.index(vocabulary.names[i]))

    return lambda texts: [mentioned(text) for text in texts]


def read_coco_captions(path: Path) -> list[Caption]:
    """Captions of an official COCO captions file (.json or .json.gz): `annotations` with `image_id` and `caption`.

    Raises:
        UsageError: unreadable, not JSON, or not of this form; the first bad entry is named.
    """
    content = read_json(path)
    annotations = entries(path, content, "annotations", "an official COCO captions file")
    return [_caption(path, i, entry) for i, entry in enumerate(annotations)]


def _caption(path: Path, i: int, entry: Any) -> Caption:
    fields = entry if isinstance(entry, dict) else {}
    image_id, text = fields.get("image_id"), fields.get("caption")
    if not isinstance(image_id, int) or not isinstance(text, str):
        raise UsageError(f"{path.name}: annotation {i} has no integer 'image_id' or no string 'caption'")
    return Caption(image_id, text)
