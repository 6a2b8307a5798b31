"""What is to be seen in the figures of a corpus analysis, in sentences computed from its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from primacy.report import corpus_words as words
from primacy.report.corpus_words import PERCENT, POINTS
from primacy.results.corpus import CategoryPair, Drift, OrderByCount, PairOrder
from primacy.results.record import Value

_KINDS = ("above", "below", "open", "unknown")


def told(value: Value, reference: float = 0.0) -> str:
    """Where the interval lies: "above" or "below" the reference, "open" where it holds it, else "unknown"."""
    if value.ci_low is None or value.ci_high is None:
        return "unknown"
    return "above" if value.ci_low > reference else "below" if value.ci_high < reference else "open"


def of_counts(found: Sequence[OrderByCount]) -> str:
    """The largest object against chance, and against what the categories lead one to expect, in one slice."""
    chance = [(str(row.n_objects), told(row.largest_first, row.chance)) for row in found]
    category = [(str(row.n_objects), told(row.beyond_category)) for row in found]
    against = "what the categories alone lead one to expect"
    beyond = words.capital(_where(category, against, "no expectation from the categories"))
    return f"Largest first {_where(chance, 'chance')}. {beyond}."


def of_shares(found: Sequence[OrderByCount]) -> str:
    """The mean share of area of the object that is mentioned first."""
    shares = [f"{PERCENT.write(row.share_at[0].value)} % among {row.n_objects}" for row in found]
    where = [(str(row.n_objects), told(row.share_at[0], row.chance)) for row in found]
    return f"Of the area of all, the object mentioned first has {words.listed(shares)}: {_where(where, 'chance')}."


def of_largest(found: Sequence[OrderByCount]) -> str:
    """How often the largest object is mentioned last."""
    shares = [f"{PERCENT.write(row.largest_at[-1].value)} % with {row.n_objects}" for row in found]
    where = [(str(row.n_objects), told(row.largest_at[-1], row.chance)) for row in found]
    last = words.listed(shares)
    return f"The largest object is mentioned last in so many captions: {last} objects; {_where(where, 'chance')}."


def of_split(found: Sequence[PairOrder], excesses: Sequence[Value], titles: Sequence[str]) -> str:
    """The excess and its parts on the first slice, and where the within part is told apart from zero."""
    first, excess = found[0], excesses[0]
    kinds = [told(row.within_part) for row in found]
    above = [title for title, kind in zip(titles, kinds, strict=True) if kind == "above"]
    where = f": {words.listed(above)}" if above else ""
    return (
        f"{words.capital(titles[0])}: of an excess of {POINTS.write(excess.value)} points over one half,"
        f" {POINTS.write(first.category_part.value)} by category and {POINTS.write(first.within_part.value)} within"
        f" pairs. The within part lies above zero in {len(above)} of {len(found)} slices{where}."
    )


def of_forest(found: Sequence[CategoryPair]) -> str:
    """In how many pairs size makes a difference."""
    n = _counts(told(row.effect) for row in found)
    missing = f", not defined in {n['unknown']} (one of the two is hardly ever the larger)" if n["unknown"] else ""
    return (
        f"The effect is above zero in {n['above']} of {len(found)} pairs, below in {n['below']}, not told apart from"
        f" zero in {n['open']}{missing}."
    )


def of_drift(found: Sequence[Drift]) -> str:
    """The range of the within part over the levels, and at how many it is told apart from zero."""
    known = [(row.within_part.value, row.level) for row in found if row.within_part.value is not None]
    if not known:
        return "No part within pairs is known at any level."
    low, high = min(known), max(known)
    n = _counts(told(row.within_part) for row in found)
    return (
        f"The within part goes from {POINTS.write(low[0])} points ({low[1]}) to {POINTS.write(high[0])} ({high[1]});"
        f" above zero at {n['above']}, below at {n['below']} of {len(found)} levels."
    )


def _counts(kinds: Iterable[str]) -> dict[str, int]:
    found = list(kinds)
    return {kind: found.count(kind) for kind in _KINDS}


def _where(found: Sequence[tuple[str, str]], reference: str, missing: str = "no interval") -> str:
    """ "above chance with 2 and 3 objects, not told apart from chance with 4"."""
    heads = {
        "above": f"above {reference}",
        "below": f"below {reference}",
        "open": f"not told apart from {reference}",
        "unknown": missing,
    }
    parts = []
    for kind in _KINDS:
        labels = [label for label, own in found if own == kind]
        if labels:
            parts.append(f"{heads[kind]} with {words.listed(labels)}")
            if len(parts) > 1:
                parts[-1] = parts[-1].replace(reference, "it", 1)
    return ", ".join([f"{parts[0]} objects", *parts[1:]]) if parts else missing
