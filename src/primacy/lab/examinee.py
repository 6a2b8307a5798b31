"""A lab model that is asked questions: pictures and lists of categories in, vectors out, in float32 on one device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from primacy.encoders.lab.files import LabModel
from primacy.encoders.lab.words import Words
from primacy.lab.captions import Wording
from primacy.lab.pairs import categories_of
from primacy.lab.spec import CaptionSpec
from primacy.lab.train import as_pictures
from primacy.probes.retrieval import TIE
from primacy.stats.intervals import share_intervals
from primacy.stats.resample import cluster_draws


class Examinee:
    """Ask `found`, on `device`, about the categories `names`, given by their number.

    Attributes:
        template: of the texts: "photo" ("a photo of a dog and a cat"), or the commonest of the recipe's `captions`
            where the model does not know the words of "photo".
    """

    def __init__(self, found: LabModel, names: list[str], captions: CaptionSpec, device: torch.device) -> None:
        self._model, self._words, self._device = found.model.to(device).eval(), found.words, device
        self.template, self._wording = _wording(names, captions, found.words)

    def pictures(self, images: np.ndarray) -> np.ndarray:
        """Unit-norm float64 (n, dim) of uint8 (n, S, S, 3)."""
        with torch.inference_mode():
            return self._model.encode_image(as_pictures(images, self._device)).cpu().numpy().astype(np.float64)

    def texts(self, objects: Sequence[Sequence[int]]) -> np.ndarray:
        """Unit-norm float64 (n, dim) of texts that name the categories of each list, in its order."""
        texts = self._wording.captions(objects, np.random.default_rng(0))  # one template, no filler: nothing to draw
        ids = torch.from_numpy(self._words.rows(texts, self._model.config.context)).to(self._device)
        with torch.inference_mode():
            return self._model.encode_text(ids).cpu().numpy().astype(np.float64)


def credit(sims: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Share of the win of column `right` (m,) in each row of `sims` (m, candidates), float64 (m,)."""
    leads = sims >= sims.max(axis=1, keepdims=True) - TIE
    return leads[np.arange(len(sims)), right] / leads.sum(axis=1)


class Share(NamedTuple):
    """A mean credit with its 95 % interval over `n_clusters` sets of categories."""

    value: float
    low: float
    high: float
    n_clusters: int


def share_over_sets(earned: np.ndarray, sets: np.ndarray, rng: np.random.Generator) -> Share:
    """The mean of credits `earned` float64 (m,) of scenes whose sorted categories are `sets` int64 (m, n)."""
    known, cluster = np.unique(sets, axis=0, return_inverse=True)
    won = np.bincount(cluster, earned, len(known))[:, None]
    shown = np.bincount(cluster, minlength=len(known))[:, None]
    draws = cluster_draws(won, shown, rng=rng)
    return Share(*share_intervals(draws.value, draws.draws, n_clusters=draws.support).at(0), len(known))


def _wording(names: list[str], captions: CaptionSpec, words: Words) -> tuple[str, Wording]:
    """The template of the texts, and what writes them."""
    commonest = max(captions.templates, key=lambda name: captions.templates[name])
    for template in ("photo", commonest):
        wording = Wording(categories_of(names), CaptionSpec(templates={template: 1.0}, filler=0))
        if not words.unknown(wording.texts()):
            break
    return template, wording
