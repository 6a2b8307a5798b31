"""Experiments: a grid of dials and seeds around a base recipe, and the models that it asks for.

A specification (`experiments/*.toml`) is changes that all models share and points that differ. A model is known by the
digest of what its recipe changes, so experiments share those that they have in common, and one that was stopped goes
on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from primacy.encoders.lab.names import MODEL
from primacy.errors import UnknownNameError, UsageError
from primacy.identity import fingerprint
from primacy.lab import shipped
from primacy.lab.read_spec import checked, checked_spec, read_toml
from primacy.lab.readings import reading_names
from primacy.lab.spec import LabSpec
from primacy.stimuli.sources import VOCABULARIES, object_library

GENERATION = 1
"""A part of every key, raised when the same recipe gives other weights."""


class Point(BaseModel):
    """One setting of the dials.

    `change`: fields of the recipe that differ from the base, as dotted names. `dose`: its place on the x axis, where
    points are doses. `series`: the line or block that it belongs to; with its label it names the point. `image_of`:
    the label (or name, where others have that label) of the point whose image tower is taken over, frozen, from the
    model of the same seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    label: str
    change: dict[str, Any] = {}
    dose: float | None = None
    series: str = ""
    image_of: str | None = None

    @property
    def name(self) -> str:
        """What it is called among all points."""
        return f"{self.series}: {self.label}" if self.series else self.label


class Experiment(BaseModel):
    """What is varied and why. `shows`: the readings of the figure; `base`: changes that all points share; `reference`:
    the name of the point that the others are compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    question: str
    prediction: str
    dose: str = ""
    seeds: int = Field(3, ge=1)
    shows: tuple[str, ...] = Field(min_length=1)
    base: dict[str, Any] = {}
    reference: str | None = None
    points: tuple[Point, ...] = Field(min_length=1)


class Task(NamedTuple):
    """A model to be trained and read. `after`: the key of the model that it takes its image tower from."""

    point: str
    seed: int
    spec: LabSpec
    key: str
    after: str | None


def load_experiment(name: str) -> Experiment:
    """A shipped experiment by name, or a file.

    Raises:
        UnknownNameError: neither; or a field, a reading or a point that there is not.
        UsageError: the file is no experiment.
    """
    known = shipped.experiment_names()
    path = shipped.EXPERIMENTS / f"{name}.toml" if name in known else Path(name)
    if not path.is_file():
        raise UnknownNameError("experiment (and no such file)", name, known)
    found = checked(Experiment, read_toml(path, name), name, "experiment")
    names = [point.name for point in found.points]
    for point in found.points:
        if names.count(point.name) > 1:
            raise UsageError(f"{name} has two points called {point.name!r}", hint="Give one another label or series.")
    for reading in found.shows:
        if reading not in reading_names():
            raise UnknownNameError(f"reading in shows of {name}:", reading, reading_names())
    if found.reference is not None and found.reference not in names:
        raise UnknownNameError(f"point as reference of {name}:", found.reference, names)
    _lenders_first(found)
    return found


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested fields with those of `changes`, whose names may be dotted ("captions.order.area"), set.

    Raises:
        UsageError: a name goes through a field that holds no others ("seed.area").
    """
    found: dict[str, Any] = dict(base)
    for name, value in changes.items():
        *tables, field = name.split(".")
        inner = found
        for table in tables:
            below = inner.get(table, {})
            if not isinstance(below, Mapping):
                raise UsageError(f"cannot change {name!r}: {table!r} is {below!r} and holds no fields")
            inner[table] = dict(below)  # a copy: `base` stays as it is
            inner = inner[table]
        inner[field] = value
    return found


