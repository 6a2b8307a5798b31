"""Category names as files of areas spell them, and the vocabulary's category that each stands for."""

from __future__ import annotations

from collections import Counter

from primacy.corpus.faults import Faults

WRONG_WORDS = "Choose the vocabulary that the areas were made for."
_SPACES = str.maketrans("_-", "  ")


class KnownNames:
    """Looks names up in a vocabulary: as they stand, else whatever their case, "_" and "-" standing for spaces.

    Where two categories of the vocabulary differ by these alone, only the exact name counts. Each name that is not
    known is a fault, once.
    """

    def __init__(self, categories: tuple[str, ...], faults: Faults) -> None:
        self._exact = {name: index for index, name in enumerate(categories)}
        plain = [_plain(name) for name in categories]
        times = Counter(plain)
        self._plain = {name: index for index, name in enumerate(plain) if times[name] == 1}
        self._unknown: dict[str, None] = {}
        self._faults = faults

    def index(self, name: str) -> int | None:
        """Index of the category in the vocabulary, None where it is not known."""
        found = self._exact.get(name, self._plain.get(_plain(name)))
        if found is None and name not in self._unknown:
            self._unknown[name] = None
            self._faults.add("categories with areas that the vocabulary does not know (left out)", [name])
        return found


def _plain(name: str) -> str:
    return " ".join(name.translate(_SPACES).casefold().split())
