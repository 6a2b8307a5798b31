import warnings

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from primacy.corpus.order.by_count import counts_shown, order_by_count
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.places import kendall, largest, places_of, spearman


@pytest.mark.parametrize("k", [2, 3, 6])
def test_rank_correlations_are_scipys_ties_and_constant_rows_included(k):
    area = np.random.default_rng(k).integers(1, 5, (300, k)).astype(float)
    place = -np.arange(k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tau = [kendalltau(place, row).statistic for row in area]
        rho = [spearmanr(place, row).statistic for row in area]
    np.testing.assert_allclose(kendall(area), tau, atol=1e-12)
    np.testing.assert_allclose(spearman(area), rho, atol=1e-12)


def test_the_largest_shares_its_credit_among_ties():
    np.testing.assert_allclose(
        largest(np.array([[1.0, 2, 2], [3, 1, 1], [1, 1, 1]])), [[0, 0.5, 0.5], [1, 0, 0], [1 / 3] * 3]
    )


def test_places_are_the_captions_of_one_length_in_order(make_cases):
    cases = make_cases([(0, [(1, 0.1), (0, 0.2)]), (1, [(2, 0.1), (1, 0.2), (0, 0.3)]), (2, [(3, 0.4), (1, 0.5)])])
    places = places_of(cases, 2)
    assert places.caption.tolist() == [0, 2]
    assert places.category.tolist() == [[1, 0], [3, 1]]
    assert places.area.tolist() == [[0.1, 0.2], [0.4, 0.5]]


def test_by_count_agrees_with_a_count_by_hand(make_cases):
    """30 images, a caption each: the largest of three comes first in 20, second in 10."""
    rows = [(i, [(0, 0.5), (1, 0.3), (2, 0.2)] if i < 20 else [(1, 0.2), (0, 0.7), (2, 0.1)]) for i in range(30)]
    cases = make_cases([*rows, (30, [(0, 0.1), (1, 0.2)])])
    assert counts_shown(cases) == (3,)
    found = order_by_count("all", cases, 3, OrderOptions())
    assert (found.n_captions, found.n_images, found.n_predicted, found.chance) == (30, 30, 30, 1 / 3)
    assert found.largest_first.value == pytest.approx(2 / 3)
    assert [value.value for value in found.largest_at] == pytest.approx([2 / 3, 1 / 3, 0])
    assert [value.value for value in found.share_at] == pytest.approx([0.4, (20 * 0.3 + 10 * 0.7) / 30, 1 / 6])
    assert found.kendall.value == pytest.approx((20 + 10 / 3) / 30)
    # category 0 is the largest in every image: nothing can be told apart
    assert found.beyond_category.value is None
    assert found.largest_first.ci_low < 2 / 3 < found.largest_first.ci_high


def test_category_alone_is_told_from_size_in_sets_as_in_pairs(make_planted):
    by_category = make_planted(900, rng=np.random.default_rng(1), n_categories=4, most=3, category=2.0)
    by_size = make_planted(900, rng=np.random.default_rng(2), n_categories=4, most=3, category=0.0, size=1.0)
    for k in (2, 3):
        found = order_by_count("all", by_category, k, OrderOptions())
        assert found.beyond_category.ci_low < 0.01
        assert found.category_only.value > found.chance + 0.1
        assert order_by_count("all", by_size, k, OrderOptions()).beyond_category.ci_low > 0.05
