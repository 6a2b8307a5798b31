from itertools import permutations

import numpy as np
import pytest
from scipy.stats import kstest

from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.permutation import (
    cells_of,
    design_effect,
    draw,
    permutation_test,
    statistic,
    variances,
)


def tiny(make_cases, rng, n_images=9, captions=2):
    """Two category pairs, never two of them in one image; a tie among them."""
    rows = []
    for image in range(n_images):
        one, two = (0, 1) if image % 2 else (2, 3)
        areas = (0.3, 0.3) if image == 0 else tuple(rng.random(2))
        for _ in range(captions + image % 2):
            mentions = [(one, areas[0]), (two, areas[1])]
            rows.append((image, mentions if rng.random() < 0.5 else mentions[::-1]))
    return pairs_of(make_cases(rows))


def enumerated(cells):
    """The statistic of every assignment of signs to the images of each stratum."""
    totals = np.zeros(1)
    for s in np.unique(cells.stratum):
        rows = cells.stratum == s
        part = [cells.excess()[rows] @ np.array(order) for order in permutations(cells.sign[rows])]
        totals = (totals[:, None] + np.array(part)[None]).ravel()
    return totals


def test_moments_and_p_are_those_of_all_permutations(make_cases):
    rng = np.random.default_rng(0)
    pairs = tiny(make_cases, rng)
    cells = cells_of(pairs)
    every = enumerated(cells)
    assert every.mean() == pytest.approx(0, abs=1e-9)
    assert every.var() == pytest.approx(variances(cells).sum())
    assert design_effect(cells) == 1
    found = permutation_test(pairs, 20_000, rng=rng)
    exact = (np.abs(every) >= abs(statistic(cells)) - 1e-9).mean()
    assert found.z == pytest.approx(statistic(cells) / every.std())
    assert found.p == pytest.approx(exact, abs=0.015)


def test_draws_have_the_distribution_of_all_permutations(make_cases):
    rng = np.random.default_rng(1)
    cells = cells_of(tiny(make_cases, rng, captions=1))
    every = enumerated(cells)
    drawn = draw(cells, 20_000, rng=rng)
    for cut in np.quantile(every, [0.1, 0.3, 0.5, 0.7, 0.9]):
        assert (drawn <= cut + 1e-9).mean() == pytest.approx((every <= cut + 1e-9).mean(), abs=0.02)


def test_p_is_uniform_where_size_does_not_matter(make_planted):
    rng = np.random.default_rng(2)
    p = [permutation_test(pairs_of(make_planted(80, rng=rng, category=1.0)), 199, rng=rng).p for _ in range(80)]
    assert kstest(p, "uniform").pvalue > 0.01


def test_several_pairs_of_one_image_do_not_make_it_reject_too_often(make_planted):
    rng = np.random.default_rng(3)
    pairs = [pairs_of(make_planted(120, rng=rng, most=5)) for _ in range(60)]
    z = np.array([permutation_test(p, 0, rng=rng).z for p in pairs])
    assert np.mean([design_effect(cells_of(p)) for p in pairs]) > 1.25
    assert z.std() < 1.25
    assert np.isnan(permutation_test(pairs[0], 0, rng=rng).p)


def test_it_finds_an_effect_of_size_and_is_the_same_for_the_same_seed(make_planted):
    pairs = pairs_of(make_planted(300, rng=np.random.default_rng(4), category=1.0, size=0.6))
    one, two = (permutation_test(pairs, 999, rng=np.random.default_rng(5)) for _ in range(2))
    assert one == two
    assert one.z > 4
    assert one.p == pytest.approx(1 / 1000)


def test_no_permutation_changes_anything_where_sizes_are_fixed(make_cases):
    rows = [(i, [(0, 0.4), (1, 0.2)] if i % 2 else [(1, 0.2), (0, 0.4)]) for i in range(10)]
    found = permutation_test(pairs_of(make_cases(rows)), 99, rng=np.random.default_rng(0))
    assert np.isnan(found.z)
    assert np.isnan(found.p)
