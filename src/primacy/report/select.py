"""Views of a run for its readers: estimates of one question side by side, encoder first, then each null."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from primacy.report.numbers import count_range
from primacy.results.record import Estimate, RunResult

HEADLINE = {"tor": "winner_share", "toc": "probe_accuracy"}
POOLED = "*"
GALLERY_TABLE = "mention_position*gallery_position"
FIRST_LAST = "first-last"

BIG_SMALL = "big-small"
SIZE_TABLE = "size_level*mention_position"

Key = tuple[str, int, str, str, str, str, str]


class Span(NamedTuple):
    """A value with its interval; None where not defined."""

    value: float | None
    ci_low: float | None
    ci_high: float | None


class Question(NamedTuple):
    """What a panel shows: its estimates share these labels."""

    probe: str
    n_objects: int
    template: str
    protocol: str
    metric: str


class Row(NamedTuple):
    """One encoder's numbers: `cells` by mention position (None where absent), `bias` its contrast of them.

    `level` tells several rows of one encoder apart.
    """

    label: str
    is_null: bool
    cells: tuple[Estimate | None, ...]
    bias: Span | None
    level: str = ""

    @property
    def captions(self) -> str:
        """Denominator of the cells; a range where positions differ."""
        return count_range(cell.n for cell in self.cells if cell)

    @property
    def clusters(self) -> str:
        """Number of object sets behind the cells."""
        return count_range(cell.n_clusters for cell in self.cells if cell)


@dataclass(frozen=True)
class Panel:
    """A metric by mention position, encoder first.

    `chance` holds what guessing gives at each position (None where the run does not say), `contrast` names the
    difference that the rows' `bias` is.
    """

    probe: str
    n_objects: int
    template: str
    protocol: str
    metric: str
    rows: tuple[Row, ...]
    chance: tuple[float | None, ...]
    contrast: str = FIRST_LAST

    @property
    def encoder(self) -> Row:
        """The audited encoder's row."""
        return self.rows[0]

    @property
    def has_bias(self) -> bool:
        """Whether any row has a first-minus-last difference."""
        return any(row.bias for row in self.rows)

    @property
    def same_denominators(self) -> bool:
        """Whether all rows rest on the same number of captions and sets."""
        return len({(row.captions, row.clusters) for row in self.rows}) == 1


class Heat(NamedTuple):
    """Winner share by mention position (rows) and gallery position (columns), n by n, for one encoder.

    `largest` is the largest share of the table (a hair above 0 at least); `on` and `off` are plain means of
    the known cells on and off the diagonal, None where there is none; `leading` counts the gallery positions
    whose largest share is the diagonal's.
    """

    label: str
    n_objects: int
    cells: tuple[tuple[Estimate | None, ...], ...]
    largest: float
    on: float | None
    off: float | None
    leading: int


class Lookup:
    """Estimates by question, group and level."""

    def __init__(self, estimates: Iterable[Estimate]) -> None:
        """Index `estimates`; of two with one key the last counts."""
        self._by_key: dict[Key, Estimate] = {
            (e.probe, e.n_objects, e.template, e.protocol, e.metric, e.group, e.level): e for e in estimates
        }

    def get(self, question: Question, group: str, level: str) -> Estimate | None:
        """The estimate, or None."""
        return self._by_key.get((*question, group, level))


def object_counts(result: RunResult, probe: str) -> list[int]:
    """The numbers of objects that the encoder has estimates of this probe for, ascending."""
    return sorted({e.n_objects for e in result.estimates if e.probe == probe})


def templates(result: RunResult, probe: str, n: int) -> list[str]:
    """The templates that there are estimates for, pooled first, then in the order of the specification."""
    found = {e.template for e in result.estimates if e.probe == probe and e.n_objects == n}
    known = [name for name in (POOLED, *result.spec.templates) if name in found]
    return known + sorted(found.difference(known))


def protocols(result: RunResult, probe: str, n: int) -> list[str]:
    """The protocols that there are estimates under, the run's own first (TOC of a `paper` run has both)."""
    found = {e.protocol for e in result.estimates if e.probe == probe and e.n_objects == n}
    return sorted(found, key=lambda name: (name != result.spec.protocol, name))


def panel(result: RunResult, question: Question) -> Panel | None:
    """The panel, or None where the encoder has no such estimate."""
    differences = _differences(result, question)
    rows = tuple(_row(*source, question, differences) for source in _sources(result))
    if not any(rows[0].cells):
        return None
    rows = rows[:1] + tuple(row for row in rows[1:] if any(row.cells))
    return Panel(*question, rows, _chance(result, question))


