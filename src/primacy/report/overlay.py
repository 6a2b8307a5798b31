"""An example of attention against area: the picture with its objects outlined, and attention maps laid over it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from primacy.design.picture import Shown
from primacy.encoders._image_transform import Framing
from primacy.errors import UsageError
from primacy.probes.attention import densities, on_patches, shares

Rgb = tuple[int, int, int]

# Okabe & Ito 2008: told apart by most colour-blind readers
OBJECT_COLOURS: tuple[Rgb, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
    (240, 228, 66),
    (120, 120, 120),
)
# From dark to bright through four hues, so that the order of values survives in grey
_HEAT = np.array([(12, 8, 38), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], dtype=float)
_PAPER, _INK, _MUTED = (255, 255, 255), (25, 25, 25), (95, 95, 95)
_MARGIN, _LINE, _TITLE, _TEXT, _SMALL = 14, 20, 15, 14, 12
_BAR, _BAR_HEIGHT = 90, 10
_NAME = 22  # characters of a name that are shown


class AttentionView(NamedTuple):
    """A map to lay over the picture: its `title` and `weights` (gh, gw), sums of which are shares of the attention."""

    title: str
    weights: np.ndarray


def attention_overlay(
    image: Image.Image,
    mask: np.ndarray,
    objects: Sequence[Shown],
    framing: Framing,
    maps: Sequence[AttentionView],
    *,
    width: int = 900,
) -> bytes:
    """Draw one picture as the tower sees it, side by side with maps of its attention.

    Below the picture stand the objects with their measured areas, below each map each object's share of the attention
    and its density (1: as much as its area).

    Args:
        image: RGB.
        mask: uint8 (H, W), 0 ground, k the seen pixels of object k, from 1.
        objects: at most eight.
        framing: how the encoder frames pictures.
        maps: all on one grid of patches; with none, the picture and its objects stand alone.
        width: of the drawing in pixels.

    Returns:
        A PNG file.

    Raises:
        UsageError: too many objects, a mask of another size than the image, or too little room.
    """
    side = (width - _MARGIN * (len(maps) + 2)) // (len(maps) + 1)
    if not 1 <= len(objects) <= len(OBJECT_COLOURS) or mask.shape != (image.height, image.width) or side < 120:
        raise UsageError(
            f"an overlay of {len(maps)} maps and {len(objects)} objects, {width} pixels wide, with a mask"
            f" {mask.shape} for a picture {(image.height, image.width)}",
            hint=f"It takes a mask of the picture's size, 1 to {len(OBJECT_COLOURS)} objects, and 120 pixels a map.",
        )
    view = _View(image, mask, framing, side, len(objects))
    covered = framing.frame_mask(mask, len(objects))
    top = _MARGIN + _LINE
    height = top + view.height + _LINE * (len(objects) + 2) + _MARGIN
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for column in range(len(maps) + 1):
        x, below = _MARGIN + column * (side + _MARGIN), top + view.height + 6
        if column == 0:
            title, panel, head = "What is shown", view.outlined(view.picture), "object, share of the picture"
            rows = [f"{_short(shown.category)}, {_percent(shown.area)}" for shown in objects]
            pen.text((x, below), "as the encoder frames it", _MUTED, _font(_SMALL))
        else:
            title, weights = maps[column - 1]
            panel, head = view.outlined(view.heated(weights)), "share of the attention, density"
            coverage = on_patches(covered, (weights.shape[0], weights.shape[1]))[None]
            share, density = (f(weights[None, None], coverage)[0, 0] for f in (shares, densities))
            rows = [_gets(s, d) for s, d in zip(share, density, strict=True)]
            bar = Image.fromarray(_heat(np.linspace(0, 1, _BAR)[None].repeat(_BAR_HEIGHT, axis=0)))
            sheet.paste(bar, (x + 12, below + 2))
            pen.text((x, below), "0", _MUTED, _font(_SMALL))
            pen.text((x + _BAR + 17, below), f"{_percent(float(weights.max()))} on one patch", _MUTED, _font(_SMALL))
        pen.text((x, _MARGIN - 2), title, _INK, _font(_TITLE))
        sheet.paste(panel, (x, top))
        pen.text((x, below + _LINE), head, _MUTED, _font(_SMALL))
        for k, row in enumerate(rows):
            y = below + _LINE * (k + 2)
            pen.rectangle((x, y, x + 11, y + 11), OBJECT_COLOURS[k], _INK)
            pen.text((x + 19, y - 3), row, _INK, _font(_TEXT))
    out = io.BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()


class _View:
    """What the tower sees of a picture, `side` pixels wide."""

    def __init__(self, image: Image.Image, mask: np.ndarray, framing: Framing, side: int, n: int) -> None:
        tall, wide = framing.size
        self._factor = side / wide
        self.width, self.height = side, round(tall * self._factor)
        self._scaled = framing.resized(image.height, image.width)
        self.picture = self._framed(image, Image.Resampling.LANCZOS)
        self._mask = np.asarray(self._framed(Image.fromarray(mask), Image.Resampling.NEAREST))
        self._n = n

    def _framed(self, image: Image.Image, how: Image.Resampling) -> Image.Image:
        height, width = (round(pixels * self._factor) for pixels in self._scaled)
        out = Image.new(image.mode, (self.width, self.height))
        out.paste(image.resize((width, height), how), ((self.width - width) // 2, (self.height - height) // 2))
        return out

    def heated(self, weights: np.ndarray) -> Image.Image:
        """The picture in grey under a map, one square a patch, from dark (none) to bright (the map's largest)."""
        level = np.clip(weights / max(float(weights.max()), np.finfo(float).tiny), 0, 1)
        heat = Image.fromarray(_heat(level))
        heat = heat.resize((self.width, self.height), Image.Resampling.NEAREST)
        return Image.blend(self.picture.convert("L").convert("RGB"), heat, 0.62)

    def outlined(self, picture: Image.Image) -> Image.Image:
        """The picture with a line around each object in its colour, edged with white so that it shows everywhere."""
        pixels, objects = np.array(picture), [self._mask == k + 1 for k in range(self._n)]
        for steps, colours in ((4, [_PAPER] * self._n), (3, OBJECT_COLOURS)):
            for inside, colour in zip(objects, colours, strict=False):
                pixels[_grown(inside, steps) & ~_grown(inside, 1)] = colour
        return Image.fromarray(pixels)


def _heat(level: np.ndarray) -> np.ndarray:
    """Colours uint8 (..., 3) of levels in 0..1."""
    stops = np.linspace(0, 1, len(_HEAT))
    return np.rint(np.stack([np.interp(level, stops, _HEAT[:, c]) for c in range(3)], axis=-1)).astype(np.uint8)


def _grown(inside: np.ndarray, steps: int) -> np.ndarray:
    """`inside` and all that is at most `steps` pixels from it, up, down, left and right."""
    for _ in range(steps):
        wider = np.pad(inside, 1)
        inside = wider[1:-1, 1:-1] | wider[:-2, 1:-1] | wider[2:, 1:-1] | wider[1:-1, :-2] | wider[1:-1, 2:]
    return inside


def _gets(share: float, density: float) -> str:
    return "not in the framed picture" if np.isnan(density) else f"{_percent(share)}, {density:.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 2] + ".."


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
