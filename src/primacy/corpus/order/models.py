"""Conditional logit of which of two objects is mentioned first, with category pairs as strata (McFadden 1974)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.corpus.order.codes import vary_within
from primacy.corpus.order.pairs import Pairs
from primacy.corpus.order.values import value_of
from primacy.results.corpus import LogitModel, LogitTerm
from primacy.stats.conditional_logit import fit_conditional_logit


class _Term(NamedTuple):
    """A covariate of `Pairs`, what it is called, the unit of its odds ratio and that unit's size."""

    column: str
    name: str
    model: str
    per: str
    unit: float


_TERMS = (
    _Term("log_area", "area", "size", "doubling", 1.0),
    _Term("centrality", "centrality", "place", "0.1", 0.1),
    _Term("log_instances", "instances", "number", "doubling", 1.0),
)


def models(pairs: Pairs, level: float) -> tuple[LogitModel, ...]:
    """Size alone, and size with place and number, as far as they are known and vary within category pairs.

    The second is fitted to the pairs whose centralities are both known. Errors are robust to clusters, which are
    images.
    """
    known = np.isfinite(pairs.centrality)
    with_place = pairs.where(known) if known.any() else pairs
    used = [term for term in _TERMS if _varies(with_place, term)]
    found = [_model(pairs, [_TERMS[0]], level)] if _varies(pairs, _TERMS[0]) else []
    if _TERMS[0] in used and len(used) > 1:
        found.append(_model(with_place, used, level))
    return tuple(found)


def _varies(pairs: Pairs, term: _Term) -> bool:
    """Whether any two pairs of one stratum differ in it."""
    values = getattr(pairs, term.column)
    return bool(np.isfinite(values).all()) and vary_within(pairs.stratum, values)


def _model(pairs: Pairs, terms: list[_Term], level: float) -> LogitModel:
    x = np.stack([getattr(pairs, term.column) for term in terms], axis=1)
    fit = fit_conditional_logit(pairs.first, x, pairs.stratum, pairs.image)
    return LogitModel(
        name=_listed([term.model for term in terms]),
        terms=tuple(
            LogitTerm(
                name=term.name,
                per=term.per,
                odds_ratio=value_of(fit.odds_ratio(i, level, per=term.unit)),
                p=fit.p(i),
            )
            for i, term in enumerate(terms)
        ),
        n_pairs=fit.n,
        n_strata=fit.n_strata,
        converged=fit.converged,
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
