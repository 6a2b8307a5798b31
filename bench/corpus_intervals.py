"""Simulated coverage of the intervals of a corpus analysis: share, Mantel-Haenszel odds ratio, conditional logit.

Images hold two to four categories of heavy-tailed frequencies and have one to five captions, which mention all of
them in the order of a Plackett-Luce draw: utility = how much the category is liked + effect x size. Liked categories
are larger, so most of the raw order is category. A caption repeats the order of its image's first caption with
probability `--alike`, which ties captions of one image without changing any probability. Sizes of the share and of
the Mantel-Haenszel odds ratio have two levels, 0 and 1, so that of two objects the larger has exp(2 effect) the odds of
the smaller; those of the logit are continuous, exp(effect) a unit.

    python bench/corpus_intervals.py --images 400 --datasets 500
"""

from __future__ import annotations

import argparse
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primacy.stats.conditional_logit import fit_conditional_logit
from primacy.stats.intervals import Interval
from primacy.stats.jackknife import jackknife_ratio_intervals, jackknife_share_intervals, ratio_replicates
from primacy.stats.mantel_haenszel import odds_ratio

CATEGORIES, MENTIONS, CAPTIONS, GROUPS = 60, 4, 5, 200
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Pairs(NamedTuple):
    """Pairs of mentions: images (N,), pair of categories `strata` (N,), whether the lower is mentioned `first` (N,),
    the `chance` that it is (N,), and how much larger it is, `ratio` (N,)."""

    images: Ints
    strata: Ints
    first: Floats
    chance: Floats
    ratio: Floats


def simulate(images: int, effect: float, alike: float, *, levels: bool, rng: np.random.Generator) -> Pairs:
    """All pairs of mentions of one corpus; with `levels`, sizes are 0 or 1 and pairs of equal size are left out."""
    fixed = np.random.default_rng(0)
    liking = 1.5 * fixed.normal(size=CATEGORIES)
    typical = 0.5 * liking + fixed.normal(size=CATEGORIES)
    weight = -np.log(np.arange(CATEGORIES) + 1.0)
    category = np.argsort(-(weight + rng.gumbel(size=(images, CATEGORIES))), axis=1)[:, :MENTIONS]
    size = typical[category] + rng.normal(size=category.shape)
    if levels:
        size = (size > 0).astype(float)
    utility = liking[category] + effect * size
    noise = rng.gumbel(size=(images, CAPTIONS, MENTIONS))
    noise = np.where(rng.random((images, CAPTIONS, 1)) < alike, noise[:, :1], noise)
    score = utility[:, None] + noise
    there = np.arange(MENTIONS) < rng.integers(2, MENTIONS + 1, images)[:, None]
    written = np.arange(CAPTIONS) < rng.integers(1, CAPTIONS + 1, images)[:, None]
    parts = []
    for i, j in combinations(range(MENTIONS), 2):
        sign = np.where(category[:, i] < category[:, j], 1.0, -1.0)
        low, high = np.minimum(category[:, i], category[:, j]), np.maximum(category[:, i], category[:, j])
        ratio = sign * (size[:, i] - size[:, j])
        image, caption = np.nonzero(written & there[:, [i]] & there[:, [j]] & (ratio != 0)[:, None])
        first = (score[..., i] > score[..., j])[image, caption] == (sign[image] > 0)
        chance = 1 / (1 + np.exp(-sign * (utility[:, i] - utility[:, j])))
        parts.append((image, (low * CATEGORIES + high)[image], first.astype(float), chance[image], ratio[image]))
    return Pairs(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def intervals(images: int, effect: float, alike: float, rng: np.random.Generator) -> dict[str, Interval]:
    """The 95 % intervals from one corpus."""
    n_groups = min(GROUPS, images)
    pairs = simulate(images, effect, alike, levels=True, rng=rng)
    groups, larger = pairs.images % n_groups, pairs.ratio > 0
    agree = (pairs.first == larger).astype(float)
    share = ratio_replicates(agree, np.ones(len(agree)), groups, n_groups)
    common = odds_ratio(pairs.first, larger, pairs.strata, groups, n_groups)
    pairs = simulate(images, effect, alike, levels=False, rng=rng)
    x, each = pairs.ratio[:, None], np.arange(len(pairs.images))
    return {
        "larger mentioned first, share": jackknife_share_intervals(share).at(0),
        "Mantel-Haenszel odds ratio": jackknife_ratio_intervals(common).at(0),
        "conditional logit": fit_conditional_logit(pairs.first, x, pairs.strata, pairs.images).odds_ratio(0),
        "conditional logit, ignoring images": fit_conditional_logit(pairs.first, x, pairs.strata, each).odds_ratio(0),
    }


def truths(effect: float, alike: float) -> dict[str, float]:
    """What the intervals should hold; the share from the exact chances of 300,000 images."""
    pairs = simulate(300_000, effect, alike, levels=True, rng=np.random.default_rng(1))
    share = np.where(pairs.ratio > 0, pairs.chance, 1 - pairs.chance).mean()
    odds = float(np.exp(effect))
    return {
        "larger mentioned first, share": float(share),
        # a level more against a level less is twice the effect
        "Mantel-Haenszel odds ratio": odds**2,
        "conditional logit": odds,
        "conditional logit, ignoring images": odds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[100, 400, 1600])
    parser.add_argument("--effects", type=float, nargs="+", default=[0.0, 0.5])
    parser.add_argument("--alike", type=float, default=0.6)
    parser.add_argument("--datasets", type=int, default=500)
    options = parser.parse_args()
    print("| images | effect | interval | truth | median | coverage |")
    print("|---" * 6 + "|")
    for effect in options.effects:
        truth = truths(effect, options.alike)
        for images in options.images:
            found = [
                intervals(images, effect, options.alike, np.random.default_rng(seed))
                for seed in range(options.datasets)
            ]
            for name, true in truth.items():
                defined = [each[name] for each in found if not np.isnan(each[name].low)]
                held = np.mean([each.low <= true <= each.high for each in defined])
                median = np.median([each.value for each in defined])
                missing = len(found) - len(defined)
                note = f" ({missing} without)" if missing else ""
                print(f"| {images:,} | {effect} | {name} | {true:.3f} | {median:.3f} | {100 * held:.1f} %{note} |")


if __name__ == "__main__":
    main()
