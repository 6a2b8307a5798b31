"""Words of texts as bytes: where each starts and stops, its letters in lower case, and what parts it from the next.

A word is a run of letters, digits and combining marks. White space, hyphens, apostrophes, underscores and characters
without width part two words and leave them neighbours ("hot-dog" is "hot dog", "man's" is "man" and "s"); any other
character is a break that no form of several words reaches across ("hot, dog"). All of it is decided character by
character, so that a text reads the same whatever stands beside it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

JOIN, BREAK = b" ", b"\n"
_JOINING = " \t\n\v\f\r\x1c\x1d\x1e\x1f-'_"
_JOINING_BEYOND_ASCII = "\u2010\u2011\u2018\u2019"  # hyphens, single quotation marks (typeset apostrophes)
_NON_ASCII = re.compile(rb"[\x80-\xff]+")


class Words(NamedTuple):
    """Words of one buffer: `starts`, `stops` (W,) bytes, `broken` (W,) whether a break follows, `letters` the buffer
    with every word in lower case (bytes outside of words mean nothing)."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    broken: NDArray[np.bool_]
    letters: NDArray[np.uint8]


def words(buffer: bytes) -> Words:
    """Words of UTF-8 text that ends with a character that is in no word."""
    plain = buffer if buffer.isascii() else _NON_ASCII.sub(_plain, buffer)
    letters = np.frombuffer(plain.translate(_ASCII), dtype=np.uint8)
    inside = letters > JOIN[0]  # every letter lies above the two separators
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if len(letters) and inside[0]:
        edges = np.concatenate([[0], edges])
    starts, stops = edges[::2], edges[1::2]
    broken = letters[stops] == BREAK[0]
    gaps = np.concatenate([starts[1:], [len(letters)]]) - stops
    wide = np.flatnonzero((gaps > 1) & ~broken)
    if len(wide):
        breaks = np.concatenate([np.flatnonzero(letters == BREAK[0]), [len(letters)]])
        broken[wide] = breaks[np.searchsorted(breaks, stops[wide])] < stops[wide] + gaps[wide]
    return Words(starts, stops, broken, letters)


def normalised(text: str) -> str:
    """The words of a text in lower case with single spaces between them, and a full stop where they break."""
    found = words(text.encode("utf-8", "surrogatepass") + b".")
    parts = []
    for start, stop, broken in zip(found.starts, found.stops, found.broken, strict=True):
        parts += [found.letters[start:stop].tobytes().decode("utf-8", "surrogatepass"), *["."] * bool(broken)]
    return " ".join(parts[:-1])


def _ascii(code: int) -> int:
    character = chr(code)
    if code >= 0x80 or character.isalnum():
        return code if code >= 0x80 else ord(character.lower())
    return JOIN[0] if character in _JOINING else BREAK[0]


_ASCII = bytes(_ascii(code) for code in range(256))


@lru_cache(maxsize=1 << 16)
def _plain_run(run: bytes) -> bytes:
    return "".join(map(_plain_character, run.decode("utf-8", "surrogateescape"))).encode("utf-8", "surrogateescape")


def _plain(match: re.Match[bytes]) -> bytes:
    run = match[0]
    # Long runs are texts in another script: too many to remember.
    return _plain_run(run) if len(run) <= 32 else _plain_run.__wrapped__(run)


@lru_cache(maxsize=1 << 12)
def _plain_character(character: str) -> str:
    """A character of a word in lower case, or ASCII that parts words likewise; as many bytes of UTF-8 as it had."""
    size = len(character.encode("utf-8", "surrogateescape"))
    kind = unicodedata.category(character)
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    if character in _JOINING_BEYOND_ASCII or kind in ("Zs", "Zl", "Zp", "Cf") or selector or character == "\x85":
        return " " * size
    if kind[0] in "LN" or kind in ("Mn", "Mc"):
        lower = character.lower()
        return lower if len(lower.encode()) == size else character
    return "." * size
