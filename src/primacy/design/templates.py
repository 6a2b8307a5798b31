"""Caption templates: how a list of names becomes a caption.

A template is text with slots in mention order: `{1}` is the first name as it stands, `{a1}` the first name with its
article ("an apple"). List templates (`and`, `comma`, ...) exist for every n; prose templates for 2 to 5 objects.
No built-in template holds a word that any built-in vocabulary knows (a published one did, docs/paper.md F8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from primacy.design.prose import PROSE
from primacy.design.vocabulary import Category
from primacy.errors import DesignError, UnknownNameError

FILLER = Category("something", "things")
"""Stands in a gallery prompt for the objects that are not asked about; it takes no article."""

_SLOT = re.compile(r"\{(a?)(\d+)\}")


@dataclass(frozen=True)
class Template:
    """A caption pattern for exactly `n` objects.

    `literals` are the n + 1 stretches of text around the slots; `articles` says which slots take an article.
    """

    name: str
    literals: tuple[str, ...]
    articles: tuple[bool, ...]

    @property
    def n(self) -> int:
        """Number of objects."""
        return len(self.articles)

    def surfaces(self, category: Category) -> list[str]:
        """What `category` reads as in each slot: n strings."""
        return [category.with_article if article else category.name for article in self.articles]

    def render(self, objects: Sequence[Category]) -> str:
        """The caption that mentions `objects` in the given order."""
        words = [self.surfaces(category)[p] for p, category in enumerate(objects)]
        return self.literals[0] + "".join(w + text for w, text in zip(words, self.literals[1:], strict=True))


def parse_template(name: str, pattern: str) -> Template:
    """Compile a pattern with slots `{1}` ... `{n}` (or `{a1}` ...), each once and in this order.

    Raises:
        DesignError: slots missing, repeated or out of order, or fewer than two.
    """
    slots = list(_SLOT.finditer(pattern))
    numbers = [int(slot.group(2)) for slot in slots]
    literals = _SLOT.split(pattern)[::3]
    if len(numbers) < 2 or numbers != list(range(1, len(numbers) + 1)):
        raise DesignError(
            f"template {name!r} has slots {numbers}, expected 1 to n, each once and in order, n at least 2",
            hint="Slot {1} is the object mentioned first; write e.g. 'a {1} beside a {2}'.",
        )
    if any("{" in text or "}" in text for text in literals):
        raise DesignError(f"template {name!r} has a brace outside a slot; slots are {{1}} or {{a1}}")
    return Template(name, tuple(literals), tuple(slot.group(1) == "a" for slot in slots))


def _list_pattern(slot: str, join: str, last: str, before: str = "") -> Callable[[int], str]:
    def pattern(n: int) -> str:
        slots = [slot.format(k) for k in range(1, n + 1)]
        return before + join.join(slots[:-1]) + last + slots[-1]

    return pattern


_LISTS: dict[str, Callable[[int], str]] = {
    "and": _list_pattern("{{{}}}", " and ", " and "),
    "comma": _list_pattern("{{{}}}", ", ", ", "),
    "articles": _list_pattern("{{a{}}}", " and ", " and "),
    "plain-a": _list_pattern("a {{{}}}", " and ", " and "),
    "photo": _list_pattern("{{a{}}}", ", ", " and ", before="a photo of "),
}

TEMPLATE_NAMES = (*_LISTS, *PROSE)


def get_template(name: str, n: int) -> Template:
    """A built-in template by name, or the user's own pattern (anything that holds a slot), for `n` objects.

    `and`: "a and b" (published TOR). `comma`: "a, b". `articles`: "a horse and an apple". `plain-a`: "a horse and a
    apple" (published TOC). `photo`: "a photo of a horse, a dog and an apple". `rainy-diary`, `guided-tour`,
    `inventory`: prose of 20 to 60 words, 2 to 5 objects.

    Raises:
        UnknownNameError: no such template.
        DesignError: the template has no form for n objects.
    """
    if _SLOT.search(name) or "{" in name:
        template = parse_template(name, name)
        if template.n != n:
            raise DesignError(f"template {name!r} holds {template.n} objects, asked for {n}")
        return template
    if name in _LISTS:
        return parse_template(name, _LISTS[name](n))
    if name in PROSE:
        if n not in PROSE[name]:
            raise DesignError(f"template {name!r} exists for {sorted(PROSE[name])} objects, asked for {n}")
        return parse_template(name, PROSE[name][n])
    raise UnknownNameError("template", name, TEMPLATE_NAMES)
