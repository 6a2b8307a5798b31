"""Measurements of masks, against loops over pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from primacy.render.measure import measure


@given(arrays(np.uint8, st.tuples(st.just(13), st.just(13)), elements=st.integers(0, 4)), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_measures_equal_those_of_a_loop(mask, n):
    found = measure(mask, n)
    for k in range(n):
        inside = [(x, y) for y in range(13) for x in range(13) if mask[y, x] == k + 1]
        assert found.pixels[k] == len(inside)
        assert found.area[k] == len(inside) / 169
        if not inside:
            assert not found.box[k].any() and np.isnan(found.centroid[k]).all()
            continue
        left, top = min(x for x, _ in inside), min(y for _, y in inside)
        right, bottom = max(x for x, _ in inside), max(y for _, y in inside)
        assert found.box[k].tolist() == [left, top, right - left + 1, bottom - top + 1]
        centre = [
            sum(x + 0.5 for x, _ in inside) / len(inside) / 13,
            sum(y + 0.5 for _, y in inside) / len(inside) / 13,
        ]
        assert found.centroid[k] == pytest.approx(centre, abs=1e-12)


def test_types_and_shapes():
    found = measure(np.zeros((16, 16), dtype=np.uint8), 3)
    assert found.pixels.dtype == np.int64 and found.pixels.shape == (3,)
    assert found.box.dtype == np.int64 and found.box.shape == (3, 4)
    assert found.area.dtype == found.centroid.dtype == np.float64
