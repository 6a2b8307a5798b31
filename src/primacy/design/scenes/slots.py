"""Named places in the picture, for one to eight objects.

A name says the same everywhere (a "centre" is the middle of the frame); the coordinates of outer slots differ a little
with the number of objects, so that the largest objects have room both to the frame and to their neighbours. Tables
run in reading order.
"""

from __future__ import annotations

from typing import NamedTuple


class Slot(NamedTuple):
    """A place: its name and the centre of the box that stands there, in fractions of the frame, y downwards."""

    name: str
    x: float
    y: float


_NEAR, _FAR = 0.18, 0.82
_COLUMNS = (("left", _NEAR), ("", 0.5), ("right", _FAR))
_ROWS = (("upper", _NEAR), ("", 0.5), ("lower", _FAR))

GRID = tuple(
    Slot("-".join(word for word in (row, column) if word) or "centre", x, y)
    for row, y in _ROWS
    for column, x in _COLUMNS
)
"""Nine slots, three by three."""

_CENTRE = Slot("centre", 0.5, 0.5)


_CORNERS = {
    name: Slot(name, x, y)
    for name, x, y in (
        ("upper-left", 0.25, 0.25),
        ("upper-right", 0.75, 0.25),
        ("lower-left", 0.25, 0.75),
        ("lower-right", 0.75, 0.75),
    )
}

SLOTS: dict[int, tuple[Slot, ...]] = {
    1: (_CENTRE,),
    2: (Slot("left", 0.25, 0.5), Slot("right", 0.75, 0.5)),
    3: (_CORNERS["upper-left"], _CENTRE, _CORNERS["lower-right"]),
    4: tuple(_CORNERS.values()),
    5: (_CORNERS["upper-left"], _CORNERS["upper-right"], _CENTRE, _CORNERS["lower-left"], _CORNERS["lower-right"]),
    6: tuple(
        Slot(f"{row}{column}", x, y)
        for row, y in (("upper", 0.27), ("lower", 0.73))
        for column, x in (("-left", _NEAR), ("", 0.5), ("-right", _FAR))
    ),
    7: (
        Slot("upper-left", 0.3, 0.19),
        Slot("upper-right", 0.7, 0.19),
        *GRID[3:6],
        Slot("lower-left", 0.3, 0.81),
        Slot("lower-right", 0.7, 0.81),
    ),
    8: tuple(slot for slot in GRID if slot.name != "centre"),
}
"""Slots of scenes of n objects."""
