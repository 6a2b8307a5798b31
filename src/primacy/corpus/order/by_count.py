"""Captions by their number of objects: whether the largest comes first, and what is where."""

from __future__ import annotations

import numpy as np

from primacy.corpus.cases import Cases
from primacy.corpus.order.codes import row_codes
from primacy.corpus.order.groups import Groups, groups_of
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.places import Places, kendall, largest, places_of, spearman
from primacy.corpus.order.split import Split, split
from primacy.corpus.order.values import differences, shares
from primacy.results.corpus import OrderByCount
from primacy.stats.jackknife import Replicates, ratio_replicates

MOST = 6
FEWEST = 20


def counts_shown(cases: Cases) -> tuple[int, ...]:
    """Numbers of objects, 2 to 6, that at least 20 captions have."""
    number = np.bincount(cases.counts, minlength=MOST + 1)
    return tuple(k for k in range(2, MOST + 1) if number[k] >= FEWEST)


def order_by_count(name: str, cases: Cases, k: int, options: OrderOptions) -> OrderByCount:
    """The captions of slice `name` with `k` measured mentions.

    Means are over captions, and their intervals resample images. Captions of equal areas only have no correlation,
    and are left out of its mean.
    """
    places = places_of(cases, k)
    groups = groups_of(cases.image[places.caption], options.groups)
    credit = largest(places.area)
    parts = _split_by_set(places, credit, groups)
    where = shares(_mean(credit, groups), options.level)
    share = places.area / places.area.sum(axis=1, keepdims=True)
    correlations = np.stack([kendall(places.area), spearman(places.area)], axis=1)
    tau, rho = differences(_mean(correlations, groups), options.level)
    return OrderByCount(
        slice=name,
        n_objects=k,
        n_captions=len(places.caption),
        n_images=groups.n_images,
        chance=1 / k,
        largest_first=where[0],
        category_only=shares(parts.category_only, options.level)[0],
        beyond_category=differences(parts.beyond, options.level)[0],
        n_predicted=parts.n,
        largest_at=where,
        share_at=differences(_mean(share, groups), options.level, low=0.0),
        kendall=tau,
        spearman=rho,
    )


def _split_by_set(places: Places, credit: np.ndarray, groups: Groups) -> Split:
    """Strata are sets of categories; columns their categories in the order of the vocabulary."""
    order = np.argsort(places.category, axis=1)
    stratum, _ = row_codes(np.take_along_axis(places.category, order, axis=1))
    return split(stratum, (order == 0).astype(float), np.take_along_axis(credit, order, axis=1), groups)


def _mean(values: np.ndarray, groups: Groups) -> Replicates:
    """Means of the columns of `values` (N, M) over the rows where they are known."""
    known = np.isfinite(values)
    return ratio_replicates(np.where(known, values, 0.0), known.astype(float), groups.group, groups.n_groups)
