"""Cases: captions of which at least two mentioned categories have an area in their image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from primacy.corpus.tables import MEASURES
from primacy.errors import CorpusError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cases:
    """N captions with M measured mentions in all, those of caption i at `starts[i]:starts[i + 1]`, in mention order.

    By caption: `image` (N,) index into the images, ascending with the first caption of each; `source` (N,) index into
    `sources`; `n_words` (N,). By mention: `category` (M,) index into `categories`; `area` (M,) above 0; `centrality`
    (M,), NaN where not known; `instances` (M,). `images` (I,): their ids. `present` (I,): whether the category to be
    set aside stands in the image; `names_it` (N,): whether the caption mentions it, measured or not. `typical`: areas
    are typical of the categories, and nothing is known of the images.
    """

    categories: tuple[str, ...]
    sources: tuple[str, ...]
    images: tuple[str, ...]
    present: NDArray[np.bool_]
    image: Ints
    source: Ints
    n_words: Ints
    names_it: NDArray[np.bool_]
    starts: Ints
    category: Ints
    area: Floats
    centrality: Floats
    instances: Ints
    typical: bool = False

    @property
    def counts(self) -> Ints:
        """Measured mentions of each caption, (N,)."""
        return np.diff(self.starts)

    def __len__(self) -> int:
        return len(self.image)

    def of_captions(self, keep: NDArray[np.bool_]) -> Cases:
        """The captions where `keep` (N,) holds; images keep their indices."""
        return self._kept(keep, np.repeat(keep, self.counts))

    def without(self, category: str) -> Cases:
        """`category` struck from every list; captions with fewer than two mentions left fall away."""
        mention = self.category != (self.categories.index(category) if category in self.categories else -1)
        left = np.add.reduceat(mention, self.starts[:-1]) if len(self) else np.zeros(0, dtype=np.int64)
        caption = left >= 2
        return self._kept(caption, mention & np.repeat(caption, self.counts))

    def _kept(self, caption: NDArray[np.bool_], mention: NDArray[np.bool_]) -> Cases:
        owner = np.repeat(np.arange(len(self)), self.counts)[mention]
        counts = np.bincount(owner, minlength=len(self))[caption]
        return Cases(
            self.categories, self.sources, self.images, self.present,
            self.image[caption], self.source[caption], self.n_words[caption], self.names_it[caption],
            np.concatenate([[0], np.cumsum(counts)]),
            self.category[mention], self.area[mention], self.centrality[mention], self.instances[mention],
            self.typical,
        )  # fmt: skip


class Joined(NamedTuple):
    """Cases and what fell away: `n_mentions` in the captions that were joined, `n_measured` of them with an area."""

    cases: Cases
    n_mentions: int
    n_measured: int


class Mentions(NamedTuple):
    """All M mentions of a mentions table: `caption` (M,) its row there, `category` (M,) index into `categories`."""

    table: pl.DataFrame
    categories: tuple[str, ...]
    caption: Ints
    category: Ints


class Measures(NamedTuple):
    """What is known of each of M mentions: `area` (M,), not above 0 or NaN where not measured; `centrality` (M,), NaN
    where not known; `instances` (M,)."""

    area: Floats
    centrality: Floats
    instances: Ints


def join(
    mentions: pl.DataFrame, areas: pl.DataFrame, categories: tuple[str, ...], *, measure: str, set_aside: str = ""
) -> Joined:
    """Cases of a mentions table (without censored rows) and an areas table (`primacy.corpus.tables`).

    Args:
        mentions: a row a caption.
        areas: a row an image and category; unique. Areas of 0 and null count as not measured.
        categories: the vocabulary's names; mentions and areas of others are not allowed.
        measure: union, largest or sum.
        set_aside: category that `Cases.present` and `Cases.names_it` are about.

    Raises:
        CorpusError: no area is known by this measure, or there are mentions of other categories.
    """
    if len(areas) and areas.get_column(measure).null_count() == len(areas):
        others = [name for name in MEASURES if areas.get_column(name).count()]
        raise CorpusError(
            f"the areas have no {measure!r}", hint=f"Known of them: {', '.join(others)}. Choose with --measure."
        )
    said = flattened(mentions, categories)
    sizes = areas.filter(pl.col(measure) > 0)
    sizes = sizes.select(
        "image_id", pl.col(measure).alias("area"), "centrality", "instances",
        category=pl.Series(_category_codes(sizes.get_column("category"), categories)),
    )  # fmt: skip
    wanted = pl.DataFrame({"image_id": mentions.get_column("image_id").gather(said.caption), "category": said.category})
    found = wanted.join(sizes, on=["image_id", "category"], how="left", maintain_order="left")
    measures = Measures(
        found.get_column("area").fill_null(float("nan")).to_numpy(),
        found.get_column("centrality").fill_null(float("nan")).to_numpy(),
        found.get_column("instances").fill_null(1).cast(pl.Int64).to_numpy(),
    )
    present = areas.filter(pl.col("category") == set_aside).get_column("image_id")
    return measured_cases(said, measures, present, set_aside=set_aside)


def flattened(mentions: pl.DataFrame, categories: tuple[str, ...]) -> Mentions:
    """The mentions of a table one by one, in its order.

    Raises:
        CorpusError: one is of no category of the vocabulary.
    """
    lists = mentions.get_column("categories")
    counts = lists.list.len().to_numpy().astype(np.int64)
    names = lists.filter(lists.list.len() > 0).list.explode()
    return Mentions(mentions, categories, np.repeat(np.arange(len(counts)), counts), _category_codes(names, categories))


def measured_cases(
    said: Mentions, measures: Measures, present: pl.Series, *, set_aside: str, typical: bool = False
) -> Joined:
    """The captions with at least two measured mentions, as cases.

    Args:
        said: all mentions.
        measures: of each.
        present: ids of the images in which the category set aside stands.
        set_aside: its name.
        typical: whether `measures` are those of categories rather than of images.
    """
    measured = measures.area > 0
    counts = np.bincount(said.caption[measured], minlength=len(said.table))
    kept = counts >= 2
    mention = measured & kept[said.caption]
    captions = said.table.filter(pl.Series(kept))
    images = captions.get_column("image_id").unique(maintain_order=True)
    sources = captions.get_column("source").unique(maintain_order=True)
    cases = Cases(
        categories=said.categories,
        sources=tuple(sources),
        images=tuple(images),
        present=_codes(images, present.unique()) >= 0,
        image=_codes(captions.get_column("image_id"), images),
        source=_codes(captions.get_column("source"), sources),
        n_words=captions.get_column("n_words").to_numpy().astype(np.int64),
        names_it=captions.get_column("categories").list.contains(set_aside).to_numpy(),
        starts=np.concatenate([[0], np.cumsum(counts[kept])]).astype(np.int64),
        category=said.category[mention],
        area=measures.area[mention],
        centrality=measures.centrality[mention],
        instances=measures.instances[mention],
        typical=typical,
    )
    return Joined(cases, len(said.caption), int(measured.sum()))


def _category_codes(names: pl.Series, categories: tuple[str, ...]) -> Ints:
    codes = _codes(names, pl.Series(categories, dtype=pl.String))
    if (codes < 0).any():
        strange = names[int(np.argmax(codes < 0))]
        raise CorpusError(
            f"{strange!r} is no category of the vocabulary",
            hint="Extract the mentions again with this vocabulary, or choose the one that they were extracted with.",
        )
    return codes


def _codes(values: pl.Series, known: pl.Series) -> Ints:
    """Index of each of `values` in `known`, which are unique; -1 where it is not there."""
    table = known.alias("value").to_frame().with_row_index("code")
    found = values.alias("value").to_frame().join(table, on="value", how="left", maintain_order="left")
    return found.get_column("code").cast(pl.Int64).fill_null(-1).to_numpy()