def panels(result: RunResult, probe: str, metric: str | None = None) -> list[Panel]:
    """One panel for each number of objects and protocol, pooled over templates (of the first where nothing is)."""
    found = []
    for n in object_counts(result, probe):
        for protocol in protocols(result, probe, n):
            template = templates(result, probe, n)[0]
            shown = panel(result, Question(probe, n, template, protocol, metric or HEADLINE[probe]))
            if shown:
                found.append(shown)
    return found


def size_panels(result: RunResult) -> list[Panel]:
    """Winner share of the big and of the small target by the position that it stands at (`size-category` designs)."""
    found = []
    for n in object_counts(result, "tor"):
        question = Question("tor", n, templates(result, "tor", n)[0], protocols(result, "tor", n)[0], "winner_share")
        rows = tuple(row for source in _sources(result) for row in _size_rows(*source, question))
        if rows and not rows[0].is_null:
            found.append(Panel(*question, rows, (1 / n,) * n, BIG_SMALL))
    return found


def heats(result: RunResult, n: int) -> list[Heat]:
    """The mention x gallery position tables of TOR, encoder first; those without any cell left out."""
    question = Question("tor", n, templates(result, "tor", n)[0], protocols(result, "tor", n)[0], "winner_share")
    found = (_heat(label, estimates, question) for label, _, estimates in _sources(result))
    return [heat for heat in found if heat]


class _Source(NamedTuple):
    label: str
    is_null: bool
    estimates: Sequence[Estimate]


def _sources(result: RunResult) -> list[_Source]:
    nulls = (_Source(null.name, True, null.estimates) for null in result.nulls)
    return [_Source(result.spec.encoder, False, result.estimates), *nulls]


def _row(
    label: str,
    is_null: bool,
    estimates: Sequence[Estimate],
    question: Question,
    differences: dict[str | None, Span],
) -> Row:
    look = Lookup(estimates)
    cells = tuple(look.get(question, "mention_position", str(p + 1)) for p in range(question.n_objects))
    bias = differences.get(label if is_null else None)
    if question.metric == HEADLINE[question.probe]:
        own = look.get(question._replace(metric="order_bias"), "mention_position", FIRST_LAST)
        bias = _span(own) or bias
    return Row(label, is_null, cells, bias)


def _size_rows(label: str, is_null: bool, estimates: Sequence[Estimate], question: Question) -> list[Row]:
    look, rows = Lookup(estimates), []
    for level in ("big", "small"):
        cells = tuple(look.get(question, SIZE_TABLE, f"{level}*{p + 1}") for p in range(question.n_objects))
        bias = look.get(question._replace(metric="size_bias"), "size_level", BIG_SMALL) if level == "big" else None
        if any(cells):
            rows.append(Row(label, is_null, cells, _span(bias), level))
    return rows


def _span(estimate: Estimate | None) -> Span | None:
    return Span(estimate.value, estimate.ci_low, estimate.ci_high) if estimate else None


def _differences(result: RunResult, question: Question) -> dict[str | None, Span]:
    """First minus last where only the verdict holds it: the encoder's under None, a null's under its name.

    The verdict on TOC is always that of the converged head.
    """
    probe, n, template, protocol, metric = question
    if template != templates(result, probe, n)[0] or (probe == "toc" and protocol != "balanced"):
        return {}
    found: dict[str | None, Span] = {}
    for verdict in result.verdicts:
        if (verdict.probe, verdict.n_objects, verdict.metric, verdict.effect) == (probe, n, metric, FIRST_LAST):
            found[None] = Span(verdict.value, verdict.ci_low, verdict.ci_high)
            found |= {null.name: Span(null.value, null.ci_low, null.ci_high) for null in verdict.nulls}
    return found


def _chance(result: RunResult, question: Question) -> tuple[float | None, ...]:
    n = question.n_objects
    if question.metric in ("winner_share", "paper_share"):
        return (1 / n,) * n
    look = Lookup(result.estimates)
    found = (look.get(question, "chance", str(p + 1)) for p in range(n))
    return tuple(estimate.value if estimate else None for estimate in found)


def _heat(label: str, estimates: Sequence[Estimate], question: Question) -> Heat | None:
    look, n = Lookup(estimates), question.n_objects
    cells = tuple(tuple(look.get(question, GALLERY_TABLE, f"{p + 1}*{g + 1}") for g in range(n)) for p in range(n))
    values = {(p, g): c.value for p, row in enumerate(cells) for g, c in enumerate(row) if c and c.value is not None}
    if not values:
        return None
    on = [value for (p, g), value in values.items() if p == g]
    off = [value for (p, g), value in values.items() if p != g]
    leading = sum(
        (g, g) in values and values[g, g] >= max(v for (_, column), v in values.items() if column == g)
        for g in range(n)
    )
    return Heat(label, n, cells, max(*values.values(), 1e-9), _mean(on), _mean(off), leading)


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
