"""What a design of scenes has to know of the objects: their silhouettes from eight sides, and who belongs to which
category. No picture and no mesh is needed to lay out a scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from primacy.errors import DesignError

N_VIEWS = 8


@dataclass(frozen=True, slots=True)
class Silhouette:
    """One view of an object. `width` and `height` of its bounding box in any unit, `fill`: share of the box covered."""

    width: float
    height: float
    fill: float


@dataclass(frozen=True)
class Shapes:
    """The objects that a design may use.

    `silhouettes[asset][k]` is the object at yaw 45 k degrees. `categories` gives the assets of each category, in the
    order in which designs deal them. `tintable` assets take a colour. `sizes_m`: real longest extents in metres, where
    they are known.

    Raises:
        DesignError: not eight views, a size or fill that no silhouette has, or a category without a known asset.
    """

    silhouettes: Mapping[str, Sequence[Silhouette]]
    categories: Mapping[str, Sequence[str]]
    tintable: frozenset[str] = frozenset()
    sizes_m: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for asset, views in self.silhouettes.items():
            if len(views) != N_VIEWS:
                raise DesignError(f"{asset} has {len(views)} views, expected {N_VIEWS}")
            for view in views:
                if not (0 < view.width < np.inf and 0 < view.height < np.inf and 0 < view.fill <= 1):
                    raise DesignError(
                        f"{asset} has a silhouette {view.width} wide, {view.height} high that fills {view.fill} of its"
                        " box; expected sizes above 0 and a fill above 0, at most 1"
                    )
        for asset, extent in self.sizes_m.items():
            if not 0 < extent < np.inf:
                raise DesignError(f"{asset} is {extent} m large, expected more than 0")
        for category, assets in self.categories.items():
            if not assets:
                raise DesignError(f"category {category!r} has no object")
            for asset in assets:
                if asset not in self.silhouettes:
                    raise DesignError(f"category {category!r} names {asset!r}, which has no silhouette")


def from_library(library: Any) -> Shapes:
    """The shapes of a sprite library: anything whose `sprites` have `asset`, `category`, `views`, `tintable` and
    `size_m`.

    Raises:
        DesignError: a sprite's views are unusable.
    """
    categories: dict[str, list[str]] = {}
    for sprite in library.sprites:
        categories.setdefault(sprite.category, []).append(sprite.asset)
    return Shapes(
        {s.asset: tuple(s.views) for s in library.sprites},
        {category: tuple(assets) for category, assets in categories.items()},
        frozenset(s.asset for s in library.sprites if s.tintable),
        {s.asset: s.size_m for s in library.sprites},
    )


def box_units(views: Sequence[Sequence[Silhouette]]) -> np.ndarray:
    """Bounding boxes of silhouettes that cover an area of 1.

    Args:
        views: eight silhouettes of each of A assets.

    Returns:
        float64 (A, 8, 2): width and height; those of a silhouette of area a are sqrt(a) times as large.
    """
    table = np.array([[(v.width, v.height, v.fill) for v in asset] for asset in views], dtype=np.float64)
    width, height, fill = np.moveaxis(table, -1, 0)
    return np.sqrt(np.stack([width / (height * fill), height / (width * fill)], axis=-1))
