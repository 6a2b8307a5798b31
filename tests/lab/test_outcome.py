"""Means, intervals and slopes over seeds: against statsmodels, and against simulated truth."""

import math

import numpy as np
import pytest
import statsmodels.api as sm

from primacy.errors import RunError
from primacy.lab.experiment import Experiment, Point
from primacy.lab.outcome import cells, make_outcome, read_outcome, slopes, write_outcome
from primacy.lab.readings import Reading
from primacy.lab.run_experiment import Row


def outcome_of(values, *, doses=None, shows=("order bias",)):
    """An outcome with `values` {(series, label): values of its seeds}; None: not defined."""
    points = tuple(
        Point(label=label, series=series, dose=None if doses is None else doses[label]) for series, label in values
    )
    experiment = Experiment(title="t", question="q", prediction="p", shows=shows, points=points)
    rows = [
        Row(point.name, seed, "0123", [Reading("order bias", value, None, None, 10, 5)])
        for point, some in zip(points, values.values(), strict=True)
        for seed, value in enumerate(some)
    ]
    return make_outcome("x", experiment, {"seed": 0}, rows)


def drawn(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return {place: rng.normal(k, 1 + k, n).tolist() for k, (place, n) in enumerate(sizes.items())}


@pytest.mark.parametrize("sizes", [(3, 3, 3), (2, 1, 4), (2, 2, 1)])
def test_means_and_intervals_are_those_of_an_analysis_of_variance(sizes):
    values = drawn({("s", label): n for label, n in zip("abc", sizes, strict=True)})
    of = np.repeat(np.arange(3), sizes)
    fit = sm.OLS(np.concatenate(list(values.values())), np.eye(3)[of]).fit()
    found = cells(outcome_of(values), "order bias")
    assert [cell.label for cell in found] == ["a", "b", "c"]
    np.testing.assert_allclose([cell.value for cell in found], fit.params)
    np.testing.assert_allclose([(cell.low, cell.high) for cell in found], fit.conf_int(0.05))
    assert [list(cell.each) for cell in found] == list(values.values())


def test_variance_is_pooled_within_a_series_only():
    calm, wild = drawn({("s", "a"): 3, ("s", "b"): 3}), drawn({("t", "a"): 3, ("t", "b"): 3}, seed=1)
    together = cells(outcome_of(calm | wild), "order bias")
    assert together == cells(outcome_of(calm), "order bias") + cells(outcome_of(wild), "order bias")
    assert together[0].half == pytest.approx(together[1].half) != together[2].half


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    draws = rng.normal(0.3, 2.0, (1500, 3, 2))
    values = {(str(k), label): draws[k, j].tolist() for k in range(1500) for j, label in enumerate("abc")}
    first = cells(outcome_of(values), "order bias")[::3]
    covered = np.mean([cell.low <= 0.3 <= cell.high for cell in first])
    assert abs(covered - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 1500)


def test_one_seed_has_no_interval():
    found = cells(outcome_of(drawn({("s", "a"): 1, ("s", "b"): 1, ("t", "a"): 2})), "order bias")
    assert [math.isnan(cell.half) for cell in found] == [True, True, False]
    assert all(math.isfinite(cell.value) for cell in found)


def test_points_without_the_reading_are_left_out():
    values = {("", "a"): [1.0, 3.0], ("", "b"): [None, None], ("", "c"): [None, 5.0]}
    outcome = outcome_of(values, shows=("order bias", "size bias"))
    assert [(cell.label, cell.value, cell.each) for cell in cells(outcome, "order bias")] == [
        ("a", 2.0, (1.0, 3.0)),
        ("c", 5.0, (5.0,)),
    ]
    assert outcome.shown == ["order bias"]
    with pytest.raises(RunError, match="no model of x has a reading 'size bias'"):
        cells(outcome, "size bias")


@pytest.mark.parametrize(("doses", "log"), [((-1.0, 0.0, 1.0), False), ((2.0, 8.0, 32.0), True)])
def test_slopes_are_least_squares_on_the_axis_of_the_figure(doses, log):
    values = drawn({("s", "a"): 3, ("s", "b"): 2, ("s", "c"): 3, ("t", "a"): 2, ("t", "b"): 1, ("t", "c"): 1})
    at = dict(zip("abc", doses, strict=True))
    outcome = outcome_of(values, doses=at)
    assert outcome.log_doses == log
    found = slopes(outcome, "order bias")
    assert [slope.series for slope in found] == ["s", "t"]
    for slope in found:
        x = np.array([at[label] for (series, label), some in values.items() for _ in some if series == slope.series])
        y = np.concatenate([some for (series, _), some in values.items() if series == slope.series])
        fit = sm.OLS(y, sm.add_constant(np.log2(x) if log else x)).fit()
        assert slope.n == len(y)
        assert slope.value == pytest.approx(fit.params[1])
        np.testing.assert_allclose((slope.value - slope.half, slope.value + slope.half), fit.conf_int(0.05)[1])


@pytest.mark.parametrize("doses", [(0.0, 0.1, 1.0), (1.0, 2.0, 8.0), (-1.0, 1.0, 100.0)])
def test_other_doses_stand_on_a_plain_axis(doses):
    values = drawn({("", label): 1 for label in "abc"})
    assert not outcome_of(values, doses=dict(zip("abc", doses, strict=True))).log_doses


def test_too_few_models_or_doses_have_no_slope():
    pair = {("", "a"): [1.0], ("", "b"): [2.0]}
    assert slopes(outcome_of(pair, doses={"a": 0.0, "b": 1.0}), "order bias") == []
    same = {("", "a"): [1.0, 2.0, 3.0]}
    assert slopes(outcome_of(same, doses={"a": 0.0}), "order bias") == []
    assert slopes(outcome_of(drawn({("", "a"): 3, ("", "b"): 3})), "order bias") == []


def test_an_outcome_survives_its_file(tmp_path):
    outcome = outcome_of({("s", "a"): [0.1, None], ("s", "b"): [1 / 3, 2.0]}, doses={"a": -1.0, "b": 1.0})
    write_outcome(tmp_path / "x.json", outcome)
    assert read_outcome(tmp_path / "x.json") == outcome


def test_damaged_missing_and_unwritable_files(tmp_path):
    (tmp_path / "x.json").write_text("{}", "utf-8")
    with pytest.raises(RunError, match="is not the outcome of an experiment"):
        read_outcome(tmp_path / "x.json")
    with pytest.raises(RunError, match="is not the outcome of an experiment"):
        read_outcome(tmp_path / "y.json")
    with pytest.raises(RunError, match="cannot write"):
        write_outcome(tmp_path / "x.json" / "y.json", outcome_of({("", "a"): [1.0]}))