def base_recipe(experiment: Experiment, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What all models of an experiment share: the recipe of all experiments, its own base, and `change`. Where that
    gives another `train.samples`, checkpoints after the last sample are left out.

    Raises:
        UsageError: a change to something that is no table of fields.
    """
    change = change or {}
    found = changed(changed(read_toml(shipped.BASE, shipped.BASE.name), experiment.base), change)
    if "train.samples" not in change or not isinstance(kept := found["train"].get("checkpoints"), list):
        return found
    last = change["train.samples"]
    return changed(found, {"train.checkpoints": [n for n in kept if not (isinstance(n, int) and n > last)]})


def tasks(
    experiment: Experiment, seeds: int, recipe: Mapping[str, Any], models: Path, *, precision: str = "fp32"
) -> list[Task]:
    """Every model of an experiment, those that lend their image tower before those that take it over.

    Args:
        experiment: the grid.
        seeds: how many models of each point.
        recipe: what all models share, see `base_recipe`.
        models: folder of trained models; it is no part of their keys.
        precision: of training; another than "fp32" gives other weights, and is part of the keys.

    Raises:
        UnknownNameError: a field that no recipe has, or an `image_of` that is no point.
        UsageError: a value that its field cannot have; the point is named.
        AssetError: a folder of objects that cannot be read.
    """
    found: list[Task] = []
    keys: dict[tuple[str, int], str] = {}
    for point, lender in _lenders_first(experiment):
        for seed in range(seeds):
            fields = changed(changed(recipe, point.change), {"seed": seed})
            spec = checked_spec(fields, f"point {point.name!r}")
            if spec.image_from is not None:
                raise UsageError(
                    f"point {point.name!r} takes its image tower from a file",
                    hint="An experiment is the same on every machine: name a point of its own with image_of.",
                )
            after = None if lender is None else keys[lender.name, seed]
            # The path of the lender is no part of the identity, the lender's recipe is.
            identity = [GENERATION, _differing(spec), after, *([precision] if precision != "fp32" else [])]
            key = fingerprint(identity)[:12]
            if after is not None:
                spec = spec.model_copy(update={"image_from": str((models / after / MODEL).absolute())})
            keys[point.name, seed] = key
            found.append(Task(point.name, seed, spec, key, after))
    return found


def _differing(spec: LabSpec) -> dict[str, Any]:
    """The fields that differ from their defaults, so that a field which is new to recipes leaves the keys of older
    models as they are. Objects of a folder go by what they look like, not by its path."""
    # Another default is other weights: GENERATION is raised. Where that is forgotten, `train` refuses a folder whose
    # whole recipe is another; finished models are taken as they are.
    fields = spec.model_dump(mode="json", exclude_defaults=True)
    if spec.scenes.library not in VOCABULARIES and Path(spec.scenes.library).is_dir():
        fields["scenes"]["library"] = f"sha256:{object_library(spec.scenes.library).digest}"
    return fields


def waves(asked: list[Task]) -> list[list[Task]]:
    """The models in groups, each once: those of a group need only models of groups before it."""
    depth: dict[str, int] = {}
    groups: list[list[Task]] = []
    for task in asked:
        if task.key in depth:
            continue
        depth[task.key] = 0 if task.after is None else depth[task.after] + 1
        groups += [[] for _ in range(depth[task.key] + 1 - len(groups))]
        groups[depth[task.key]].append(task)
    return groups


def _lenders_first(experiment: Experiment) -> list[tuple[Point, Point | None]]:
    """Points with the one that each takes its image tower from; every lender comes before its borrowers."""
    left = [(point, _lender(experiment, point)) for point in experiment.points]
    found: list[tuple[Point, Point | None]] = []
    while left:
        there = {point.name for point, _ in found}
        ready = [pair for pair in left if pair[1] is None or pair[1].name in there]
        if not ready:
            names = " and ".join(repr(point.name) for point, _ in left)
            raise UsageError(f"image_of goes in a circle: {names} wait for each other")
        found += ready
        left = [pair for pair in left if pair not in ready]
    return found


def _lender(experiment: Experiment, point: Point) -> Point | None:
    if point.image_of is None:
        return None
    named = [p for p in experiment.points if p.name == point.image_of]
    named = named or [p for p in experiment.points if p.label == point.image_of]
    if not named:
        raise UnknownNameError(f"point in image_of of {point.name!r}:", point.image_of, _names(experiment))
    if len(named) > 1:
        several = " or ".join(repr(p.name) for p in named)
        raise UsageError(f"image_of of {point.name!r} may be {several}", hint="Name one with its series.")
    return named[0]


def _names(experiment: Experiment) -> set[str]:
    return {name for p in experiment.points for name in (p.label, p.name)}
