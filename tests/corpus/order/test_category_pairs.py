import pytest

from primacy.corpus.order.category_pairs import category_pairs
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pairs import pairs_of


def test_the_one_that_comes_first_more_often_is_called_first(make_cases):
    """Category 2 before 1 in 30 of 40 images; it is the larger in 20, and first in 18 of those."""
    rows = []
    for image in range(40):
        larger = image < 20
        first = image < 18 or image >= 28
        mentions = [(2, 0.4 if larger else 0.1), (1, 0.2)]
        rows.append((image, mentions if first else mentions[::-1]))
    rows += [(40 + i, [(0, 0.3), (1, 0.2)]) for i in range(25)]
    rows += [(70, [(3, 0.1), (4, 0.2)])]
    common, always = category_pairs(pairs_of(make_cases(rows)), tuple("abcde"), OrderOptions())
    assert (common.first, common.second, common.n_pairs, common.n_images) == ("c", "b", 40, 40)
    assert common.first_first.value == pytest.approx(30 / 40)
    assert common.first_larger.value == pytest.approx(20 / 40)
    assert common.larger_first.value == pytest.approx((18 + 8) / 40)
    assert common.effect.value == pytest.approx(18 / 20 - 12 / 20)
    assert common.effect.ci_low < 0.3 < common.effect.ci_high
    assert (always.first, always.second, always.n_pairs) == ("a", "b", 25)
    assert always.first_larger.value == 1
    assert always.effect.value is None


def test_an_effect_wants_five_images_of_either_kind_and_ties_count_half(make_cases):
    rows = [(i, [(0, 0.3), (1, 0.1)]) for i in range(20)] + [(20 + i, [(0, 0.1), (1, 0.3)]) for i in range(4)]
    assert category_pairs(pairs_of(make_cases([*rows, rows[-1]])), ("a", "b"), OrderOptions())[0].effect.value is None
    tied = [(30 + i, [(1, 0.2), (0, 0.2)]) for i in range(6)]
    (few,) = category_pairs(pairs_of(make_cases(rows + tied)), ("a", "b"), OrderOptions())
    assert few.effect.value is None
    assert few.first_larger.value == pytest.approx(23 / 30)
    (enough,) = category_pairs(
        pairs_of(make_cases([*rows, *tied, (40, [(0, 0.1), (1, 0.3)])])), ("a", "b"), OrderOptions()
    )
    assert enough.effect.value == pytest.approx(20 / 23 - 5 / 8)
