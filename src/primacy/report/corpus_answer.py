"""What a curator can conclude from a corpus analysis, in sentences made of its verdicts and of the numbers behind."""

from __future__ import annotations

from primacy.report import corpus_words as words
from primacy.report.corpus_words import POINTS
from primacy.results.corpus import CorpusResult, PairOrder

_ORDER = {
    "pressure": "The order of mention in these captions says something about size: of two objects, the {} more often"
    " comes first.",
    "equivalent": "The order of mention in these captions says next to nothing about size.",
    "inconclusive": "These captions do not settle whether the order of mention says anything about size.",
}
_WITHIN = {
    "pressure": "Of the same two categories, too, one comes first more often where it is the {}, so that what they are"
    " does not explain it all.",
    "equivalent": "What is left of it between the same two categories lies inside the margin.",
    "inconclusive": "Whether size counts between the same two categories is not settled.",
}
_WITHIN_ALONE = "Yet of the same two categories, one comes first more often where it is the {}."
_WITHIN_NEITHER = "Nor does it between the same two categories, as far as the margin goes."
_WITHIN_ONLY = "Between the same two categories, what it says lies inside the margin."
_TYPICAL = "Whether size counts between the same two categories cannot be told from typical sizes."
_TO_DO = {
    ("pressure", "pressure"): "An encoder can learn that from these captions, whether or not it knows the names",
    ("pressure", "equivalent"): "An encoder can learn that from these captions, and names are enough to learn it by",
    ("pressure", "inconclusive"): "An encoder can learn that from these captions, if only by way of names",
    ("equivalent", "pressure"): "An encoder can learn that from these captions once it knows the names",
    ("inconclusive", "pressure"): "An encoder can learn that from these captions once it knows the names",
}
_OPPOSITE = (
    "An encoder can learn the one from places alone and, once it knows the names, the other, which goes the other way"
)
_TRAINING = "; how much of it a model takes up depends on its training."
_MENDED = "Captions whose objects stand in random order say nothing of the kind: primacy corpus rewrite makes them."
_NOTHING_TO_MEND = "As far as the objects of this vocabulary go, the order of these captions needs no mending."
_MORE = "Captions of more images would be needed to say."


def answer(result: CorpusResult) -> str:
    """The answer to `QUESTION`: what the two verdicts say together."""
    order, within = _kinds(result)
    if order is None or within is None:
        return "This result holds no verdict."
    pairs = _pairs(result, "all")
    share, part = (None, None) if pairs is None else (pairs.larger_first.value, pairs.within_part.value)
    alone = within == "pressure" and (order != "pressure" or _opposite(pairs))
    second = _WITHIN_ALONE if alone else _WITHIN[within]
    if within == "equivalent" and order != "pressure":
        second = _WITHIN_NEITHER if order == "equivalent" else _WITHIN_ONLY
    if result.spec.typical:
        second = _TYPICAL
    return f"{_ORDER[order].format(_which(share, 0.5))} {second.format(_which(part, 0.0))}"


def conclusion(result: CorpusResult) -> list[str]:
    """What follows for training, and how much of it is whose; no sentence where there is no verdict."""
    order, within = _kinds(result)
    if order is None or within is None:
        return []
    if "pressure" in (order, within):
        opposite = order == within and _opposite(_pairs(result, "all"))
        sentences = [f"{_OPPOSITE if opposite else _TO_DO[order, within]}{_TRAINING}", _MENDED]
    else:
        sentences = [_NOTHING_TO_MEND if (order, within) == ("equivalent", "equivalent") else _MORE]
    return [*_parts(result), *sentences]


def _parts(result: CorpusResult) -> list[str]:
    """The parts of the excess, with all categories and without the one that is set aside."""
    found = [_pairs(result, name) for name in ("all", "set aside")]
    shown = [pairs for pairs in found if pairs is not None and pairs.within_part.value is not None]
    return [
        f"{words.capital(words.slice_title(pairs.slice, result.spec.set_aside))}: of the excess over one half,"
        f" {POINTS.write(pairs.category_part.value)} points go with which two categories they are,"
        f" {POINTS.write(pairs.within_part.value)} with size between the same two ({pairs.n_predicted:,} pairs)."
        for pairs in shown
    ]


def _kinds(result: CorpusResult) -> tuple[str | None, str | None]:
    kinds = {verdict.question: verdict.kind for verdict in result.verdicts}
    return kinds.get("order"), kinds.get("size within category pairs")


def _pairs(result: CorpusResult, name: str) -> PairOrder | None:
    return next((pairs for pairs in result.pairs if pairs.slice == name), None)


def _opposite(pairs: PairOrder | None) -> bool:
    """Whether the excess and its within part have different signs."""
    if pairs is None:
        return False
    return _smaller(pairs.larger_first.value, 0.5) != _smaller(pairs.within_part.value, 0.0)


def _smaller(value: float | None, middle: float) -> bool:
    return value is not None and value < middle


def _which(value: float | None, middle: float) -> str:
    return "smaller" if _smaller(value, middle) else "larger"
