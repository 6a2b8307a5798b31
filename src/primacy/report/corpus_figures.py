"""The figures of a corpus analysis: what each shows, on which scale, and what is to be seen."""

from __future__ import annotations

from typing import NamedTuple

from primacy.report import corpus_seen as seen
from primacy.report import corpus_words as words
from primacy.report import numbers
from primacy.report.corpus_marks import Look, Mark, Place, Row
from primacy.report.corpus_pair_tables import beyond_half
from primacy.report.corpus_plots import Plot, Told, level_plot, row_plot, scale_of, share_top
from primacy.results.corpus import CategoryPair, CorpusResult, OrderByCount
from primacy.results.record import Value

FOREST_PAIRS = 25
"""Category pairs that are drawn; the table holds all."""
_MOST_LEVELS = 25
_MOST_PLACES = 4
_MOST_OBJECTS = 8
_LONGEST = 30  # letters of a row's label


class CorpusFigure(NamedTuple):
    """Plots on one scale that share a legend; `chance` is what the dashed line is called."""

    name: str
    title: str
    legend: tuple[tuple[Look, str], ...]
    chance: str
    plots: tuple[Plot, ...]


def corpus_figures(result: CorpusResult) -> dict[str, CorpusFigure]:
    """The figures that the result has numbers for, by name."""
    found = (_largest_first(result), _places(result), _split(result), _forest(result), _drift(result))
    return {figure.name: figure for figure in found if figure is not None}


def _largest_first(result: CorpusResult) -> CorpusFigure | None:
    found = [row for row in result.by_count if row.n_objects <= _MOST_OBJECTS]
    if not found:
        return None
    top = share_top([v for row in found for v in (row.largest_first, row.category_only)], [row.chance for row in found])
    numbers_of_objects = sorted({row.n_objects for row in found})
    ends = len(numbers_of_objects) - 1, top
    plots = []
    for name in dict.fromkeys(row.slice for row in found):
        own = [row for row in found if row.slice == name]
        places = [
            Place(numbers_of_objects.index(row.n_objects), f"{row.n_objects}",
                  (Mark("own", row.largest_first), Mark("whole", _observed_where_predicted(row)),
                   Mark("hollow", row.category_only)), row.chance)
            for row in own
        ]  # fmt: skip
        told = [
            f"{row.n_objects} objects: {words.spelt(row.largest_first, words.PERCENT)} %, from the categories alone"
            f" {words.spelt(row.category_only, words.PERCENT)} % ({row.n_predicted:,} captions),"
            f" chance {words.PERCENT.write(row.chance)} %"
            for row in own
        ]
        title = words.capital(words.slice_title(name, result.spec.set_aside, 24))
        counted = f"{title}: {sum(row.n_captions for row in own):,} captions"
        plots.append(level_plot(Told(counted, seen.of_counts(own), told), places, ends, "objects mentioned"))
    legend: tuple[tuple[Look, str], ...] = (("own", "observed"),)
    if any(row.category_only.value is not None for row in found):
        legend += (
            ("whole", "observed where it can be predicted"),
            ("hollow", "expected there from the categories alone"),
        )
    return CorpusFigure(
        "largest-first", "Largest object first, by number of objects mentioned, %", legend, "chance, 1/n", tuple(plots)
    )


def _observed_where_predicted(found: OrderByCount) -> Value:
    """The observed share of the captions that `category_only` is about, without an interval of its own."""
    expected, beyond = found.category_only.value, found.beyond_category.value
    share = None if expected is None or beyond is None else expected + beyond
    return Value(value=share, ci_low=None, ci_high=None)


def _places(result: CorpusResult) -> CorpusFigure | None:
    found = [row for row in result.by_count if row.slice == "all" and row.n_objects <= _MOST_PLACES]
    if not found:
        return None
    top = share_top([v for row in found for v in (*row.share_at, *row.largest_at)], [row.chance for row in found])
    counted = f"{sum(row.n_captions for row in found):,} captions"
    plots = []
    for title, attribute, said in (
        ("Mean share of the area", "share_at", seen.of_shares(found)),
        ("Captions whose largest is there", "largest_at", seen.of_largest(found)),
    ):
        places: list[Place] = []
        told = []
        for group, row in enumerate(found):
            values: tuple[Value, ...] = getattr(row, attribute)
            start = len(places) + 0.8 * group
            places += [
                Place(start + k, f"{k + 1}", (Mark("own", value),), row.chance, f"{row.n_objects} objects")
                for k, value in enumerate(values)
            ]
            shares = ", ".join(f"{words.PERCENT.write(value.value)} %" for value in values)
            told.append(f"{row.n_objects} objects: {shares}")
        plots.append(
            level_plot(Told(f"{title}: {counted}", said, told), places, (places[-1].x, top), "place of mention")
        )
    return CorpusFigure("places", "Size by place of mention, %", (("own", "observed"),), "chance, 1/n", tuple(plots))


