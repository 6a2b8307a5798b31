import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primacy.corpus.order.drift import drift, length_edges
from primacy.corpus.order.options import OrderOptions
from primacy.corpus.order.pairs import pairs_of


def simple(make_cases, n, **columns):
    rng = np.random.default_rng(0)
    rows = [(i, [(0, float(rng.random())), (1, float(rng.random()))][:: (-1) ** (i % 2)]) for i in range(n)]
    return make_cases(rows, **columns)


@given(st.lists(st.integers(1, 30), max_size=80))
def test_edges_of_length_are_ascending_and_leave_no_level_empty(words):
    edges = length_edges(np.array(words, dtype=np.int64))
    assert edges == sorted(set(edges))
    assert len(edges) <= 4
    level = np.searchsorted(edges, words)
    assert set(level) == (set(range(len(edges) + 1)) if words else set())


def test_levels_of_length_hold_every_pair_and_say_their_limits(make_cases):
    words = np.array([3] * 40 + [8] * 20 + [9] * 25 + [10] * 5 + [11] * 10 + [25])
    cases = simple(make_cases, len(words), n_words=words)
    found = drift(cases, pairs_of(cases), OrderOptions())
    assert [(level.by, level.level, level.n_pairs) for level in found] == [
        ("caption length", "3 or fewer words", 40),
        ("caption length", "4 to 8 words", 20),
        ("caption length", "9 words", 25),
        ("caption length", "10 or more words", 16),
    ]
    shares = [level.larger_first.value for level in found]
    assert np.average(shares, weights=[40, 20, 25, 16]) == pytest.approx(pairs_of(cases).larger_first.mean())


def test_rare_sources_stand_together_and_one_alone_is_no_drift(make_cases):
    source = [0] * 250 + [1] * 300 + list(range(2, 3002))
    cases = simple(make_cases, len(source), source=source)
    found = [level for level in drift(cases, pairs_of(cases), OrderOptions()) if level.by == "source"]
    assert [(level.level, level.n_pairs) for level in found] == [
        ("s1", 300),
        ("s0", 250),
        ("3,000 other sources", 3000),
    ]
    alone = simple(make_cases, 300)
    assert drift(alone, pairs_of(alone), OrderOptions()) == ()


def test_a_source_that_names_the_larger_first_stands_out(make_planted, make_cases):
    one = make_planted(300, rng=np.random.default_rng(1), size=1.5)
    two = make_planted(300, rng=np.random.default_rng(2))
    rows = []
    for shift, cases in ((0, one), (300, two)):
        for i in range(len(cases)):
            at = slice(cases.starts[i], cases.starts[i + 1])
            rows.append(
                (
                    int(cases.image[i]) + shift,
                    list(zip(cases.category[at].tolist(), cases.area[at].tolist(), strict=True)),
                )
            )
    both = make_cases(rows, source=[0] * len(one) + [1] * len(two))
    strong, weak = drift(both, pairs_of(both), OrderOptions())
    assert (strong.level, weak.level) == ("s0", "s1")
    assert strong.larger_first.ci_low > weak.larger_first.ci_high
    assert strong.within_part.ci_low > weak.within_part.ci_high
    assert strong.odds_ratio.ci_low > weak.odds_ratio.ci_high
