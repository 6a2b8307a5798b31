"""Find the mentions of a lexicon's categories in many captions at once.

All captions are one buffer to an Aho-Corasick automaton (Aho and Corasick 1975, Commun. ACM 18, 333-340) that takes
the leftmost of all matches, of those the longest, and goes on behind it. That this is "whole words, the longest form
at each word" is a matter of the alphabet: a word's first byte has another value than the same byte within a word, and
each word is followed by one byte: a joint, a break, or the caption's end. A form holds joints (or breaks) between its
words and any of the three behind them. So a match starts where a word starts and stops where one stops, and none
reaches across a break that is not the form's own, or into the next caption.
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import NamedTuple

import ahocorasick_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from primacy.corpus.lexicon import Lexicon
from primacy.corpus.words import BREAK, JOIN, Words, words

Ints = NDArray[np.int64]

_AFTER = b"."  # stands behind every caption
_END = b"\r"  # behind the last word of a caption
_BATCH = 1 << 18  # bytes of captions at a time: what is computed of them stays in the processor's cache


class Found(NamedTuple):
    """Every mention in a batch of N captions (repeats included), by caption and then by place in it.

    By mention: `caption` index in the batch; `form` index into `Lexicon.forms`, `category` index into
    `Lexicon.categories`; `word` place of its first word from 1; `start`, `stop` bytes of the caption's UTF-8. All
    int64. `n_words` (N,) int64: words of each caption.
    """

    caption: Ints
    form: Ints
    category: Ints
    word: Ints
    start: Ints
    stop: Ints
    n_words: Ints

    def first(self) -> Found:
        """Only the first mention of each category in each caption."""
        if not len(self.caption):
            return self
        key = self.caption * (int(self.category.max()) + 1) + self.category
        return self.where(np.sort(np.unique(key, return_index=True)[1]))

    def where(self, keep: NDArray[np.bool_] | Ints) -> Found:
        """Only some of the mentions, by a mask or by their ascending numbers."""
        return Found(
            self.caption[keep], self.form[keep], self.category[keep], self.word[keep],
            self.start[keep], self.stop[keep], self.n_words,
        )  # fmt: skip


class Matcher:
    """An Aho-Corasick automaton of a lexicon's forms."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._category = np.array([-1 if f.category is None else f.category for f in lexicon.forms], dtype=np.int64)
        patterns = _patterns([form.words.encode() for form in lexicon.forms])
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            [pattern + end for pattern in patterns for end in (JOIN, BREAK, _END)],
            matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )

    def __reduce__(self) -> tuple[type[Matcher], tuple[Lexicon]]:
        return Matcher, (self.lexicon,)

    def find(self, captions: pa.Array) -> Found:
        """Mentions in `captions`, strings without nulls; the same however captions are batched."""
        sizes = np.asarray(pc.binary_length(captions)).astype(np.int64)
        ends = np.cumsum(sizes)
        cuts = np.searchsorted(ends, np.arange(_BATCH, ends[-1] if len(ends) else 0, _BATCH))
        edges = np.unique(np.concatenate([[0], cuts, [len(captions)]])).astype(np.int64).tolist()
        parts = [self._find(captions[a:b], sizes[a:b], a) for a, b in pairwise(edges)]
        return Found(*(np.concatenate(column) for column in zip(_NOTHING, *parts, strict=True)))

    def _find(self, captions: pa.Array, sizes: Ints, before: int) -> Found:
        """Mentions in one batch, before which stand so many captions."""
        begins = np.concatenate([[0], np.cumsum(sizes + 1)])
        kind = pa.large_binary()
        joined = pc.binary_join_element_wise(captions.cast(kind), pa.scalar(b"", kind), pa.scalar(_AFTER, kind))
        text = words(joined.buffers()[2].to_pybytes()[: begins[-1]])
        first_word = np.searchsorted(text.starts, begins)
        n_words = np.diff(first_word)
        haystack, places = _haystack(text, first_word[1:][n_words > 0] - 1)
        matches = self._automaton.find_matches_as_indexes(haystack)
        flat = np.fromiter(chain.from_iterable(matches), dtype=np.int64, count=3 * len(matches)).reshape(-1, 3)
        flat = flat[self._category[flat[:, 0] // 3] >= 0]
        form = flat[:, 0] // 3
        word = np.searchsorted(places, flat[:, 1])
        last = np.searchsorted(places, flat[:, 2]) - 1
        caption = np.searchsorted(first_word, word, side="right") - 1
        return Found(
            caption=caption + before,
            form=form,
            category=self._category[form],
            word=word - first_word[caption] + 1,
            start=text.starts[word] - begins[caption],
            stop=text.stops[last] - begins[caption],
            n_words=n_words,
        )


def _patterns(forms: list[bytes]) -> list[bytes]:
    """Each form as it stands in a haystack, without what stands behind its last word."""
    text = words(b"".join(form + _AFTER for form in forms))
    ends = np.cumsum([len(form) + 1 for form in forms])
    haystack, _ = _haystack(text, np.searchsorted(text.starts, ends) - 1)
    return haystack.split(_END)[:-1]


def _haystack(text: Words, last: Ints | slice = slice(0)) -> tuple[bytes, Ints]:
    """The words of captions as the automaton reads them, and where each starts there; `last`: words at their ends."""
    spaced = text.letters.copy()
    keep = spaced > JOIN[0]
    keep[text.stops] = True
    spaced[text.stops] = np.where(text.broken, BREAK[0], JOIN[0])
    spaced[text.stops[last]] = _END[0]
    spaced[text.starts] = _FIRST[spaced[text.starts]]
    sizes = text.stops - text.starts + 1
    return spaced[keep].tobytes(), np.cumsum(sizes) - sizes


def _first_bytes() -> NDArray[np.uint8]:
    """By byte that may start a word in UTF-8: a byte that stands nowhere else."""
    leading = [*b"0123456789abcdefghijklmnopqrstuvwxyz", *range(0xC2, 0xF5)]
    free = sorted({*range(256)} - {*leading, *range(0x80, 0xC0), *JOIN, *BREAK, *_END})
    table = np.arange(256, dtype=np.uint8)
    table[leading] = free[: len(leading)]
    return table


_FIRST = _first_bytes()
_NOTHING = Found(*(np.zeros(0, dtype=np.int64) for _ in Found._fields))
