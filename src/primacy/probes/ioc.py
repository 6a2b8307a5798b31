"""IOC, Image-based Object Classification: which object stands in slot s, or is the r-th largest, read from a picture's
vector.

One linear head per slot and one per size rank on frozen vectors, encoded once by the caller (docs/ioc.md). Fitting and
scoring are those of TOC (`primacy.probes.toc`): the heads are run to their optimum and the parts share no object set.
Published: a fixed number of Adam steps on a split by picture without a seed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.design.picture_table import PictureTable
from primacy.errors import DesignError
from primacy.probes.linear import Trainer
from primacy.probes.toc import Split, Splitter, TocResult, run_toc, split_by_set


class IocResult(NamedTuple):
    """IOC of one encoder: `slots`, n names, and the `heads`, whose arrays hold first the n slots, then the n size ranks
    from the largest down."""

    slots: tuple[str, ...]
    heads: TocResult


def run_ioc(
    vectors: np.ndarray,
    table: PictureTable,
    n_classes: int,
    *,
    rng: np.random.Generator,
    head: Trainer | None = None,
    splitter: Splitter = split_by_set,
) -> IocResult:
    """Fit one head per slot and one per size rank, all on one split, and score them on object sets not met in training.

    Generators in the same state give the same split, so encoders can be compared picture by picture.

    Args:
        vectors: float32 (m, d), those of the pictures of `table`, finite.
        table: pictures of n objects in the same n slots.
        n_classes: size V of the vocabulary.
        rng: splits the object sets.
        head: how to fit; the closed-form discriminant unless given.
        splitter: `split_by_set`, or `split_by_picture` for the published protocol.

    Raises:
        DesignError: fewer than two objects, slots that differ between pictures, arrays that disagree, or a head without
            test picture whose category occurs in training.
    """
    slots = _slots(table)
    ranked = np.take_along_axis(table.objects, by_size(table), axis=1)
    heads = run_toc(
        vectors,
        np.concatenate([table.objects, ranked], axis=1),
        linked_sets(table),
        n_classes,
        rng=rng,
        head=head,
        splitter=splitter,
        curve_points=1,
    )
    return IocResult(slots, heads)


def by_size(table: PictureTable) -> np.ndarray:
    """Places of the objects of each picture, largest first, int64 (m, n): those of the size level "large" before the
    others, then by measured area, of equals the first in slot order."""
    return np.lexsort((table.size_ranks, table.size_levels != "large"), axis=1)


def linked_sets(table: PictureTable) -> np.ndarray:
    """Ids int64 (m,) such that pictures of one cluster, and pictures of the same objects, have one id, also through
    others: what must not fall into two parts, whether sets are shown in several clusters or clusters hold several."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, cluster = np.unique(table.clusters, return_inverse=True)
    _, shown = np.unique(np.sort(table.objects, axis=1), axis=0, return_inverse=True)
    cluster, shown = cluster.ravel(), shown.ravel() + len(table)
    links = coo_array((np.ones(len(table)), (cluster, shown)), shape=(2 * len(table), 2 * len(table)))
    return connected_components(links, directed=False)[1][cluster].astype(np.int64)


def split_by_picture(set_ids: np.ndarray, *, rng: np.random.Generator, test: float = 0.2) -> Split:
    """The published 80/20 split: by picture, whatever its objects, here with a seed. It has no validation part, which
    a head with one penalty does not need, and it leaks: the same objects stand in both parts.

    Raises:
        DesignError: too few pictures for one in each part.
    """
    n_test = max(1, round(test * len(set_ids)))
    if n_test >= len(set_ids):
        raise DesignError(f"{len(set_ids)} pictures cannot be split into train and test")
    order = rng.permutation(len(set_ids))
    return Split(np.sort(order[n_test:]), np.empty(0, dtype=np.int64), np.sort(order[:n_test]))


def _slots(table: PictureTable) -> tuple[str, ...]:
    if table.n_objects < 2 or not len(table):
        raise DesignError(f"IOC got {len(table)} pictures of {table.n_objects} objects, expected some, of 2 or more")
    first = table.slots[0]
    if (table.slots != first).any() or "" in first or len(np.unique(first)) < len(first):
        raise DesignError(
            "IOC fits one head per slot, but the pictures do not all show their objects in the same, named slots",
            hint="Use scenes of the designs one-large, equal or paper, one number of objects at a time.",
        )
    return tuple(str(slot) for slot in first)
