"""One pass over a corpus's mentions: the captions that order can be read from, and counts of all the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from primacy.corpus.faults import Faults
from primacy.corpus.tables import MENTIONS
from primacy.corpus.tally import Tally
from primacy.errors import CorpusError

USED = ("image_id", "source", "n_words", "censored", "categories")
"""Columns of `tables.MENTIONS` that an analysis reads."""

_EXAMPLES = 3


@dataclass
class Gathered:
    """What is kept of a corpus: memory grows with the captions that mention two categories, not with all.

    `tally`: counts of all captions; `two`: rows (of `USED`) of captions that mention at least two categories and whose
    list is not cut short. With `images`, the ids of all images that areas are known of: `captioned` (one flag each),
    `strangers`, captions of other images, and the first few of their images.
    """

    images: pl.Series | None = None
    tally: Tally = field(default_factory=Tally)
    strangers: int = 0
    some: list[str] = field(default_factory=list)
    _kept: list[pl.DataFrame] = field(default_factory=list)
    _captioned: list[pl.Series] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        """Take in some rows (of `USED`)."""
        self.tally.add(table)
        rows = pl.DataFrame(table).cast({name: MENTIONS[name] for name in USED})
        if self.images is not None:
            known = rows.get_column("image_id").is_in(self.images.implode())
            self.strangers += int((~known).sum())
            self.some += rows.get_column("image_id").filter(~known).head(_EXAMPLES - len(self.some)).to_list()
            self._captioned.append(rows.get_column("image_id").filter(known).unique())
        self._kept.append(rows.filter((pl.col("categories").list.len() >= 2) & ~pl.col("censored")))

    @property
    def two(self) -> pl.DataFrame:
        """The rows that are kept, in the order of the corpus."""
        empty = pl.DataFrame(schema={name: MENTIONS[name] for name in USED})
        return pl.concat([empty, *self._kept])

    def unmatched(self, faults: Faults) -> None:
        """Add captions of images that no areas are known of, and images that no caption is of, to `faults`.

        Raises:
            CorpusError: no caption is of an image that areas are known of.
        """
        if self.images is None:
            return
        if self.strangers and self.strangers == self.tally.captions:
            there = f"there the first is {self.images[0]!r}" if len(self.images) else "they list none"
            raise CorpusError(
                f"the areas are of none of the captions' images: the first caption's is {self.some[0]!r}, {there}",
                hint="Both must use the same ids; --image-column says which column of the captions holds them.",
            )
        faults.add("captions of images without areas (left out)", self.some, count=self.strangers)
        seen = pl.concat(self._captioned).unique() if self._captioned else pl.Series(dtype=pl.String)
        alone = self.images.filter(~self.images.is_in(seen.implode()))
        faults.add("images with areas and no caption (left out)", alone.head(_EXAMPLES).to_list(), count=len(alone))


def gather(tables: Iterable[pa.Table], images: pl.Series | None) -> Gathered:
    """Read all mentions once; `images` are ids of those that areas are known of, None where no image counts."""
    found = Gathered(images)
    for table in tables:
        found.add(table)
    return found
