"""Published tables beside our own runs: a spec in `paper/` names the audits, the metric and the printed figures."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

import primacy
from primacy.errors import RunError, UnknownNameError
from primacy.results.record import Estimate, Number, RunResult
from primacy.results.spec import AuditSpec, checked_spec


class Bias(BaseModel):
    """The contrast that stands beside the cells of a row: an estimate by metric, group and level."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    metric: str = "order_bias"
    group: str = "mention_position"
    level: str = "first-last"


class Arm(BaseModel):
    """One way of running the table: fields of the audit that differ, and the estimates that are shown.

    `levels` are those of `group`, one a column; none for all in the order of the result. `stimuli` names the pictures,
    "" for captions. `n_objects`: of the cells, where a run has several; the contrast may stand for all together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    metric: str
    audit: dict[str, Any]
    probe: str = "tor"
    stimuli: str = ""
    group: str = "mention_position"
    levels: tuple[str, ...] = ()
    n_objects: int | None = None
    bias: Bias = Bias()


class PublishedRow(BaseModel):
    """A printed row in percent; `encoder` where the paper or its code names the checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    model: str
    values: tuple[float, ...]
    denominator: str
    encoder: str = ""


class TableSpec(BaseModel):
    """A file of `paper/`. `needs` are options that a user has to give: "captions", "photos"."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    note: str
    encoders: tuple[str, ...]
    columns: tuple[str, ...]
    audit: dict[str, Any]
    arms: tuple[Arm, ...]
    needs: tuple[str, ...] = ()
    published: tuple[PublishedRow, ...] = ()


class Cell(BaseModel):
    """One of our figures, a share with its interval and denominators."""

    value: Number
    ci_low: Number
    ci_high: Number
    n: float
    n_clusters: int


class OurRow(BaseModel):
    """An encoder under an arm."""

    encoder: str
    arm: str
    metric: str
    cells: tuple[Cell, ...]
    bias: Cell
    run: str


class Reproduction(BaseModel):
    """A table's spec with our rows."""

    name: str
    table: TableSpec
    rows: tuple[OurRow, ...]


def table_names() -> list[str]:
    """Names of the specs."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load_table(name: str) -> TableSpec:
    """The spec called `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in table_names():
        raise UnknownNameError("table", name, table_names())
    return TableSpec.model_validate(tomllib.loads((_folder() / f"{name}.toml").read_text("utf-8")))


def reproduce(
    name: str,
    encoders: Sequence[str],
    run: Callable[[AuditSpec], RunResult],
    overrides: dict[str, Any],
) -> Reproduction:
    """Run every arm of a table for every encoder.

    Args:
        name: of the table.
        encoders: to run; the table's own when empty.
        run: how an audit is run.
        overrides: fields of the audit that the caller changes (sets, captions, seed).
    """
    table = load_table(name)
    rows = []
    for encoder in encoders or table.encoders:
        for arm in table.arms:
            fields = _merged(table.audit, arm.audit, overrides)
            rows.append(_row(encoder, arm, run(checked_spec({"encoder": encoder} | fields))))
    return Reproduction(name=name, table=table, rows=tuple(rows))


def _merged(*layers: dict[str, Any]) -> dict[str, Any]:
    """Fields of an audit, later layers over earlier ones; those of `images` one by one."""
    fields: dict[str, Any] = {}
    images: dict[str, Any] = {}
    for layer in layers:
        fields |= layer
        images |= layer.get("images", {})
    return fields | {"images": images}


def _row(encoder: str, arm: Arm, result: RunResult) -> OurRow:
    own = [e for e in result.estimates if (e.probe, e.stimuli, e.template) == (arm.probe, arm.stimuli, "*")]
    found = {
        e.level: e
        for e in own
        if (e.metric, e.group) == (arm.metric, arm.group) and arm.n_objects in (None, e.n_objects)
    }
    levels = arm.levels or tuple(level for level in found if level != "other")
    wanted = (arm.bias.metric, arm.bias.group, arm.bias.level)
    bias = next((e for e in own if (e.metric, e.group, e.level) == wanted), None)
    missing = [level for level in levels if level not in found] + ([] if bias else ["/".join(wanted)])
    if missing or bias is None:
        raise RunError(
            f"run {result.run_id} of {encoder} holds no {arm.probe} {arm.metric} for {', '.join(missing)}",
            hint="This encoder or these pictures cannot answer the table's question: see the run's checks.",
        )
    return OurRow(
        encoder=encoder,
        arm=arm.name,
        metric=arm.metric,
        cells=tuple(_cell(found[level]) for level in levels),
        bias=_cell(bias),
        run=result.run_id,
    )


def _cell(e: Estimate) -> Cell:
    return Cell(value=e.value, ci_low=e.ci_low, ci_high=e.ci_high, n=e.n, n_clusters=e.n_clusters)


def _folder() -> Path:
    package = Path(primacy.__file__).parent
    packaged = package / "paper"  # in a wheel; a checkout has it at its root
    return packaged if packaged.is_dir() else package.parents[1] / "paper"
