import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline

from primacy.stimuli.images.coco_shapes import Polygons, RunLengths, drawn, uncompressed_counts


def compressed(counts):
    """COCO's text form, written from its description: the inverse of what is tested."""
    out = []
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        while True:
            digit = value & 31
            value >>= 5
            last = (value == 0 and not digit & 16) or (value == -1 and digit & 16)
            out.append(chr((digit | (0 if last else 32)) + 48))
            if last:
                break
    return "".join(out)


def run_lengths(mask):
    """Lengths down the columns, starting with zeros, by walking over every pixel."""
    counts, value = [0], False
    for pixel in mask.T.ravel():
        if bool(pixel) != value:
            counts.append(0)
            value = not value
        counts[-1] += 1
    return counts


def test_a_compressed_text_worked_out_by_hand():
    mask = np.zeros((5, 6), dtype=bool)
    mask[1:4, 2:5] = True
    assert run_lengths(mask) == [11, 3, 2, 3, 2, 3, 6]
    # 11 is ";", 3 is "3", 2 is "2"; then differences from the last but one: 3 - 3, 2 - 2, 3 - 3, 6 - 2
    assert compressed(run_lengths(mask)) == ";320004"
    assert uncompressed_counts(";320004").tolist() == [11, 3, 2, 3, 2, 3, 6]


@given(st.lists(st.integers(0, 100_000), max_size=30))
def test_compressed_counts_come_back(counts):
    assert uncompressed_counts(compressed(counts)).tolist() == counts


@pytest.mark.parametrize("text", ["!", "~", "é", "P", "PPPPPPPPPPPPPPPPP0"])
def test_text_that_is_no_run_lengths_is_refused(text):
    with pytest.raises(ValueError, match="run lengths"):
        uncompressed_counts(text)


@given(st.integers(0, 2**30), st.integers(1, 12), st.integers(1, 12))
def test_run_lengths_give_their_mask_back(bits, height, width):
    mask = np.array([bits >> (i % 30) & 1 for i in range(height * width)], dtype=bool).reshape(height, width)
    runs = RunLengths(height, width, np.array(run_lengths(mask)))
    found = drawn(runs, (0, 0, width, height), (width, height), (width, height))
    if mask.any():
        assert np.array_equal(found, mask)
    else:
        assert found.sum() == 1


def test_a_mask_is_sampled_at_pixel_centres_of_another_grid():
    mask = np.random.default_rng(0).random((40, 60)) < 0.5
    runs = RunLengths(40, 60, np.array(run_lengths(mask)))
    found = drawn(runs, (0, 0, 60, 40), (60, 40), (17, 9))
    for row in range(9):
        for column in range(17):
            assert found[row, column] == mask[int((row + 0.5) * 40 / 9), int((column + 0.5) * 60 / 17)]


def test_run_lengths_of_a_huge_mask_are_never_unpacked():
    side = 1_000_000
    runs = RunLengths(side, side, np.array([side * side // 2, side * side // 2]))
    found = drawn(runs, (0, 0, side, side), (side, side), (8, 4))
    assert found[:, 4:].all() and not found[:, :4].any()


corners = st.lists(st.tuples(st.floats(-5, 35), st.floats(-5, 25)), min_size=3, max_size=8)


@settings(max_examples=60)
@given(corners)
def test_outlines_are_filled_by_the_even_odd_rule_at_pixel_centres(points):
    # moved so that no edge runs through a pixel's centre, where the rule is a matter of taste
    points = np.round(np.array(points), 3) + np.array([0.000371, 0.000713])
    found = drawn(Polygons((points.astype(np.float32),)), (0, 0, 30, 20), (30, 20), (30, 20))
    x, y = np.meshgrid(np.arange(30) + 0.5, np.arange(20) + 0.5)
    expected = np.zeros((20, 30), dtype=bool)
    for i in range(len(points)):  # crossings of a ray to the left
        (x0, y0), (x1, y1) = points.astype(np.float32).astype(float)[[i, (i + 1) % len(points)]]
        if y0 != y1:
            between = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
            expected ^= between & (x0 + (y - y0) / (y1 - y0) * (x1 - x0) < x)
    if expected.any():
        assert np.array_equal(found, expected)
    else:
        assert found.sum() == 1


def test_a_convex_outline_against_matplotlib():
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    points = np.stack([50 + 40.3 * np.cos(angle), 30 + 20.7 * np.sin(angle)], axis=1)
    found = drawn(Polygons((points.astype(np.float32),)), (0, 0, 100, 60), (100, 60), (100, 60))
    x, y = np.meshgrid(np.arange(100) + 0.5, np.arange(60) + 0.5)
    inside = Outline(points).contains_points(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(60, 100)
    assert np.array_equal(found, inside)


def test_parts_add_up_and_scale_with_the_grid():
    parts = Polygons((square(0, 0, 10), square(5, 5, 10)))
    assert drawn(parts, (0, 0, 15, 15), (20, 20), (20, 20)).sum() == 175
    assert drawn(parts, (0, 0, 15, 15), (20, 20), (40, 20)).sum() == 350


def square(x, y, side):
    return np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)], dtype=np.float32)


@given(
    st.floats(0, 99), st.floats(0, 59), st.floats(0, 200), st.floats(0, 200), st.integers(1, 120), st.integers(1, 80)
)
def test_a_box_covers_its_nearest_pixels_and_at_least_one(x, y, width, height, grid_width, grid_height):
    found = drawn(None, (x, y, width, height), (100, 60), (grid_width, grid_height))
    assert found.any()
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    assert found.sum() == len(rows) * len(columns)
    for pixels, start, end, size in (
        (columns, x * grid_width / 100, (x + width) * grid_width / 100, grid_width),
        (rows, y * grid_height / 60, (y + height) * grid_height / 60, grid_height),
    ):
        end = min(end, size)
        edges = abs(pixels[0] - start) <= 0.5 and abs(pixels[-1] + 1 - end) <= 0.5
        assert edges or (
            len(pixels) == 1 and end - start < 1 and abs(pixels[0] + 0.5 - (start + end) / 2) <= 0.5 + 1e-9
        )
