"""A run in the terminal: verdicts first, then one table for each probe and number of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console

from primacy.report import numbers
from primacy.report.panels import Panel, Row, headline_panels, size_panels
from primacy.report.pictures import compact_panels
from primacy.report.printer import Head, Line, Printer, in_blocks
from primacy.report.select import Records, Span
from primacy.report.terminal_lines import KIND_WIDTH, attribution_line, caption, verdict_line
from primacy.report.words import cluster_noun, trial_noun
from primacy.results.record import Estimate, RunResult, VerdictRecord
from primacy.results.spec import AuditSpec

_NAME_WIDTH = 19


class _Cells(NamedTuple):
    """How a table writes numbers: decimals of the value and of its limits, and whether brackets are tight."""

    digits: int
    limit_digits: int
    tight: bool


_STYLES_OF_CELLS = (_Cells(1, 1, False), _Cells(1, 1, True), _Cells(1, 0, True), _Cells(0, 0, True))


def render_run(result: RunResult, console: Console) -> None:
    """Print a run: verdicts, tables, attribution, and the checks that are not ok.

    Args:
        result: the run.
        console: its width decides how long the cells are; numbers are never wrapped.
    """
    out = Printer(console)
    out.line(Head(numbers.printable(result.spec.encoder), "bold"), "")
    for verdict in result.verdicts:
        out.line(*verdict_line(verdict), indent=KIND_WIDTH + 2)
    records = Records(result)
    for probe in ("tor", "toc"):
        for panel in headline_panels(records, probe, "mention_position"):
            _table(out, panel, result.spec)
    for panel in size_panels(records):
        _table(out, panel, result.spec)
    if result.spec.protocol == "paper":
        for panel in headline_panels(records, "tor", "mention_position", "paper_share"):
            _table(out, panel, result.spec)
    for panel in compact_panels(records):
        _table(out, panel, result.spec)
    if result.attribution:
        out.blank()
    for attribution in result.attribution:
        noun = cluster_noun(result.spec, attribution.stimuli)
        out.line(*attribution_line(attribution, noun), indent=2)
    checks = [check for check in result.checks if check.status != "ok"]
    if checks:
        out.blank()
    for check in checks:
        style = "bold yellow" if check.status == "warning" else "bold"
        out.line(Head(numbers.printable(f"{check.status}, {check.name}: "), style), check.message, indent=2)


def render_verdict_line(verdict: VerdictRecord) -> str:
    """A verdict in one line of ASCII, however long: kind, probe, number of objects, effect, reason."""
    head, body = verdict_line(verdict)
    return numbers.ascii_only(numbers.printable(head.text + body))


def _table(out: Printer, panel: Panel, spec: AuditSpec) -> None:
    """One panel, in as many blocks of columns as the width asks for, its caption above the first."""
    out.blank()
    out.line(*caption(panel, spec))
    labels = [_name(row) for row in panel.rows]
    names = [numbers.shortened(numbers.printable(label), _NAME_WIDTH) for label in labels]
    cells, blocks = _layout(panel, out.width - max(map(len, names)))
    for number, block in enumerate(blocks):
        if number:
            out.blank()
        lines = [
            Line([name, *(column.write(row, cells) for column in block)], "" if row.is_null else "bold")
            for name, row in zip(names, panel.rows, strict=True)
        ]
        out.table(["", *(column.title for column in block)], lines)


def _name(row: Row) -> str:
    return ", ".join(filter(None, (row.label if row.is_null else "encoder", row.level)))


class _Shown(NamedTuple):
    """A column as it is printed: one of the panel's `cells` or `extras`, or the denominators (`place` None)."""

    title: str
    metric: str
    place: int | None
    extra: bool = False

    def write(self, row: Row, cells: _Cells) -> str:
        """The cell of `row`."""
        if self.place is None:
            return f"{row.trials} / {row.clusters}"
        found = row.extras if self.extra else row.cells
        return _cell(self.metric, found[self.place] if found else None, cells)

    def width(self, panel: Panel, cells: _Cells) -> int:
        """Columns of the terminal that it takes."""
        return max(len(self.title), *(len(self.write(row, cells)) for row in panel.rows))


def _cell(metric: str, span: Estimate | Span | None, cells: _Cells) -> str:
    if span is None:
        return numbers.DASH
    scaled = numbers.unit(metric) != ""  # a share can lose a decimal, a ratio or a slope cannot
    digits, limit_digits = (cells.digits, cells.limit_digits) if scaled else (2, 2)
    low, high = (numbers.number(metric, x, limit_digits) for x in (span.ci_low, span.ci_high))
    return f"{numbers.number(metric, span.value, digits)} {numbers.bracket(low, high, tight=cells.tight)}"


def _layout(panel: Panel, width: int) -> tuple[_Cells, list[list[_Shown]]]:
    """The longest cells that fit in one block of `width` beside the names, else several blocks."""
    columns = [_Shown(numbers.printable(column.title), column.metric, k) for k, column in enumerate(panel.columns)]
    columns += [_Shown(column.title, column.metric, k, extra=True) for k, column in enumerate(panel.extras)]
    if not panel.same_denominators:
        columns.append(
            _Shown(f"{trial_noun(panel.case.probe, panel.metric, panel.case.stimuli)} / clusters", panel.metric, None)
        )
    for cells in _STYLES_OF_CELLS:
        if len(blocks := _blocks(panel, columns, cells, width)) == 1:
            return cells, blocks
    cells = _STYLES_OF_CELLS[1]
    return cells, _blocks(panel, columns, cells, width)


def _blocks(panel: Panel, columns: Sequence[_Shown], cells: _Cells, width: int) -> list[list[_Shown]]:
    widths = [column.width(panel, cells) for column in columns]
    return [[columns[place] for place in block] for block in in_blocks(widths, width)]
