"""Draws the contact sheets of docs/objects.md from the sprite libraries: `python docs/figures/objects.py`."""

from __future__ import annotations

from pathlib import Path

from primacy.assets.contact_sheet import contact_sheet
from primacy.assets.library import Sprite, builtin
from primacy.design.vocabulary import load_vocabulary

SHEETS = 3
COLUMNS = 12


def main() -> None:
    """Three sheets of comco, one of its share-alike objects, one of simco."""
    order = [*load_vocabulary("comco").names, *load_vocabulary("coco80").names]
    free = sorted(builtin("comco", share_alike=False).sprites, key=lambda s: order.index(s.category))
    rows = -(-len(free) // (SHEETS * COLUMNS))
    for k in range(SHEETS):
        draw(f"objects-comco-{k + 1}", free[k * rows * COLUMNS : (k + 1) * rows * COLUMNS])
    draw("objects-comco-sa", builtin("comco-sa").sprites)
    draw("objects-simco", builtin("simco").sprites)


def draw(name: str, sprites: tuple[Sprite, ...] | list[Sprite]) -> None:
    """One sheet, 45 degrees from the front."""
    sheet = contact_sheet(sprites, columns=COLUMNS)
    sheet.save(Path(__file__).parent / f"{name}.webp", quality=85, method=6)


if __name__ == "__main__":
    main()
