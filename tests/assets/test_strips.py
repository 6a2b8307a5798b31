"""Strips of sprites: written and read back, and refused when they are not what they should be."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from primacy.assets.strips import MAX_BYTES, measure_views, read_strip, write_strip
from primacy.design.scenes.silhouettes import Silhouette
from primacy.errors import AssetError


def views(side: int = 32) -> np.ndarray:
    """Discs of growing radius with soft edges, coloured; transparent black around them."""
    y, x = np.mgrid[:side, :side] + 0.5
    made = np.zeros((8, side, side, 4), dtype=np.uint8)
    for k in range(8):
        edge = side / 4 + k - np.hypot(x - side / 2, y - side / 2)
        made[k, ..., 3] = np.clip(edge * 128 + 128, 0, 255)
        made[k, ..., :3] = (200, 60 + 10 * k, 40)
        made[k, made[k, ..., 3] == 0, :3] = 0
    return made


def save(path, picture: Image.Image, **options) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, options.pop("format", "WEBP"), **options)
    path.write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def test_written_and_read_back(tmp_path):
    made = views()
    digest = write_strip(tmp_path / "a.webp", made)
    assert digest == hashlib.sha256((tmp_path / "a.webp").read_bytes()).hexdigest()
    found = read_strip(tmp_path / "a.webp", digest)
    assert found.dtype == np.uint8 and found.shape == made.shape
    np.testing.assert_array_equal(found[..., 3], made[..., 3])
    shown = made[..., 3] > 0
    off = np.abs(found[shown].astype(int) - made[shown])
    assert off.mean() < 1.5 and off.max() <= 20


def test_edges_do_not_darken(tmp_path):
    """Black under transparent pixels must not mix into the object's colour where WebP stores colour coarsely."""
    made = views()
    found = read_strip(tmp_path / "a.webp", write_strip(tmp_path / "a.webp", made))
    edge = (made[..., 3] > 0) & (made[..., 3] < 128)
    assert edge.sum() > 100
    assert np.abs(found[edge][:, 0].astype(int) - 200).max() <= 12


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((7, 32, 32, 4), dtype=np.uint8),
        np.zeros((8, 32, 16, 4), dtype=np.uint8),
        np.zeros((8, 32, 32, 3), dtype=np.uint8),
        np.zeros((8, 32, 32, 4), dtype=np.float32),
        np.zeros((8, 4, 4, 4), dtype=np.uint8),
        np.zeros((8, 513, 513, 4), dtype=np.uint8),
        np.zeros(5, dtype=np.uint8),
    ],
)
def test_views_of_another_shape_are_refused(tmp_path, bad):
    with pytest.raises(AssetError, match="expected uint8"):
        write_strip(tmp_path / "a.webp", bad)
    assert not list(tmp_path.iterdir())


def test_missing(tmp_path):
    with pytest.raises(AssetError, match="cannot be read"):
        read_strip(tmp_path / "none.webp", "0" * 64)
    with pytest.raises(AssetError, match="cannot be read"):
        read_strip(tmp_path, "0" * 64)


def test_altered(tmp_path):
    path = tmp_path / "a.webp"
    digest = write_strip(path, views())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(AssetError, match="sha256"):
        read_strip(path, digest)


def test_too_large(tmp_path):
    path = tmp_path / "a.webp"
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(AssetError, match="larger than"):
        read_strip(path, "0" * 64)


@pytest.mark.parametrize("size", [(256, 33), (255, 32), (8 * 600, 600), (8 * 4, 4), (32, 256)])
def test_pictures_of_another_size_are_refused(tmp_path, size):
    digest = save(tmp_path / "a.webp", Image.new("RGBA", size, (1, 2, 3, 4)))
    with pytest.raises(AssetError, match="expected 8 square views"):
        read_strip(tmp_path / "a.webp", digest)


def test_other_formats_are_refused(tmp_path):
    digest = save(tmp_path / "a.webp", Image.new("RGBA", (256, 32)), format="PNG")
    with pytest.raises(AssetError, match="no readable WebP"):
        read_strip(tmp_path / "a.webp", digest)


def test_animations_are_refused(tmp_path):
    frames = [Image.new("RGBA", (256, 32), (k * 100, 0, 0, 255)) for k in range(2)]
    digest = save(tmp_path / "a.webp", frames[0], save_all=True, append_images=frames[1:])
    with pytest.raises(AssetError, match="animation"):
        read_strip(tmp_path / "a.webp", digest)


@cache
def small_strip() -> bytes:
    with TemporaryDirectory() as folder:
        write_strip(Path(folder) / "a.webp", views(16))
        return (Path(folder) / "a.webp").read_bytes()


def test_a_size_that_would_fill_the_memory_is_refused(tmp_path):
    """The header's canvas size is a lie of 16,384 x 16,384 pixels."""
    data = bytearray(small_strip())
    assert data[12:16] == b"VP8X"
    data[24:30] = (2**14 - 1).to_bytes(3, "little") * 2
    (tmp_path / "a.webp").write_bytes(data)
    with pytest.raises(AssetError, match=r"no readable WebP|expected 8 square views"):
        read_strip(tmp_path / "a.webp", hashlib.sha256(data).hexdigest())


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_bytes_never_give_another_error(tmp_path_factory, data):
    """The hash would catch them; a library with the damaged file's own hash must not crash either."""
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "a.webp"
    whole = small_strip()
    cut = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if cut:
            cut[data.draw(st.integers(0, len(cut) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(cut)
    try:
        found = read_strip(path, hashlib.sha256(cut).hexdigest())
    except AssetError:
        return
    assert found.shape[0] == 8 and found.shape[1] == found.shape[2]


def test_views_are_measured():
    made = np.zeros((8, 16, 16, 4), dtype=np.uint8)
    made[:, 2:10, 3:7, 3] = 255
    made[0, 2:4, 3:7, 3] = 127
    made[1, :, :, 3] = 0
    made[1, 4:8, 0:16, 3] = 128
    found = measure_views(made)
    assert found[0] == Silhouette(4 / 16, 6 / 16, 1.0)
    assert found[1] == Silhouette(1.0, 4 / 16, 1.0)
    made[2, 2, 3, 3] = 0
    assert measure_views(made)[2] == Silhouette(4 / 16, 8 / 16, round(31 / 32, 6))


def test_an_empty_view_is_refused():
    made = np.zeros((8, 16, 16, 4), dtype=np.uint8)
    made[..., 3] = 127
    with pytest.raises(AssetError, match="view 0 shows nothing"):
        measure_views(made)
