"""Contact sheets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from primacy.assets.contact_sheet import GROUND, _fitted, contact_sheet, licence_mark, shrunk
from primacy.assets.library import N_VIEWS, Library, read
from primacy.assets.strips import write_strip
from primacy.errors import UsageError


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    import json

    folder = tmp_path_factory.mktemp("library")
    objects = []
    for n in range(5):
        views = np.zeros((N_VIEWS, 32, 32, 4), dtype=np.uint8)
        for k in range(N_VIEWS):
            views[k, 4:28, 4:28] = (40 * n, 30 * k, 0, 255)
        digest = write_strip(folder / f"{n}.webp", views, quality=100)
        objects.append(
            {"asset": f"cup/{n}", "category": "cup", "title": "", "author": "", "licence": "CC0-1.0", "source": "own"}
            | {"size_m": 0.1, "file": f"{n}.webp", "sha256": digest, "tintable": False}
            | {"views": [{"width": 1, "height": 1, "fill": 1}] * N_VIEWS}
        )
    (folder / "library.json").write_text(json.dumps({"version": 1, "objects": objects}))
    return read([folder])


def test_each_object_stands_in_its_cell(library):
    sheet = np.asarray(contact_sheet(library.sprites, views=(2, 5), columns=3, tile=32))
    row = sheet.shape[0] // 2
    assert sheet.shape == (2 * row, 3 * 2 * 32, 3)
    for n in range(5):
        for place, view in enumerate((2, 5)):
            y, x = n // 3 * row + 16, (n % 3 * 2 + place) * 32 + 16
            assert np.abs(sheet[y, x].astype(int) - (40 * n, 30 * view, 0)).max() < 12
    assert (sheet[row : row + 32, 4 * 32 :] == GROUND).all()


@pytest.mark.parametrize("bad", [{"views": ()}, {"views": (8,)}, {"columns": 0}, {"tile": 8}, {"tile": 1000}])
def test_what_cannot_be_drawn_is_refused(library, bad):
    with pytest.raises(UsageError):
        contact_sheet(library.sprites, **bad)


def test_too_large_a_sheet_is_refused(library):
    with pytest.raises(UsageError, match="4,000"):
        contact_sheet(library.sprites * 1000)
    with pytest.raises(UsageError):
        contact_sheet(())


def test_shrinking_does_not_darken_the_edge():
    picture = np.zeros((64, 64, 4), dtype=np.uint8)
    picture[:, :31] = (250, 250, 250, 255)
    small = np.asarray(shrunk(picture, 16))
    assert small[small[..., 3] > 30][:, :3].min() > 240


def test_licence_marks():
    names = ("Apache-2.0", "CC0-1.0", "CC-BY-3.0-US", "CC-BY-SA-3.0")
    assert [licence_mark(n) for n in names] == ["Apache", "CC0", "BY", "BY-SA"]


@given(st.text("abcdefgh/- ", min_size=1, max_size=40), st.integers(12, 120))
def test_labels_fit(text, width):
    font = ImageFont.load_default(10)
    shown = _fitted(text, width, font)
    assert font.getlength(shown) <= width
    if font.getlength(text) <= width:
        assert shown == text
