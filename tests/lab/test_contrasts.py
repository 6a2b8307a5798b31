"""Points against the reference: against statsmodels' analysis of variance, and against simulated truth."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from primacy.lab.contrasts import contrasts
from primacy.lab.experiment import Experiment, Point
from primacy.lab.outcome import make_outcome
from primacy.lab.readings import Reading
from primacy.lab.run_experiment import Row


def outcome_of(table, *, reference="b", seeds=None):
    """An outcome with values `table` (points, seeds); NaN: not defined, and `seeds` in another order than 0, 1, ..."""
    points = tuple(Point(label=label) for label, _ in zip("abcdefgh", table, strict=False))
    experiment = Experiment(
        title="t", question="q", prediction="p", shows=("order bias",), points=points, reference=reference
    )
    rows = [
        Row(point.name, seed, "0123", [Reading("order bias", None if math.isnan(v) else float(v), None, None, 10, 5)])
        for point, some in zip(points, table, strict=True)
        for seed, v in zip(seeds or range(len(some)), some, strict=True)
    ]
    return make_outcome("x", experiment, {"seed": 0}, rows)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (5, 3), (4, 6)])
def test_the_analysis_of_variance_of_blocks(shape):
    rng = np.random.default_rng(sum(shape))
    table = rng.normal(0, 1, shape) + rng.normal(0, 3, (1, shape[1])) + np.arange(shape[0])[:, None]
    data = {
        "y": table.ravel(),
        "point": np.repeat(list("abcdefgh"[: shape[0]]), shape[1]),
        "seed": np.tile(np.arange(shape[1]).astype(str), shape[0]),
    }
    fit = smf.ols("y ~ C(point, Treatment('b')) + C(seed)", pd.DataFrame(data)).fit()
    found = contrasts(outcome_of(table), "order bias")
    assert [c.point for c in found] == [name for name in "abcdefgh"[: shape[0]] if name != "b"]
    names = [f"C(point, Treatment('b'))[T.{c.point}]" for c in found]
    np.testing.assert_allclose([c.value for c in found], fit.params[names])
    limits = fit.conf_int(0.05).loc[names].to_numpy()
    np.testing.assert_allclose([(c.value - c.half, c.value + c.half) for c in found], limits)
    assert {c.seeds for c in found} == {shape[1]}


def test_what_seeds_share_falls_out():
    table = np.array([[1.0, 1.1, 0.9], [2.0, 2.2, 2.1], [3.1, 2.9, 3.0]])
    shifted = table + np.array([0.0, 50.0, -20.0])
    for before, after in zip(
        contrasts(outcome_of(table), "order bias"), contrasts(outcome_of(shifted), "order bias"), strict=True
    ):
        assert after == pytest.approx(before) or (
            after.point == before.point and after[1:] == pytest.approx(before[1:])
        )


def test_intervals_cover_the_truth_where_seeds_agree():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(1500):
        table = rng.normal(0, 1, (4, 2)) + rng.normal(0, 3, (1, 2)) + np.array([[0.0], [1.0], [0.5], [2.0]])
        first = contrasts(outcome_of(table), "order bias")[0]
        covered += abs(first.value - -1.0) <= first.half
    assert abs(covered / 1500 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 1500)


def test_only_seeds_that_every_point_has():
    table = np.array([[1.0, 2.0, np.nan], [3.0, 5.0, 70.0], [2.0, 2.5, 90.0]])
    seeds = [7, 3, 5]
    found = contrasts(outcome_of(table, seeds=seeds), "order bias")
    assert found == contrasts(outcome_of(table[:, :2], seeds=seeds[:2]), "order bias")
    assert found[0].value == -2.5


@pytest.mark.parametrize(
    ("table", "reference"),
    [([[1.0, 2.0], [2.0, 3.0]], None), ([[1.0], [2.0]], "b"), ([[1.0, 2.0], [math.nan, math.nan]], "b")],
    ids=["no reference", "one seed", "the reference lacks it"],
)
def test_where_there_is_nothing_to_compare(table, reference):
    assert contrasts(outcome_of(np.array(table), reference=reference), "order bias") == []
