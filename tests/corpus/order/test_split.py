import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primacy.corpus.order.groups import groups_of
from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.split import split
from primacy.stats.jackknife import jackknife_intervals, jackknife_ratio_intervals


def random_cases(seed, n=200, k=3, n_strata=20, n_images=90, n_groups=15):
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, n_strata, n)
    groups = groups_of(rng.integers(0, n_images, n), n_groups)
    first = np.eye(k)[rng.integers(0, k, n)]
    area = rng.integers(1, 4, (n, k))
    tied = area == area.max(axis=1, keepdims=True)
    return stratum, first, tied / tied.sum(axis=1, keepdims=True), groups


def by_exchange(stratum, first, largest, group, keep):
    """The definition: every two cases of a stratum in different groups exchange their images."""
    totals = np.zeros(3)
    for s in np.unique(stratum):
        rows = np.flatnonzero(keep & (stratum == s))
        lost = [
            (first[i] @ largest[i] + first[j] @ largest[j] - first[i] @ largest[j] - first[j] @ largest[i]) / 2
            for i in rows
            for j in rows
            if group[i] != group[j]
        ]
        if lost:
            agreeing = sum(first[i] @ largest[i] for i in rows)
            totals += [len(rows), agreeing, len(rows) * np.mean(lost)]
    return totals


@pytest.mark.parametrize("seed", [0, 1])
def test_the_split_is_what_agreement_loses_by_exchanging_images_in_every_replicate(seed):
    stratum, first, largest, groups = random_cases(seed)
    found = split(stratum, first, largest, groups)
    kept = [np.ones(len(stratum), bool), *(groups.group != g for g in range(groups.n_groups))]
    expected = np.array([by_exchange(stratum, first, largest, groups.group, keep) for keep in kept])
    np.testing.assert_allclose(np.stack(found[:3], axis=1), expected, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_category_and_within_add_up_and_numbers_of_strata_do_not_matter(seed):
    stratum, first, largest, groups = random_cases(seed)
    found = split(stratum, first, largest, groups)
    whole = found.category_only.value + found.beyond.value
    np.testing.assert_allclose(whole, found.observed.value, atol=1e-12)
    renumbered = np.random.default_rng(seed).permutation(50)[stratum]
    again = split(renumbered, first, largest, groups)
    np.testing.assert_allclose(np.stack(again[:3]), np.stack(found[:3]), atol=1e-9)


def test_nothing_is_left_within_where_each_stratum_has_one_size_or_one_order():
    stratum, first, largest, groups = random_cases(3)
    fixed = np.eye(3)[stratum % 3]
    assert np.abs(split(stratum, fixed, largest, groups).within).max() < 1e-9
    constant = split(stratum, first, fixed, groups)
    assert np.abs(constant.within).max() < 1e-9
    assert not constant.sizes_vary
    assert "the same wherever" in constant.problem
    assert np.isnan(constant.beyond.value[0])
    assert np.isnan(constant.category_only.value[0])


def test_strata_of_one_image_are_left_out_of_the_observed_share_too():
    stratum = np.repeat(np.arange(30), 2)
    image = np.concatenate([np.repeat(np.arange(15), 2), np.arange(100, 130)])
    groups = groups_of(image, 200)
    first = np.eye(2)[np.zeros(60, int)]
    largest = np.eye(2)[np.arange(60) % 2]
    found = split(stratum, first, largest, groups)
    assert found.n == 30
    few = split(stratum[:32], first[:32], largest[:32], groups_of(image[:32], 200))
    assert few.n == 2
    assert np.isnan(few.beyond.value[0])
    assert "fewer than 20" in few.problem


@pytest.mark.parametrize(("category", "most"), [(1.0, 2), (1.0, 4), (0.0, 4)])
def test_a_corpus_whose_order_is_by_category_alone_has_nothing_within(make_planted, category, most):
    rng = np.random.default_rng(11)
    held, means = [], []
    for _ in range(20):
        by = split_pairs(pairs_of(make_planted(200, rng=rng, category=category, most=most)), 50)
        within = jackknife_intervals(by.parts.beyond).at(0)
        odds = jackknife_ratio_intervals(by.odds_ratio).at(0)
        held.append((within.low <= 0 <= within.high, odds.low <= 1 <= odds.high))
        means.append(within.value)
    assert np.mean(held, axis=0).min() >= 0.8
    assert abs(np.mean(means)) < 3.5 * np.std(means) / np.sqrt(len(means))


def test_an_effect_within_pairs_is_found_beside_that_of_category(make_planted):
    rng = np.random.default_rng(12)
    both = split_pairs(pairs_of(make_planted(1500, rng=rng, category=1.0, size=0.5)), 200)
    neither = split_pairs(pairs_of(make_planted(1500, rng=rng)), 200)
    within, part = (
        jackknife_intervals(x.map(lambda v: v)).at(0) for x in (both.parts.beyond, both.parts.category_only)
    )
    assert within.low > 0.03
    assert part.low - 0.5 > 0.1
    assert abs(jackknife_intervals(neither.parts.category_only).at(0).value - 0.5) < 0.02


def test_large_objects_that_more_captions_mention_are_no_effect_of_size_on_order(make_cases):
    """Three images a pair, five captions where the second category is the larger and one where it is not."""
    rng = np.random.default_rng(13)
    rows = []
    for image in range(900):
        one, two = 2 * (image % 300), 2 * (image % 300) + 1
        upper = rng.random() < 0.5
        areas = (0.1, 0.2) if upper else (0.2, 0.1)
        for _ in range(5 if upper else 1):
            mentions = [(one, areas[0]), (two, areas[1])]
            rows.append((image, mentions if rng.random() < 0.8 else mentions[::-1]))
    pairs = pairs_of(make_cases(rows, n_categories=600))
    within = jackknife_intervals(split_pairs(pairs, 200).parts.beyond).at(0)
    assert within.low < 0 < within.high
    assert within.high - within.low < 0.1
    # what it is not: each pair predicted from the other images of its stratum, weighted by their captions
    expected = []
    for s in range(300):
        rows = pairs.stratum == s
        for image, first in zip(pairs.image[rows], pairs.first[rows], strict=True):
            others = pairs.larger[rows & (pairs.image != image)].mean()
            expected.append(others if first else 1 - others)
    assert abs(pairs.larger_first.mean() - np.mean(expected)) > 0.05
