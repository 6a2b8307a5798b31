"""Lists of objects that a language model writes about a caption, read and found again in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from primacy.corpus.matcher import Found, Matcher
from primacy.corpus.words import normalised

_SEPARATOR = re.compile(r"[\n,;]")
_NUMBER = re.compile(r"(?:^|(?<=\s))\(?\d{1,3}[.)]\s")
_HEADING = re.compile(r"^.*:(?:\s|$)")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")  # bullets, quotation marks, full stops, Markdown
_LEAD = re.compile(r"(?:and|a|an|the)\s+", re.IGNORECASE)
_NOTHING = ("none", "nothing", "no objects")


class Listed(NamedTuple):
    """Mentions that lists stand for, and how many of their items the captions' words do not hold."""

    found: Found
    invented: int


def parse_items(answer: str, *, cut: bool = False) -> list[str]:
    """Items of a list, in the order of the answer.

    Commas, semicolons, line ends and numbers ("2.") part items. Headings ("Objects:"), bullets, quotation marks,
    full stops, a leading "and" and articles are taken off; "none" is no item.

    Args:
        answer: the model's text.
        cut: the text breaks off: what stands behind the last separator may be half an item and is dropped.
    """
    text = _NUMBER.sub("\n", answer)
    if cut:
        ends = [found.start() for found in _SEPARATOR.finditer(text)]
        text = text[: ends[-1]] if ends else ""
    return [
        item for line in text.split("\n") for part in _SEPARATOR.split(_HEADING.sub("", line)) if (item := _bare(part))
    ]


def mentions_of(items: Sequence[Sequence[str]], captions: pa.Array, matcher: Matcher) -> Listed:
    """Mentions that the `items` listed for each of `captions` (strings) stand for.

    An item names the category whose form it ends with, as the last word of an English name says what the thing is,
    and stands where its words, one behind the other, first do so in the caption. Items of no category are passed over;
    so is one that stands only inside of a longer name ("bear" for a teddy bear).
    """
    said = matcher.find(captions)
    places = {
        mention: k
        for k, mention in enumerate(zip(said.caption.tolist(), said.word.tolist(), said.category.tolist(), strict=True))
    }
    texts = [f" {normalised(caption)} " for caption in captions.to_pylist()]
    owners = [caption for caption, listed in enumerate(items) for _ in listed]
    names = [normalised(item) for listed in items for item in listed]
    starts = [_places(name, texts[owner]) for name, owner in zip(names, owners, strict=True)]
    head = matcher.find(pa.array(names, pa.string()))
    keep = np.zeros(len(said.caption), dtype=bool)
    for item, word, category, stop in zip(
        *map(np.ndarray.tolist, (head.caption, head.word, head.category, head.stop)), strict=True
    ):
        if stop == len(names[item].encode()):
            mentions = (places.get((owners[item], start + word - 1, category)) for start in starts[item])
            keep[[k for k in mentions if k is not None][:1]] = True
    return Listed(said.where(keep), sum(not start for start in starts))


def _places(name: str, text: str) -> list[int]:
    """Numbers of the words of `text`, from 1, from which on `name` stands; both as `normalised` gives them."""
    at = [found.start() for found in re.finditer(f"(?= {re.escape(name)} )", text)] if name else []
    return [sum(word != "." for word in text[:k].split()) + 1 for k in at]


def _bare(part: str) -> str:
    text = _EDGES.sub("", part)
    while lead := _LEAD.match(text):
        text = _EDGES.sub("", text[lead.end() :])
    return "" if text.lower() in _NOTHING else text
