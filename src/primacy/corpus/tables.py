"""The tables that the parts of a corpus meet in; as parquet files they are public formats (docs/corpus.md).

Ids are text everywhere (COCO's integers as digits), so that files of different makers can be joined.
"""

from __future__ import annotations

import polars as pl

MENTIONS = pl.Schema(
    {
        "caption_id": pl.String(),
        "image_id": pl.String(),
        "source": pl.String(),
        "n_words": pl.Int32(),
        "censored": pl.Boolean(),
        "categories": pl.List(pl.String()),
        "words": pl.List(pl.Int32()),
        "surfaces": pl.List(pl.String()),
    }
)
"""A row a caption, in the order of the corpus.

`image_id`: the caption's own id where the corpus names no image. `source`: what the corpus says it comes from, else
the file's name. `censored`: the list of its objects is known to be cut short. `categories`: each mentioned category
once, in the order of first mention; `words`: the place of that mention's first word in the caption, from 1; `surfaces`:
its words in lower case, single spaces between them.
"""

AREAS = pl.Schema(
    {
        "image_id": pl.String(),
        "category": pl.String(),
        "union": pl.Float64(),
        "largest": pl.Float64(),
        "sum": pl.Float64(),
        "instances": pl.Int32(),
        "centrality": pl.Float64(),
        "crowd": pl.Boolean(),
        "kind": pl.String(),
    }
)
"""A row an image and category that stands in it.

Areas are shares of the image: of the union of the category's instances, of the largest instance, and their sum (which
may exceed 1); null where not known, one of them always is known. `instances`: how many, a crowd region being one.
`centrality`: 1 for a centroid (of the union) in the middle of the image, 0 in its corner: 1 - distance / half the
diagonal, in a square image of side 1 (x and y in fractions); null where not known. `crowd`: any of it is a crowd
region. `kind`: "mask", "box", "detected box", "detected mask" or "typical". In a file, a row of an image whose category
is null says that nothing stands in it.
"""

MEASURES = ("union", "largest", "sum")
