"""What was read of a corpus, what was left out, and what was wrong with it, in sentences and as a table."""

from __future__ import annotations

from typing import NamedTuple

from primacy.report import numbers
from primacy.results.corpus import Coverage, FaultRecord


class Step(NamedTuple):
    """How many are left at a step, and their share of `whole`."""

    name: str
    n: int
    share: float | None
    whole: str


def coverage_steps(found: Coverage, *, typical: bool) -> list[Step]:
    """What the analysis rests on, step by step."""
    lines = (
        ("captions read", found.captions, None, ""),
        ("with a list of objects that is cut short, left out", found.censored, found.captions, "captions"),
        ("mention a category of the vocabulary", found.mentioning, found.captions, "captions"),
        ("mention two or more", found.mentioning_two, found.captions, "captions"),
        ("mentions in these", found.mentions, None, ""),
        (f"whose category has {_size(typical)}", found.measured, found.mentions, "mentions"),
        ("captions analysed: two or more measured mentions", found.analysed, found.captions, "captions"),
        ("in which two objects have equal areas", found.tied, found.analysed, "analysed"),
        ("images of the analysed captions", found.images, None, ""),
    )
    return [Step(name, n, _share(n, of), whole) for name, n, of, whole in lines]


def coverage_sentences(found: Coverage, *, typical: bool) -> list[str]:
    """The same in two sentences."""
    cut = f" ({found.censored:,} left out, their lists are cut short)" if found.censored else ""
    return [
        f"Read: {found.captions:,} captions{cut}; {found.mentioning:,} mention a category, {found.mentioning_two:,} two"
        f" or more: {found.mentions:,} mentions, {found.measured:,} of them"
        f" ({numbers.fixed(_share(found.measured, found.mentions), 1, factor=100)} %) of categories with"
        f" {_size(typical)}.",
        f"Analysed: {found.analysed:,} captions of {found.images:,} images with two or more measured mentions;"
        f" {found.tied:,} of them have two objects of equal area.",
    ]


def fault_sentence(fault: FaultRecord) -> str:
    """Kind, number, examples."""
    examples = ", ".join(numbers.shortened(numbers.printable(example), 40) for example in fault.examples)
    return f"{fault.kind}: {fault.count:,}{f' (such as {examples})' if examples else ''}"


def _size(typical: bool) -> str:
    return "a typical size" if typical else "an area in the image"


def _share(n: int, whole: int | None) -> float | None:
    return n / whole if whole else None
