"""The tables of a corpus analysis by number of objects, by level of drift, and of two measurements of area."""

from __future__ import annotations

from primacy.report import numbers
from primacy.report.corpus_cells import Cell, Row, Table, counted
from primacy.report.corpus_words import CORRELATION, ODDS, PERCENT, POINTS, slice_title
from primacy.results.corpus import CorpusResult


def count_table(result: CorpusResult, width: int = 36) -> Table:
    """Whether the largest object comes first, by slice and number of objects.

    Args:
        result: the analysis.
        width: letters that the name of the set-aside category may take.
    """
    rows = tuple(
        Row(
            (slice_title(found.slice, result.spec.set_aside, width), f"{found.n_objects}"),
            (
                counted(found.n_captions, found.n_images),
                Cell(found.largest_first),
                Cell(PERCENT.write(found.chance)),
                Cell(f"{found.n_predicted:,}"),
                Cell(found.category_only),
                Cell(found.beyond_category, POINTS),
                Cell(found.kendall, CORRELATION),
            ),
        )
        for found in result.by_count
    )
    return Table(
        "Largest object first",
        "captions that name their largest object first, in %; of those that could be predicted, what the categories"
        " alone lead one to expect, and the observed share of the same captions beyond it, in points",
        ("slice", "objects"),
        (
            "captions\n/ images",
            "largest\nfirst",
            "chance",
            "predicted",
            "category\nonly",
            "beyond\ncategory",
            "Kendall",
        ),
        rows,
        grouped=True,
    )


def rank_table(result: CorpusResult) -> Table:
    """Both rank correlations."""
    rows = tuple(
        Row(
            (slice_title(found.slice, result.spec.set_aside), f"{found.n_objects}"),
            (
                Cell(f"{found.n_captions:,}"),
                Cell(found.kendall, CORRELATION),
                Cell(found.spearman, CORRELATION),
            ),
        )
        for found in result.by_count
    )
    return Table(
        "Rank correlations",
        "of place of mention and area, averaged over captions; positive where the larger comes first",
        ("slice", "objects"),
        ("captions", "Kendall", "Spearman"),
        rows,
        grouped=True,
    )


def place_table(result: CorpusResult) -> Table:
    """The largest object and the share of area in each place of mention."""
    most = max((len(found.largest_at) for found in result.by_count), default=0)
    rows = []
    for found in result.by_count:
        name = slice_title(found.slice, result.spec.set_aside)
        for what, values in (("largest is there", found.largest_at), ("mean share of area", found.share_at)):
            cells = [Cell(value) for value in values] + [Cell(numbers.DASH)] * (most - len(values))
            rows.append(Row((name, f"{found.n_objects}", what), (Cell(f"{found.n_captions:,}"), *cells)))
    return Table(
        "Places of mention",
        "in %: captions whose largest object stands in each place, and the mean share of the mentioned objects\u2019"
        " area that stands there",
        ("slice", "objects", ""),
        ("captions", *(f"place {place}" for place in range(1, most + 1))),
        tuple(rows),
        grouped=True,
    )


def drift_table(result: CorpusResult) -> Table:
    """Pairs by length of the caption and by source."""
    rows = tuple(
        Row(
            (found.by, found.level),
            (
                counted(found.n_pairs, found.n_images),
                Cell(found.larger_first),
                Cell(found.within_part, POINTS),
                Cell(found.odds_ratio, ODDS),
            ),
        )
        for found in result.drift
    )
    return Table(
        "Drift",
        "pairs of mentions with the larger first, in %; within part in points; Mantel-Haenszel odds ratio",
        ("by", "level"),
        ("pairs\n/ images", "larger first", "within part", "odds ratio"),
        rows,
        grouped=True,
    )


def agreement_table(result: CorpusResult) -> Table | None:
    """One measurement of area against another; None where only one was given."""
    found = result.agreement
    if found is None:
        return None
    lines: tuple[tuple[str, Cell, Cell], ...] = (
        ("larger first, %", Cell(found.larger_first), Cell(found.other_larger_first)),
        ("odds ratio", Cell(found.odds_ratio, ODDS), Cell(found.other_odds_ratio, ODDS)),
        ("same one larger, %", Cell(found.same_larger), Cell("")),
        ("correlation of log areas", Cell(found.log_correlation, CORRELATION), Cell("")),
    )
    return Table(
        "Agreement of two measurements",
        f"areas against those of {numbers.printable(found.other)}, where both are known: {found.n_pairs:,} pairs of"
        f" mentions, {found.n_objects:,} objects in {found.n_images:,} images",
        ("",),
        ("as analysed", "other"),
        tuple(Row((name,), (own, other)) for name, own, other in lines),
    )
