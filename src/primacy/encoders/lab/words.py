"""The tokenizer of lab models: one id a word, from a list that is fixed when a model is trained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from primacy.encoders.lab.model import END, START, UNKNOWN
from primacy.errors import EncoderError

SPECIAL = ("<start>", "<end>", "<unknown>")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[^\w\s]", re.UNICODE)


def split_words(text: str) -> list[str]:
    """Lower-case words and single punctuation marks, in order."""
    return _WORD.findall(text.lower())


class Words:
    """Texts to token ids.

    Args:
        words: in the order of their ids, after the special ones.

    Raises:
        EncoderError: a word stands twice.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: i for i, word in enumerate(self.words, start=len(SPECIAL))}
        if len(self._ids) != len(self.words):
            raise EncoderError("the word list of a lab model holds a word twice")

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> Words:
        """The words of `texts`, sorted."""
        return cls(sorted({word for text in texts for word in split_words(text)}))

    def __len__(self) -> int:
        return len(SPECIAL) + len(self.words)

    def ids(self, text: str) -> list[int]:
        """Ids of the words of `text`, without start and end."""
        return [self._ids.get(word, UNKNOWN) for word in split_words(text)]

    def unknown(self, texts: Iterable[str]) -> list[str]:
        """Words of `texts` that have no id, sorted."""
        return sorted({word for text in texts for word in split_words(text)} - set(self._ids))

    def rows(self, texts: Sequence[str], context: int) -> np.ndarray:
        """int64 (len(texts), t): START, words, END, padded with END to the longest; cut to `context` tokens."""
        found = [[START, *self.ids(text)[: context - 2], END] for text in texts]
        rows = np.full((len(found), max(map(len, found), default=2)), END, dtype=np.int64)
        for row, ids in zip(rows, found, strict=True):
            row[: len(ids)] = ids
        return rows
