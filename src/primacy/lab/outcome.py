"""What an experiment found: every model's readings, and means over seeds with intervals."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy import stats

import primacy
from primacy.errors import RunError
from primacy.files import atomic_write_text, os_errors_as
from primacy.lab.experiment import Experiment
from primacy.lab.readings import Reading

if TYPE_CHECKING:
    from primacy.lab.run_experiment import Row

LEVEL = 0.95
_WIDE = 8  # largest over smallest dose from which doses are taken by their logarithm


class Model(BaseModel):
    """One model of an experiment with its readings; `key`: the name of its folder among the models."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    point: str
    seed: int
    key: str
    readings: tuple[Reading, ...]


class Outcome(BaseModel):
    """An experiment with what it found. `recipe`: what all its models share, as nested fields; `precision`: that they
    were trained in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    name: str
    experiment: Experiment
    recipe: dict[str, Any]
    precision: str = "fp32"
    primacy: str
    packages: dict[str, str]
    machine: str
    models: tuple[Model, ...]

    @property
    def shown(self) -> list[str]:
        """The readings of the figure that at least one model has."""
        there = {r.name for model in self.models for r in model.readings if r.value is not None}
        return [name for name in self.experiment.shows if name in there]

    def values(self, reading: str) -> dict[str, dict[int, float]]:
        """The reading of every model that has it, by point and seed."""
        found: dict[str, dict[int, float]] = {}
        for model in self.models:
            for r in model.readings:
                if r.name == reading and r.value is not None:
                    found.setdefault(model.point, {})[model.seed] = r.value
        return found

    @property
    def log_doses(self) -> bool:
        """Whether doses span so wide a range that their ratios count, not their differences."""
        doses = [point.dose for point in self.experiment.points if point.dose is not None]
        return bool(doses) and min(doses) > 0 and max(doses) / min(doses) > _WIDE


class Cell(NamedTuple):
    """A reading at a point: `value` its mean over seeds, `half` half its interval's width (NaN where there is none),
    `each` its value for every seed."""

    point: str
    series: str
    label: str
    dose: float | None
    value: float
    half: float
    each: tuple[float, ...]

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.value - self.half

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.value + self.half


class Slope(NamedTuple):
    """Least-squares slope of a reading on the dose over all `n` models of a series, `half` half its interval's width.

    It is the change for each unit of dose or, with `Outcome.log_doses`, for each doubling.
    """

    series: str
    value: float
    half: float
    n: int


def make_outcome(
    name: str, experiment: Experiment, recipe: dict[str, Any], rows: Sequence[Row], *, precision: str = "fp32"
) -> Outcome:
    """The outcome of a run of `experiment`; paths and times of the run are no part of it."""
    from primacy.versions import package_versions

    return Outcome(
        name=name,
        experiment=experiment,
        recipe=recipe,
        precision=precision,
        primacy=primacy.__version__,
        packages=package_versions(),
        machine=f"{platform.system()} {platform.machine()}",
        models=tuple(Model.model_validate(row._asdict()) for row in rows),
    )


def write_outcome(path: Path, outcome: Outcome) -> None:
    """Write it as JSON.

    Raises:
        RunError: the file cannot be written.
    """
    with os_errors_as(RunError, f"cannot write {path}"):
        atomic_write_text(path, outcome.model_dump_json(indent=1) + "\n")


def read_outcome(path: Path) -> Outcome:
    """Read what `write_outcome` wrote.

    Raises:
        RunError: there is no such file, or it is damaged.
    """
    try:
        return Outcome.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is not the outcome of an experiment ({type(error).__name__})") from error


def cells(outcome: Outcome, reading: str) -> list[Cell]:
    """Means of a reading over the seeds of each point, in the order of the points.

    The interval is Student's, of the mean of independently trained models. Its variance is pooled over the points of a
    series, as in an analysis of variance, since two or three seeds alone say little of it; there is none where all
    points of a series have one seed. Points without the reading are left out.

    Raises:
        RunError: no model has the reading.
    """
    by_point = {point: list(by_seed.values()) for point, by_seed in outcome.values(reading).items()}
    if not by_point:
        raise RunError(f"no model of {outcome.name} has a reading {reading!r}")
    points = [point for point in outcome.experiment.points if point.name in by_point]
    half_of_one = {
        series: _half_of_one([by_point[p.name] for p in points if p.series == series])
        for series in {point.series for point in points}
    }
    return [
        Cell(
            point.name,
            point.series,
            point.label,
            point.dose,
            float(np.mean(own)),
            half_of_one[point.series] / len(own) ** 0.5,
            tuple(own),
        )
        for point in points
        for own in [by_point[point.name]]
    ]


def _half_of_one(family: list[list[float]]) -> float:
    """Half the interval of the mean of one model, from the spread within groups of models; NaN without any."""
    freedom = sum(len(some) - 1 for some in family)
    if not freedom:
        return float("nan")
    variance = sum(len(some) * float(np.var(some)) for some in family) / freedom
    return float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * variance**0.5


def slopes(outcome: Outcome, reading: str) -> list[Slope]:
    """The dose-response of each series with three models or more at two doses or more.

    Raises:
        RunError: no model has the reading.
    """
    found = []
    by_series: dict[str, list[Cell]] = {}
    for cell in cells(outcome, reading):
        if cell.dose is not None:
            by_series.setdefault(cell.series, []).append(cell)
    for series, own in by_series.items():
        x = np.array([cell.dose for cell in own for _ in cell.each], dtype=float)
        y = np.array([value for cell in own for value in cell.each])
        if len(x) < 3 or len(set(x)) < 2:
            continue
        line = stats.linregress(np.log2(x) if outcome.log_doses else x, y)
        half = float(stats.t.ppf((1 + LEVEL) / 2, len(x) - 2)) * float(line.stderr)
        found.append(Slope(series, float(line.slope), half, len(x)))
    return found
