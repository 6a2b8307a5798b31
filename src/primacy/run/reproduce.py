"""Published tables beside our own runs: a spec in `paper/` names the audits, the metric and the printed figures."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

import primacy
from primacy.errors import UnknownNameError
from primacy.results.record import Number, RunResult
from primacy.results.spec import AuditSpec


class Arm(BaseModel):
    """One way of running the table: fields of the audit that differ, and the metric that is shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    metric: str
    audit: dict[str, Any]


class PublishedRow(BaseModel):
    """A printed row in percent; `encoder` where the paper or its code names the checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    model: str
    values: tuple[float, ...]
    denominator: str
    encoder: str = ""


class TableSpec(BaseModel):
    """A file of `paper/`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    note: str
    encoders: tuple[str, ...]
    columns: tuple[str, ...]
    audit: dict[str, Any]
    arms: tuple[Arm, ...]
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
    order_bias: Cell
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
            result = run(AuditSpec(encoder=encoder, **{**table.audit, **arm.audit, **overrides}))
            rows.append(_row(encoder, arm, result))
    return Reproduction(name=name, table=table, rows=tuple(rows))


def _row(encoder: str, arm: Arm, result: RunResult) -> OurRow:
    pooled = [e for e in result.estimates if e.template == "*" and e.group == "mention_position"]
    cells = tuple(
        Cell(value=e.value, ci_low=e.ci_low, ci_high=e.ci_high, n=e.n, n_clusters=e.n_clusters)
        for e in pooled
        if e.metric == arm.metric and e.level != "other"
    )
    bias = next(e for e in pooled if e.metric == "order_bias" and e.level == "first-last")
    return OurRow(
        encoder=encoder,
        arm=arm.name,
        metric=arm.metric,
        cells=cells,
        order_bias=Cell(
            value=bias.value, ci_low=bias.ci_low, ci_high=bias.ci_high, n=bias.n, n_clusters=bias.n_clusters
        ),
        run=result.run_id,
    )


def _folder() -> Path:
    package = Path(primacy.__file__).parent
    packaged = package / "paper"  # in a wheel; a checkout has it at its root
    return packaged if packaged.is_dir() else package.parents[1] / "paper"
