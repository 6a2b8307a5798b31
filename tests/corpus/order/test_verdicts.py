import numpy as np
import pytest

from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pair_split import split_pairs
from primacy.corpus.order.pairs import pairs_of
from primacy.corpus.order.verdicts import verdicts
from primacy.errors import UsageError


def answers(cases, **options):
    return verdicts(split_pairs(pairs_of(cases), 100), OrderOptions(**options))


def test_category_alone_is_pressure_of_order_and_none_of_size(make_planted):
    order, within = answers(make_planted(1500, rng=np.random.default_rng(0), category=2.0))
    assert (order.question, order.kind) == ("order", "pressure")
    assert order.reason.startswith("The larger of two objects is mentioned first in ")
    assert order.reason.endswith("]. The interval excludes zero.")
    assert (within.question, within.kind) == ("size within category pairs", "equivalent")
    assert "Two one-sided tests place it within the margin of ±2 points" in within.reason
    assert "excludes 1" not in within.reason


def test_an_effect_inside_a_wide_margin_is_equivalent_though_it_differs_from_zero(make_planted):
    cases = make_planted(1500, rng=np.random.default_rng(1), size=0.2)
    assert answers(cases)[1].kind == "pressure"
    _, within = answers(cases, margin=0.3)
    assert within.kind == "equivalent"
    assert "within the margin of ±30 points, though the interval excludes zero." in within.reason


def test_little_data_is_inconclusive(make_planted):
    for answer in answers(make_planted(30, rng=np.random.default_rng(2))):
        assert answer.kind == "inconclusive"
        assert "The interval holds zero and reaches beyond the margin" in answer.reason


def test_smaller_first_is_pressure_too_and_said(make_planted):
    order, within = answers(make_planted(800, rng=np.random.default_rng(3), size=-0.6))
    assert order.kind == within.kind == "pressure"
    assert order.reason.endswith("excludes zero; it is the smaller objects that come first.")


def test_what_cannot_be_told_is_inconclusive_and_says_why(make_cases):
    fixed = make_cases([(i, [(0, 0.4), (1, 0.2)]) for i in range(40)])
    order, within = answers(fixed)
    assert order.kind == "pressure"
    assert within.kind == "inconclusive"
    assert "size cannot be told from category" in within.reason
    one_image = make_cases([(0, [(0, 0.4), (1, 0.2)])] * 3)
    assert "rests on one group of images" in answers(one_image)[0].reason
    for answer in verdicts(None, OrderOptions()):
        assert answer.kind == "inconclusive"


def test_strong_odds_that_make_few_points_are_not_passed_over(make_cases):
    """Category 0 comes second in 5 of 1000 captions where it is the larger, in 25 of 1000 where it is the smaller."""
    sizes, turned = [0.3] * 1000 + [0.1] * 1000, {*range(0, 1000, 201), *range(1000, 2000, 41)}
    lists = [[(0, size), (1, 0.2)][:: -1 if image in turned else 1] for image, size in enumerate(sizes)]
    _, within = answers(make_cases(list(enumerate(lists))))
    assert within.kind == "equivalent"
    assert f"odds ratio {995 * 25 / (5 * 975):.2f} [" in within.reason
    assert "The odds ratio excludes 1; " in within.reason


def test_an_effect_that_may_lie_within_the_margin_is_said_to(make_planted):
    _, within = answers(make_planted(700, rng=np.random.default_rng(1), size=0.2), margin=0.06)
    assert within.kind == "pressure"
    assert within.reason.endswith("The interval excludes zero, but reaches into the margin of ±6 points.")


@pytest.mark.parametrize(
    "wrong", [{"level": 1.0}, {"margin": 0.0}, {"groups": 1}, {"permutations": -1}, {"seed": -1}, {"margin": 0.5}]
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(UsageError) as error:
        OrderOptions(**wrong)
    assert str(next(iter(wrong.values()))) in str(error.value)
