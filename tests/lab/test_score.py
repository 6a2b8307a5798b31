"""Scores of planted models: ties, truth, and a reader of first names only."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from primacy.encoders.lab.files import LabModel
from primacy.errors import RunError, UsageError
from primacy.lab.pairs import PairStream
from primacy.lab.scenes import SceneStream, held_out_sets
from primacy.lab.score import SCORES, Scores, held_out_scores, read_scores, write_scores
from primacy.lab.train import initial_model

CPU = torch.device("cpu")


class Planted(nn.Module):
    """Pictures hold their categories in their first pixels (see `marked`); `reads` decides which names count."""

    def __init__(self, config, categories, words, reads):
        super().__init__()
        self.config, self._reads = config, reads
        self._names = [words.ids(name)[0] for name in categories]

    def encode_image(self, pictures):
        ids = (pictures[:, 0, 0, :8] * 255).round().long() - 1
        found = torch.zeros(len(pictures), len(self._names))
        for row, seen in zip(found, ids, strict=True):
            row[seen[seen >= 0]] = 1
        return nn.functional.normalize(found, dim=-1)

    def encode_text(self, ids):
        found = torch.zeros(len(ids), len(self._names))
        for row, said in zip(found, ids.tolist(), strict=True):
            named = [self._names.index(word) for word in said if word in self._names]
            row[self._reads(named)] = 1
        return nn.functional.normalize(found, dim=-1)


@pytest.fixture
def marked(monkeypatch):
    """Pictures that say what is in them."""
    draw = SceneStream.batch

    def batch(self, *args, **kwargs):
        found = draw(self, *args, **kwargs)
        found.images[:, 0, :8, 0] = 0
        found.images[:, 0, : found.objects.shape[1], 0] = found.objects + 1
        return found

    monkeypatch.setattr(SceneStream, "batch", batch)


@pytest.fixture
def planted(tiny):
    def make(reads, **changes):
        spec = tiny(**changes)
        pairs = PairStream(spec)
        model = Planted(spec.model, pairs.scenes.categories, pairs.words, reads)
        return LabModel(model, pairs.words, spec.model_dump(mode="json"), 1280)

    return make


def constant(tiny, **changes):
    spec = tiny(**changes)
    words = PairStream(spec).words
    model = initial_model(spec, len(words))
    nn.init.zeros_(model.image.projection)
    return LabModel(model, words, spec.model_dump(mode="json"), 0)


def test_a_constant_model_is_exactly_at_chance(tiny):
    found = held_out_scores(constant(tiny), CPU, scenes=120)
    held = {n: held_out_sets(np.array(list(itertools.combinations(range(18), n)))).sum() for n in (2, 3, 4)}
    assert [(s.task, s.n_objects) for s in found.scores] == [
        ("zero-shot", 1), *[(task, n) for n in (2, 3, 4) for task in ("image-to-text", "text-to-image")]
    ]  # fmt: skip
    for s in found.scores:
        assert s.candidates == (18 if s.n_objects == 1 else min(100, held[s.n_objects]))
        assert (s.chance, s.value, s.ci_low, s.ci_high) == pytest.approx((1 / s.candidates,) * 4, abs=1e-12)
        galleries = 120 / s.candidates
        assert s.n == (120 if s.n_objects == 1 else math.ceil(galleries) * s.candidates)
        assert s.n_clusters <= (18 if s.n_objects == 1 else held[s.n_objects])


def test_a_model_that_knows_is_right(marked, planted):
    found = held_out_scores(planted(lambda named: named), CPU, scenes=100)
    assert len(found.scores) == 7
    for s in found.scores:
        assert s.value == 1 and s.ci_high == pytest.approx(1, abs=1e-12) and s.ci_low < 0.97
    assert found.samples == 1280


def test_a_reader_of_first_names_gets_what_counting_says(marked, planted):
    """Scenes of two: every caption whose first name is in the scene is as good, so the true one has a share of that."""
    model = planted(lambda named: named[:1])
    shown, said = [], []
    see, read = model.model.encode_image, model.model.encode_text

    def seen(pictures):
        found = see(pictures)
        shown.extend(frozenset(np.flatnonzero(row).tolist()) for row in found.numpy())
        return found

    def told(ids):
        found = read(ids)
        said.append([int(np.flatnonzero(row)[0]) for row in found.numpy()])
        return found

    model.model.encode_image, model.model.encode_text = seen, told
    scores = held_out_scores(model, CPU, scenes=17)
    assert scores.find("zero-shot", 1).value == 1
    pairs = list(dict.fromkeys(s for s in shown if len(s) == 2))[:17]
    first = said[1]  # after the prompts of single names
    assert len(first) == 17 and all(name in pair for name, pair in zip(first, pairs, strict=True))
    expected = np.mean([1 / sum(name in pair for name in first) for pair in pairs])
    assert scores.find("image-to-text", 2).value == pytest.approx(expected)
    expected = np.mean([1 / sum(name in pair for pair in pairs) for name in first])
    assert scores.find("text-to-image", 2).value == pytest.approx(expected)


def test_scores_are_the_same_at_every_call_and_for_every_seed_of_training(tiny):
    spec = tiny()
    words = PairStream(spec).words
    recipe = spec.model_dump(mode="json")
    first, again = (
        held_out_scores(LabModel(initial_model(spec, len(words)), words, recipe | {"seed": seed}, 0), CPU, scenes=60)
        for seed in (0, 5)
    )
    assert first == again
    other = held_out_scores(LabModel(initial_model(tiny(seed=1), len(words)), words, recipe, 0), CPU, scenes=60)
    assert other != first


def test_an_untrained_model_is_about_at_chance(tiny):
    spec = tiny(scenes={"library": "comco"})
    words = PairStream(spec).words
    model = LabModel(initial_model(spec, len(words)), words, spec.model_dump(mode="json"), 0)
    found = held_out_scores(model, CPU, scenes=200)
    assert found.find("zero-shot", 1).candidates == 90
    for s in found.scores:
        assert s.value < 0.06
        if s.task == "image-to-text":
            assert s.candidates == 100 and s.n_clusters > 90


def test_few_categories_leave_out_what_has_no_gallery(marked, planted):
    names = ["cube", "mug", "star", "arrow"]
    counts = {n: held_out_sets(np.array(list(itertools.combinations(range(4), n)))).sum() for n in (2, 3, 4)}
    found = held_out_scores(
        planted(lambda named: named, scenes={"categories": names, "objects": {1: 1, 2: 1}}), CPU, scenes=20
    )
    assert max(counts.values()) <= 1
    assert [s.name for s in found.scores] == ["zero-shot"]
    assert found.find("image-to-text", 2) is None


@pytest.mark.parametrize(
    ("templates", "template"),
    [({"photo": 1.0, "comma": 3.0}, "photo"), ({"comma": 1.0, "and": 2.0}, "and")],
    ids=["known", "unknown"],
)
def test_captions_stand_in_a_template_that_the_model_knows(marked, planted, templates, template):
    model = planted(lambda named: named, captions={"templates": templates, "filler": 0.1})
    assert held_out_scores(model, CPU, scenes=17).template == template


def test_the_listener_is_told_of_every_scene(tiny):
    class Told:
        total = done = 0

        def stage(self, _name, total):
            self.total = total

        def advance(self, done):
            self.done += done

    told = Told()
    found = held_out_scores(constant(tiny), CPU, scenes=50, listener=told)
    assert told.total == told.done == sum(s.n for s in found.scores if s.task != "text-to-image")


def test_scores_are_written_and_read(tiny, tmp_path):
    assert read_scores(tmp_path) is None
    found = held_out_scores(constant(tiny), CPU, scenes=20)
    write_scores(tmp_path, found)
    assert read_scores(tmp_path) == found == Scores.model_validate(found.model_dump())
    (tmp_path / SCORES).write_text("{", "utf-8")
    with pytest.raises(RunError, match="is damaged"):
        read_scores(tmp_path)


def test_a_model_of_a_recipe_that_is_none_is_told_of(tiny):
    with pytest.raises(UsageError, match=r"the recipe of the model: scenes\.area"):
        held_out_scores(constant(tiny)._replace(recipe={"scenes": {"area": "large"}}), CPU, scenes=20)


def test_names_say_task_and_objects(tiny):
    names = [s.name for s in held_out_scores(constant(tiny), CPU, scenes=20).scores]
    assert names[:3] == ["zero-shot", "image-to-text, 2 objects", "text-to-image, 2 objects"]
