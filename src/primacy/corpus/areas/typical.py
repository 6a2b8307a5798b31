"""Typical sizes: how large a category usually is, for captions whose images nobody has measured."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl

from primacy.corpus.areas.columns import has_columns, read_columns
from primacy.corpus.areas.names import WRONG_WORDS, KnownNames
from primacy.corpus.areas.read import read_areas
from primacy.corpus.cases import Joined, Measures, flattened, measured_cases
from primacy.corpus.faults import Faults
from primacy.corpus.tables import MEASURES
from primacy.errors import CorpusError
from primacy.files import atomic_path, os_errors_as

BUILTIN = "coco"
"""The name of the typical sizes that come with the package."""
TYPICAL = pl.Schema(
    {"category": pl.String, "union": pl.Float64, "largest": pl.Float64, "sum": pl.Float64, "images": pl.Int64}
)
"""A row a category: the median over images of each of its areas (shares of the image), null where not known, and
the number of images in which it stands with an area. A public format, as a parquet file."""


def typical_sizes(areas: pl.DataFrame) -> pl.DataFrame:
    """Typical sizes, of schema `TYPICAL`, of the categories of an areas table (`primacy.corpus.tables.AREAS`).

    The median of each measure over the images in which the category stands; areas of 0 and null are left out.
    Categories are in the order in which the table first has them.
    """
    positive = areas.with_columns(pl.when(pl.col(name) > 0).then(pl.col(name)).alias(name) for name in MEASURES)
    known = positive.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in MEASURES))
    return (
        known.group_by("category", maintain_order=True)
        .agg(*(pl.col(name).median() for name in MEASURES), pl.len().cast(pl.Int64).alias("images"))
        .select(*TYPICAL.names())
    )


def write_typical(sizes: pl.DataFrame, path: Path) -> None:
    """Write typical sizes as parquet, whole or not at all.

    Raises:
        CorpusError: they cannot be written.
    """
    with os_errors_as(CorpusError, f"cannot write {path}"), atomic_path(path) as temporary:
        sizes.select(*TYPICAL.names()).write_parquet(temporary)


def read_typical(source: str | Path, categories: tuple[str, ...], faults: Faults) -> pl.DataFrame:
    """Typical sizes of the vocabulary's `categories`.

    Args:
        source: "coco" (boxes of COCO's val2017), a parquet file of schema `TYPICAL`, or any file of areas
            (`primacy.corpus.areas.read`), of which they are then computed.
        categories: the vocabulary's names.
        faults: categories that the vocabulary does not know, and what is wrong with areas, are counted here.

    Raises:
        UsageError: unreadable, or of none of these forms.
        CorpusError: columns are missing, a category is listed twice, a size cannot be one, or no category is known.
    """
    if str(source) == BUILTIN:
        return _of_vocabulary(BUILTIN, _builtin(), categories, Faults())
    path = Path(source)
    if not has_columns(path, ("category", "images")):
        return typical_sizes(read_areas(path, categories, faults).table)
    sizes = read_columns(path, TYPICAL, "typical sizes")
    shares = (pl.col(name).is_null() | ((pl.col(name) > 0) & (pl.col(name) <= 1)) for name in ("union", "largest"))
    total = pl.col("sum").is_null() | ((pl.col("sum") > 0) & pl.col("sum").is_finite())
    strange = sizes.with_row_index("row").filter(pl.col("category").is_null() | ~pl.all_horizontal(*shares, total))
    if len(strange):
        raise CorpusError(
            f"{path.name}: row {strange['row'][0]} has no category, or sizes that cannot be",
            hint="Sizes are shares of an image, above 0.",
        )
    return _of_vocabulary(path.name, sizes, categories, faults)


def _builtin() -> pl.DataFrame:
    text = (resources.files(__package__) / "data" / "typical_coco.csv").read_bytes()
    return pl.read_csv(text, schema=TYPICAL, comment_prefix="#")


def _of_vocabulary(name: str, sizes: pl.DataFrame, categories: tuple[str, ...], faults: Faults) -> pl.DataFrame:
    names = KnownNames(categories, faults)
    codes = [names.index(category) for category in sizes.get_column("category")]
    own = [None if code is None else categories[code] for code in codes]
    sizes = sizes.with_columns(category=pl.Series(own, dtype=pl.String)).filter(pl.col("category").is_not_null())
    if sizes.is_empty():
        raise CorpusError(f"the typical sizes of {name} are of no category of the vocabulary", hint=WRONG_WORDS)
    twice = sizes.filter(~pl.col("category").is_first_distinct())
    if len(twice):
        raise CorpusError(f"{name} has two typical sizes of {twice['category'][0]!r}")
    return sizes


def join_typical(
    mentions: pl.DataFrame, sizes: pl.DataFrame, categories: tuple[str, ...], *, measure: str, set_aside: str = ""
) -> Joined:
    """Cases of a mentions table, each mention having the typical size of its category (`primacy.corpus.cases.join`).

    Nothing is known of the images: centrality is NaN, instances are 1, and `Cases.present` says whether any
    caption of an image mentions the category set aside.

    Args:
        mentions: a row a caption, none censored.
        sizes: of schema `TYPICAL`.
        categories: the vocabulary's names; mentions and sizes of others are not allowed.
        measure: union, largest or sum.
        set_aside: category that `Cases.present` and `Cases.names_it` are about.

    Raises:
        CorpusError: no category has a size by this measure, or there are mentions of other categories.
    """
    by_category = np.full(len(categories), np.nan)
    known = sizes.filter(pl.col(measure).is_not_null())
    if known.is_empty():
        raise CorpusError(f"no category has a typical size by the measure {measure!r}", hint=f"Others: {MEASURES}.")
    by_category[[categories.index(name) for name in known.get_column("category")]] = known.get_column(measure)
    said = flattened(mentions, categories)
    areas = by_category[said.category]
    measures = Measures(areas, np.full(len(areas), np.nan), np.ones(len(areas), dtype=np.int64))
    mentioning = mentions.filter(pl.col("categories").list.contains(set_aside)).get_column("image_id")
    return measured_cases(said, measures, mentioning, set_aside=set_aside, typical=True)
