"""What each null encoder is, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

_NULLS = {
    "constant": "gives every text and picture the same vector: it can prefer nothing, so every tie is shared.",
    "bag": "sums the encoder\u2019s own single-object vectors: it can prefer some objects, but it cannot know order.",
    "weighted-bag": "the bag, weighted by typical size: it can prefer big things, but it cannot know order.",
    "untrained": "the same architecture with fresh random weights: it has tokens and places, but has learned nothing.",
    "flat-bag": "sums the single-object vectors of what a picture shows, each alike: it knows no size, place or order.",
    "area-bag": "the same sum weighted by area: it prefers large objects, but knows neither place nor order. It is no"
    " null for an effect of size.",
    "noisy-area-bag": "the area-bag with noise in its picture vectors, so that it errs at times: the null for matching,"
    " where an encoder that never errs shows nothing.",
    "noisy-flat-bag": "the flat-bag with noise in its picture vectors, so that it errs at times: a null for matching.",
    "centre-bag": "the same sum weighted by nearness to the centre: it knows no area. It is no null for an effect of"
    " place.",
    "mean-colour": "sees the mean colour of a picture and nothing else.",
    "low-res": "sees a thumbnail of a few pixels and nothing else.",
    "even-objects": "a rule, not an encoder: all attention on the objects, evenly by area, as far as patches can show"
    " it. What it shows is the grid of patches.",
    "planted": "an encoder with a known effect built in.",
    "planted-image": "an encoder with a known effect of area and place built in.",
}


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
