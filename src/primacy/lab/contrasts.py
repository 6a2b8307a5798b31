"""Points of an experiment against one of them.

Models of one seed start from the same weights and see the same scenes at every point, so that a seed which is high at
one point tends to be high at all. What seeds have in common falls out of a difference: it is taken within seeds, and
its error is what is left of a reading once the means of points and of seeds are gone (a two-way analysis of variance
without interaction, as in a design of randomised blocks).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from primacy.lab.outcome import LEVEL, Outcome


class Contrast(NamedTuple):
    """The mean over `seeds` seeds of a reading at `point` minus that at the reference; `half`: half the width of its
    95 % interval, which is not adjusted for the number of points."""

    point: str
    value: float
    half: float
    seeds: int


def contrasts(outcome: Outcome, reading: str) -> list[Contrast]:
    """Each other point against the experiment's reference.

    Seeds that have the reading at every point count; points where no model has it are left out.

    Returns:
        In the order of the points; none where the experiment names no reference, the reference lacks the reading, or
        fewer than two seeds are left.
    """
    values = outcome.values(reading)
    reference = outcome.experiment.reference
    if reference not in values or len(values) < 2:
        return []
    names = [point.name for point in outcome.experiment.points if point.name in values]
    seeds = sorted(set.intersection(*(set(values[name]) for name in names)))
    if len(seeds) < 2:
        return []
    table = np.array([[values[name][seed] for seed in seeds] for name in names])
    means = table.mean(axis=1)
    left = table - means[:, None] - table.mean(axis=0) + table.mean()
    freedom = (len(names) - 1) * (len(seeds) - 1)
    error = float(np.square(left).sum()) / freedom
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * (2 * error / len(seeds)) ** 0.5
    base = means[names.index(reference)]
    return [
        Contrast(name, float(mean - base), half, len(seeds))
        for name, mean in zip(names, means, strict=True)
        if name != reference
    ]
