"""Statistics of order on corpora whose order is known by construction: what they find, how often they are right, cost.

    python bench/corpus_order.py                       what is planted and what is found, coverage of the intervals
    python bench/corpus_order.py --captions 1300000    seconds and memory for a corpus of a million

Of an image with k objects a caption draws the order of mention with utilities `category` x typical log2 size + `size` x
log2 area (Plackett and Luce): with two objects the log odds of which is first are `size` for each doubling, and a
difference of categories. Typical sizes fall by a factor of 2^0.2 from category to category, areas vary about them by
a factor of 2^1.5, and small objects are mentioned by fewer captions of their image, as in real corpora.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from primacy.corpus.cases import Cases, Floats
from primacy.corpus.order import OrderOptions, analyse_order
from primacy.corpus.order.models import models
from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.permutation import permutation_test
from primacy.listener import Silent
from primacy.stats.jackknife import jackknife_intervals, jackknife_ratio_intervals

MIX = {2: 0.8, 3: 0.15, 4: 0.05}


def planted(n_captions: int, *, category: float, size: float, n_categories: int, rng: np.random.Generator) -> Cases:
    """Captions, one to five of each image: three quarters of `n_captions`, or a little more."""
    captions, image, blocks = 0, [], []
    for k, part in MIX.items():
        n = round(n_captions * part / 3)
        chosen, area = _images(n, k, n_categories, rng)
        often = rng.binomial(4, area.min(axis=1) ** 0.25) + 1
        own = np.repeat(np.arange(n), often)
        typical = -0.2 * chosen[own]
        utility = category * typical + size * np.log2(area[own]) + rng.gumbel(size=(len(own), k))
        order = np.argsort(-utility, axis=1)
        blocks.append([np.take_along_axis(x[own], order, axis=1).ravel() for x in (chosen, area)])
        image.append((k, own + captions, len(own)))
        captions += n
    counts = np.concatenate([np.full(n, k) for k, _, n in image])
    chosen, area = (np.concatenate(column) for column in zip(*blocks, strict=True))
    n = len(counts)
    return Cases(
        categories=tuple(f"category {i}" for i in range(n_categories)),
        sources=("planted",),
        images=tuple(map(str, range(captions))),
        present=np.zeros(captions, dtype=bool),
        image=np.concatenate([numbers for _, numbers, _ in image]),
        source=np.zeros(n, dtype=np.int64),
        n_words=rng.integers(8, 16, n),
        names_it=np.zeros(n, dtype=bool),
        starts=np.concatenate([[0], np.cumsum(counts)]),
        category=chosen,
        area=area,
        centrality=rng.random(len(area)),
        instances=rng.integers(1, 4, len(area)),
    )


def _images(n: int, k: int, n_categories: int, rng: np.random.Generator) -> tuple[np.ndarray, Floats]:
    """Categories (n, k) without repeats, the common ones (Zipf) more often, and areas (n, k) between 0 and 1."""
    appeal = rng.gumbel(size=(n, n_categories)) - np.log1p(np.arange(n_categories))
    chosen = np.argsort(-appeal, axis=1)[:, :k]
    log_area = -0.2 * chosen + 1.5 * rng.standard_normal((n, k)) - 2
    return chosen, 2 ** np.minimum(log_area, 0)


def check(n_captions: int, repeats: int, seed: int) -> None:
    """What is found where the truth is known, over `repeats` corpora."""
    example = planted(n_captions, category=0, size=0, n_categories=40, rng=np.random.default_rng(seed))
    print(f"{repeats} corpora of about {len(example):,} captions, 40 categories; points of a share, 95 % intervals")
    print(f"{'category':>8} {'size':>5} {'larger first':>13} {'within':>7} {'sd':>5}", end=" ")
    print(f"{'covers 0':>9} {'OR':>6} {'covers 1':>9} {'per doubling':>13} {'covers truth':>13} {'p < .05':>8}")
    for category, size in ((0, 0), (1, 0), (0, 0.25), (1, 0.25)):
        rows = np.array([_found(n_captions, category, size, seed + i) for i in range(repeats)])
        raw, within, covers, odds, odds_cover, slope, slope_cover, p = rows.mean(axis=0)
        print(f"{category:8} {size:5} {100 * raw:13.1f} {100 * within:+7.2f} {100 * rows[:, 1].std():5.2f}", end=" ")
        print(f"{100 * covers:8.0f}% {odds:6.2f} {100 * odds_cover:8.0f}% {slope:13.3f} ", end="")
        print(f"{100 * slope_cover:12.0f}% {100 * p:7.0f}%", flush=True)


def _found(n_captions: int, category: float, size: float, seed: int) -> tuple[float, ...]:
    rng = np.random.default_rng(seed)
    pairs = pairs_of(planted(n_captions, category=category, size=size, n_categories=40, rng=rng))
    by = split_pairs(pairs, 200)
    within = jackknife_intervals(by.parts.beyond).at(0)
    odds = jackknife_ratio_intervals(by.odds_ratio).at(0)
    slope = models(pairs, 0.95)[0].terms[0].odds_ratio
    true = np.exp(size)
    return (
        by.larger_first.value[0],
        within.value,
        within.low <= 0 <= within.high,
        odds.value,
        odds.low <= 1 <= odds.high,
        slope.value or np.nan,
        (slope.ci_low or np.nan) <= true <= (slope.ci_high or np.nan),
        permutation_test(pairs, 199, rng=rng).p <= 0.05,
    )


def cost(n_captions: int, seed: int) -> None:
    """Seconds and memory of the whole analysis of one corpus."""
    rng = np.random.default_rng(seed)
    cases = planted(n_captions, category=1, size=0.25, n_categories=80, rng=rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, processor = time.perf_counter(), time.process_time()
    found = analyse_order(cases, OrderOptions(set_aside="category 0"), Silent())
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{len(cases):,} captions, {found.pairs[0].n_pairs:,} pairs, {len(found.pairs)} slices:", end=" ")
    print(f"{processor:.1f} processor seconds ({seconds:.1f} by the clock)", end=", ")
    print(f"peak {peak / 2**20:.2f} GiB ({before / 2**20:.2f} before)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--captions", type=int, default=0, help="measure the cost instead, of about three quarters as many"
    )
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.captions:
        cost(arguments.captions, arguments.seed)
    else:
        check(5_000, arguments.repeats, arguments.seed)
