"""Masks land on the tower's pixels where the libraries' own transforms put the picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from primacy.encoders._image_transform import Framing
from primacy.errors import EncoderError

SHAPES = [(100, 100), (97, 203), (211, 90), (20, 33), (64, 64), (33, 20), (65, 64), (31, 131)]


def two_objects(shape: tuple[int, int]) -> np.ndarray:
    """A disc in the middle and a rectangle in the corner, which a crop cuts off."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    mask = np.zeros(shape, np.uint8)
    mask[(y / shape[0] - 0.5) ** 2 + (x / shape[1] - 0.5) ** 2 < 0.06] = 1
    mask[: shape[0] // 3, : shape[1] // 4] = 2
    return mask


def places(shape: tuple[int, int], axis: int) -> np.ndarray:
    """The line along `axis` that each pixel lies on, uint8."""
    return np.indices(shape, dtype=np.uint8)[axis]


def ramp(shape: tuple[int, int], axis: int) -> tuple[Image.Image, float]:
    """A picture that says where each of its pixels lies along `axis`, and what a line counts in it."""
    step = 255 // shape[axis]
    return Image.fromarray(np.repeat(places(shape, axis)[..., None] * np.uint8(step), 3, axis=2)), step / 255


def assert_same_place(shown: Callable[[Image.Image], np.ndarray], framing: Framing, shape: tuple[int, int]) -> None:
    """`shown` gives one channel, in [0, 1], of a picture after the library's own transform."""
    for axis in (0, 1):
        coverage = framing.frame_mask(places(shape, axis) + 1, shape[axis])
        where = np.tensordot(np.arange(shape[axis]), coverage, 1)  # the picture's line at each of the tower's pixels
        image, step = ramp(shape, axis)
        seen = shown(image) / step
        assert seen.shape == where.shape
        pixel = shape[axis] / framing.resized(*shape)[axis]  # of the tower, in lines of the picture
        # a filter reaches beyond the picture at its edges, and beyond its padding
        inner = (coverage[:2].sum(0) == 0) & (coverage[-2:].sum(0) == 0) & (coverage.sum(0) > 0.999)
        inner &= (where > 1.5 * pixel) & (where < shape[axis] - 1 - 1.5 * pixel)
        assert inner.sum() > 0.4 * (coverage.sum(0) > 0).sum()
        # a line is a box for a mask and a point between others for a filter: up to 0.3 of one, and half a level of grey
        assert np.abs(seen - where)[inner].max() < 0.15 * pixel + 0.3 + 0.5 / 255 / step
        assert not seen[coverage.sum(0) == 0].any()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [(32, 32), (32, 48), (64, 64), (33, 33)])
@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
def test_open_clip(mode, size, shape):
    transform = pytest.importorskip("open_clip.transform")
    cfg = transform.PreprocessCfg(
        size=size, mean=(0, 0, 0), std=(1, 1, 1), resize_mode=mode, interpolation="bilinear", fill_color=0
    )
    run = transform.image_transform_v2(cfg, is_train=False)
    assert_same_place(lambda image: run(image)[0].numpy(), Framing(size, mode), shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("edge", "crop"), [(32, 32), (40, 32), (33, 28), (24, 32)])
def test_transformers_shortest_edge_and_centre_crop(edge, crop, shape):
    transformers = pytest.importorskip("transformers")
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": edge}, crop_size={"height": crop, "width": crop}, do_normalize=False, resample=2
    )
    assert_same_place(
        lambda image: processor(images=[image], return_tensors="np")["pixel_values"][0][0],
        Framing((crop, crop), floor=True, edge=edge),
        shape,
    )


def test_the_offsets_differ_where_the_libraries_do():
    shape = (64, 67)  # to 32 x 33: one line too many, half a line on each side
    assert Framing((32, 32)).resized(*shape) == (32, 33)
    assert Framing((32, 30), edge=32).resized(*shape) == (32, 33)
    mask = np.zeros(shape, np.uint8)
    mask[:, :3] = 1
    rounded = Framing((32, 30), edge=32).frame_mask(mask, 1)  # 1.5 rounds to 2
    floored = Framing((32, 30), edge=32, floor=True).frame_mask(mask, 1)
    assert rounded[0, 0, 0] == 0 and floored[0, 0, 0] > 0.4


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["shortest", "longest", "squash"]),
    st.tuples(st.integers(4, 40), st.integers(4, 40)),
    st.tuples(st.integers(8, 60), st.integers(8, 60)),
    st.integers(0, 2**32 - 1),
)
def test_shares_of_a_pixel_add_up_and_areas_are_kept(mode, size, shape, seed):
    mask = np.random.default_rng(seed).integers(0, 4, shape, dtype=np.uint8)
    framing = Framing(size, mode)
    coverage = framing.frame_mask(mask, 3)
    whole = framing.frame_mask(np.ones(shape, np.uint8), 1)[0]
    assert set(np.unique(np.round(whole, 5))) <= {0.0, 1.0}  # padding or picture, nothing between
    ground = framing.frame_mask((mask == 0).astype(np.uint8), 1)[0]
    np.testing.assert_allclose(coverage.sum(0) + ground, whole, atol=1e-5)
    if mode != "shortest":  # nothing is cut off
        for k in range(3):
            share = (mask == k + 1).mean()
            np.testing.assert_allclose(coverage[k].sum() / whole.sum(), share, atol=1e-4)


def test_against_supersampling():
    """Coverage by brute force: many points in each pixel, each looked up in the mask."""
    mask = two_objects((23, 37))
    size, points = (8, 8), 40
    tall, wide = Framing(size).resized(23, 37)
    assert (tall, wide) == (8, 12)
    at = (np.arange(8 * points) + 0.5) / points
    rows = np.floor(at * 23 / tall).astype(int)
    columns = np.floor((at + 2) * 37 / wide).astype(int)
    looked_up = mask[np.ix_(rows, columns)].reshape(8, points, 8, points)
    for k in (1, 2):
        np.testing.assert_allclose(
            Framing(size).frame_mask(mask, 2)[k - 1], (looked_up == k).mean((1, 3)), atol=1.5 / points
        )


def test_a_picture_of_the_right_size_is_left_alone():
    mask = np.random.default_rng(0).integers(0, 3, (16, 16), dtype=np.uint8)
    for mode in ("shortest", "longest", "squash"):
        coverage = Framing((16, 16), mode).frame_mask(mask, 2)
        assert np.array_equal(coverage, np.stack([mask == 1, mask == 2]).astype(np.float32))


@pytest.mark.parametrize("mask", [np.zeros((2, 3, 4), np.uint8), np.zeros((0, 4), np.uint8)])
def test_what_is_no_mask(mask):
    with pytest.raises(EncoderError, match=r"expected \(height, width\)"):
        Framing((4, 4)).frame_mask(mask, 1)
