"""Correlations of properties within scenes against scipy, and against the captions that follow from them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from primacy.lab.captions import mention_order
from primacy.lab.crosstalk import mention_correlations, rank_correlations
from primacy.lab.scenes import SceneBatch, SceneStream
from primacy.lab.spec import OrderSpec
from primacy.stimuli.sources import object_library


def properties(scenes, row):
    n = int(scenes.count[row])
    x, y = scenes.centre[row, :n].T
    return scenes.area[row, :n], -scenes.objects[row, :n], -((x - 0.5) ** 2 + (y - 0.5) ** 2)


def test_means_are_scipys_over_scenes_of_several_objects(planted_scenes):
    scenes = planted_scenes(np.tile([1, 2, 3, 5], 20))
    wanted = np.zeros((3, 3))
    for row in np.flatnonzero(scenes.count > 1):
        own = properties(scenes, row)
        wanted += [[spearmanr(a, b).statistic for b in own] for a in own]
    np.testing.assert_allclose(rank_correlations(scenes), wanted / 60, atol=1e-12)


def planted(area, distance):
    """One scene: objects of these areas, so far from the middle."""
    n = len(area)
    centre = np.column_stack([0.5 + np.array(distance), np.full(n, 0.5)])[None]
    return SceneBatch(np.zeros((1, 0, 0, 3), np.uint8), np.arange(n)[None], np.array([area]), centre)


@pytest.mark.parametrize(
    ("area", "distance", "wanted"),
    [
        ([0.3, 0.2, 0.1], [0.1, 0.2, 0.3], 1.0),
        ([0.1, 0.2, 0.3], [0.1, -0.2, 0.3], -1.0),
        ([0.2, 0.2, 0.1], [0.0, 0.1, 0.2], 0.75),
        ([0.2, 0.2], [0.0, 0.1], 0.0),
        ([0.2], [0.1], 0.0),
    ],
    ids=["together", "opposite", "two tie", "all tie", "one object"],
)
def test_planted_scenes(area, distance, wanted):
    assert rank_correlations(planted(area, distance))[0, 2] == pytest.approx(wanted)


def stream(spec):
    return SceneStream(object_library("simco"), spec.scenes, side=16, seed=3)


def test_large_objects_stand_nearer_to_the_middle(tiny):
    wide = stream(tiny(scenes={"objects": {3: 1}, "area": 0.05, "disparity": 32.0})).plan(0, 2000)
    alike = stream(tiny(scenes={"objects": {3: 1}, "area": 0.001, "disparity": 2.0})).plan(0, 2000)
    # A correlation of three ranks has a deviation of 0.71, its mean over 2,000 scenes one of 0.016.
    assert rank_correlations(wide)[0, 2] > 0.1 > 0.08 > rank_correlations(alike)[0, 2]


@pytest.mark.parametrize(
    "dials",
    [{"area": 1.0}, {"area": -0.8, "mixed": 0.25}, {"centre": 1.0}, {"area": 0.3, "category": -0.3, "centre": 0.2}],
    ids=["area", "mixed", "centre", "all"],
)
def test_captions_correlate_as_expected(tiny, dials):
    order = OrderSpec(**dials)
    drawn = stream(tiny(scenes={"objects": {4: 1}, "area": 0.05, "disparity": 32.0}))
    scenes = drawn.plan(9, 4000)
    scenes = replace(scenes, area=scenes.area + np.random.default_rng(1).uniform(0, 1e-9, scenes.area.shape))
    early = -np.argsort(mention_order(scenes, order, np.random.default_rng(0)), axis=1).astype(float)
    own = (scenes.area, -scenes.objects, -np.square(scenes.centre - 0.5).sum(axis=2))
    ranks = [rankdata(values, axis=1) - 2.5 for values in (early, *own)]
    found = [(ranks[0] * other).sum(axis=1).mean() / 5 for other in ranks[1:]]
    # Of four ranks: a deviation of 0.58, and two means over 4,000 scenes.
    np.testing.assert_allclose(found, mention_correlations(drawn, order), atol=4.5 * 0.58 * (2 / 4000) ** 0.5)
