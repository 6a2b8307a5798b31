"""Preference for the larger of two objects: planted models, and scenes that differ in nothing else."""

import numpy as np
import pytest
import torch
from torch import nn

from primacy.encoders.lab.files import LabModel
from primacy.lab.pairs import PairStream
from primacy.lab.scenes import SceneStream, held_out_sets
from primacy.lab.sizes import size_preferences
from primacy.lab.train import initial_model
from primacy.stimuli.sources import object_library

CPU = torch.device("cpu")


class Weighing(nn.Module):
    """Pictures hold categories and areas in their first pixels (see `marked`): sums of names with weights area^gamma,
    and `liked` of category 0 on top."""

    def __init__(self, config, categories, words, gamma, liked):
        super().__init__()
        self.config, self._gamma, self._liked = config, gamma, liked
        self._names = [words.ids(name)[0] for name in categories]

    def encode_image(self, pictures):
        ids = (pictures[:, 0, 0, :2] * 255).round().long() - 1
        area = (pictures[:, 1, 0, :2] * 255).round()
        found = torch.zeros(len(pictures), len(self._names))
        for row, seen, size in zip(found, ids, area, strict=True):
            row[seen[seen >= 0]] = size[seen >= 0] ** self._gamma
            row[0] *= self._liked
        return nn.functional.normalize(found, dim=-1)

    def encode_text(self, ids):
        found = torch.zeros(len(ids), len(self._names))
        for row, said in zip(found, ids.tolist(), strict=True):
            row[[self._names.index(word) for word in said if word in self._names]] = 1
        return nn.functional.normalize(found, dim=-1)


@pytest.fixture
def marked(monkeypatch):
    """Pictures that say what is in them, and how large."""

    def mark(batch):
        n = batch.objects.shape[1]
        batch.images[:, 0, :2] = 0
        batch.images[:, 0, :n, 0] = batch.objects + 1
        batch.images[:, 0, :n, 1] = np.round(1000 * batch.area)
        return batch

    draw, halves = SceneStream.batch, SceneStream.halves
    monkeypatch.setattr(SceneStream, "batch", lambda *args, **kwargs: mark(draw(*args, **kwargs)))
    monkeypatch.setattr(SceneStream, "halves", lambda *args: tuple(map(mark, halves(*args))))


@pytest.fixture
def weighing(tiny):
    def make(gamma, liked=1.0):
        spec = tiny(scenes={"area": 0.06, "disparity": 4.0, "objects": {1: 1, 2: 1}})
        pairs = PairStream(spec)
        model = Weighing(
            initial_model(spec, len(pairs.words)).config, pairs.scenes.categories, pairs.words, gamma, liked
        )
        return LabModel(model, pairs.words, spec.model_dump(mode="json"), 0)

    return make


@pytest.mark.parametrize(("gamma", "value"), [(0.0, 0.0), (1.0, 1.0), (-1.0, -1.0)], ids=["blind", "larger", "smaller"])
def test_a_planted_preference_is_found(weighing, marked, gamma, value):
    for found in size_preferences(weighing(gamma), CPU, scenes=60):
        assert found.value == pytest.approx(value)
        assert found.ci_low - 1e-9 <= value <= found.ci_high + 1e-9
        assert found.n == 120
        assert 1 < found.n_clusters <= 60


def test_a_liking_for_a_category_is_balanced(weighing, marked):
    """A category that wins whatever its size wins once large and once small; the others tie."""
    for found in size_preferences(weighing(0.0, liked=9.0), CPU, scenes=60):
        assert found.value == pytest.approx(0.0)


def test_more_than_one_batch_is_one_answer(weighing, marked):
    first = size_preferences(weighing(1.0), CPU, scenes=300)
    assert first.names.n == 600
    assert first == size_preferences(weighing(1.0), CPU, scenes=300)


def test_halves_differ_in_the_areas_alone(tiny):
    spec = tiny(scenes={"area": 0.1, "disparity": 1.0}, model={"side": 64})
    stream = SceneStream(object_library("simco"), spec.scenes, side=64, seed=3)
    first, second = stream.halves(0, 40)
    assert np.array_equal(first.objects, second.objects) and np.array_equal(first.centre, second.centre)
    assert held_out_sets(first.objects).all()
    np.testing.assert_allclose(first.area[:, 0] / second.area[:, 0], 0.5, rtol=0.1)  # whole pixels
    np.testing.assert_allclose(second.area[:, 1] / first.area[:, 1], 0.5, rtol=0.1)
    assert all(len({*row}) == 2 for row in first.objects.tolist())
    different = [k for k in range(40) if not np.array_equal(first.images[k], second.images[k])]
    assert len(different) == 40
