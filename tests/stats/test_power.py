"""Sample sizes against statsmodels and simulation."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from primacy.stats.power import clusters_needed, detection_power, equivalence_power


@pytest.mark.parametrize(("spread", "effect"), [(0.2, 0.05), (0.1, 0.1), (0.5, 0.02)])
def test_detection_is_statsmodels(spread, effect):
    needed = clusters_needed(spread / np.sqrt(40), 40, effect).detect
    exact = TTestPower().solve_power(effect / spread, alpha=0.05, power=0.8)
    assert needed == int(np.ceil(exact))


def test_powers_by_simulation():
    rng = np.random.default_rng(0)
    spread, k, margin = 0.2, 120, 0.05
    needed = clusters_needed(0.05, 16, margin)
    assert abs(needed.equivalence - 139) <= 2
    for truth in (0.0, 0.05):
        sample = rng.normal(truth, spread, (20_000, k))
        mean, se = sample.mean(axis=1), stats.sem(sample, axis=1)
        found = np.mean(np.abs(mean) / se > stats.t.ppf(0.975, k - 1))
        assert detection_power(truth, spread / np.sqrt(k), k) == pytest.approx(found, abs=0.01)
        inside = np.mean((margin - np.abs(mean)) / se > stats.t.ppf(0.95, k - 1))
        assert equivalence_power(truth, margin, spread / np.sqrt(k), k) == pytest.approx(inside, abs=0.012)


def test_smallest_number_that_reaches_the_power():
    needed = clusters_needed(0.03, 50, 0.05, true_effect=0.01)
    spread = 0.03 * np.sqrt(50)

    def power(k):
        return equivalence_power(0.01, 0.05, spread / np.sqrt(k), k)

    assert power(needed.equivalence) >= 0.8 > power(needed.equivalence - 1)


def test_what_cannot_be_settled():
    assert clusters_needed(0.03, 50, 0.05, true_effect=0.06).equivalence is None
    assert clusters_needed(0.03, 50, 0.05, effect=0.0).detect is None
    assert clusters_needed(np.nan, 50, 0.05) == (None, None)
    assert clusters_needed(0.0, 50, 0.05) == (2, 2)
