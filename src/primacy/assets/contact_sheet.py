"""Contact sheets: the objects of a library at a glance, with their names and licences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from primacy.assets.attribution import is_share_alike
from primacy.assets.library import N_VIEWS, SPRITE_PX, Sprite
from primacy.errors import UsageError

GROUND = (176, 176, 176)
INK = (0, 0, 0)
MAX_CELLS = 4_000
_LINE = 12
_MARKS = {"Apache-2.0": "Apache", "CC0-1.0": "CC0"}


def contact_sheet(
    sprites: Sequence[Sprite], *, views: Sequence[int] = (1,), columns: int = 12, tile: int = 96
) -> Image.Image:
    """Draw objects in a grid; below each its category, then its instance and a mark of its licence.

    Args:
        sprites: at least one.
        views: of each object, from 0 to 7 (45 degrees each), beside each other; 1 shows the front and one side.
        columns: objects a row.
        tile: side of a view in pixels.

    Raises:
        AssetError: a strip cannot be read.
        UsageError: no object, a view that does not exist, or a sheet of more than 4,000 pictures.
    """
    if not sprites or not views or columns < 1 or not 16 <= tile <= SPRITE_PX:
        raise UsageError(
            f"a contact sheet of {len(sprites)} objects, {len(views)} views, {columns} columns, {tile} pixels",
            hint=f"It needs one or more of each, and tiles of 16 to {SPRITE_PX} pixels.",
        )
    if any(not 0 <= k < N_VIEWS for k in views):
        raise UsageError(f"views {list(views)}, expected numbers from 0 to {N_VIEWS - 1}")
    if len(sprites) * len(views) > MAX_CELLS:
        raise UsageError(f"a contact sheet of more than {MAX_CELLS:,} pictures", hint="Choose fewer objects or views.")
    columns = min(columns, len(sprites))
    width, height = tile * len(views), tile + 2 * _LINE
    sheet = Image.new("RGB", (columns * width, -(-len(sprites) // columns) * height), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LINE - 2)
    for n, sprite in enumerate(sprites):
        x, y = n % columns * width, n // columns * height
        pictures = sprite.pictures()
        for k, view in enumerate(views):
            small = shrunk(pictures[view], tile)
            sheet.paste(small, (x + k * tile, y), small)
        instance = sprite.asset.removeprefix(f"{sprite.category}/")
        for line, text in enumerate((sprite.category, f"{instance} {licence_mark(sprite.licence)}")):
            pen.text((x + 2, y + tile + line * (_LINE - 2)), _fitted(text, width - 4, font), INK, font)
    return sheet


def shrunk(picture: np.ndarray, side: int) -> Image.Image:
    """A uint8 (S, S, 4) picture at another size; colours are weighted by alpha."""
    whole = Image.fromarray(picture).convert("RGBa")
    return whole.resize((side, side), Image.Resampling.LANCZOS).convert("RGBA")


def licence_mark(licence: str) -> str:
    """The short form of a licence: Apache, CC0, BY, BY-SA; others as they are."""
    return _MARKS.get(licence) or ("BY-SA" if is_share_alike(licence) else "BY" if "-BY" in licence else licence)


def _fitted(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """`text`, its middle left out until it is `width` pixels wide at the most."""
    for kept in range(len(text), 0, -1):
        shown = text if kept == len(text) else text[: kept // 2] + ".." + text[len(text) - (kept - kept // 2) :]
        if font.getlength(shown) <= width:
            return shown
    return ""
