"""English nouns as they stand in a list: which article they take, if any."""

from __future__ import annotations

import re

ARTICLE = re.compile(r"(?:an?|the)[\s_-]+", re.IGNORECASE)
"""An article at the beginning of a name, with what parts it from the noun."""

_LED = re.compile(r"(?:at|in|on|the|an?) ")
_LIKE_YOU = re.compile(r"u(?:ni|ri|s[eu]|t[ei])|e[uw]|one|once", re.IGNORECASE)
_SILENT_H = re.compile(r"hour|honest|hono|heir", re.IGNORECASE)
_SPELT_OUT = re.compile(r"(?:suvs?|[bcdfghj-np-tvwxz]+)(?![a-z])", re.IGNORECASE)
_REGULAR_PLURAL = re.compile(r"(?<![siu])s$|(?:ski|taxi)s$")
_OTHER_PLURALS = frozenset(("people", "children", "folk", "mice", "geese", "oxen", "calves", "passersby", "skiis"))
_UNCOUNTED = frozenset(
    ("baggage", "broccoli", "cattle", "cutlery", "everybody", "everyone", "glassware", "horseback", "livestock",
     "luggage", "police", "sheep", "somebody", "someone", "staff")
)  # fmt: skip


def listed(words: str) -> str:
    """A noun (lower case) with a or an before it, or as it is where it takes none.

    The last word decides, before an "of" ("a group of people"): English plurals in -s and the irregular ones of people
    and animals, and a few nouns that are not counted, take no article; nor do names that begin with one, or with a
    preposition ("on skis").
    """
    head = words.partition(" of ")[0].rpartition(" ")[2]
    bare = _REGULAR_PLURAL.search(head) or head.endswith("men") or head in _OTHER_PLURALS or head in _UNCOUNTED
    return words if bare or _LED.match(words) else f"{article(words)} {words}"


def article(words: str) -> str:
    """ "a" or "an" before `words`, as their beginning is spoken: an umbrella, a unicycle, an hour, an SUV, a TV."""
    letter = words[0].lower()
    if _SPELT_OUT.match(words):
        vowel = letter in "aefhilmnorsx"
    else:
        vowel = (letter in "aeiou" and not _LIKE_YOU.match(words)) or bool(_SILENT_H.match(words))
    return "an" if vowel else "a"