def _split(result: CorpusResult) -> CorpusFigure | None:
    found = result.pairs
    excesses = [beyond_half(row.predicted_larger_first) for row in found]
    titles = [words.slice_title(row.slice, result.spec.set_aside, 12) for row in found]
    if all(row.within_part.value is None for row in found):
        return None
    rows = [
        Row(title, (Mark("whole", excess), Mark("hollow", row.category_part), Mark("own", row.within_part)),
            f"{row.n_predicted:,}")
        for title, excess, row in zip(titles, excesses, found, strict=True)
    ]  # fmt: skip
    told = [
        f"{title}: excess {words.spelt(excess, words.POINTS)} points, category part"
        f" {words.spelt(row.category_part, words.POINTS)}, within part {words.spelt(row.within_part, words.POINTS)}"
        for title, excess, row in zip(titles, excesses, found, strict=True)
    ]
    said = Told("The excess over one half and its parts, by slice", seen.of_split(found, excesses, titles), told)
    plot = row_plot(said, rows, scale_of(rows))
    legend: tuple[tuple[Look, str], ...] = (
        ("whole", "excess over one half"), ("hollow", "category part"), ("own", "within part"),
    )  # fmt: skip
    return CorpusFigure("split", "Larger of two first: what the excess is made of, points", legend, "chance", (plot,))


def _forest(result: CorpusResult) -> CorpusFigure | None:
    common = result.category_pairs[:FOREST_PAIRS]
    if all(pair.effect.value is None for pair in common):
        return None
    shown = {f"The {len(common)} commonest category pairs": common}
    apart = result.spec.set_aside
    others = tuple(pair for pair in result.category_pairs if apart not in (pair.first, pair.second))[:FOREST_PAIRS]
    if apart and others and len(others) < len(result.category_pairs):
        shown[f"The {len(others)} commonest without {numbers.shortened(numbers.printable(apart), 14)}"] = others
    rows = {title: [_pair_row(pair) for pair in own] for title, own in shown.items()}
    scale = scale_of([row for own in rows.values() for row in own])
    plots = []
    for title, own in shown.items():
        counted = f"{title}: {sum(pair.n_pairs for pair in own):,} pairs"
        told = [f"{pair.first}, {pair.second}: {words.spelt(pair.effect, words.POINTS)}" for pair in own]
        plots.append(row_plot(Told(counted, seen.of_forest(own), told), rows[title], scale))
    legend: tuple[tuple[Look, str], ...] = (("own", "first where larger minus first where smaller"),)
    title = "Effect of size within category pairs, points"
    return CorpusFigure("pairs", title, legend, "size makes no difference", tuple(plots))


def _pair_row(pair: CategoryPair) -> Row:
    name = ", ".join(numbers.shortened(numbers.printable(name), 14) for name in (pair.first, pair.second))
    return Row(name, (Mark("own", pair.effect),), f"{pair.n_pairs:,}")


def _drift(result: CorpusResult) -> CorpusFigure | None:
    if not result.drift:
        return None
    groups = {by: [row for row in result.drift if row.by == by] for by in dict.fromkeys(r.by for r in result.drift)}
    drawn = {
        by: [
            Row(
                numbers.shortened(numbers.printable(row.level), _LONGEST),
                (Mark("whole", beyond_half(row.larger_first)), Mark("own", row.within_part)),
                f"{row.n_pairs:,}",
            )
            for row in own[:_MOST_LEVELS]
        ]
        for by, own in groups.items()
    }
    scale = scale_of([row for rows in drawn.values() for row in rows])
    plots = []
    for by, own in groups.items():
        told = [
            f"{row.level}: excess {words.spelt(beyond_half(row.larger_first), words.POINTS)} points, within part"
            f" {words.spelt(row.within_part, words.POINTS)}"
            for row in own[:_MOST_LEVELS]
        ]
        cut = f", {_MOST_LEVELS} of {len(own)} levels" if len(own) > _MOST_LEVELS else ""
        counted = f"By {by}: {sum(row.n_pairs for row in own):,} pairs{cut}"
        plots.append(row_plot(Told(counted, seen.of_drift(own), told), drawn[by], scale))
    legend: tuple[tuple[Look, str], ...] = (("whole", "excess over one half"), ("own", "within part"))
    return CorpusFigure("drift", f"Drift by {words.listed(list(groups))}, points", legend, "chance", tuple(plots))
