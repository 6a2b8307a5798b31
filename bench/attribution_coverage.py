"""Do attribution intervals of few object sets hold the value of many? Measured on a finished run.

The run's sets are cut into disjoint parts; each part's marginal effects are estimated with the jackknife covariance
that Primacy uses and with the plain cluster sandwich, and compared with those of the whole run.

    primacy audit --probes tor --sets 2000
    python bench/attribution_coverage.py runs/<that run>
"""

from __future__ import annotations

import argparse
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl

from primacy.design.vocabulary import load_vocabulary
from primacy.results.store import read_result
from primacy.stats import logit
from primacy.stats.choice import Attribution, attribute


def choices(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Objects (T, n), winner credit averaged over gallery positions (T, n) and sets (T,) of a run with one cell."""
    spec = read_result(folder / "result.json").spec
    ids = {name: i for i, name in enumerate(load_vocabulary(spec.vocabulary).names)}
    trials = pl.read_parquet(folder / "trials.parquet").sort("trial_id", "gallery_position")
    galleries = trials["gallery_position"].n_unique()
    credit = np.array(trials["winner_credit"].to_list())
    credit = credit.reshape(-1, galleries, credit.shape[1]).mean(axis=1)
    first = trials.gather_every(galleries)
    objects = np.array([[ids[name] for name in row] for row in first["objects"].to_list()])
    return objects, credit, first["set_id"].to_numpy()


def plain(objects: np.ndarray, credit: np.ndarray, sets: np.ndarray) -> Attribution:
    """Attribution with uncorrected scores and the factor K/(K-1) of the plain sandwich."""

    def uncorrected(features, credit, result, clusters):
        scores = logit.cluster_scores(features, credit, result.theta, clusters)
        return scores * len(scores) / (len(scores) - 1)

    with patch.object(logit, "leave_out_scores", uncorrected):
        return attribute(objects, credit, sets)


def main() -> None:
    """Print coverage and standard errors by size of the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    objects, credit, sets = choices(parser.parse_args().run)
    whole = attribute(objects, credit, sets).marginal.value
    print("whole run, points:", (100 * whole).round(2))
    for k in (60, 100, 200, 300):
        parts = [(sets >= g * k) & (sets < (g + 1) * k) for g in range((int(sets.max()) + 1) // k)]
        for name, method in (("jackknife", attribute), ("plain sandwich", plain)):
            found = [method(objects[p], credit[p], sets[p]).marginal for p in parts]
            held = np.mean([(m.low <= whole) & (whole <= m.high) for m in found], axis=0)
            half = np.mean([(m.high - m.low) / 2 for m in found], axis=0)
            spread = np.std([m.value for m in found], axis=0, ddof=1)
            print(
                f"{len(parts)} parts of {k} sets, {name}: held {(100 * held).round()} %, mean half width"
                f" {(100 * half).round(2)}, spread of the parts {(100 * spread).round(2)} points"
            )


if __name__ == "__main__":
    main()
