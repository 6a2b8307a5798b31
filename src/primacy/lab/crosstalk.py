"""How far captions that are sorted by one property come out sorted by another.

Properties of drawn objects are not independent: a large or long object fits into the frame only near the middle.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from primacy.lab.scenes import SceneBatch, SceneStream
from primacy.lab.spec import OrderSpec

PROPERTIES = ("area", "category", "centrality")
_SCENES = 4000


def rank_correlations(batch: SceneBatch) -> np.ndarray:
    """Spearman correlations of objects' properties within scenes, averaged over the scenes of two objects or more.

    The properties are those of `OrderSpec`: area; how early the category stands in the list; and centrality, minus the
    squared distance of the box centre from the middle. Where objects tie, it is the mean over all ways to put them in
    order, as captions draw one of these.

    Returns:
        float64 (3, 3), in the order of `PROPERTIES`; zeros where no scene has two objects.
    """
    centrality = -np.square(batch.centre - 0.5).sum(axis=2)
    properties = np.stack([batch.area, -batch.objects.astype(np.float64), centrality])
    several = batch.count > 1
    total = np.zeros((len(PROPERTIES), len(PROPERTIES)))
    for n in np.unique(batch.count[several]):
        ranks = stats.rankdata(properties[:, batch.count == n, :n], axis=2) - (n + 1) / 2
        total += np.einsum("ibk,jbk->ij", ranks, ranks) * 12 / (n**3 - n)
    return total / max(1, int(several.sum()))


def mention_correlations(stream: SceneStream, order: OrderSpec) -> np.ndarray:
    """Expected Spearman correlation of how early an object is mentioned with each property, float64 (3,).

    Each dial's share of the captions brings the correlations of the property that it sorts by, with its sign: 1 with
    itself, and with the others their means over 4,000 layouts of training scenes, of a standard error of at most one
    over the root of how many of these show several objects. All objects of a scene count, also those that captions
    leave out.
    """
    dials = np.array([order.area * (1 - 2 * order.mixed), order.category, order.centre])
    found = rank_correlations(stream.plan(0, _SCENES))
    np.fill_diagonal(found, 1.0)  # layouts have areas in steps that tie; drawn ones differ by pixels
    return dials @ found
