"""What a run asked and what it showed, in sentences."""

from __future__ import annotations

from primacy.report.numbers import count_range
from primacy.report.panels import HEADLINE, Panel, headline_panels
from primacy.report.select import PHOTOS, Records
from primacy.report.words import cluster_noun
from primacy.results.spec import IMAGE_PROBES, TEXT_PROBES

PROBE_TITLES = {
    "tor": "text-based object retrieval (TOR)",
    "toc": "text-based object classification (TOC)",
    "ior": "image-based object retrieval (IOR)",
    "i2tor": "retrieval of object names by a picture (I2TOR)",
    "toir": "retrieval of single-object pictures by a caption (TOIR)",
    "ioc": "image-based object classification (IOC)",
    "matching": "image-text matching",
    "attention": "attention against area",
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

_PICTURES = "does the vector favour one for its size or for where it stands?"


def question(records: Records) -> str:
    """What was asked, in one or two plain sentences, without the encoder's name."""
    spec, probes = records.result.spec, records.probes
    of_pictures = any(probe in IMAGE_PROBES for probe in probes)
    if of_pictures and not any(probe in TEXT_PROBES for probe in probes):
        return f"When a picture shows several objects, {_PICTURES}"
    counts = [str(n) for n in sorted(spec.objects)]
    sizes = " or ".join(filter(None, (", ".join(counts[:-1]), counts[-1])))
    if spec.design == "size-category":
        asked = (
            f"When a caption mentions {sizes} objects, does it matter for the vector whether the first one"
            " is a big or a small thing?"
        )
    else:
        asked = f"When a caption mentions {sizes} objects, does the vector favour one for its place in the caption?"
    return f"{asked} And when a picture shows several, {_PICTURES}" if of_pictures else asked


def method(records: Records) -> str:
    """What was shown, in a sentence for captions and one for pictures."""
    return " ".join(filter(None, (_captions(records), _pictures(records))))


def _captions(records: Records) -> str:
    spec = records.result.spec
    shown: list[Panel] = []
    for probe in ("tor", "toc"):  # the classification probe's captions stand in where nothing was retrieved
        shown = shown or headline_panels(records, probe, "mention_position", HEADLINE[probe])
    if not shown:
        return ""
    sets = count_range(e.n_clusters for panel in shown for e in panel.encoder.cells if e)
    total = count_range(e.n for panel in shown for e in panel.encoder.cells if e)
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


def _pictures(records: Records) -> str:
    """The kinds of pictures with how many clusters each rests on."""
    spec = records.result.spec
    clusters: dict[str, list[int]] = {}
    for e in records.result.estimates:
        if e.probe in IMAGE_PROBES and e.probe != "toir" and e.stimuli:  # a cluster of TOIR is one of captions
            clusters.setdefault(e.stimuli, []).append(e.n_clusters)
    if not clusters:
        return ""
    kinds = ", ".join(f"{name} ({max(counts):,} {cluster_noun(spec, name)})" for name, counts in clusters.items())
    scenes = any(name not in PHOTOS for name in clusters)
    made = f"; scenes from {spec.images.scenes}, {spec.images.gallery} gallery" if scenes else ""
    return f"Pictures: {kinds}{made}; protocol {spec.protocol}, seed {spec.seed}."
