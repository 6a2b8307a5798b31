"""The split of explained deviance between the terms of a model of pictures."""

from __future__ import annotations

import math
from itertools import combinations

from primacy.stats.picture_model import (
    AREA,
    CATEGORY,
    CENTRALITY,
    CONTRAST,
    INSTANCES,
    SLOT,
    TERMS,
    PictureModel,
)

_CHAINS = ((AREA,), (CENTRALITY, SLOT), (CONTRAST,), (INSTANCES,), (CATEGORY,))
"""Terms of a chain enter one after the other; the last one holds what the earlier ones say."""


def deviance_split(model: PictureModel) -> dict[str, float]:
    """Explained deviance by term; the parts sum to that of the whole model.

    Each chain of terms gets its Shapley value: what it adds, averaged over all orders in which the chains may enter
    (LMG; Shapley 1953). Centrality and slot are one chain, whose share is given to centrality as far as it goes by
    itself and the rest to slot (after Owen 1977). k chains take 2^k fits, k at most 5, and half as many more for the
    chain of two.
    """
    cache: dict[tuple[str, ...], float] = {}

    def explained(*terms: str) -> float:
        ordered = tuple(term for term in TERMS if term in terms)
        if ordered not in cache:
            cache[ordered] = model.explained(ordered)
        return cache[ordered]

    present = (tuple(term for term in chain if term in model.terms) for chain in _CHAINS)
    chains = [chain for chain in present if chain]
    k = len(chains)
    out = dict.fromkeys(model.terms, 0.0)
    for i, chain in enumerate(chains):
        others = chains[:i] + chains[i + 1 :]
        for size in range(k):
            weight = 1 / (k * math.comb(k - 1, size))
            for group in combinations(others, size):
                already = [other[-1] for other in group]
                before = explained(*already)
                for term in chain:
                    after = explained(*already, term)
                    out[term] += weight * (after - before)
                    before = after
    return out
