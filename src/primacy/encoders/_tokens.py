"""Token ids of many texts: exactly what an open_clip tokenizer gives, without its price.

open_clip's own `SimpleTokenizer` cleans and splits every caption anew, which costs more than many small models. Here
words are encoded once (`_tokens_words`), and captions of one template are put together from index arrays
(`_tokens_template`). Both are checked against the tokenizer itself before they are used. Every other tokenizer is
called as it stands.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from primacy.design.captions import TemplatedCaptions
from primacy.encoders._tokens_rows import stacked, without_padding
from primacy.encoders._tokens_template import Segments, segments
from primacy.encoders._tokens_words import Words, reads_word_by_word

_SLAB = 4096  # texts at a time
_MOST_CATEGORIES = 4096  # beyond, checking a template costs more than its captions usually do
_CHECK_TEXTS = [
    "",
    "a Dog and 12 cats,\n it's  the_bus!! <end_of_text> x<start_of_text>y",
    "caf\u00e9 & \U0001f436 and plain words",
    "a very long train and " * 60,
]
_Wording = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]  # literals and surfaces of templated captions
_log = logging.getLogger(__name__)


class Tokens:
    """Token ids of texts, as `tokenizer` (an open_clip `SimpleTokenizer` or `HFTokenizer`) gives them."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._words = Words(tokenizer) if reads_word_by_word(tokenizer) else None
        self._last: tuple[_Wording, Segments | None] | None = None
        if self._words is not None:
            self._trust_if_equal(self._words.rows(_CHECK_TEXTS), _CHECK_TEXTS)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Ids of `texts`, int32 (len(texts), L).

        From a `SimpleTokenizer` L is the longest row in use, at most the context, and the rest of a row is zero. From
        any other tokenizer rows are as it pads them. No text at all gives (0, 0).
        """
        if not len(texts):
            return np.zeros((0, 0), dtype=np.int32)
        if isinstance(texts, TemplatedCaptions) and (table := self._segments(texts)) is not None:
            return table.rows(texts.objects)
        if self._words is None:
            return self._whole(texts)
        return stacked([self._words.rows(slab) for slab in _slabs(texts)])

    def _whole(self, texts: Sequence[str]) -> np.ndarray:
        parts = [self._own(slab) for slab in _slabs(texts)]
        if len({part.shape[1] for part in parts}) == 1:
            return np.concatenate(parts)
        return self._own(list(texts))  # it pads to the longest text of a call, with an id that only it knows

    def _own(self, texts: list[str]) -> np.ndarray:
        return np.asarray(self._tokenizer(texts), dtype=np.int32)

    def _segments(self, captions: TemplatedCaptions) -> Segments | None:
        """The checked segments of the captions' wording, kept for the blocks that follow; None to go by words."""
        if self._words is None or len(captions.surfaces[0]) > _MOST_CATEGORIES:
            return None
        last = self._last
        # Compared by identity: the blocks of a design share the two, and comparing the strings would cost as much
        # as a block of captions.
        if last is None or last[0][0] is not captions.literals or last[0][1] is not captions.surfaces:
            last = self._last = (captions.literals, captions.surfaces), self._checked(captions, self._words)
        return last[1]

    def _checked(self, captions: TemplatedCaptions, words: Words) -> Segments | None:
        """The segments, if they give what the tokenizer gives for captions that show every category in every slot."""
        found = segments(captions, words)
        if found is None:
            return None
        slots, categories = found.lengths.shape
        objects = (np.arange(categories)[:, None] + np.arange(slots)) % categories
        shown = TemplatedCaptions(captions.literals, captions.surfaces, objects)
        return found if self._trust_if_equal(found.rows(objects), list(shown)) else None

    def _trust_if_equal(self, rows: np.ndarray, texts: list[str]) -> bool:
        """Whether `rows` are what the tokenizer gives for `texts`; if not, it alone is used from now on."""
        own = stacked([without_padding(self._own(slab)) for slab in _slabs(texts)])
        if np.array_equal(rows, own):
            return True
        name = type(self._tokenizer).__name__
        _log.warning("%s: its ids are not those of its words, so texts are tokenised whole (slower)", name)
        self._words = None
        return False


def _slabs(texts: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), _SLAB):
        yield list(texts[start : start + _SLAB])
