"""A corpus analysis made up by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from primacy.results.corpus import (
    SLICES,
    Agreement,
    CategoryPair,
    CorpusProvenance,
    CorpusResult,
    CorpusSpec,
    CorpusVerdict,
    Coverage,
    Drift,
    FaultRecord,
    LogitModel,
    LogitTerm,
    OrderByCount,
    PairOrder,
    Permutation,
    Pressure,
)
from primacy.results.record import Value

UNKNOWN = Value(value=None, ci_low=None, ci_high=None)
NAMES = (
    "person", "dining table", "chair", "dog", "frisbee", "umbrella", "baseball glove", "sports ball", "tennis racket",
    "fire hydrant", "traffic light", "bus", "car", "truck", "bench", "bird", "boat", "surfboard", "pizza", "fork",
    "knife", "bowl", "couch", "tv", "laptop", "mouse",
)  # fmt: skip


def value(x: float | None, half: float | None = 0.01) -> Value:
    known = x is not None and half is not None
    return Value(value=x, ci_low=x - half if known else None, ci_high=x + half if known else None)


def by_count(slice_: str, n: int, *, first: float, category: float | None, captions: int) -> OrderByCount:
    half = 0.4 / captions**0.5 + 0.004
    rest = (1 - first) / (n - 1)
    top = (1 + 0.4) / n
    shares = [top, *([(1 - top) / (n - 1)] * (n - 1))]
    return OrderByCount(
        slice=slice_, n_objects=n, n_captions=captions, n_images=captions // 3, chance=1 / n,
        largest_first=value(first, half),
        category_only=UNKNOWN if category is None else value(category, half),
        beyond_category=UNKNOWN if category is None else value(first - category, half),
        n_predicted=0 if category is None else captions - 7,
        largest_at=(value(first, half), *(value(rest, half) for _ in range(n - 1))),
        share_at=tuple(value(share, half / 2) for share in shares),
        kendall=value(0.214 / n, half), spearman=value(0.231 / n, half),
    )  # fmt: skip


def logit(name: str, terms: tuple[tuple[str, str, float | None], ...], *, converged: bool = True) -> LogitModel:
    return LogitModel(
        name=name, n_pairs=4321, n_strata=210, converged=converged,
        terms=tuple(
            LogitTerm(name=term, per=per, odds_ratio=UNKNOWN if x is None else value(x, 0.06), p=0.00002)
            for term, per, x in terms
        ),
    )  # fmt: skip


def pairs(slice_: str, *, first: float, within: float | None, n: int, odds: float | None = 1.31) -> PairOrder:
    excess, half = first - 0.5, 0.5 / n**0.5
    models = (
        logit("area", (("area", "doubling", 1.104),)),
        logit("all", (("area", "doubling", 1.082), ("centrality", "0.1", 1.21), ("instances", "doubling", 0.93))),
    )  # fmt: skip
    none = within is None
    return PairOrder(
        slice=slice_, n_pairs=n, n_captions=n // 2, n_images=n // 5, n_strata=310, larger_first=value(first, half),
        n_predicted=0 if none else n - 11, predicted_larger_first=UNKNOWN if none else value(first, half),
        category_only=UNKNOWN if none else value(0.5 + excess - within, half),
        category_part=UNKNOWN if none else value(excess - within, half),
        within_part=UNKNOWN if none else value(within, half / 2),
        odds_ratio=UNKNOWN if odds is None else value(odds, 0.07), models=() if none else models,
        permutation=Permutation(z=None if none else 7.31, p=None if none else 0.0002, n=0 if none else 4999),
        pressure=Pressure(raw=value(0.0312, 0.002), within=UNKNOWN if none else value(0.0021, 0.0007)),
    )  # fmt: skip


def category_pair(first: str, second: str, n: int, effect: float | None) -> CategoryPair:
    half = 0.9 / n**0.5
    return CategoryPair(
        first=first, second=second, n_pairs=n, n_images=n // 2, first_first=value(0.81, half),
        first_larger=value(0.61, half), larger_first=value(0.6, half),
        effect=UNKNOWN if effect is None else value(effect, 2 * half),
    )  # fmt: skip


FIRST = {"all": 0.66, "set aside": 0.56, "not mentioned": 0.55, "not in image": 0.54, "one instance": 0.68}
WITHIN = {"all": 0.031, "set aside": 0.025, "not mentioned": 0.022, "not in image": 0.004, "one instance": 0.036}


def sample(*, slices: tuple[str, ...] = SLICES, typical: bool = False, **changes: Any) -> CorpusResult:
    """A result as of COCO; `typical`: as where sizes are those of categories, so that nothing is within pairs."""
    fields: dict[str, Any] = {
        "spec": CorpusSpec(
            captions=("captions_val2017.json",), areas=("instances_val2017.json",), digests=("0" * 64, "1" * 64),
            vocabulary="coco80", extractor="lexicon", lexicon="2" * 64, measure="union",
            areas_kind=("typical",) if typical else ("mask",), typical=typical, set_aside="person", level=0.95,
            margin=0.02, groups=200, permutations=4999, seed=0,
        ),
        "provenance": CorpusProvenance(
            created="2026-01-02T03:04:05+00:00", primacy="0.6", git_commit="a" * 40, git_dirty=False, python="3.11",
            packages={"polars": "1.0"}, timings_s={"mentions": 1.5},
        ),
        "coverage": Coverage(
            captions=25_014, censored=12, mentioning=19_000, mentioning_two=9_870, mentions=36_781, measured=30_123,
            analysed=8_765, images=3_210, tied=21,
        ),
        "faults": (FaultRecord(kind="captions without an image", count=1_204, examples=("17", "18", "19")),),
        "mentioned": tuple((name, 9_000 // (k + 1)) for k, name in enumerate(NAMES)),
        "by_count": tuple(
            by_count(
                name, n, first=1 / n + (FIRST[name] - 0.5) * (1.1 - 0.1 * n),
                category=None if typical else 1 / n + (FIRST[name] - 0.5 - WITHIN[name]) * (1.1 - 0.1 * n),
                captions=6_000 // (n - 1) ** 2 // (1 + SLICES.index(name)),
            )
            for name in slices
            for n in (2, 3, 4)
        ),
        "pairs": tuple(
            pairs(name, first=FIRST[name], within=None if typical else WITHIN[name], n=12_345 // (1 + k),
                  odds=None if typical else 1.1 + 5 * WITHIN[name])
            for k, name in enumerate(slices)
        ),
        "category_pairs": tuple(
            category_pair(NAMES[k % 3], NAMES[k + 1], 900 // (k + 1) + 20, None if typical or k == 6 else 0.3 - k / 50)
            for k in range(25)
        ),
        "drift": tuple(
            Drift(by=by, level=level, n_pairs=2_000 + k, n_images=700, larger_first=value(0.6 + 0.02 * k, 0.02),
                  within_part=UNKNOWN if typical else value(0.02 + 0.01 * k, 0.015),
                  odds_ratio=UNKNOWN if typical else value(1.2 + 0.1 * k, 0.08))
            for k, (by, level) in enumerate(
                [("caption length", "up to 8"), ("caption length", "9 to 12"), ("caption length", "13 or more"),
                 ("source", "laion-part-0000.parquet"), ("source", "laion-part-0001.parquet")]
            )
        ),
        "agreement": Agreement(
            other="instances_masks.json", n_images=204, n_objects=611, log_correlation=value(0.953),
            n_pairs=402, same_larger=value(0.931), larger_first=value(0.641, 0.05),
            other_larger_first=value(0.655, 0.05), odds_ratio=value(1.44, 0.4), other_odds_ratio=value(1.52, 0.4),
        ),
        "verdicts": (
            CorpusVerdict(
                question="order", kind="pressure",
                reason="the larger of two comes first in 66.0 % [65.1, 66.9], 16.0 points above chance",
            ),
            CorpusVerdict(
                question="size within category pairs", kind="inconclusive",
                reason="the within part is +3.1 points [-0.2, +3.3]; the margin is \u00b12 points",
            ),
        ),
        "notes": ("areas are those of masks",),
    }  # fmt: skip
    return CorpusResult(**(fields | changes))


def blank(result: CorpusResult) -> CorpusResult:
    """`result` with every number that has an interval unknown."""
    fields = set(UNKNOWN.model_dump())

    def without(found: Any) -> Any:
        if isinstance(found, dict):
            return UNKNOWN.model_dump() if set(found) == fields else {key: without(x) for key, x in found.items()}
        return [without(x) for x in found] if isinstance(found, (list, tuple)) else found

    return CorpusResult.model_validate(without(result.model_dump()))


EVIL = "<script>alert(1)</script>\"'&{{7*7}}$x^2$"


def hostile() -> CorpusResult:
    """Names as bad as names can be, wherever a user can put one."""
    found = sample()
    spec = {"captions": (EVIL,), "set_aside": EVIL, "vocabulary": EVIL, "lexicon": EVIL}
    return sample(
        spec=found.spec.model_copy(update=spec),
        category_pairs=(category_pair(EVIL, "\u6a21\u578b" * 30, 80, 0.2), category_pair("x" * 90, "\x1bc", 70, 0.1)),
        drift=(found.drift[0].model_copy(update={"by": "source", "level": EVIL}),),
        faults=(FaultRecord(kind=EVIL, count=3, examples=(EVIL,)),),
        mentioned=((EVIL, 3),),
        notes=(EVIL,),
        verdicts=(CorpusVerdict(question=EVIL, kind="equivalent", reason=EVIL),),
        agreement=Agreement.model_validate(found.model_dump()["agreement"] | {"other": EVIL}),
    )


def nothing() -> CorpusResult:
    """Captions were read, and none could be analysed."""
    empty = ("by_count", "pairs", "category_pairs", "drift", "verdicts", "faults", "mentioned", "notes")
    return sample(agreement=None, **dict.fromkeys(empty, ()))


VARIANTS = {
    "full": sample,
    "typical": lambda: sample(typical=True),
    "one slice": lambda: sample(slices=("all",), agreement=None, drift=()),
    "nothing": nothing,
    "blank": lambda: blank(sample()),
    "hostile": hostile,
}


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> tuple[str, CorpusResult]:
    """Every kind of result, with its name."""
    return request.param, VARIANTS[request.param]()


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """Makers of results and of their parts."""
    return SimpleNamespace(
        sample=sample, value=value, category_pair=category_pair, blank=blank, hostile=hostile, nothing=nothing,
        unknown=UNKNOWN, evil=EVIL,
    )  # fmt: skip
