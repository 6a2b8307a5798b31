"""The tables of pairs of mentions: larger first and its parts, odds, the permutation test, category pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from primacy.report import numbers
from primacy.report.corpus_cells import Cell, Row, Table, counted
from primacy.report.corpus_words import BITS, ODDS, POINTS, slice_title
from primacy.results.corpus import CorpusResult, LogitModel, PairOrder
from primacy.results.record import Value

_MODELS = {True: "alone", False: "with the others"}


def split_table(result: CorpusResult, width: int = 36) -> Table:
    """The excess of pairs with the larger first, and its parts."""
    return _by_slice(
        result,
        "Larger of two first",
        "pairs of mentions with the larger first, in %; its excess over one half on the pairs that could be predicted,"
        " and the parts of that, in points",
        ("pairs\n/ images", "larger first", "excess", "category part", "within part", "predicted"),
        lambda found: (
            counted(found.n_pairs, found.n_images), Cell(found.larger_first),
            Cell(beyond_half(found.predicted_larger_first), POINTS), Cell(found.category_part, POINTS),
            Cell(found.within_part, POINTS), Cell(f"{found.n_predicted:,}"),
        ),
        width,
    )  # fmt: skip


def odds_table(result: CorpusResult, width: int = 36) -> Table:
    """Odds ratios within category pairs: Mantel and Haenszel's, and every term of every model."""
    models = [model for found in result.pairs for model in found.models]
    terms = list(dict.fromkeys((len(m.terms) == 1, term.name, term.per) for m in models for term in m.terms))
    return _by_slice(
        result,
        "Odds within category pairs",
        "odds ratio of being mentioned first: for the larger (Mantel-Haenszel), then per unit of each term of the"
        " conditional logits",
        ("Mantel-Haenszel", *(f"{t}\nper {per}\n({_MODELS[alone]})" for alone, t, per in terms), "category\npairs"),
        lambda found: (
            Cell(found.odds_ratio, ODDS),
            *(Cell(_odds(found.models, term, alone=alone), ODDS) for alone, term, _ in terms),
            Cell(f"{found.n_strata:,}"),
        ),
        width,
    )  # fmt: skip


def logit_table(result: CorpusResult) -> Table:
    """Every term of every conditional logit, with what it was fitted to."""
    rows = tuple(
        Row(
            (slice_title(found.slice, result.spec.set_aside), model.name, f"{term.name} per {term.per}"),
            (
                Cell(term.odds_ratio, ODDS),
                Cell(numbers.p_value(term.p)),
                Cell(f"{model.n_pairs:,}"),
                Cell(f"{model.n_strata:,}"),
                Cell("yes" if model.converged else "no"),
            ),
        )
        for found in result.pairs
        for model in found.models
        for term in model.terms
    )
    return Table(
        "Conditional logits",
        "odds ratio of being mentioned first for each unit of a term, of two objects of the same two categories;"
        " category pairs are strata",
        ("slice", "model", "term"),
        ("odds ratio", "p", "pairs", "category\npairs", "converged"),
        rows,
        grouped=True,
    )


def permutation_table(result: CorpusResult, width: int = 36) -> Table:
    """The permutation test, and what order tells in bits."""
    return _by_slice(
        result,
        "Permutation test and order pressure",
        f"sizes permuted within category pairs {result.spec.permutations:,} times; bits that the order of two mentions"
        " tells about which is larger",
        ("z", "p", "bits, raw", "bits, within"),
        lambda found: (
            Cell(numbers.fixed(found.permutation.z, 2, signed=True)),
            Cell(numbers.p_value(found.permutation.p)),
            Cell(found.pressure.raw, BITS),
            Cell(found.pressure.within, BITS),
        ),
        width,
    )


def pair_table(result: CorpusResult) -> Table:
    """Every category pair of the result."""
    rows = tuple(
        Row(
            (found.first, found.second),
            (
                counted(found.n_pairs, found.n_images), Cell(found.first_first), Cell(found.first_larger),
                Cell(found.larger_first), Cell(found.effect, POINTS),
            ),
        )
        for found in result.category_pairs
    )  # fmt: skip
    return Table(
        "Category pairs",
        "in %: pairs with the first of the two categories mentioned first, with it the larger, and with the larger"
        " first; effect in points: mentioned first where it is larger minus where it is smaller",
        ("first", "second"),
        ("pairs\n/ images", "it is first", "it is larger", "larger first", "effect"),
        rows,
    )


def beyond_half(share: Value) -> Value:
    """A share of pairs minus one half, which is what chance gives."""
    low, middle, high = (None if x is None else x - 0.5 for x in (share.ci_low, share.value, share.ci_high))
    return Value(value=middle, ci_low=low, ci_high=high)


def _by_slice(
    result: CorpusResult,
    title: str,
    caption: str,
    columns: tuple[str, ...],
    cells: Callable[[PairOrder], tuple[Cell, ...]],
    width: int,
) -> Table:
    names = ((slice_title(found.slice, result.spec.set_aside, width),) for found in result.pairs)
    rows = tuple(Row(name, cells(found)) for name, found in zip(names, result.pairs, strict=True))
    return Table(title, caption, ("slice",), columns, rows)


def _odds(models: Sequence[LogitModel], term: str, *, alone: bool) -> Value | str:
    """Odds ratio of `term` in the model that has no other, or in the one that has."""
    found = [t.odds_ratio for m in models if (len(m.terms) == 1) == alone for t in m.terms if t.name == term]
    return found[0] if found else numbers.DASH
