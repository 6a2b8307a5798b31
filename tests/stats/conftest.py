"""Pictures of a ladder of areas, made by hand, with winners drawn from a known conditional logit."""

import numpy as np
import pytest

from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import picture_tables
from primacy.probes.ior import PictureSums
from primacy.probes.retrieval import score
from primacy.stimuli.images.gallery import Version

GRID = {
    f"{row}{column}".strip("-") or "centre": (x, y)
    for row, y in (("upper", 0.2), ("", 0.5), ("lower", 0.8))
    for column, x in (("-left", 0.2), ("", 0.5), ("-right", 0.8))
}
RATIOS = tuple(2.0**k for k in range(-3, 4))


class Ladder:
    """Sets of two objects: one at the centre and one at each of eight outer slots, both ways, at seven ratios."""

    def __init__(self, sets=18, categories=20, rng=None, blur=0.0):
        self.rng = np.random.default_rng(0) if rng is None else rng
        self.names = tuple(f"c{i}" for i in range(categories))
        self.pictures = [
            self._picture(cluster, members, ratio, outer, centred, blur)
            for cluster in range(sets)
            for members in [self.rng.permutation(categories)[:2]]
            for ratio in RATIOS
            for outer in GRID
            if outer != "centre"
            for centred in (0, 1)
        ]
        (self.table,) = picture_tables(self.pictures, self.names).values()

    def _picture(self, cluster, members, ratio, outer, centred, blur):
        """The first member is the target; its area over the other's is `ratio`, blurred as measured areas are."""
        areas = 0.02 * np.array([ratio**0.5, ratio**-0.5]) * np.exp(blur * self.rng.normal(size=2))
        shown = []
        for i in range(2):
            slot = "centre" if i == centred else outer
            x, y = np.array(GRID[slot]) + blur * self.rng.normal(size=2) / 10
            level = "equal" if ratio == 1 else "large" if (ratio > 1) == (i == 0) else "small"
            role = "target" if i == 0 else "other"
            shown.append(Shown(self.names[members[i]], float(areas[i]), float(x), float(y), slot, level, role))
        shown.sort(key=lambda s: list(GRID).index(s.slot))
        factors = {"ratio": ratio, "centred": "target" if centred == 0 else "other"}
        return Picture(f"{cluster}-{ratio}-{outer}-{centred}", cluster, tuple(shown), factors)

    def utility(self, area=0.0, centre=0.0, category=None, spread=0.0):
        """(m, n); with `spread`, the area elasticity differs between sets by so much (standard deviation)."""
        slopes = area + spread * self.rng.normal(size=self.table.clusters.max() + 1)[self.table.clusters]
        likings = 0.0 if category is None else np.asarray(category)[self.table.objects]
        return slopes[:, None] * np.log(self.table.areas) + centre * self.table.centrality + likings

    def sums(self, utility, noise=True):
        """What the probe keeps of an encoder whose winners follow these utilities, with Gumbel noise or without."""
        utility = utility + (self.rng.gumbel(size=utility.shape) if noise else 0)
        vectors = np.zeros((len(self.table), len(self.names)))
        np.put_along_axis(vectors, self.table.objects, 1 + (utility >= utility.max(axis=1, keepdims=True)), axis=1)
        sums = PictureSums(self.table.clusters, [Version("", "", np.nan)])
        sums.add(self.table, score(vectors, self.table.objects, np.eye(len(self.names))[None]))
        return sums


@pytest.fixture(scope="session")
def ladder():
    return Ladder
