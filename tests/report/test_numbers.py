from __future__ import annotations

import pytest

from primacy.report import numbers


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("winner_share", 0.3612, "36.1"),
        ("winner_share", 0.0, "0.0"),
        ("order_bias", 0.0912, "+9.1"),
        ("order_bias", -0.0312, "-3.1"),
        ("order_bias", -0.0001, "0.0"),
        ("order_ratio", 1.334, "1.33"),
        ("mean_rank", 4.0, "4.00"),
        ("mean_cosine", 0.51249, "0.512"),
        ("margin", -0.02, "-0.020"),
        ("winner_share", None, "\u2013"),
        ("order_bias", float("nan"), "\u2013"),
    ],
)
def test_number(metric, value, text) -> None:
    assert numbers.number(metric, value) == text


def test_counts() -> None:
    assert [numbers.count(n) for n in (2400.0, 1311.5, None)] == ["2,400", "1,311.5", "\u2013"]
    assert numbers.count_range([480, 470.0, 480]) == "470\u2013480"
    assert numbers.count_range([]) == "\u2013"


def test_p_values_never_read_zero_or_one() -> None:
    assert [numbers.p_value(p) for p in (0.0, 0.0004, 0.0312, 0.99999, None)] == [
        "< 0.001",
        "< 0.001",
        "0.031",
        "> 0.999",
        "\u2013",
    ]


def test_minus_signs_are_set_before_numbers_only() -> None:
    assert numbers.true_minus("gt-all-6 at -1.4 [-3.0, +1.0]") == "gt-all-6 at \u22121.4 [\u22123.0, +1.0]"


def test_shortened_keeps_both_ends() -> None:
    assert numbers.shortened("abcdefghij", 7) == "abc\u2026hij"
    assert numbers.shortened("abcdefg", 7) == "abcdefg"
