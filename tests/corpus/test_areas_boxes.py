import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.corpus.areas.boxes import clipped, union_of_boxes

SIDE = 12
CORNERS = st.tuples(*[st.integers(0, SIDE)] * 4).map(
    lambda c: (min(c[0], c[1]), min(c[2], c[3]), max(c[0], c[1]), max(c[2], c[3]))
)


def on_a_grid(boxes):
    """Area and the integrals of x and y by counting cells of side 1."""
    covered = np.zeros((SIDE, SIDE), dtype=bool)
    for left, top, right, bottom in boxes:
        covered[top:bottom, left:right] = True
    rows, columns = np.nonzero(covered)
    return covered.sum(), (columns + 0.5).sum(), (rows + 0.5).sum()


@settings(deadline=None)
@given(st.lists(CORNERS, min_size=1, max_size=9))
def test_union_is_that_of_the_cells(boxes):
    assert union_of_boxes(np.array(boxes, dtype=np.float64)) == on_a_grid(boxes)


@settings(deadline=None)
@given(st.lists(CORNERS, min_size=1, max_size=6), st.floats(0.01, 100), st.floats(-50, 50))
def test_union_scales_and_moves(boxes, scale, by):
    plain = on_a_grid(boxes)
    area, x, y = union_of_boxes(np.array(boxes) * scale + by)
    assert area == pytest.approx(plain[0] * scale**2)
    assert x == pytest.approx(plain[1] * scale**3 + by * plain[0] * scale**2, rel=1e-6, abs=1e-6)
    assert y == pytest.approx(plain[2] * scale**3 + by * plain[0] * scale**2, rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(st.lists(CORNERS, min_size=2, max_size=6), st.randoms())
def test_order_and_repeats_change_nothing(boxes, random):
    again = [*boxes, *boxes[:2]]
    random.shuffle(again)
    assert union_of_boxes(np.array(again, dtype=np.float64)) == union_of_boxes(np.array(boxes, dtype=np.float64))


def test_many_boxes_take_no_grid_of_all_their_edges():
    edges = np.arange(3000, dtype=np.float64)
    stairs = np.stack([edges, edges, edges + 1, edges + 1], axis=1)
    area, x, _ = union_of_boxes(stairs)
    assert area == 3000 and x == pytest.approx((edges + 0.5).sum())


def test_boxes_are_cut_at_the_edges_of_the_image():
    assert clipped((-5.0, 10.0, 20.0, 30.0), 100, 30) == (0, 10, 15, 30)
    assert clipped((90.0, 0.0, 20.0, 30.0), 100, 30) == (90, 0, 100, 30)
    left, top, right, bottom = clipped((-9.0, -9.0, 4.0, 4.0), 100, 30)
    assert (right - left) * (bottom - top) == 0 and not math.isnan(left)
