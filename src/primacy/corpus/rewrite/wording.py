"""How a caption is made to mention its objects in another order: a list put before it, or names exchanged in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from primacy.corpus.lexicon import Lexicon
from primacy.corpus.rewrite.firsts import Firsts
from primacy.corpus.rewrite.nouns import ARTICLE, article, listed

HOW = ("prefix", "swap")

_ARTICLE = re.compile(r"\b(an?) $", re.IGNORECASE)


class Wording(Protocol):
    """Makes captions that mention their objects in a wanted order."""

    def rewrite(self, texts: Sequence[str], firsts: Firsts, order: NDArray[np.int64]) -> list[str]:
        """The captions of `firsts` (n,) anew.

        Args:
            texts: the n captions, white space collapsed, as they were matched.
            firsts: their first mentions.
            order: these in the wanted order (M,), caption by caption.
        """
        ...


class Prefix:
    """The objects in the wanted order, each with an article where it takes one, then the caption as it is.

    "A man riding a horse" becomes "a horse, a man: A man riding a horse". It stays true, whatever the order.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        """`phrases`: each form of the lexicon as it stands in the list."""
        self._phrases = phrases

    def rewrite(self, texts: Sequence[str], firsts: Firsts, order: NDArray[np.int64]) -> list[str]:
        """See `Wording`."""
        phrases = [self._phrases[form] for form in firsts.form[order].tolist()]
        slices = pairwise(firsts.starts.tolist())
        return [f"{', '.join(phrases[a:b])}: {text}" for text, (a, b) in zip(texts, slices, strict=True)]


class Swap:
    """The words of the first mentions exchanged in place: each stands where the one whose turn it takes stood.

    "A man riding a horse" becomes "A horse riding a man": as long as before, but what it says may be false. A/an and
    a capital letter are mended; number ("two dogs" for "two dog") is not.
    """

    def rewrite(self, texts: Sequence[str], firsts: Firsts, order: NDArray[np.int64]) -> list[str]:
        """See `Wording`."""
        starts, stops = firsts.start.tolist(), firsts.stop.tolist()
        wanted, slices = order.tolist(), pairwise(firsts.starts.tolist())
        return [
            _exchanged(text.encode(), zip(starts[a:b], stops[a:b], strict=True), [k - a for k in wanted[a:b]])
            for text, (a, b) in zip(texts, slices, strict=True)
        ]


def worded(how: str, lexicon: Lexicon) -> Wording:
    """The wording of that name (one of `HOW`) for mentions of `lexicon`."""
    return Swap() if how == "swap" else Prefix([listed(form.words) for form in lexicon.forms])


def _exchanged(text: bytes, names: Iterable[tuple[int, int]], order: list[int]) -> str:
    spans = [_without_article(text, start, stop) for start, stop in names]
    surfaces = [text[start:stop].decode() for start, stop in spans]
    shouted = text.decode().isupper()
    out, end = "", 0
    for place, k in enumerate(order):
        start, stop = spans[place]
        before = text[end:start].decode()
        if k != place:
            before = _agreeing(before, surfaces[k], shouted=shouted)
        out, end = out + before + _cased(surfaces[k], surfaces[place], begins=not start), stop
    return out + text[end:].decode()


def _without_article(text: bytes, start: int, stop: int) -> tuple[int, int]:
    """A name's place in `text` without the article that it may begin with, which stays where it is."""
    found = ARTICLE.match(text[start:stop].decode())
    return start + (len(found[0].encode()) if found else 0), stop


def _cased(word: str, stood: str, *, begins: bool) -> str:
    """`word` with a capital letter where the word that `stood` there had one; "TV" stays as it is."""
    if _capitals(word):
        return word
    capital = stood[0].isupper() and (begins or not _capitals(stood))
    return word[0].upper() + word[1:] if capital else word.lower()


def _capitals(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _agreeing(before: str, word: str, *, shouted: bool) -> str:
    """`before` with the a or an at its end, if there is one, as `word` wants it."""
    found = _ARTICLE.search(before)
    if not found:
        return before
    mended = article(word)
    mended = mended.upper() if shouted else mended.capitalize() if found[1][0] == "A" else mended
    return f"{before[: found.start(1)]}{mended} "
