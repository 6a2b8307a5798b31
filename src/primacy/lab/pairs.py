"""What a model is shown: scenes with their true captions and their negatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from primacy.design.vocabulary import Category, parse_vocabulary
from primacy.encoders.lab.words import Words
from primacy.identity import rng_stream
from primacy.lab.captions import Phrase, Wording, mentions
from primacy.lab.scenes import SceneBatch, SceneStream, Split
from primacy.lab.spec import LabSpec


@dataclass(frozen=True, eq=False)
class Pairs:
    """B scenes and their texts.

    `captions` int64 (B, t): token ids of the true captions. `others` int64 (R, t): second true captions, in the same
    words, of the scenes `other_rows`. `negatives` int64 (N, t): captions that are wrong, each in the words of one
    scene's true caption but for the objects that differ.
    """

    scenes: SceneBatch
    captions: np.ndarray
    others: np.ndarray
    other_rows: np.ndarray
    negatives: np.ndarray


def categories_of(names: list[str]) -> list[Category]:
    """The categories of a library, with the articles that the vocabularies know."""
    return list(parse_vocabulary("lab", "\n".join(names)).categories)


class PairStream:
    """Endless batches of a specification; batch k is the same at every call."""

    def __init__(self, spec: LabSpec) -> None:
        from primacy.stimuli.sources import object_library

        self.spec = spec
        library = object_library(spec.scenes.library)
        self.scenes = SceneStream(library, spec.scenes, side=spec.model.side, seed=spec.seed)
        self.wording = Wording(categories_of(self.scenes.categories), spec.captions)
        self.words = Words.of_texts(self.wording.texts())

    def batch(self, step: int, split: Split = "train") -> Pairs:
        """The scenes of a step with their texts; `train.singles` is of training alone."""
        rng = rng_stream(self.spec.seed, "lab", "captions", split, str(step))
        singles = 1 if split == "train" and step < self.spec.single_steps else None
        scenes = self.scenes.batch(step, self.spec.train.batch, split, objects=singles)
        said = mentions(scenes, self.spec.captions, rng)
        phrases = self.wording.phrases(said, rng)
        pairs = self.spec.pairs
        other_rows = np.flatnonzero(rng.random(len(said)) < pairs.other_order)
        others = [phrases[row].naming(rng.permutation(said[row]).tolist()) for row in other_rows]
        negatives = self._negatives(phrases, said, scenes, rng)
        return Pairs(scenes, self._ids(phrases), self._ids(others), other_rows, self._ids(negatives))

    def _ids(self, phrases: list[Phrase]) -> np.ndarray:
        return self.words.rows([self.wording.render(phrase) for phrase in phrases], self.spec.model.context)

    def _negatives(
        self, phrases: list[Phrase], said: list[list[int]], scenes: SceneBatch, rng: np.random.Generator
    ) -> list[Phrase]:
        """Wrong captions in the words of the true ones: they differ in what they are meant to differ in alone."""
        pairs = self.spec.pairs
        drawn = rng.random((3, len(said))) < np.array([[pairs.swapped], [pairs.replaced], [pairs.replaced_late]])
        found = []
        for phrase, ids, seen, (swap, anywhere, late) in zip(
            phrases, said, scenes.objects, drawn.T.tolist(), strict=True
        ):
            if swap and len(ids) > 1:
                i, j = rng.choice(len(ids), 2, replace=False)
                swapped = list(ids)
                swapped[i], swapped[j] = swapped[j], swapped[i]
                found.append(phrase.naming(swapped))
            for wanted, place in ((anywhere, int(rng.integers(len(ids)))), (late, len(ids) - 1)):
                if wanted:
                    absent = np.setdiff1d(np.arange(len(self.wording.categories)), seen)
                    found.append(phrase.naming([*ids[:place], int(rng.choice(absent)), *ids[place + 1 :]]))
        return found
