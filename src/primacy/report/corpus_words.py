"""The words of what is shown of a corpus: its slices, its questions, its terms, and how its numbers are written."""

from __future__ import annotations

from typing import NamedTuple

from primacy.report import numbers
from primacy.results.corpus import CorpusSpec, CorpusVerdict
from primacy.results.record import Value

QUESTION = "Will this caption set teach that the larger object comes first?"
_SLICES = {
    "all": "all",
    "set aside": "{} dropped",
    "not mentioned": "no {} mentioned",
    "not in image": "no {} in image",
    "one instance": "one instance each",
}
_QUESTIONS = {
    "order": "Order: does it tell which of two objects is larger?",
    "size within category pairs": "Size: does that hold between the same two categories?",
}
KINDS = {
    "pressure": "order of mention goes with size, in the direction said, and the interval excludes that it does not",
    "equivalent": "what there is lies inside the margin, which is for you to choose",
    "inconclusive": "neither could be shown with these images",
}
"""What each kind of verdict means."""


class Unit(NamedTuple):
    """How numbers of a kind are written: decimals, the fewest on a narrow terminal, factor, and sign."""

    digits: int
    least: int
    factor: float = 1
    signed: bool = False

    def write(self, x: float | None, fewer: int = 0) -> str:
        """`x` with `fewer` decimals than usual; a dash where it is not known."""
        return numbers.fixed(x, max(self.least, self.digits - fewer), factor=self.factor, signed=self.signed)


PERCENT = Unit(1, 0, 100)
POINTS = Unit(1, 1, 100, signed=True)
ODDS = Unit(2, 2)
BITS = Unit(4, 4)
CORRELATION = Unit(2, 2, signed=True)


def limits(value: Value, unit: Unit) -> str:
    """The interval, as "[low, high]"."""
    return numbers.bracket(unit.write(value.ci_low), unit.write(value.ci_high))


def spelt(value: Value, unit: Unit) -> str:
    """The number with its interval; a dash where there is no number."""
    return f"{unit.write(value.value)} {limits(value, unit)}" if value.value is not None else numbers.DASH


def slice_title(name: str, set_aside: str, width: int = 36) -> str:
    """A slice in words; the category that it is about is shortened to `width`."""
    category = numbers.shortened(numbers.printable(set_aside), width) or "category"
    return _SLICES[name].format(category) if name in _SLICES else name


def capital(text: str) -> str:
    """`text` with its first letter large."""
    return text[:1].upper() + text[1:]


def objects(n: int) -> str:
    """ "2 objects"."""
    return f"{n} objects"


def listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def question(verdict: CorpusVerdict) -> str:
    """The question of a verdict as people ask it."""
    return _QUESTIONS.get(verdict.question, capital(verdict.question))


def level(spec: CorpusSpec) -> str:
    """The level of the intervals in percent, without the sign."""
    return numbers.fixed(100 * spec.level, 1).removesuffix(".0")


def files(spec: CorpusSpec, shown: int = 3) -> str:
    """The files that were read, the first few of either kind."""
    texts = []
    for names in (spec.captions, spec.areas):
        more = [f"{len(names) - shown} more"] if len(names) > shown else []
        texts.append(listed([*(numbers.shortened(numbers.printable(name), 60) for name in names[:shown]), *more]))
    return ", areas from ".join(filter(None, texts))
