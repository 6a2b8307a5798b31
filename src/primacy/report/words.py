"""The words of the report: titles of effects, metrics, groups and levels, what a null is, how to cite."""

from __future__ import annotations

import math

from primacy.report.numbers import fixed
from primacy.report.select import MANY, PHOTOS, Case
from primacy.results.record import Attribution, VerdictRecord
from primacy.results.spec import AuditSpec

KINDS = {
    "bias": "the interval excludes zero and every null encoder is clean",
    "artefact": "a null encoder shows it too, so the design can make it without any bias",
    "equivalent": "the effect lies inside the equivalence margin",
    "inconclusive": "neither could be shown with this many clusters",
}

METRICS = {
    "winner_share": "Winner share",
    "top1_share": "Top-1 share of the whole vocabulary",
    "paper_share": "Paper share (top-n set right)",
    "recall_at_n": "Recall at n",
    "mean_rank": "Mean rank",
    "mean_cosine": "Mean cosine",
    "margin": "Margin over the best other",
    "order_bias": "Order bias",
    "order_ratio": "First : last",
    "probe_accuracy": "Probe accuracy",
    "size_bias": "Size bias",
    "size_ratio": "Large : small",
    "slot_bias": "Slot bias",
    "area_elasticity": "Area elasticity",
    "centre_preference": "Centre preference",
    "tie_ratio": "Tie ratio",
    "matching_accuracy": "Matching accuracy",
    "matching_effect": "Effect on matching accuracy",
    "attention_share": "Share of the attention",
    "attention_density": "Attention density",
    "attention_slope": "Slope of log attention on log area",
    "attention_agreement": "Winner\u2019s credit of the object with most attention",
    "attention_correlation": "Correlation with the winner\u2019s credit",
    "attention_share_ratio": "Ratio of shares of the attention",
    "attention_density_ratio": "Ratio of attention densities",
    "excess_share": "Winner share beyond 1/n",
    "target_area": "Area of the target",
    "crop_slope": "Change of the target\u2019s winner share",
}
"""Metrics in words."""

GROUPS = {
    "mention_position": "mention position",
    "gallery_position": "gallery position",
    "size_level": "size level",
    "size_rank": "size rank (1 the largest)",
    "slot": "slot",
    "category": "category",
    "area_ratio": "area of the target over the other\u2019s",
    "centred": "what stands in the centre",
    "gallery_scale": "gallery scale",
    "gallery_slot": "gallery slot",
    "published": "size and slot, as published",
    "factor": "factor",
    "scenario": "published scenario",
    "cell": "cell",
    "layer": "layer",
    "head": "head",
    "area_tercile": "third of all objects by area",
    "centrality_tercile": "third of all objects by nearness to the centre",
    "instances": "things of the category",
    "crop_step": "step of the crops",
    "crop_step, same objects": "step of the crops, among the objects that all steps show",
    "within photo": "what is doubled",
    "slice": "photos",
}
"""Groups in words."""

FACTORS = ("removed", "correct", "wrong", "foil")
FACTORS_TEXT = (
    "Removed: the large object minus a small one. Correct: the large object first minus last in the right caption."
    " Wrong: the kept object first minus last in the wrong one. Foil: the foil first minus last."
)
"""What the main effects of the matching design compare."""
_DOUBLED = {"log2 area": "its area", "log2 area ratio": "its area over the others\u2019"}

HEADS = {
    "balanced": "converged head, no object set in two parts",
    "paper": "published schedule of Adam, split at random",
}

_EFFECTS = {
    "big-small": "Size bias: the target\u2019s winner share in first place, big minus small",
    "big-small, first against elsewhere": "Size bias in first place beyond the size bias elsewhere",
    "log area": "Area elasticity: log odds of winning against log area",
    "centrality": "Centre preference: log odds of winning against centrality",
    "removed": "Matching: the large object removed minus a small one removed",
    "correct": "Matching: large object first minus last in the correct caption",
    "wrong": "Matching: kept object first minus last in the wrong caption",
    "foil": "Matching: foil first minus last in the wrong caption",
    "1-2": "Matching: first published scenario minus the second",
    "largest-smallest": "Size bias: winner share of the largest object minus that of the smallest",
    "last-first": "Size bias in one photo: winner share of the target in the last crop minus the first",
    "wrong, small removed": "Matching: large object first minus last in the wrong caption, a small one removed",
}


UNITS = {"share": "points", "logits": "logits"}
"""How the effects of a verdict are measured."""


