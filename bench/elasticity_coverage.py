"""Simulated coverage of the nominal 95 % intervals of area elasticity, centre preference and tie ratio.

Pictures of the `pair-ladder` design by their facts alone (nothing is drawn); winners from a conditional logit whose
area elasticity differs between object sets (standard deviation 0.3), with likings for categories (0.7).

    python bench/elasticity_coverage.py [--datasets 200]      # about two minutes on one core
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from primacy.design.picture import Picture, Shown
from primacy.design.picture_table import PictureTable, picture_tables
from primacy.design.scenes.presets.size import pair_ladder
from primacy.design.scenes.request import SceneRequest
from primacy.probes.ior import PictureSums
from primacy.probes.retrieval import score
from primacy.stats.columns import Cell
from primacy.stats.effects import AUDITED
from primacy.stats.elasticity import area_elasticity
from primacy.stimuli.images.gallery import Version

NAMES = tuple(f"category {i}" for i in range(72))
CELL = Cell("balanced", "*", 0.95, 0.05, probe="i2tor", stimuli="pair-ladder")
METRICS = ("area_elasticity", "centre_preference", "tie_ratio")


def ladder(sets: int, rng: np.random.Generator) -> PictureTable:
    """The design's pictures, areas and centroids off by as much as measured ones are (5 %, 0.5 % of the frame)."""
    pictures = []
    scenes = pair_ladder(SceneRequest("pair-ladder", objects=(2,), sets=sets), 2)
    for cluster in range(sets):
        members = rng.permutation(len(NAMES))[:2]
        for number, scene in enumerate(scenes):
            shown = tuple(
                Shown(
                    NAMES[members[spot.member]],
                    0.05 * spot.area * math.exp(0.05 * rng.normal()),
                    spot.slot.x + 0.005 * rng.normal(),
                    spot.slot.y + 0.005 * rng.normal(),
                    spot.slot.name,
                )
                for spot in scene.spots
            )
            pictures.append(Picture(f"{cluster}/{number}", cluster, shown, scene.factors))
    (table,) = picture_tables(pictures, NAMES).values()
    return table


def estimates(
    table: PictureTable, area: float, centre: float, rng: np.random.Generator
) -> dict[str, tuple[float | None, float | None, float | None]]:
    """Value and limits of each metric, for one encoder with planted effects."""
    slopes = area + 0.3 * rng.normal(size=table.clusters.max() + 1)[table.clusters]
    likings = 0.7 * rng.normal(size=len(NAMES))[table.objects]
    utility = slopes[:, None] * np.log(table.areas) + centre * table.centrality + likings
    utility += rng.gumbel(size=utility.shape)
    vectors = np.zeros((len(table), len(NAMES)))
    np.put_along_axis(vectors, table.objects, 1.0 + (utility == utility.max(axis=1, keepdims=True)), axis=1)
    sums = PictureSums(table.clusters, [Version("", "", math.nan)])
    sums.add(table, score(vectors, table.objects, np.eye(len(NAMES))[None]))
    records = area_elasticity({AUDITED: sums}, NAMES, CELL).records[AUDITED]
    return {record.metric: (record.value, record.ci_low, record.ci_high) for record in records}


def truths(table: PictureTable, area: float, centre: float) -> dict[str, float]:
    """What the metrics estimate."""
    middle = table.slots == "centre"
    apart = table.centrality[middle].mean() - table.centrality[~middle].mean()
    tie = math.exp(centre * apart / area) if area else math.nan
    return dict(zip(METRICS, (area, centre, tie), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=200)
    datasets = parser.parse_args().datasets
    print("| sets | elasticity | centre | " + " | ".join(f"{m}: median, coverage" for m in METRICS) + " |")
    print("|---" * 6 + "|")
    for sets in (6, 18):
        for area, centre in ((0.0, 1.0), (0.5, 0.0), (0.5, 1.0), (1.0, 1.0)):
            held: dict[str, list[bool]] = {metric: [] for metric in METRICS}
            values: dict[str, list[float]] = {metric: [] for metric in METRICS}
            for seed in range(datasets):
                rng = np.random.default_rng(seed)
                table = ladder(sets, rng)
                truth = truths(table, area, centre)
                for metric, (value, low, high) in estimates(table, area, centre, rng).items():
                    if value is not None and low is not None and high is not None and not math.isnan(truth[metric]):
                        values[metric].append(value)
                        held[metric].append(low <= truth[metric] <= high)
            cells = [f"{np.median(values[m]):.2f}, {100 * np.mean(held[m]):.1f} %" if held[m] else "–" for m in METRICS]
            print(f"| {sets} | {area} | {centre} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
