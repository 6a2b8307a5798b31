"""How the captions of matching trials follow from what a picture shows (docs/matching.md)."""

from __future__ import annotations

from itertools import product

import numpy as np

FACTORS = {
    "removed": ("big", "small"),
    "correct": ("first", "last"),
    "wrong": ("first", "last"),
    "foil": ("first", "last"),
}
"""Factors of the factorial design with their levels, the one that counts as +1 first."""
SCENARIOS = ("1", "2")
CELLS = tuple(
    " ".join(f"{factor}={level}" for factor, level in zip(FACTORS, levels, strict=True))
    for levels in product(*FACTORS.values())
)
"""Names of the sixteen cells of the factorial design, in order."""
SIGNS = np.array(list(product((1, -1), repeat=len(FACTORS))))
"""int64 (16, 4): coding of the cells, +1 for the first level of a factor and -1 for the second."""


def published(objects: np.ndarray, large: np.ndarray, foils: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Captions of the two published scenarios (paper, Table 6), for any number of objects and large slot.

    All start from slot order. Scenario 1: the large object and the first change places; the wrong caption has the foil
    for the first object, which is the large one. Scenario 2: the large object and the last change places in the correct
    caption; the wrong one is that of scenario 1 before the foil, with the foil for its last object.

    Args:
        objects: int (m, n), category ids in slot order.
        large: int (m,), place of the large one.
        foils: int (F,), ids of categories that no row holds.

    Returns:
        Ids in mention order: correct (m, 2, n) and wrong (m, 2, F, n), by scenario.
    """
    rows = np.arange(len(objects))
    to_front, to_back = objects.copy(), objects.copy()
    for moved, end in ((to_front, 0), (to_back, -1)):
        moved[rows, large] = objects[:, end]
        moved[:, end] = objects[rows, large]
    wrong = np.repeat(to_front[:, None, None], 2, axis=1).repeat(len(foils), axis=2)
    wrong[:, 0, :, 0] = foils
    wrong[:, 1, :, -1] = foils
    return np.stack([to_front, to_back], axis=1), wrong


def factorial(large: int, small: np.ndarray, focal: int, foils: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Captions of the factorial design for one set of three or more objects.

    Args:
        large: id of the large object.
        small: int (n - 1,), ids of the small ones in the one relative order that they keep.
        focal: place in `small` of the one that is removed, or moved where the large one is removed.
        foils: int (F,), ids of categories that are not shown.

    Returns:
        Ids in mention order. correct (2, n): the large one first, last. wrong (2, 2, 2, F, n): the large or the focal
        one removed; the other of these two first or last of what remains; the foil first or last of all.
    """
    others = np.delete(small, focal)
    correct = np.array([[large, *small], [*small, large]])
    wrong = np.empty((2, 2, 2, len(foils), len(small) + 1), dtype=np.int64)
    for removed, kept in enumerate((small[focal], large)):
        for place, rest in enumerate(([kept, *others], [*others, kept])):
            wrong[removed, place, 0, :, 0], wrong[removed, place, 0, :, 1:] = foils, rest
            wrong[removed, place, 1, :, -1], wrong[removed, place, 1, :, :-1] = foils, rest
    return correct, wrong
