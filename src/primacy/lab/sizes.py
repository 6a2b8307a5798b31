"""Does a lab model favour the larger of two objects where it has seen both sizes in training?

The scenes of an audit hold objects smaller than any that a lab model was trained on: what looks like a liking for
large ones may be blindness for small ones. Here two objects stand in the same places twice, once with the one and once
with the other halved in area, `sqrt(2)` times as large and as small as the recipe's mean area. So objects and places
are balanced, and every recipe with a disparity of 2 or more has shown both sizes.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import torch

from primacy.encoders.lab.files import LabModel
from primacy.lab.examinee import Examinee, credit, share_over_sets
from primacy.lab.read_spec import recipe_of
from primacy.lab.scenes import SceneStream
from primacy.stimuli.sources import object_library

RATIO = 2.0
_SEED = 1_000_033
_GALLERIES = 8
_BATCH = 250


class Preference(NamedTuple):
    """Winner share of the larger object minus that of the smaller one, with its 95 % interval over `n_clusters` sets of
    two categories; `n` pictures."""

    value: float
    ci_low: float
    ci_high: float
    n: int
    n_clusters: int


class Preferences(NamedTuple):
    """Against pictures of single objects (IOR), and against their names (I2TOR)."""

    pictures: Preference
    names: Preference


def size_preferences(found: LabModel, device: torch.device, *, scenes: int = 1000) -> Preferences:
    """Measure both on held-out sets and views.

    The winner is the one of the two whose gallery item is the more similar; ties share. Pictures of single objects are
    eight galleries of held-out views at random places, of areas within the same factor of two; their credit is
    averaged.

    Args:
        found: the model.
        device: where it runs.
        scenes: shown, each twice.

    Raises:
        UsageError: the model's recipe cannot be read, or has no held-out set of two.
    """
    spec = recipe_of(found, "the model")
    library = object_library(spec.scenes.library)

    def stream(area: float, disparity: float) -> SceneStream:
        changed = spec.scenes.model_copy(update={"area": area, "disparity": disparity})
        return SceneStream(library, changed, side=spec.model.side, seed=_SEED)

    pairs = stream(spec.scenes.area * RATIO**0.5, 1.0)
    examinee = Examinee(found, pairs.categories, spec.captions, device)
    names = examinee.texts([[k] for k in range(len(pairs.categories))])
    galleries = [names, *_galleries(examinee, stream(spec.scenes.area, RATIO))]
    sets, won = [], []
    for step, size in enumerate(_batches(scenes)):
        batches = pairs.halves(step, size)
        sets.append(np.sort(batches[0].objects, axis=1))
        credits = []
        for larger, batch in ((1, batches[0]), (0, batches[1])):
            vectors = examinee.pictures(batch.images)
            # (galleries, scenes, 2): similarity to the gallery item of either object
            sims = np.stack([np.einsum("bd,bkd->bk", vectors, items[batch.objects]) for items in galleries])
            credits.append([credit(some, np.full(size, larger)) for some in sims])
        won.append(np.mean(credits, axis=0))
    shares = np.concatenate(won, axis=1)  # (galleries, scenes)
    of_sets = np.concatenate(sets)
    return Preferences(*(_preference(earned, of_sets) for earned in (shares[1:].mean(axis=0), shares[0])))


def _batches(scenes: int) -> list[int]:
    return [min(_BATCH, scenes - done) for done in range(0, scenes, _BATCH)]


def _galleries(examinee: Examinee, stream: SceneStream) -> list[np.ndarray]:
    """Vectors (categories, dim) of a picture of each single category, several times."""
    steps = itertools.count()
    found = []
    for _ in range(_GALLERIES):
        first: dict[int, np.ndarray] = {}
        while len(first) < len(stream.categories):
            batch = stream.batch(next(steps), _BATCH, "test", objects=1)
            for k, image in zip(batch.objects[:, 0].tolist(), batch.images, strict=True):
                first.setdefault(k, image)
        found.append(examinee.pictures(np.stack([first[k] for k in sorted(first)])))
    return found


def _preference(earned: np.ndarray, sets: np.ndarray) -> Preference:
    share = share_over_sets(earned, sets, np.random.default_rng(_SEED))
    return Preference(2 * share.value - 1, 2 * share.low - 1, 2 * share.high - 1, 2 * len(earned), share.n_clusters)
