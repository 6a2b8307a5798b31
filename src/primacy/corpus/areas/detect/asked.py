"""What each image is asked for: all categories, or those that its captions mention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from primacy.corpus.areas.columns import read_columns
from primacy.corpus.faults import Faults
from primacy.corpus.tables import MENTIONS

_READ = pl.Schema({name: MENTIONS[name] for name in ("image_id", "categories")})
Asked = Mapping[str, tuple[int, ...]]


def read_asked(path: Path, names: Sequence[str], faults: Faults) -> Asked:
    """Of a file of mentions, the categories that the captions of each image mention, as ascending indices into `names`.

    They are not in the order of mention, so that what a prompt says first is not what a caption says first.

    Args:
        path: a parquet file as `primacy corpus mentions` writes it.
        names: of all categories.
        faults: categories that are not among `names` are added.

    Raises:
        UsageError: it cannot be read.
        CorpusError: it has other columns.
    """
    table = read_columns(path, _READ, "a table of mentions, as `primacy corpus mentions` writes it")
    rows = table.explode("categories", empty_as_null=False).drop_nulls().unique()
    index = {name: k for k, name in enumerate(names)}
    unknown = rows.get_column("categories").unique().sort().to_list()
    strange = [name for name in unknown if name not in index]
    faults.add("mentioned categories that the vocabulary does not know (left out)", strange)
    known = rows.filter(pl.col("categories").is_in(list(index)))
    grouped = known.group_by("image_id").agg(pl.col("categories"))
    return {image: tuple(sorted(index[name] for name in found)) for image, found in grouped.iter_rows()}
