"""The sentences of the report: what was asked, what an effect or a null is, how to cite and to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from primacy.report.numbers import count_range
from primacy.report.select import HEADLINE, panels
from primacy.results.record import RunResult, VerdictRecord
from primacy.results.spec import PROTOCOLS, AuditSpec

KINDS = {
    "bias": "the interval excludes zero and every null encoder is clean",
    "artefact": "a null encoder shows it too, so the design can make it without any bias",
    "equivalent": "the effect lies inside the equivalence margin",
    "inconclusive": "neither could be shown with this many object sets",
}

PROBE_TITLES = {
    "tor": "text-based object retrieval (TOR)",
    "toc": "text-based object classification (TOC)",
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
}

HEADS = {
    "balanced": "converged head, no object set in two parts",
    "paper": "published schedule: 10 epochs of Adam, sentences split at random",
}

_ORDERS = {
    "all": "each in every order",
    "rotations": "each in all rotations of its order",
    "williams": "each in the orders of a Williams square",
    "combinations": "each in one order only",
}

_GALLERIES = {
    "bare": "bare category names",
    "photo": "\u201ca photo of \u2026\u201d prompts",
    "last": "single-object prompts that hold their object in the last place",
    "balanced": "single-object prompts that hold their object at every position equally often",
}

_NULLS = {
    "constant": "gives every text the same vector: it can prefer nothing, so every tie is shared.",
    "bag": "sums the encoder\u2019s own single-object vectors: it can prefer some objects, but it cannot know order.",
    "weighted-bag": "the bag, weighted by typical size: it can prefer big things, but it cannot know order.",
    "untrained": "the same architecture with fresh random weights: it has tokens and places, but has learned nothing.",
    "flat-bag": "sums single-object vectors without areas: it cannot know size.",
}


def question(result: RunResult) -> str:
    """What was asked, in one plain sentence, without the encoder's name."""
    counts = [str(n) for n in sorted(result.spec.objects)]
    sizes = " or ".join(filter(None, (", ".join(counts[:-1]), counts[-1])))
    if result.spec.design == "size-category":
        return (
            f"When a caption mentions {sizes} objects, does it matter for the vector whether the first one"
            " is a big or a small thing?"
        )
    return f"When a caption mentions {sizes} objects, does the vector favour one for its place in the caption?"


def method(result: RunResult) -> str:
    """What was shown, in one sentence."""
    spec = result.spec
    shown = [panel for probe in spec.probes if probe in HEADLINE for panel in panels(result, probe)]
    tor = [panel for panel in shown if panel.probe == "tor"] or shown
    sets = count_range(e.n_clusters for panel in tor for e in panel.encoder.cells if e)
    total = count_range(e.n for panel in tor for e in panel.encoder.cells if e)
    if spec.design == "captions":
        return (
            f"{total} captions of {sets} images from {spec.captions}, in their own words and order, objects of the"
            f" vocabulary {spec.vocabulary}, scored against {_GALLERIES[spec.gallery]}; protocol {spec.protocol},"
            f" seed {spec.seed}."
        )
    templates = ", ".join(f"\u201c{name}\u201d" for name in spec.templates)
    shape = (
        "each with a big and with a small target at every place and the other objects in all rotations"
        if spec.design == "size-category"
        else _ORDERS[spec.orders]
    )
    return (
        f"{sets} object sets from the vocabulary {spec.vocabulary}, {shape},"
        f" as {total} captions in the template{'s' if len(spec.templates) > 1 else ''} {templates}, scored"
        f" against {_GALLERIES[spec.gallery]}; protocol {spec.protocol}, seed {spec.seed}."
    )


def cluster_noun(spec: AuditSpec) -> str:
    """What an interval resamples, in the plural."""
    return "images" if spec.design == "captions" else "object sets"


def effect_title(verdict: VerdictRecord) -> str:
    """The effect in words."""
    what = "accuracy" if verdict.metric == "probe_accuracy" else "winner share"
    titles = {
        "first-last": f"Order bias: {what}, first minus last",
        "largest_deviation": f"Largest deviation of a position\u2019s {what} from 1/n",
        "big-small": "Size bias: the target\u2019s winner share in first place, big minus small",
        "big-small, first against elsewhere": "Size bias in first place beyond the size bias elsewhere",
    }
    return titles.get(verdict.effect, f"{METRICS.get(verdict.metric, verdict.metric)}: {verdict.effect}")


def null_text(name: str) -> str:
    """What a null encoder is and what it cannot do."""
    return _NULLS.get(name.partition("#")[0], "an encoder that cannot have the effect.")


def null_families(names: Sequence[str]) -> list[tuple[str, str]]:
    """(name, explanation) of each kind of null once; numbered twins are one kind."""
    found: dict[str, int] = {}
    for name in names:
        stem = name.partition("#")[0]
        found[stem] = found.get(stem, 0) + 1
    return [(f"{stem} ({k} seeds)" if k > 1 else stem, null_text(stem)) for stem, k in found.items()]


def command(spec: AuditSpec) -> str:
    """The command line that makes this run: what differs from the protocol's presets, quoted for a shell."""
    preset = PROTOCOLS[spec.protocol]
    defaults: dict[str, Any] = {
        name: field.default for name, field in AuditSpec.model_fields.items() if name != "encoder"
    }
    defaults |= {"orders": preset.orders, "gallery": preset.gallery}
    words = ["primacy", "audit", spec.encoder]
    for name, default in defaults.items():
        value = getattr(spec, name)
        if value == default:
            continue
        if name == "templates":
            words += [word for template in value for word in ("--template", template)]
        elif value is True:
            words.append(f"--{name.replace('_', '-')}")
        else:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            words += [f"--{name}", text]
    return shlex.join(words)


CITATIONS = (
    "Primacy, version {version}. The Primacy authors. Software, Apache-2.0.",
    "CLIP Under the Microscope: A Fine-Grained Analysis of Multi-Object Representation. CVPR 2025. arXiv:2502.19842.",
)
