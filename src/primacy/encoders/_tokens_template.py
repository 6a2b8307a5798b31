"""Token ids of templated captions by index arrays: no string is made, no word looked up.

A caption of n objects is n segments: an object's name with the text before it, cut where a word ends. So a segment
depends on its slot and category alone, its ids are found once, and captions are put together from them by numpy.
This needs white space between any two slots (else a word could hold two objects) and plain text (`_tokens_words`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from primacy.design.captions import TemplatedCaptions
from primacy.encoders._tokens_rows import padded, stacked
from primacy.encoders._tokens_words import Words, is_plain

_ROWS = 4096  # captions at a time: index arrays stay in the processor's cache


class Segments(NamedTuple):
    """Ids of every segment: those of category c in slot p are ids[starts[p, c] : starts[p, c] + lengths[p, c]].

    `ids` int32 (T,), the start token before each segment of the first slot and the end token behind each of the last;
    `starts` and `lengths` int64 (n, V); rows are cut at `context` ids, the last of which is then `end`.
    """

    ids: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    context: int
    end: int

    def rows(self, objects: np.ndarray) -> np.ndarray:
        """Ids of the captions of `objects` (m, n), m at least 1: int32 (m, longest row in use)."""
        return stacked([self._rows(objects[at : at + _ROWS]) for at in range(0, len(objects), _ROWS)])

    def _rows(self, objects: np.ndarray) -> np.ndarray:
        at = (np.arange(objects.shape[1]), objects)
        lengths = self.lengths[at]
        each = lengths.ravel()
        ends = np.cumsum(each)
        # Position in the stream -> position in `ids`: a shift that is constant within a segment.
        shift = np.repeat(self.starts[at].ravel() - ends + each, each)
        stream = self.ids[shift + np.arange(len(shift))]
        return padded(stream, lengths.sum(axis=1), self.context, self.end)


def segments(captions: TemplatedCaptions, words: Words) -> Segments | None:
    """The segments of the wording of `captions`, or None where it cannot be cut into them."""
    if not all(map(is_plain, captions.literals)) or not all(all(map(is_plain, slot)) for slot in captions.surfaces):
        return None
    first, *inner, last = captions.literals
    cuts = [re.search(r"\s", literal) for literal in inner]
    if not all(cuts):
        return None
    at = [cut.start() for cut in cuts if cut]
    before = [first, *(literal[cut:] for literal, cut in zip(inner, at, strict=True))]
    after = [*(literal[:cut] for literal, cut in zip(inner, at, strict=True)), last]
    pieces = [
        [words.ids(ahead + surface + behind) for surface in slot]
        for ahead, slot, behind in zip(before, captions.surfaces, after, strict=True)
    ]
    start, end = (np.array([token], dtype=np.int32).tobytes() for token in (words.start, words.end))
    pieces[0] = [start + piece for piece in pieces[0]]
    pieces[-1] = [piece + end for piece in pieces[-1]]
    lengths = np.array([[len(piece) // 4 for piece in slot] for slot in pieces], dtype=np.int64)
    starts = (np.cumsum(lengths) - lengths.ravel()).reshape(lengths.shape)
    ids = np.frombuffer(b"".join(b"".join(slot) for slot in pieces), dtype=np.int32)
    return Segments(ids, starts, lengths, words.context, words.end)
