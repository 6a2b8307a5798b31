"""Areas from a file, whatever form they have: an official COCO instances file, or a table of areas."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from primacy.corpus.areas.columns import read_columns
from primacy.corpus.areas.instances import read_instances
from primacy.corpus.areas.names import WRONG_WORDS, KnownNames
from primacy.corpus.areas.table import Areas
from primacy.corpus.faults import Faults
from primacy.corpus.tables import AREAS, MEASURES
from primacy.errors import CorpusError, UsageError
from primacy.files import atomic_path, os_errors_as

_SHARES = ("union", "largest")
_KNOWN = ("instances", "crowd", "kind")


def read_areas(path: Path, categories: tuple[str, ...], faults: Faults) -> Areas:
    """Areas of the vocabulary's `categories` from `path`: a parquet file, else an official COCO instances file.

    A parquet file has the columns of `primacy.corpus.tables.AREAS` (others are ignored; ids may be integers). Areas
    and centrality may be null where not known. A row with an id and no category says that nothing stands in the
    image. What cannot be used is counted in `faults`, and the rest is read.

    Raises:
        UsageError: unreadable, or of neither form.
        CorpusError: columns are missing or of other types, no row can be used, or no category is in the vocabulary.
    """
    with os_errors_as(UsageError, f"cannot read {path}"), path.open("rb") as stream:
        begin = stream.read(4)
    parquet = begin == b"PAR1" or (not begin and path.suffix.lower() == ".parquet")
    return _read_table(path, categories, faults) if parquet else read_instances(path, categories, faults)


def write_areas(table: pl.DataFrame, path: Path) -> None:
    """Write a table of schema `primacy.corpus.tables.AREAS` as parquet, whole or not at all.

    Raises:
        CorpusError: it cannot be written.
    """
    with os_errors_as(CorpusError, f"cannot write {path}"), atomic_path(path) as temporary:
        table.select(*AREAS.names()).cast(AREAS).write_parquet(temporary)


def _read_table(path: Path, categories: tuple[str, ...], faults: Faults) -> Areas:
    found = read_columns(path, AREAS, "a table of areas").with_row_index("row")
    found = _without(found, pl.col("image_id").is_null(), "rows of areas without an image id (left out)", faults)
    images = found.get_column("image_id").unique(maintain_order=True)
    standing = found.filter(pl.col("category").is_not_null())
    known = _known(path, standing, categories, faults)
    usable = _without(known, ~_possible(), "rows of areas with values that cannot be (left out)", faults)
    if len(known) and usable.is_empty():
        raise CorpusError(
            f"{path.name}: none of its {len(known):,} rows can be used",
            hint="Areas are shares of the image, from 0 to 1; instances count from 1; crowd and kind are not null.",
        )
    first = pl.struct("image_id", "category").is_first_distinct()
    table = _without(usable, ~first, "rows of areas for an image and category that have one (left out)", faults)
    order = images.to_frame().with_row_index("place")
    table = table.join(order, on="image_id", how="left").sort("place", "code")
    return Areas(table.select(*AREAS.names()), images)


def _known(path: Path, rows: pl.DataFrame, categories: tuple[str, ...], faults: Faults) -> pl.DataFrame:
    """The rows whose category the vocabulary knows, by its own name, with its index there as `code`."""
    names = KnownNames(categories, faults)
    spelled = rows.get_column("category").unique(maintain_order=True)
    codes = [names.index(name) for name in spelled]
    if codes and all(code is None for code in codes):
        raise CorpusError(f"{path.name}: none of its {len(codes)} categories is in the vocabulary", hint=WRONG_WORDS)
    own = [None if code is None else categories[code] for code in codes]
    words = pl.DataFrame(
        {"category": spelled, "code": codes, "own": own}, {"category": pl.String, "code": pl.Int64, "own": pl.String}
    )
    return (
        rows.join(words, on="category", how="left", maintain_order="left")
        .filter(pl.col("code").is_not_null())
        .with_columns(category="own")
        .drop("own")
    )


def _possible() -> pl.Expr:
    shares = [pl.col(name).is_null() | pl.col(name).is_between(0, 1) for name in (*_SHARES, "centrality")]
    total = pl.col("sum").is_null() | (pl.col("sum").is_finite() & (pl.col("sum") >= 0))
    measured = pl.any_horizontal(pl.col(name).is_not_null() for name in MEASURES)
    known = [pl.col(name).is_not_null() for name in _KNOWN]
    return pl.all_horizontal(*shares, total, measured, *known, pl.col("instances") >= 1)


def _without(rows: pl.DataFrame, bad: pl.Expr, kind: str, faults: Faults) -> pl.DataFrame:
    """`rows` less those that are `bad`, which are counted."""
    judged = rows.with_columns(bad=bad)
    found = judged.filter("bad")
    examples = [f"row {row} ({image})" for row, image in found.select("row", "image_id").head(3).iter_rows()]
    faults.add(kind, examples, count=len(found))
    return judged.filter(~pl.col("bad")).drop("bad")
