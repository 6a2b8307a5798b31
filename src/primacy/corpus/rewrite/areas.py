"""Areas to order captions by: of each image, or typical ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from primacy.corpus.tables import MEASURES
from primacy.errors import CorpusError


class ImageAreas:
    """Areas of categories in images."""

    def __init__(self, table: pl.DataFrame, categories: tuple[str, ...], measure: str) -> None:
        """Take `measure` of a `table` of schema `tables.AREAS` that is unique by image and category.

        Raises:
            CorpusError: it has no area above 0 by this measure.
        """
        kind = pl.Enum(categories)
        self._known = table.select(
            "image_id", code=pl.col("category").cast(kind).to_physical().cast(pl.Int64), area=pl.col(measure)
        ).filter(pl.col("area") > 0)
        _need(len(self._known), measure)

    def look_up(self, images: pa.Array, categories: NDArray[np.int64]) -> NDArray[np.float64]:
        """Area of each category (M,) in each image (M,), NaN where it is not known."""
        asked = pl.DataFrame({"image_id": pl.Series(values=images, dtype=pl.String), "code": categories})
        found = asked.join(self._known, on=["image_id", "code"], how="left", maintain_order="left")
        return found.get_column("area").fill_null(float("nan")).to_numpy()


class TypicalAreas:
    """One area for each category, whatever the image."""

    def __init__(self, sizes: pl.DataFrame, categories: tuple[str, ...], measure: str) -> None:
        """Take `measure` of `sizes` of schema `areas.typical.TYPICAL`.

        Raises:
            CorpusError: there is none by this measure.
        """
        known = dict(sizes.select("category", measure).drop_nulls().iter_rows())
        _need(len(known), measure)
        self._areas = np.array([known.get(name, np.nan) for name in categories], dtype=np.float64)

    def look_up(self, images: pa.Array, categories: NDArray[np.int64]) -> NDArray[np.float64]:
        """Area of each category (M,), NaN where it is not known."""
        return self._areas[categories]


def _need(count: int, measure: str) -> None:
    if not count:
        raise CorpusError(
            f"there is no area by the measure {measure!r}", hint=f"Try another: --measure {' or '.join(MEASURES)}."
        )
