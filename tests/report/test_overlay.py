"""Example overlays: objects outlined where they are, maps on the patches that they belong to."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from primacy.design.picture import Shown
from primacy.encoders._image_transform import Framing
from primacy.errors import UsageError
from primacy.report.overlay import OBJECT_COLOURS, AttentionView, attention_overlay

LEFT, TOP = 14, 34


def scene(height=224, width=224):
    image = np.full((height, width, 3), 128, dtype=np.uint8)
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[40:90, width // 2 - 60 : width // 2 - 10] = 1
    mask[150:170, width // 2 + 40 : width // 2 + 60] = 2
    image[mask == 1], image[mask == 2] = (200, 30, 30), (30, 30, 200)
    areas = [float((mask == k).mean()) for k in (1, 2)]
    objects = [Shown("traffic light that has a long name", areas[0], 0.3, 0.3), Shown("cup", areas[1], 0.7, 0.7)]
    return Image.fromarray(image), mask, objects


def drawn(image, mask, objects, framing, *maps):
    png = attention_overlay(image, mask, objects, framing, [AttentionView(f"map {i}", m) for i, m in enumerate(maps)])
    sheet = Image.open(io.BytesIO(png))
    assert (sheet.format, sheet.mode, sheet.width) == ("PNG", "RGB", 900)
    return np.asarray(sheet), png


def panel(sheet, column, side):
    x = LEFT + column * (side + 14)
    return sheet[TOP : TOP + side, x : x + side].astype(int)


def test_objects_keep_their_pixels_and_have_a_line_in_their_colour():
    flat = np.full((7, 7), 1 / 49)
    sheet, png = drawn(*scene(), Framing((224, 224)), flat, flat)
    assert png == drawn(*scene(), Framing((224, 224)), flat, flat)[1]
    shown = panel(sheet, 0, (900 - 14 * 4) // 3)
    factor = len(shown) / 224
    for k, (y, x, colour) in enumerate(((65, 77, (200, 30, 30)), (160, 162, (30, 30, 200)))):
        assert shown[round(y * factor), round(x * factor)].tolist() == list(colour)
        lines = np.argwhere((shown == OBJECT_COLOURS[k]).all(axis=-1))
        assert len(lines) > 50
        assert np.abs(lines.mean(axis=0) / factor - (y, x)).max() < 3
    assert (shown[5, 5] == 128).all()


def test_a_bright_patch_is_bright_and_alone():
    weights = np.full((7, 7), 0.001)
    weights[5, 2] = 0.9
    side = (900 - 14 * 4) // 3
    sheet, _ = drawn(*scene(), Framing((224, 224)), weights, np.zeros((7, 7)))
    light = panel(sheet, 1, side).mean(axis=2)
    patch = side / 7
    means = [[light[int(y * patch) + 3 : int((y + 1) * patch) - 3, int(x * patch) + 3 : int((x + 1) * patch) - 3].mean()
              for x in range(7)] for y in range(7)]  # fmt: skip
    assert np.unravel_index(np.argmax(means), (7, 7)) == (5, 2)
    assert np.sort(np.ravel(means))[-2] < 0.8 * np.max(means)
    assert np.isfinite(panel(sheet, 2, side)).all()  # a map of zeros is drawn dark, not divided by 0


@pytest.mark.parametrize("mode", ["shortest", "squash", "longest"])
def test_the_picture_stands_as_it_is_framed(mode):
    """The drawn objects lie where `frame_mask` puts them, whatever the shape of the picture."""
    framing = Framing((224, 224), mode)
    image, mask, objects = scene(224, 400)
    side = (900 - 14 * 3) // 2
    sheet, _ = drawn(image, mask, objects, framing, np.full((7, 7), 1 / 49))
    shown = panel(sheet, 0, side)
    expected = framing.frame_mask(mask, 2)
    for k, colour in enumerate(((200, 30, 30), (30, 30, 200))):
        found = np.argwhere(np.abs(shown - colour).max(axis=-1) < 12).mean(axis=0) / side
        wanted = (np.argwhere(expected[k] > 0.5).mean(axis=0) + 0.5) / 224
        assert np.abs(found - wanted).max() < 0.01


def test_an_object_outside_the_frame_is_no_error():
    image, mask, objects = scene(224, 600)
    mask[mask == 2] = 0
    mask[100:120, :20] = 2
    drawn(image, mask, objects, Framing((224, 224)), np.full((7, 7), 1 / 49))


def test_without_maps_the_picture_stands_alone():
    image, mask, objects = scene()
    sheet = Image.open(io.BytesIO(attention_overlay(image, mask, objects, Framing((224, 224)), [], width=330)))
    assert sheet.width == 330
    assert panel(np.asarray(sheet), 0, 302)[5, 5].tolist() == [128] * 3


def test_what_cannot_be_drawn_is_refused():
    image, mask, objects = scene()
    flat = [AttentionView("flat", np.full((7, 7), 1 / 49))]
    for call in (
        lambda: attention_overlay(image, mask[:100], objects, Framing((224, 224)), flat),
        lambda: attention_overlay(image, mask, objects * 5, Framing((224, 224)), flat),
        lambda: attention_overlay(image, mask, objects, Framing((224, 224)), flat, width=200),
    ):
        with pytest.raises(UsageError, match="overlay") as error:
            call()
        assert error.value.hint
