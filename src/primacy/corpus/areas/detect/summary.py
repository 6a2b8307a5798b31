"""What detection found, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from primacy.corpus.areas.detect.parts import Part


class CategoryCount(NamedTuple):
    """A category, the `images` that it was found in, how many `instances`, and the median of its `union` areas."""

    category: str
    images: int
    instances: int
    median_area: float


class Summary(NamedTuple):
    """Of `images`, `asked` were asked for something and `found` show something; `categories` by falling images."""

    images: int
    asked: int
    found: int
    categories: tuple[CategoryCount, ...]


def summarise(parts: Sequence[Part], table: pl.DataFrame) -> Summary:
    """Counts of `table` (`tables.AREAS`), which was found in the images of `parts`."""
    standing = table.filter(pl.col("category").is_not_null())
    counts = (
        standing.group_by("category", maintain_order=True)
        .agg(pl.len().alias("images"), pl.col("instances").sum(), pl.col("union").median())
        .sort("images", "category", descending=[True, False])
    )
    return Summary(
        images=sum(len(part.images) for part in parts),
        asked=sum(bool(asked) for part in parts for asked in part.asked),
        found=standing.get_column("image_id").n_unique(),
        categories=tuple(CategoryCount(*row) for row in counts.iter_rows()),
    )
