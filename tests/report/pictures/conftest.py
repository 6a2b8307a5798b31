"""A run of text and image probes, built by hand: large objects win, attention density falls with size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from primacy.results.record import (
    Attribution,
    Check,
    Coefficient,
    Estimate,
    Example,
    NullComparison,
    NullResult,
    RunResult,
    VerdictRecord,
)
from primacy.results.spec import PROBES

NULLS = ("constant", "flat-bag", "area-bag", "centre-bag", "mean-colour", "low-res", "untrained#0", "untrained#1")
SLOTS = ("upper-left", "upper-right", "lower-left", "lower-right")
RATIOS = ("0.125", "0.25", "0.5", "1.0", "2.0", "4.0", "8.0")
SCALES = ("0.01", "0.025", "0.063", "0.158")
FACTORS = ("removed", "correct", "wrong", "foil")
LAYERS = 12
Made = tuple[str, str, str, float]


def shares(n: int, by_slot: Sequence[float], large: float) -> list[Made]:
    """Winner shares of one large among n objects; `by_slot` are deviations from 1/n."""
    small = (1 - large) / (n - 1)
    found = [("winner_share", "size_level", "large", large), ("winner_share", "size_level", "small", small)]
    found += [("winner_share", "size_rank", str(r + 1), large if r == 0 else small) for r in range(n)]
    found += [("winner_share", "slot", slot, 1 / n + d) for slot, d in zip(SLOTS, by_slot, strict=True)]
    for size, value in (("large", large), ("small", small)):
        for k, scale in enumerate(SCALES):
            match = 0.08 * (k - 1.5) * (1 if size == "large" else -1 / (n - 1))
            found.append(("winner_share", "size_level*gallery_scale", f"{size}*{scale}", value + match))
    for slot, gallery in product(SLOTS, SLOTS):
        found.append(("winner_share", "slot*gallery_slot", f"{slot}*{gallery}", 1 / n + 0.02 * (slot == gallery)))
    for size, value in (("large", large), ("small", small)):
        found += [("top1_share", "size_level", size, 0.8 * value), ("recall_at_n", "size_level", size, 2 * value)]
        found += [("mean_rank", "size_level", size, 3.2), ("mean_cosine", "size_level", size, 0.41)]
        found.append(("margin", "size_level", size, -0.01))
    found.append(("top1_share", "size_level", "other", 0.2))
    roles = ("large", *(f"small {k}" for k in range(1, n)))
    found += [("paper_share", "published", role, large if role == "large" else small) for role in roles]
    found += [("size_bias", "size_level", "large-small", large - small)]
    return [*found, ("size_ratio", "size_level", "large:small", large / small)]


def logit(area: float, centre: float) -> list[Made]:
    return [
        ("area_elasticity", "logit", "log area", area),
        ("centre_preference", "logit", "centrality", centre),
        ("tie_ratio", "logit", "off-centre:centre", float(np.exp(centre * 0.45 / area)) if area else np.nan),
    ]


def ladder(area: float, centre: float) -> list[Made]:
    found = []
    for r in RATIOS:
        odds = {
            kind: np.exp(area * np.log(float(r)) + sign * 0.45 * centre)
            for kind, sign in (("target", 1), ("other", -1))
        }
        values = {kind: float(x / (1 + x)) for kind, x in odds.items()}
        found.append(("winner_share", "area_ratio", r, sum(values.values()) / 2))
        found += [("winner_share", "area_ratio*centred", f"{r}*{kind}", v) for kind, v in values.items()]
    return found + logit(area, centre)


def matching(drop: float, effects: Sequence[float]) -> list[Made]:
    found = [("matching_accuracy", "scenario", "1", 0.98), ("matching_accuracy", "scenario", "2", 0.98 - drop)]
    found.append(("matching_effect", "scenario", "1-2", drop))
    levels = (("big", "small"), ("first", "last"), ("first", "last"), ("first", "last"))
    for cell in product(*levels):
        signs = [1 if x in ("big", "first") else -1 for x in cell]
        value = 0.8 + sum(s * e / 2 for s, e in zip(signs, effects, strict=True))
        name = " ".join(f"{factor}={x}" for factor, x in zip(FACTORS, cell, strict=True))
        found.append(("matching_accuracy", "cell", name, value))
    found += [("matching_effect", "factor", f, e) for f, e in zip(FACTORS, effects, strict=True)]
    found += [("matching_effect", "factor", f"{a}*{b}", 0.004) for a, b in combinations(FACTORS, 2)]
    found.append(("matching_effect", "factor", "wrong, small removed", -0.03))
    return found


def attention(strength: float, *, heads: bool) -> list[Made]:
    found: list[Made] = []
    for layer in (*map(str, range(LAYERS)), "rollout", "gradient", "last"):
        depth = int(layer) / (LAYERS - 1) if layer.isdigit() else 1.0 if layer == "last" else 0.8
        for size, area, sign in (("large", 0.07, -0.4), ("small", 0.01, 1.0)):
            density = 1 + strength * depth * (2 + sign)
            found.append(("attention_share", "size_level*layer", f"{size}*{layer}", density * area))
            found.append(("attention_density", "size_level*layer", f"{size}*{layer}", density))
            for head in range(4) if heads and layer.isdigit() else ():
                level = f"{size}*{layer}*{head}"
                found.append(("attention_density", "size_level*layer*head", level, density * (0.7 + 0.2 * head)))
        found += [
            ("attention_share", "rest*layer", f"{x}*{layer}", v) for x, v in (("ground", 0.5), ("elsewhere", 0.3))
        ]
        found.append(("attention_slope", "layer", layer, 1 - 0.3 * strength * depth))
        found.append(("attention_density", "layer", f"large-small*{layer}", -0.3 * strength * depth))
        found.append(("attention_agreement", "layer", layer, 0.5 + 0.2 * strength * depth))
    return found


def photos(tilt: float, *, own: bool) -> list[Made]:
    """Photos of any number of objects together."""
    sizes = (("largest", tilt), ("between", 0.0), ("smallest", -tilt))
    found = [("excess_share", "size_rank", size, v) for size, v in sizes]
    terciles = ("small", -tilt), ("middle", 0.0), ("large", tilt)
    found += [("excess_share", "area_tercile", level, v) for level, v in terciles]
    found += [("excess_share", "centrality_tercile", level, 0.01) for level in ("centre", "edge", "middle")]
    found += [("excess_share", "instances", level, 0.02) for level in ("1", "2-4", "5+")]
    for part in ("with person", "without person"):
        found += [("excess_share", "slice*size_rank", f"{part}*{size}", v) for size, v in sizes if v or not tilt]
    if own:
        found += [("excess_share", "category", name, 0.1) for name in ("person", "dining table")]
        found.append(("size_bias", "category alone", "largest-smallest", 0.08))
    return [*found, ("size_bias", "size_rank", "largest-smallest", 2 * tilt)]


def by_rank(n: int, tilt: float) -> list[Made]:
    ranks = np.linspace(1 + tilt, 1 - tilt, n) / n
    return [("winner_share", "size_rank", str(r + 1), float(v)) for r, v in enumerate(ranks)]


def crops(size: float, *, own: bool) -> list[Made]:
    found: list[Made] = []
    for group in ("crop_step", "crop_step, same objects"):
        found += [("winner_share", group, str(k), 0.3 + 0.1 * k * size) for k in range(1, 6)]
        found += [("winner_share", f"chance: {group}", str(k), 0.3 + 0.01 * k) for k in range(1, 6) if own]
    found += [("target_area", "crop_step", str(k), 0.05 * k) for k in range(1, 6) if own]
    found += [("crop_slope", "within photo", level, 0.08 * size) for level in ("log2 area", "log2 area ratio")]
    return [*found, ("size_bias", "crop_step", "last-first", 0.4 * size)]


def ioc(n: int, middle: float) -> list[Made]:
    found = [("probe_accuracy", "slot", slot, middle + 0.02 * k) for k, slot in enumerate(SLOTS)]
    found += [("probe_accuracy", "size_rank", str(r + 1), middle + (0.2 if r == 0 else -0.07)) for r in range(n)]
    return found


def toir(n: int, first: float) -> list[Made]:
    values = [first, *[(1 - first) / (n - 1)] * (n - 1)]
    found = [("winner_share", "mention_position", str(p + 1), v) for p, v in enumerate(values)]
    found += [
        ("winner_share", "mention_position*gallery_scale", f"{p + 1}*{s}", v)
        for p, v in enumerate(values)
        for s in SCALES
    ]
    found += [("mean_rank", "mention_position", str(p + 1), 3.0) for p in range(n)]
    return [*found, ("order_bias", "mention_position", "first-last", first - values[-1])]


def records(made: Sequence[Made], probe: str, n: int, stimuli: str, half: float | None = 0.03) -> list[Estimate]:
    def record(metric: str, group: str, level: str, value: float) -> Estimate:
        known = half is not None and np.isfinite(value)
        return Estimate(
            probe=probe, protocol="balanced", n_objects=n, template="*", metric=metric, group=group, level=level,
            value=value, ci_low=value - half if known else None, ci_high=value + half if known else None,
            n=480.0 if level != "small" else 1440.0, n_clusters=30, stimuli=stimuli,
        )  # fmt: skip

    return [record(*row) for row in made]


def all_records(size: float, place: float, order: float, *, own: bool, half: float | None) -> list[Estimate]:
    """Every image record of one encoder: its pull towards large, central and first things, 0 to 1."""
    large, tilt = 0.25 + 0.5 * size, 0.06 * place
    by_slot = (tilt, tilt / 2, -tilt / 2, -tilt)
    out: list[Estimate] = []
    for probe, shift in (("ior", 0.0), ("i2tor", 0.05 * size)):
        made = shares(4, by_slot, large + shift) + logit(0.6 * size, 2 * place)
        if own:
            made.append(("slot_bias", "slot", "largest_deviation", 0.04))
            made += [("winner_share", "category", name, 0.2 + 0.02 * k) for k, name in enumerate(("cat", "dog", "cup"))]
        out += records(made, probe, 4, "one-large", half)
        out += records(ladder(0.6 * size, 2 * place), probe, 2, "pair-ladder", half)
    out += [e for n in (2, 3) for e in records(by_rank(n, 0.3 * size), "i2tor", n, "photos", half)]
    out += records(photos(0.2 * size, own=own), "i2tor", 0, "photos", half)
    out += records(crops(size, own=own), "i2tor", 0, "crops", half)
    out += records(toir(4, 0.25 + 0.2 * order), "toir", 4, "singles", half)
    out += records(ioc(4, 0.2 + 0.5 * size), "ioc", 4, "one-large", half)
    out += records(
        matching(0.3 * size, (0.15 * size, 0.06 * order, -0.04 * order, 0.0)), "matching", 4, "one-large", half
    )
    return out


def verdict(probe: str, metric: str, effect: str, value: float, stimuli: str, unit: str = "share") -> VerdictRecord:
    told = "logits" if unit == "logits" else "points"
    shown = f"{value if unit == 'logits' else 100 * value:+.1f} {told}"
    nulls = tuple(
        NullComparison(name=name, value=0.004, ci_low=-0.01, ci_high=0.02, difference=value - 0.004,
                       difference_low=value - 0.03, difference_high=value + 0.02)
        for name in ("flat-bag", "untrained#0")
    )  # fmt: skip
    return VerdictRecord(
        probe=probe, n_objects={"pair-ladder": 2, "photos": 0}.get(stimuli, 4), metric=metric, effect=effect,
        kind="bias",
        reason=f"The effect of {shown} excludes zero and no null encoder shows it.",
        value=value, ci_low=value - 0.03, ci_high=value + 0.03, p_holm=0.0002, p_equivalence=0.9,
        margin=0.29 if unit == "logits" else 0.05, n_clusters=30, clusters_needed=None, nulls=nulls, stimuli=stimuli,
        unit=unit,
    )  # fmt: skip


def verdicts() -> list[VerdictRecord]:
    found = [
        verdict(probe, metric, effect, value, "one-large")
        for probe in ("ior", "i2tor")
        for metric, effect, value in (("size_bias", "large-small", 0.4), ("slot_bias", "largest_deviation", 0.04))
    ]
    found += [
        verdict("ior", "area_elasticity", "log area", 0.53, "pair-ladder", "logits"),
        verdict("ior", "centre_preference", "centrality", 1.1, "pair-ladder", "logits"),
        verdict("attention", "attention_density", "log area", -0.31, "one-large", "logits"),
        verdict("i2tor", "size_bias", "largest-smallest", 0.2, "photos"),
        verdict("ioc", "probe_accuracy", "large-small", 0.27, "one-large"),
    ]
    return found + [verdict("matching", "matching_effect", effect, 0.1, "one-large") for effect in ("1-2", *FACTORS)]


def attribution(probe: str, stimuli: str, n: int) -> Attribution:
    def rows(names: Sequence[str], first: float) -> tuple[Coefficient, ...]:
        values = [first * (1 - 0.2 * k) for k in range(len(names))]
        return tuple(
            Coefficient(name=name, value=v, ci_low=v - 0.2, ci_high=v + 0.2)
            for name, v in zip(names, values, strict=True)
        )

    slots = tuple(f"slot {slot}" for slot in SLOTS)
    return Attribution(
        n_objects=n, n=1920, n_clusters=30, converged=True, marginal_effects=rows((*slots, "area doubled"), 4.0),
        coefficients=rows(("log area", "centrality", "contrast", *slots), 0.6), explained=0.47,
        split={"log area": 0.22, "centrality": 0.05, "slot": 0.01, "contrast": 0.03, "category": 0.16},
        probe=probe, stimuli=stimuli,
    )  # fmt: skip


PULLS = {"area-bag": (0.9, 0.0, 0.0), "centre-bag": (0.0, 1.0, 0.0)}


@pytest.fixture(scope="session")
def build_pictures(build_run) -> Callable[..., RunResult]:
    """A run with all image records; `probes` says which are kept, `text` whether the text probes ran as well."""

    def build(
        *, probes: Sequence[str] = PROBES, nulls: Sequence[str] = NULLS, examples: Sequence[Example] = (), **more: Any
    ) -> RunResult:
        base = build_run(probes=tuple(p for p in probes if p in ("tor", "toc")), nulls=nulls, **more)
        own = all_records(0.8, 0.4, 0.5, own=True, half=0.03) + records(
            attention(1.0, heads=True), "attention", 4, "one-large"
        )
        chance = [("probe_accuracy", "chance", level, 0.011) for level in (*SLOTS, "1", "2", "3", "4")]
        own += records(chance, "ioc", 4, "one-large", 0.0)
        kept = tuple(e for e in own if e.probe in probes)
        found = []
        for null in base.nulls:
            half = None if null.name == "constant" else 0.01
            made = all_records(*PULLS.get(null.name, (0.0, 0.0, 0.0)), own=False, half=half)
            if null.name.startswith("untrained"):
                made += records(attention(0.1, heads=False), "attention", 4, "one-large", half)
            estimates = null.estimates + tuple(e for e in made if e.probe in probes)
            found.append(NullResult(name=null.name, fingerprint=null.fingerprint, estimates=estimates))
        attributions = [attribution(probe, "pair-ladder", 2) for probe in ("ior", "i2tor") if probe in probes]
        return base.model_copy(
            update={
                "spec": base.spec.model_copy(update={"probes": tuple(probes)}),
                "estimates": base.estimates + kept,
                "nulls": tuple(found),
                "attribution": base.attribution + tuple(attributions),
                "verdicts": base.verdicts + tuple(v for v in verdicts() if v.probe in probes),
                "checks": (*base.checks, Check(name="pictures", status="note", message="2 pictures were skipped.")),
                "examples": tuple(examples),
            }
        )

    return build


@pytest.fixture(scope="session")
def whole_run(build_pictures) -> RunResult:
    """A run with every probe."""
    return build_pictures()
