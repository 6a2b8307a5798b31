"""What is kept from training, what scenes look like, and that they are the same everywhere."""

import itertools
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from primacy.errors import UsageError
from primacy.lab.scenes import SceneStream, held_out_sets
from primacy.render.collage import Batch, CollageRenderer
from primacy.stimuli.sources import object_library

FIELDS = {
    "model": {"side": 16},
    "scenes": {"library": "simco"},
    "train": {"batch": 24},
    "captions": {"filler": 0.5, "order": {"area": 0.5}},
    "pairs": {"other_order": 0.5, "swapped": 0.5, "replaced": 0.5},
    "seed": 5,
}
DIGEST = """
import hashlib
from primacy.lab.pairs import PairStream
from primacy.lab.read_spec import checked_spec

def digest(fields):
    found, stream = hashlib.sha256(), PairStream(checked_spec(fields, "test"))
    for split in ("train", "test"):
        batch = stream.batch(3, split)
        for array in (batch.scenes.images, batch.scenes.objects, batch.captions, batch.others, batch.negatives):
            found.update(array.tobytes())
    return found.hexdigest()
"""


@pytest.fixture
def drawn(monkeypatch):
    """Scenes that were asked for; nothing is drawn."""
    asked = []

    def note(_self, scenes):
        asked.extend(scenes)
        side, n = scenes[0].size, max(len(scene.objects) for scene in scenes)
        whole = np.full((len(scenes), n), 1)
        return Batch(np.zeros((len(scenes), side, side, 3), np.uint8), whole, whole, whole, {})

    monkeypatch.setattr(CollageRenderer, "render_arrays", note)
    return asked


def stream(spec, seed=0):
    return SceneStream(object_library(spec.scenes.library), spec.scenes, side=spec.model.side, seed=seed)


def sets_and_views(scenes):
    sets = {frozenset(p.category for p in scene.objects) for scene in scenes if len(scene.objects) > 1}
    return sets, {(p.asset, p.yaw) for scene in scenes for p in scene.objects}


@pytest.mark.parametrize("views", [tuple(range(8)), (0, 1, 7)], ids=["all", "front"])
def test_training_never_shows_what_is_held_out(tiny, drawn, views):
    spec = tiny(scenes={"objects": {1: 1, 2: 1, 3: 1, 4: 1}, "views": views})
    some = stream(spec)
    for step in range(40):
        some.batch(step, 64)
    shown, shown_views = sets_and_views(drawn)
    drawn.clear()
    for n, step in itertools.product((1, 2, 3, 4), range(8)):
        some.batch(step, 64, "test", objects=n)
    for step in range(8):
        some.batch(step, 64, "test")
    kept, kept_views = sets_and_views(drawn)
    assert len(shown) > 1000 and len(kept) > 200
    assert not shown & kept
    assert not shown_views & kept_views
    assert Counter(asset for asset, _ in kept_views) == dict.fromkeys((asset for asset, _ in kept_views), 1)
    assert len(kept_views) == 36 and len(shown_views) == 36 * (len(views) - 1)


def test_each_step_has_scenes_of_its_own(tiny, drawn):
    some = stream(tiny())
    first, again, other, split = (
        some.batch(*which).objects.tolist() for which in ((0, 50), (0, 50), (1, 50), (0, 50, "test"))
    )
    assert first == again != other
    assert first != split
    assert stream(tiny(), seed=1).batch(0, 50).objects.tolist() != first


@pytest.mark.parametrize("n", [2, 3])
def test_one_set_in_ten_is_held_out(n):
    sets = np.array(list(itertools.combinations(range(90), n)))
    assert held_out_sets(sets).mean() == pytest.approx(0.1, abs=0.01)


@given(st.lists(st.integers(0, 89), min_size=2, max_size=5, unique=True), st.randoms(), st.integers(0, 3))
def test_a_set_is_held_out_whatever_its_order_and_empty_places(ids, random, empty):
    turned = ids + [-1] * empty
    random.shuffle(turned)
    assert held_out_sets(np.array([turned])) == held_out_sets(np.array([ids]))


def test_single_objects_are_in_both_splits():
    assert not held_out_sets(np.column_stack([np.arange(90), np.full(90, -1)])).any()


def test_numbers_categories_and_areas_are_as_asked(tiny, drawn):
    spec = tiny(scenes={"objects": {1: 3, 3: 1}, "area": 0.02, "disparity": 4.0})
    some = stream(spec)
    batch = some.batch(0, 2000)
    assert (batch.count == [len(scene.objects) for scene in drawn]).all()
    assert (batch.count == 3).mean() == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / 2000) ** 0.5)
    named = [[some.categories[k] for k in row if k >= 0] for row in batch.objects]
    assert named == [[p.category for p in scene.objects] for scene in drawn]
    assert all(len(set(row)) == len(row) for row in named)
    counts = Counter(itertools.chain(*named))
    # A scene's categories are distinct and held-out sets are missing, so that this is all but multinomial.
    assert chisquare([counts[name] for name in some.categories]).pvalue > 1e-3
    areas = np.array([p.area for scene in drawn for p in scene.objects])
    assert areas.min() >= 0.01 - 1e-12 and areas.max() <= 0.04 + 1e-12
    assert kstest(np.log(areas / 0.01) / np.log(4), "uniform").statistic < 1 / 16 + 0.03  # sixteen levels


