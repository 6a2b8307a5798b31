"""What a lab model can do on what it has not seen: objects named, scenes and captions matched.

Scenes are of the recipe's own kind, of object sets and views that training never shows (`SceneStream`'s "test" split),
and drawn from a seed of their own, so that models which differ in their training alone answer the same questions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict

from primacy.encoders.lab.files import LabModel
from primacy.errors import RunError
from primacy.files import atomic_write_text, os_errors_as
from primacy.identity import rng_stream
from primacy.lab.examinee import Examinee, credit, share_over_sets
from primacy.lab.read_spec import recipe_of
from primacy.lab.run_folder import read_kept
from primacy.lab.scenes import SceneStream, held_out_sets
from primacy.lab.spec import CaptionSpec
from primacy.listener import Listener, Silent
from primacy.stimuli.sources import object_library

SCORES = "scores.json"
CANDIDATES = 100
SCENES = 2000
_SEED = 1_000_003
_OBJECTS = (2, 3, 4)
_BATCH = 250

Task = Literal["zero-shot", "image-to-text", "text-to-image"]
Key = tuple[int, ...]


class Score(BaseModel):
    """One accuracy with its 95 % interval.

    `zero-shot`: of a scene with one object, whether the prompt of its category is the most similar of all categories'.
    `image-to-text`: whether a scene's own caption is the most similar of `candidates` captions of as many object sets;
    `text-to-image` the other way round. Ties share their credit. `chance` is what a constant encoder gets. Scenes of
    one object set (for `zero-shot`: of one category) are one cluster, and `n` scenes were shown.
    """

    model_config = ConfigDict(frozen=True)

    task: Task
    n_objects: int
    candidates: int
    chance: float
    value: float
    ci_low: float
    ci_high: float
    n: int
    n_clusters: int

    @property
    def name(self) -> str:
        """Task and number of objects, in words."""
        return self.task if self.n_objects == 1 else f"{self.task}, {self.n_objects} objects"


class Scores(BaseModel):
    """Accuracies of one model; `samples`: scenes that it was trained on, `template`: of the captions."""

    model_config = ConfigDict(frozen=True)

    samples: int
    template: str
    scores: tuple[Score, ...]

    def find(self, task: Task, n_objects: int) -> Score | None:
        """One of them; None where the vocabulary was too small for it."""
        return next((s for s in self.scores if (s.task, s.n_objects) == (task, n_objects)), None)


def held_out_scores(
    found: LabModel, device: torch.device, *, scenes: int = SCENES, listener: Listener | None = None
) -> Scores:
    """Score a model on held-out views of single objects and on held-out sets of 2, 3 and 4 objects, in float32.

    Captions of several objects name all of them, in a random order, and stand in the "photo" template ("a photo of a
    dog and a cat"), or in the commonest one of the recipe where the model does not know the words of "photo".

    Args:
        found: the model.
        device: where it runs.
        scenes: shown for each number of objects, rounded up to whole galleries.
        listener: told of scenes scored.

    Returns:
        The same for the same model at every call (on one kind of device).
    """
    listener = listener or Silent()
    spec = recipe_of(found, "the model")
    stream = SceneStream(object_library(spec.scenes.library), spec.scenes, side=spec.model.side, seed=_SEED)
    exam = _Exam(found, stream, spec.captions, device, listener)
    sizes = {n: min(CANDIDATES, _held_out_count(len(stream.categories), n)) for n in _OBJECTS}
    galleries = {n: math.ceil(scenes / size) for n, size in sizes.items() if size > 1}
    listener.stage("scoring", scenes + sum(count * sizes[n] for n, count in galleries.items()))
    scores = [exam.zero_shot(scenes)]
    for n, count in galleries.items():
        scores += exam.retrieval(n, sizes[n], count)
    return Scores(samples=found.samples, template=exam.examinee.template, scores=tuple(scores))


def write_scores(folder: Path, scores: Scores) -> None:
    """Write scores into a run's folder.

    Raises:
        RunError: they cannot be written.
    """
    path = folder / SCORES
    with os_errors_as(RunError, f"cannot write {path}"):
        atomic_write_text(path, scores.model_dump_json(indent=1) + "\n")


def read_scores(folder: Path) -> Scores | None:
    """The scores in a run's folder; None where it was not scored yet.

    Raises:
        RunError: the file is damaged.
    """
    return read_kept(folder / SCORES, Scores.model_validate_json)


class _Exam:
    def __init__(
        self,
        found: LabModel,
        stream: SceneStream,
        captions: CaptionSpec,
        device: torch.device,
        listener: Listener,
    ) -> None:
        self.examinee = Examinee(found, stream.categories, captions, device)
        self._stream, self._listener = stream, listener

    def zero_shot(self, scenes: int) -> Score:
        categories = len(self._stream.categories)
        prompts = self.examinee.texts([[k] for k in range(categories)])
        rows = list(itertools.islice(self._shown(1), scenes))
        self._listener.advance(scenes)
        sets = [ids for ids, _ in rows]
        sims = np.stack([vector for _, vector in rows]) @ prompts.T
        return _scored("zero-shot", categories, sets, credit(sims, np.array(sets)[:, 0]))

    def retrieval(self, n: int, candidates: int, galleries: int) -> list[Score]:
        rng = rng_stream(_SEED, "lab", "score", str(n))
        shown = self._shown(n)
        sets: list[Key] = []
        to_text, to_image = [], []
        for _ in range(galleries):
            gallery: dict[Key, np.ndarray] = {}
            while len(gallery) < candidates:
                ids, vector = next(shown)
                gallery.setdefault(ids, vector)
            captions = self.examinee.texts([rng.permutation(ids).tolist() for ids in gallery])
            sims = np.stack(list(gallery.values())) @ captions.T
            right = np.arange(candidates)
            to_text.append(credit(sims, right))
            to_image.append(credit(sims.T, right))
            sets += gallery
            self._listener.advance(candidates)
        return [
            _scored("image-to-text", candidates, sets, np.concatenate(to_text)),
            _scored("text-to-image", candidates, sets, np.concatenate(to_image)),
        ]

    def _shown(self, n: int) -> Iterator[tuple[Key, np.ndarray]]:
        """Endless held-out scenes of n objects: their sorted categories and their vectors."""
        for step in itertools.count():
            batch = self._stream.batch(step, _BATCH, "test", objects=n)
            vectors = self.examinee.pictures(batch.images)
            yield from zip(map(tuple, np.sort(batch.objects, axis=1).tolist()), vectors, strict=True)


def _held_out_count(categories: int, n: int) -> int:
    """How many sets of n categories are held out; at least `CANDIDATES` where they are too many to count."""
    if math.comb(categories, n) > 100 * CANDIDATES:
        return CANDIDATES
    sets = np.array(list(itertools.combinations(range(categories), n)), dtype=np.int64).reshape(-1, n)
    return int(held_out_sets(sets).sum())


def _scored(task: Task, candidates: int, sets: list[Key], credit: np.ndarray) -> Score:
    share = share_over_sets(credit, np.array(sets), rng_stream(_SEED, "lab", "score", "interval"))
    return Score(
        task=task,
        n_objects=len(sets[0]),
        candidates=candidates,
        chance=1 / candidates,
        value=share.value,
        ci_low=share.low,
        ci_high=share.high,
        n=len(credit),
        n_clusters=share.n_clusters,
    )
