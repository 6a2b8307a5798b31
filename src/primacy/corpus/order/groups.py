"""Groups of images, which intervals leave out one after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primacy.corpus.cases import Ints


class Groups(NamedTuple):
    """`group` (N,) of each row, 0 to `n_groups` - 1, none empty; `n_images` images among the rows."""

    group: Ints
    n_groups: int
    n_images: int


def groups_of(image: Ints, most: int) -> Groups:
    """Deal the images of some rows, in the order of their indices, to at most `most` groups in turn.

    Args:
        image: (N,) index of each row's image; rows of one image are in one group.
        most: groups, where there are that many images.
    """
    images, numbers = np.unique(image, return_inverse=True)
    n_groups = min(most, len(images))
    return Groups(numbers % max(n_groups, 1), n_groups, len(images))
