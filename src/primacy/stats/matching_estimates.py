"""Estimates of the matching probe: accuracies of all cells, and what each factor of the captions adds, with intervals.

Coding: a factor is +1 at its first level (big removed; first) and -1 at its second. A main effect is the mean accuracy
of the eight cells at +1 minus that of the eight at -1; an interaction of two factors is half the difference between the
effects of one at the two levels of the other. Both are sums of sign x accuracy over sixteen cells, divided by eight.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from primacy.design.matching_captions import CELLS, FACTORS, SCENARIOS, SIGNS
from primacy.probes.matching import MatchingSums
from primacy.results.record import Estimate
from primacy.stats.columns import Cell, Estimates
from primacy.stats.effects import AUDITED, SIZE_NULLS, contrast_effect, on_own_columns
from primacy.stats.intervals import Interval, Intervals, intervals, share_intervals
from primacy.stats.resample import Draws, cluster_draws

DROP = "1-2"
"""Accuracy in the first published scenario minus that in the second."""
WITHIN_SMALL = "wrong, small removed"
"""Large object first minus last in the wrong caption, in the cells where it is there."""


def matching_effects(n_cells: int) -> dict[str, np.ndarray]:
    """Contrasts by name, as weights (n_cells,) on the cells of one encoder: the drop, then (with 18 cells) main
    effects, two-way interactions, and `WITHIN_SMALL`."""
    scenarios = len(SCENARIOS)
    drop = np.zeros(n_cells)
    drop[:scenarios] = 1, -1
    found = {DROP: drop}
    if n_cells == scenarios:
        return found
    signs = dict(zip(FACTORS, SIGNS.T / (len(CELLS) / 2), strict=True))
    coded = dict(signs)
    coded |= {f"{a}*{b}": signs[a] * signs[b] * (len(CELLS) / 2) for a, b in combinations(FACTORS, 2)}
    coded[WITHIN_SMALL] = signs["wrong"] * 2 * (signs["removed"] < 0)
    return found | {name: np.concatenate([np.zeros(scenarios), weights]) for name, weights in coded.items()}


def matching_estimates(sums: Mapping[str, MatchingSums], cell: Cell, *, rng: np.random.Generator) -> Estimates:
    """Estimate accuracies and effects jointly for the encoder and its nulls.

    The drop, the main effects, and nothing else await a verdict. Nulls that weigh objects by size
    (`effects.SIZE_NULLS`) are none for `removed`: that a large object is missed more than a small one is what they do.

    Args:
        sums: per encoder, over the same trials; key "encoder" is the audited one.
        cell: labels and levels.
        rng: of the cluster resampling.
    """
    own = sums[AUDITED]
    width, trials = own.n_cells, own.pictures * own.n_foils
    draws = cluster_draws(np.concatenate([s.credit for s in sums.values()], axis=1), trials[:, None], rng=rng)
    shares = share_intervals(draws.value, draws.draws, cell.level, n_clusters=draws.support)
    contrasts = matching_effects(width)
    n, support = float(trials.sum()), int(draws.support[0])

    def record(metric: str, group: str, level: str, limits: Interval, n: float) -> Estimate:
        return cell.record(own.n_objects, metric, group, level, limits, n, support)

    names = [("scenario", level) for level in SCENARIOS] + [("cell", level) for level in CELLS]
    records = {}
    for i, name in enumerate(sums):
        at = slice(i * width, (i + 1) * width)
        limits = _contrast_intervals(draws, at, contrasts, cell.level)
        used = [n * float(np.count_nonzero(weights)) for weights in contrasts.values()]
        records[name] = [record("matching_accuracy", *names[j], shares.at(at.start + j), n) for j in range(width)] + [
            record("matching_effect", "scenario" if level == DROP else "factor", level, limits.at(j), used[j])
            for j, level in enumerate(contrasts)
        ]
    pending = [DROP, *FACTORS] if width > len(SCENARIOS) else [DROP]
    labels = cell.effect(own.n_objects, "matching_effect")
    effects = []
    for effect in pending:
        placed = on_own_columns(draws, contrasts[effect], sums, SIZE_NULLS if effect == "removed" else ())
        effects.append(contrast_effect(draws, placed, cell.margin, cell.level, effect=effect, **labels))
    return Estimates(records, effects)


def _contrast_intervals(draws: Draws, at: slice, contrasts: Mapping[str, np.ndarray], level: float) -> Intervals:
    """Intervals of all contrasts of the encoder whose columns are `at`."""
    weights = np.stack([*contrasts.values()], axis=1)
    return intervals(
        draws.value[at] @ weights, draws.draws[:, at] @ weights, level, n_clusters=draws.n_clusters, bounds=(-1, 1)
    )
