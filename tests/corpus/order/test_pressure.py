import numpy as np
import pytest

from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.pressure import pressure, raw_root
from primacy.stats.mantel_haenszel import mutual_information


def entropy(*p):
    p = np.array([x for x in p if x > 0])
    return -(p * np.log2(p)).sum()


def of(cases):
    pairs = pairs_of(cases)
    by = split_pairs(pairs, 100)
    return pairs, by, pressure(pairs, by, 0.95)


def test_raw_pressure_is_one_minus_the_entropy_of_larger_first():
    for share in (0.0, 0.1, 0.5, 0.73, 1.0):
        root = raw_root(np.array([share]))[0]
        assert root**2 == pytest.approx(1 - entropy(share, 1 - share), abs=1e-12)
        assert np.sign(root) == np.sign(share - 0.5)
    assert np.isnan(raw_root(np.array([np.nan]))[0])


def test_within_pressure_is_the_mean_over_strata_at_the_common_odds_ratio(make_planted):
    pairs, by, found = of(make_planted(200, rng=np.random.default_rng(0), category=0.5, size=0.5))
    bits = 0.0
    for s in np.unique(pairs.stratum):
        rows = pairs.stratum == s
        p, q = ((x[rows].sum() + 0.5) / (rows.sum() + 1) for x in (pairs.first, pairs.larger))
        bits += rows.sum() * mutual_information(p, q, by.odds_ratio.value[0])
    assert found.within.value == pytest.approx(bits / len(pairs))
    assert found.within.ci_low < found.within.value < found.within.ci_high


def test_category_alone_is_raw_pressure_and_none_within(make_planted):
    _, _, found = of(make_planted(400, rng=np.random.default_rng(1), category=2.0))
    assert found.raw.ci_low > 0.05
    assert found.within.ci_low == 0
    assert found.within.value < 0.003
    _, _, none = of(make_planted(400, rng=np.random.default_rng(2)))
    assert none.raw.ci_low == none.within.ci_low == 0
    assert none.raw.ci_high < 0.01


def test_the_information_of_each_stratum_itself_would_be_mostly_chance(make_planted):
    """Why the odds ratio is common to all strata: 190 pairs of categories, size does not matter."""
    pairs, _, found = of(make_planted(500, rng=np.random.default_rng(3), n_categories=20, category=0.3))
    plug_in = 0.0
    for s in np.unique(pairs.stratum):
        first, larger = (x[pairs.stratum == s] for x in (pairs.first, pairs.larger))
        joint = [np.mean((first == i) & (larger == j)) for i in (0, 1) for j in (0, 1)]
        margins = entropy(first.mean(), 1 - first.mean()) + entropy(larger.mean(), 1 - larger.mean())
        plug_in += len(first) / len(pairs) * (margins - entropy(*joint))
    assert plug_in > 0.03
    assert found.within.value < plug_in / 10


def test_order_that_size_decides_is_one_bit(make_cases):
    rng = np.random.default_rng(4)
    rows = []
    for image in range(60):
        a, b = sorted(rng.random(2), reverse=True)
        rows.append((image, [(0, a), (1, b)] if image % 2 else [(1, a), (0, b)]))
    _, _, found = of(make_cases(rows))
    assert found.raw.value == pytest.approx(1)
    assert found.raw.ci_low < 1
    assert found.within.value > 0.9
