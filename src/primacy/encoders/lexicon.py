"""Names and their vectors for the null encoders: finding known names in a text (whole words, longest match first: "hot
dog" is not "dog", "car" is not in "carrot"), and random vectors to stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

DIMENSION = 256


class Lexicon:
    """A list of names that can be found in texts, each with its index."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self._index = {name.casefold(): i for i, name in reversed(list(enumerate(self.names)))}
        longest_first = sorted(self._index, key=len, reverse=True)
        alternatives = "|".join(re.escape(name) for name in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")

    def index(self, name: str) -> int | None:
        """Index of a name as it stands, None where it is not known."""
        return self._index.get(name.casefold())

    def find(self, text: str) -> list[int]:
        """Indices of the names mentioned, in order of mention, repeats included."""
        return [self._index[match] for match in self._pattern.findall(text.casefold())]


def random_items(n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` exactly orthonormal random vectors, float64 (n, max(n, 256))."""
    d = max(n, DIMENSION)
    return np.linalg.qr(rng.standard_normal((d, d)))[0][:n]
