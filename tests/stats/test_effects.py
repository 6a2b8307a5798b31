"""Contrasts placed on the columns of each encoder."""

import numpy as np

from primacy.stats.effects import AUDITED, on_own_columns
from primacy.stats.resample import Draws

# two columns of each of three encoders, then one of something else
DRAWS = Draws(np.array([1.0, 2, 10, 20, 100, 200, 1000]), np.ones((4, 7)), 9, "", np.full(7, 9))
NAMES = {AUDITED: None, "bag": None, "low-res": None}


def test_each_encoder_gets_the_contrast_on_its_own_columns():
    found = on_own_columns(DRAWS, np.array([3, -1]), NAMES)
    assert {name: weights.tolist() for name, weights in found.items()} == {
        AUDITED: [3, -1, 0, 0, 0, 0, 0],
        "bag": [0, 0, 3, -1, 0, 0, 0],
        "low-res": [0, 0, 0, 0, 3, -1, 0],
    }
    assert [DRAWS.contrast(weights).value.item() for weights in found.values()] == [1, 10, 100]


def test_an_encoder_left_out_moves_no_other():
    weights = np.array([0.5, 0.25])
    everyone = on_own_columns(DRAWS, weights, NAMES)
    found = on_own_columns(DRAWS, weights, NAMES, without=("bag", "unknown"))
    assert list(found) == [AUDITED, "low-res"]
    for name, placed in found.items():
        np.testing.assert_array_equal(placed, everyone[name])
