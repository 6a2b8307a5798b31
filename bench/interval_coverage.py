"""Simulated coverage of nominal 95 % intervals: the table at the head of `primacy.stats.intervals`.

Clusters of 24 trials whose true shares vary between clusters (beta or Dirichlet) with a given within-cluster
correlation; a share of 0.25 and one of 0.95, contrasts of 0 and 0.4, and four shares at once.

    python bench/interval_coverage.py [--datasets 2000]      # a few minutes on one core
"""

from __future__ import annotations

import argparse

import numpy as np

from primacy.stats.intervals import intervals, share_intervals, simultaneous_level
from primacy.stats.resample import cluster_draws

TRIALS, DRAWS = 24, 1000
COLUMNS = ("share 0.25", "share 0.95", "contrast 0", "contrast 0.4")
TRUTH = np.array([0.25, 0.95, 0.0, 0.4])
SHARES = np.array([0.4, 0.3, 0.2, 0.1])


def one_of_each(k: int, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Numerators (K, 4) of the four columns."""

    def share(p: float) -> np.ndarray:
        return rng.binomial(TRIALS, rng.beta(spread * p, spread * (1 - p), size=k)).astype(float)

    def contrast(shares: list[float]) -> np.ndarray:
        wins = rng.multinomial(TRIALS, rng.dirichlet(spread * np.array(shares), size=k))
        return (wins[:, 0] - wins[:, -1]).astype(float)

    return np.column_stack([share(0.25), share(0.95), contrast([0.25] * 4), contrast([0.55, 0.2, 0.1, 0.15])])


def covered(k: int, correlation: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Whether each construction holds the truth in one data set, by column (or jointly)."""
    spread = (1 - correlation) / correlation
    denominators = np.full((k, 1), float(TRIALS))
    draws = cluster_draws(one_of_each(k, spread, rng), denominators, rng=rng, n_draws=DRAWS)
    low, high = np.quantile(draws.draws, [0.025, 0.975], axis=0)
    t = intervals(draws.value, draws.draws, n_clusters=k)
    wilson = share_intervals(np.clip(draws.value, 0, 1), draws.draws, n_clusters=k)
    limits = {
        "percentile": (low, high),
        "basic": (2 * draws.value - high, 2 * draws.value - low),
        "t": (t.low, t.high),
        "share_interval": (wilson.low, wilson.high),
    }
    hits = {name: (lo <= TRUTH + 1e-12) & (hi + 1e-12 >= TRUTH) for name, (lo, hi) in limits.items()}
    wins = rng.multinomial(TRIALS, rng.dirichlet(spread * SHARES, size=k)).astype(float)
    joint = cluster_draws(wins, denominators, rng=rng, n_draws=DRAWS)
    level = simultaneous_level(joint.draws, n_clusters=k)
    for name, build in (("4 shares at once, t", intervals), ("4 shares at once, Wilson", share_intervals)):
        bands = build(joint.value, joint.draws, level, n_clusters=k)
        hits[name] = np.array([np.all((bands.low <= SHARES) & (bands.high >= SHARES))])
    return hits


def main() -> None:
    """Run all cells."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=2000)
    datasets = parser.parse_args().datasets
    rng = np.random.default_rng(7)
    for correlation in (0.1, 0.4):
        for k in (10, 20, 50, 200):
            found = [covered(k, correlation, rng) for _ in range(datasets)]
            print(f"correlation {correlation}, K = {k}, covered in %", flush=True)
            for name in found[0]:
                rates = 100 * np.mean([hits[name] for hits in found], axis=0)
                labels = ("",) if len(rates) == 1 else COLUMNS[:2] if name == "share_interval" else COLUMNS
                print(
                    f"  {name:26}"
                    + "  ".join(f"{label} {rate:.1f}" for label, rate in zip(labels, rates, strict=False))
                )


if __name__ == "__main__":
    main()
