"""Attribution as the page shows it: the deviance bar, and coefficients apart from those of categories."""

from __future__ import annotations

from typing import NamedTuple

from primacy.report.words import case_title, probe_name, trial_noun
from primacy.results.record import Attribution, Coefficient

_FACTORS = {"position": "mention position"}


class Part(NamedTuple):
    """A segment of the deviance bar: its name, its share (None where not defined) and its width, 0 to 1."""

    name: str
    share: float | None
    width: float


class Split(NamedTuple):
    """An attribution with its bar; of one on pictures `terms` are the coefficients of size, place and the like, and
    `others` those of categories. Of captions all coefficients are `others`."""

    title: str
    trials: str
    attribution: Attribution
    parts: tuple[Part, ...]
    terms: tuple[Coefficient, ...]
    others: tuple[Coefficient, ...]


def split(attribution: Attribution) -> Split:
    """`attribution` with its deviance bar: each factor, then what no factor explains; negative shares have no
    width."""
    parts = [(_FACTORS.get(name, name.replace("_", " ")), share) for name, share in attribution.split.items()]
    rest = None if attribution.explained is None else 1 - attribution.explained
    parts.append(("not explained", rest))
    total = sum(max(share or 0.0, 0.0) for _, share in parts) or 1.0
    bar = tuple(Part(name, share, max(share or 0.0, 0.0) / total) for name, share in parts)
    of_text = attribution.probe == "tor"
    others = tuple(c for c in attribution.coefficients if of_text or c.name.startswith("category"))
    terms = tuple(c for c in attribution.coefficients if c not in others)
    title = case_title(attribution)
    if not of_text:
        title = f"{probe_name(attribution.probe)}, {title}"
    return Split(title, trial_noun(attribution.probe, "attribution"), attribution, bar, terms, others)