def margin(verdict: VerdictRecord) -> str:
    """The equivalence margin in the unit of the effect, without the unit."""
    if verdict.unit == "logits":
        return fixed(verdict.margin, 2)
    return fixed(verdict.margin, 1, factor=100).removesuffix(".0")


def cluster_noun(spec: AuditSpec, stimuli: str = "") -> str:
    """What an interval resamples, in the plural."""
    if stimuli in PHOTOS:
        return "photos"
    return "images" if spec.design == "captions" and not stimuli else "object sets"


_PER_OBJECT = (
    "winner_share",
    "top1_share",
    "recall_at_n",
    "mean_rank",
    "mean_cosine",
    "margin",
    "excess_share",
    "attention_share",
    "attention_density",
)


def trial_noun(probe: str, metric: str, stimuli: str = "") -> str:
    """What a denominator counts, in the plural: objects shown where a picture counts once for each of its objects,
    pairs of a picture and a foil in matching (on photos objects, each with all its foils)."""
    if probe in ("ior", "i2tor", "attention") and metric in _PER_OBJECT:
        return "objects"
    if probe == "matching" and stimuli in PHOTOS:
        return "objects" if metric == "matching_accuracy" else "photos"
    return {"tor": "captions", "toc": "captions", "toir": "captions", "matching": "pairs"}.get(probe, "pictures")


def probe_name(probe: str) -> str:
    """A probe as a heading names it."""
    return probe.capitalize() if probe in ("matching", "attention") else probe.upper()


def objects(n: int) -> str:
    """ "4 objects"; where pictures with different numbers stand together, that."""
    return "any number of objects" if n == MANY else f"{n} objects"


def case_title(shown: Case | VerdictRecord | Attribution) -> str:
    """Number of objects and kind of pictures."""
    return ", ".join(filter(None, (objects(shown.n_objects), shown.stimuli)))


def group_title(group: str) -> str:
    """A group in words; crossed ones joined by "and"."""
    return " and ".join(GROUPS.get(part, part.replace("_", " ")) for part in group.split("*"))


def level_title(group: str, level: str) -> str:
    """A level of `group` as a heading."""
    if group == "factor":
        return level.replace("*", " \u00d7 ")
    if group == "within photo":
        return _DOUBLED.get(level, level)
    if group == "scenario":
        return f"scenario {level}"
    if group == "area_ratio":
        return ratio(level)
    if group == "gallery_scale":
        return scale(level)
    return level


def ratio(level: str) -> str:
    """A ratio such as "0.125" as people write it: "1/8"."""
    try:
        value = float(level)
    except ValueError:
        return level
    if not math.isfinite(value) or value <= 0:
        return level
    over, under = round(value), round(1 / value) if value < 1 else 1
    if value < 1 and math.isclose(value, 1 / under, rel_tol=1e-3):
        return f"1/{under}"
    return str(over) if math.isclose(value, over, rel_tol=1e-3) else f"{value:.3g}"


def scale(level: str) -> str:
    """A share of the picture such as "0.025" in percent: "2.5 %"."""
    try:
        return f"{100 * float(level):.3g}\u00a0%"
    except ValueError:
        return level


def effect_title(verdict: VerdictRecord) -> str:
    """The effect in words."""
    accuracy = verdict.metric == "probe_accuracy"
    what = "accuracy" if accuracy else "winner share"
    titles = {
        "first-last": f"Order bias: {what}, first minus last",
        "large-small": f"Size bias: {what}{'' if accuracy else ' for each object'}, large minus small",
        "largest_deviation": f"Largest deviation of a position\u2019s {what} from 1/n"
        if verdict.probe in ("tor", "toc", "toir")
        else f"Largest deviation of a slot\u2019s {what} from {'the mean' if accuracy else '1/n'}",
    }
    if verdict.probe == "matching" and verdict.effect == "largest-smallest":
        return "Matching: the largest object missing minus the smallest"
    if verdict.probe == "attention":
        return f"Attention: slope of log density on {verdict.effect}, last layer"
    found = titles.get(verdict.effect) or _EFFECTS.get(verdict.effect)
    return found or f"{METRICS.get(verdict.metric, verdict.metric)}: {verdict.effect}"


CITATIONS = (
    "Primacy, version {version}. The Primacy authors. Software, Apache-2.0.",
    "CLIP Under the Microscope: A Fine-Grained Analysis of Multi-Object Representation. CVPR 2025. arXiv:2502.19842.",
)