def test_pictures_show_what_the_batch_says(tiny, monkeypatch):
    """Area and place, measured from the masks of scenes with one object."""
    masks = []
    draw = CollageRenderer.render_arrays

    def note(self, scenes):
        batch = draw(self, scenes)
        masks.append(batch.masks)
        return batch

    monkeypatch.setattr(CollageRenderer, "render_arrays", note)
    batch = stream(tiny(model={"side": 64}, scenes={"objects": {1: 1}})).batch(0, 60)
    for k, mask in enumerate(masks[0]):
        rows, columns = np.nonzero(mask)
        assert batch.area[k, 0] * 64**2 == pytest.approx(len(rows))
        box = np.array([columns.min() + columns.max() + 1, rows.min() + rows.max() + 1]) / 2
        assert np.abs(box - 64 * batch.centre[k, 0]).max() <= 1
    assert batch.images.std() > 5


def test_objects_keep_apart_where_there_is_room(tiny, drawn):
    some = stream(tiny(scenes={"objects": {2: 1}, "area": 0.02, "disparity": 1.0}))
    centre = some.batch(0, 500).centre
    assert (np.abs(centre[:, 0] - centre[:, 1]).max(axis=1) > 0.1).mean() > 0.98


@pytest.mark.parametrize("batch", [1, 30])
def test_what_would_leave_the_frame_is_made_smaller(tiny, monkeypatch, batch):
    """Objects too near to the edge for their size."""
    spec = tiny(model={"side": 64}, scenes={"objects": {1: 1, 2: 1}, "area": 0.12, "disparity": 1.0})
    usual = stream(spec).batch(0, batch)
    monkeypatch.setattr(SceneStream, "_places", staticmethod(lambda _rng, box, _real: np.full_like(box, 0.2)))
    near = stream(spec).batch(0, batch)
    np.testing.assert_array_equal(near.objects, usual.objects)
    there = near.objects >= 0
    np.testing.assert_array_equal(np.isnan(near.area), ~there)
    assert (near.area[there] <= usual.area[there] + 1e-9).all() and near.area[there].min() > 0.01
    assert (near.area[there] < 0.11).any()
    again = stream(spec).batch(0, batch)
    np.testing.assert_array_equal(near.images, again.images)
    assert near.images.std(axis=(1, 2, 3)).min() > 1


def test_what_fits_no_frame_is_an_error(tiny, monkeypatch):
    monkeypatch.setattr(SceneStream, "_places", staticmethod(lambda _rng, box, _real: np.full_like(box, 0.01)))
    with pytest.raises(UsageError, match=r"could not be drawn: .* leaves the frame"):
        stream(tiny(scenes={"area": 0.2, "disparity": 1.0})).batch(0, 10)


def test_floors_differ_where_asked(tiny, drawn):
    stream(tiny()).batch(0, 100)
    assert len({scene.ground for scene in drawn}) == 1
    drawn.clear()
    stream(tiny(scenes={"grounds": 5})).batch(0, 200)
    assert len({scene.ground for scene in drawn}) == 5


def test_instances_and_views_are_those_of_the_recipe(tiny, drawn):
    stream(tiny(scenes={"instances": 1, "views": (1, 3, 7)})).batch(0, 500)
    assert len({p.asset for scene in drawn for p in scene.objects}) == 18
    assert {p.yaw for scene in drawn for p in scene.objects} == {45.0, 135.0, 315.0}


def test_batches_are_the_same_in_every_process():
    here: dict = {}
    exec(DIGEST, here)  # noqa: S102
    code, other = f"{DIGEST}\nprint(digest({FIELDS!r}))", "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    there = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": other}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert there.stdout.strip() == here["digest"](FIELDS) == here["digest"](FIELDS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"categories": ("cube", "cub")}, "no object of category 'cub'"),
        ({"categories": ("cube", "mug", "star")}, "need more than 3 categories"),
    ],
    ids=["unknown", "few"],
)
def test_categories_that_do_not_do(tiny, change, said):
    with pytest.raises(UsageError, match=said):
        stream(tiny(scenes=change))


def test_a_vocabulary_without_a_held_out_set(tiny):
    names = ("cube", "mug", "star")
    assert not held_out_sets(np.array(list(itertools.combinations(range(3), 2)))).any()
    some = stream(tiny(scenes={"categories": names, "objects": {2: 1}}))
    with pytest.raises(UsageError, match="no set of 2 of 3 categories is in the test split"):
        some.batch(0, 4, "test")
