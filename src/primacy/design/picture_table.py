"""Pictures as arrays: what probes and statistics work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from primacy.design.picture import Picture


@dataclass(frozen=True, eq=False)
class PictureTable:
    """m pictures of n objects each, objects in slot order; everything (m, n) unless said.

    `rows` int64 (m,): places in the source. `clusters` int64 (m,). `objects` int64: ids of the categories. `areas`,
    `centrality`, `contrasts` float64 (NaN where not measured), `instances` int64. `slots`, `size_levels`, `roles`:
    arrays of strings. `factors`: m mappings.
    """

    rows: np.ndarray
    clusters: np.ndarray
    objects: np.ndarray
    areas: np.ndarray
    centrality: np.ndarray
    contrasts: np.ndarray
    instances: np.ndarray
    slots: np.ndarray
    size_levels: np.ndarray
    roles: np.ndarray
    factors: tuple[Mapping[str, float | int | str], ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_objects(self) -> int:
        """Objects a picture."""
        return self.objects.shape[1]

    @property
    def size_ranks(self) -> np.ndarray:
        """int64 (m, n): 1 for the largest measured area of a picture; of equals the first in slot order is larger."""
        order = np.argsort(-self.areas, axis=1, kind="stable")
        ranks = np.empty(order.shape, dtype=np.int64)
        np.put_along_axis(ranks, order, np.arange(1, self.n_objects + 1)[None, :], axis=1)
        return ranks

    def take(self, at: np.ndarray) -> PictureTable:
        """The pictures `at` (int or bool (m,)) of this table."""
        at = np.flatnonzero(at) if at.dtype == bool else at
        arrays = {name: getattr(self, name)[at] for name in self.__dataclass_fields__ if name != "factors"}
        return PictureTable(**arrays, factors=tuple(self.factors[i] for i in at))


def picture_tables(pictures: Sequence[Picture], names: Sequence[str]) -> dict[int, PictureTable]:
    """Tables by number of objects, ascending; `names` are the categories in the order of their ids.

    Left out are pictures that show a category which is not among `names`.
    """
    ids = {name: i for i, name in enumerate(names)}
    by_count: dict[int, list[int]] = {}
    for row, picture in enumerate(pictures):
        if picture.objects and all(shown.category in ids for shown in picture.objects):
            by_count.setdefault(len(picture.objects), []).append(row)
    return {n: _table(pictures, np.array(rows, dtype=np.int64), ids, n) for n, rows in sorted(by_count.items())}


def _table(pictures: Sequence[Picture], rows: np.ndarray, ids: Mapping[str, int], n: int) -> PictureTable:
    shown = [pictures[row].objects for row in rows]

    def column(name: str, kind: type) -> np.ndarray:
        return np.array([[getattr(o, name) for o in objects] for objects in shown], dtype=kind).reshape(len(rows), n)

    return PictureTable(
        rows=rows,
        clusters=np.array([pictures[row].cluster for row in rows], dtype=np.int64),
        objects=np.array([[ids[o.category] for o in objects] for objects in shown], dtype=np.int64).reshape(-1, n),
        areas=column("area", float),
        centrality=column("centrality", float),
        contrasts=column("contrast", float),
        instances=column("instances", int),
        slots=column("slot", str),
        size_levels=column("size_level", str),
        roles=column("role", str),
        factors=tuple(pictures[row].factors for row in rows),
    )
