"""Objects of our own, modelled in code: `build(name, rng)` gives the parts of one, varied by `rng`."""

from __future__ import annotations

import bpy
import numpy as np
from procedural import (
    appliances,
    balls,
    bathroom,
    boards,
    electronics,
    food,
    furniture,
    household,
    indoor,
    plants,
    produce,
    sports,
    street,
    tableware,
    vehicles,
    wear,
)

BUILDERS = {
    name: builder
    for theme in (
        street,
        vehicles,
        sports,
        wear,
        electronics,
        household,
        indoor,
        food,
        tableware,
        produce,
        plants,
        appliances,
        balls,
        bathroom,
        boards,
        furniture,
    )
    for name, builder in theme.BUILDERS.items()
}


def build(name: str, rng: np.random.Generator) -> list[bpy.types.Object]:
    """The parts of the object called `name`.

    Raises:
        KeyError: there is no such builder.
    """
    return BUILDERS[name](rng)
