"""What seeds share across the points of an experiment, and what that does to its nominal 95 % intervals.

Simulated readings are a seed's own part plus noise, normal, without any effect of points; the seed's part has the given
share of the variance (the intraclass correlation within seeds). Covered: the mean of a point, by the interval with the
variance pooled over points; the difference of a point and the reference, by the interval that pairs seeds; the slope on
evenly spaced doses, by least squares. With outcomes of experiments: the correlation of each reading, by the mean
squares of an analysis of variance with points and seeds.

    python bench/seed_intervals.py [--datasets 40000] [OUTCOME.json ...]      # seconds
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

DESIGNS = ((5, 3), (8, 2), (4, 2), (7, 2))
CORRELATIONS = (0.0, 0.4, 0.6, 0.8, 0.87)


def mean_squares(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of readings (..., points, seeds): within points, of seeds, and of what points and seeds leave; each (...)."""
    k, n = y.shape[-2:]
    from_points = y - y.mean(axis=-1, keepdims=True)
    seeds = from_points.mean(axis=-2, keepdims=True)
    within = np.square(from_points).sum(axis=(-2, -1)) / (k * (n - 1))
    of_seeds = k * np.square(seeds).sum(axis=(-2, -1)) / (n - 1)
    left = np.square(from_points - seeds).sum(axis=(-2, -1)) / ((k - 1) * (n - 1))
    return within, of_seeds, left


def covered(k: int, n: int, correlation: float, datasets: int, rng: np.random.Generator) -> list[float]:
    """Shares of intervals that hold the true 0: of points, of differences, of slopes."""
    y = correlation**0.5 * rng.normal(size=(datasets, 1, n)) + (1 - correlation) ** 0.5 * rng.normal(
        size=(datasets, k, n)
    )
    within, _, left = mean_squares(y)
    means = y.mean(axis=2)
    point = np.abs(means) <= (stdtrit(k * (n - 1), 0.975) * np.sqrt(within / n))[:, None]
    half = stdtrit((k - 1) * (n - 1), 0.975) * np.sqrt(2 * left / n)
    difference = np.abs(means[:, 1:] - means[:, :1]) <= half[:, None]
    x = np.arange(k) - (k - 1) / 2
    slope = means @ x / np.square(x).sum()
    residual = y - means.mean(axis=1)[:, None, None] - (slope[:, None] * x)[..., None]
    error = np.square(residual).sum(axis=(1, 2)) / (k * n - 2) / (n * np.square(x).sum())
    line = np.abs(slope) <= stdtrit(k * n - 2, 0.975) * np.sqrt(error)
    return [100 * float(hits.mean()) for hits in (point, difference, line)]


def correlations(path: Path) -> dict[str, float]:
    """Intraclass correlation within seeds of each reading that all models of an outcome have."""
    models = json.loads(path.read_text("utf-8"))["models"]
    points, seeds = (sorted({model[key] for model in models}) for key in ("point", "seed"))
    found = {}
    for name in (reading["name"] for reading in models[0]["readings"]):
        y = np.full((len(points), len(seeds)), np.nan)
        for model in models:
            value = {reading["name"]: reading["value"] for reading in model["readings"]}.get(name)
            if value is not None:
                y[points.index(model["point"]), seeds.index(model["seed"])] = value
        if not np.isnan(y).any():
            _, of_seeds, left = mean_squares(y)
            shared = (of_seeds - left) / len(points)
            found[name] = float(shared / (shared + left))
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outcomes", nargs="*", type=Path)
    parser.add_argument("--datasets", type=int, default=40_000)
    asked = parser.parse_args()
    rng = np.random.default_rng(7)
    print("points x seeds  correlation   covered in %: point, difference, slope")
    for k, n in DESIGNS:
        for correlation in CORRELATIONS:
            rates = covered(k, n, correlation, asked.datasets, rng)
            print(f"{k} x {n}           {correlation:.2f}          " + "  ".join(f"{rate:5.1f}" for rate in rates))
    for path in asked.outcomes:
        print(f"\n{path.name}: intraclass correlation within seeds")
        for name, value in correlations(path).items():
            print(f"  {name:44} {value:+.2f}")


if __name__ == "__main__":
    main()
