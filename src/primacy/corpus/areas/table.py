"""The table of areas that every source of them ends in."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl


class Areas(NamedTuple):
    """Areas of categories in images.

    `table` of schema `primacy.corpus.tables.AREAS`, unique by image and category, in the order in which the source
    lists images and then in that of the vocabulary's categories. `images`: ids (pl.String) of all images that the
    source lists, also of those where nothing stands.
    """

    table: pl.DataFrame
    images: pl.Series
