"""A run in the terminal: verdicts first, then one table for each probe and number of objects."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from primacy.report import numbers
from primacy.report.select import FIRST_LAST, Panel, Row, Span, panels, size_panels
from primacy.report.words import HEADS, cluster_noun
from primacy.results.record import Attribution, Estimate, RunResult, VerdictRecord
from primacy.results.spec import AuditSpec

_STYLES = {"bias": "bold red", "artefact": "bold yellow", "equivalent": "bold green", "inconclusive": "bold"}
_KIND_WIDTH = max(map(len, _STYLES))
_TITLES = {"winner_share": "winner share", "probe_accuracy": "probe accuracy", "paper_share": "paper share"}
_EFFECTS = {
    "first-last": "first minus last",
    "largest_deviation": "largest deviation",
    "big-small": "big minus small in first place",
    "big-small, first against elsewhere": "big minus small, first place against elsewhere",
}
_NAME_WIDTH = 19
_GAP = 2
_GLUE = "\u00a0"
_RULED = "    \n    \n ── \n    \n    \n    \n    \n    \n"
_RULED_ASCII = "    \n    \n -- \n    \n    \n    \n    \n    \n"


class Head(NamedTuple):
    """The start of a line and its style."""

    text: str
    style: str


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
    out = _Printer(console)
    out.line(Head(numbers.printable(result.spec.encoder), "bold"), "")
    for verdict in result.verdicts:
        out.line(*_verdict_line(verdict), indent=_KIND_WIDTH + 2)
    for probe in result.spec.probes:
        for panel in panels(result, probe):
            out.table(panel, result.spec)
    for panel in size_panels(result):
        out.table(panel, result.spec)
    if result.spec.protocol == "paper":
        for panel in panels(result, "tor", "paper_share"):
            out.table(panel, result.spec)
    if result.attribution:
        out.blank()
    for attribution in result.attribution:
        out.line(*_attribution_line(attribution, cluster_noun(result.spec)), indent=2)
    checks = [check for check in result.checks if check.status != "ok"]
    if checks:
        out.blank()
    for check in checks:
        style = "bold yellow" if check.status == "warning" else "bold"
        out.line(Head(numbers.printable(f"{check.status}, {check.name}: "), style), check.message, indent=2)


def render_verdict_line(verdict: VerdictRecord) -> str:
    """A verdict in one line of ASCII, however long: kind, probe, number of objects, effect, reason."""
    head, body = _verdict_line(verdict)
    return numbers.ascii_only(numbers.printable(head.text + body))


class _Printer:
    """Writes to a console that may be narrow, colourless or confined to ASCII."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._ascii = console.options.ascii_only

    def blank(self) -> None:
        self._console.print()

    def line(self, head: Head, body: str, *, indent: int = 0) -> None:
        """A paragraph that starts with the styled `head`, later lines indented, no number broken."""
        room = max(24, self._console.width)
        lead = self._plain(head.text)
        wrapped = textwrap.wrap(
            _glued(lead + self._plain(numbers.printable(body))),
            room,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for number, text in enumerate(wrapped):
            line = Text(text.replace(_GLUE, " "))
            if number == 0:
                line.stylize(head.style, 0, len(lead))
            self._console.print(line, soft_wrap=True)

    def table(self, panel: Panel, spec: AuditSpec) -> None:
        """One panel, in as many blocks of columns as the width asks for, its caption above the first."""
        self.blank()
        self.line(*_caption(panel, spec))
        labels = [_name(row) for row in panel.rows]
        names = [numbers.shortened(numbers.printable(label), _NAME_WIDTH) for label in labels]
        cells, blocks = _layout(panel, self._console.width - max(map(len, names)))
        for number, block in enumerate(blocks):
            if number:
                self.blank()
            box = Box(_RULED_ASCII if self._ascii else _RULED, ascii=self._ascii)
            table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0), header_style="bold")
            table.add_column("", no_wrap=True)
            for column in block:
                table.add_column(column.title, justify="right", no_wrap=True)
            for name, row in zip(names, panel.rows, strict=True):
                texts = [name, *(column.write(row, cells) for column in block)]
                table.add_row(*(Text(self._plain(text)) for text in texts), style="" if row.is_null else "bold")
            self._console.print(table)

    def _plain(self, text: str) -> str:
        return numbers.ascii_only(text) if self._ascii else text


def _glued(text: str) -> str:
    """`text` with no place to break inside an interval, or between a number and its unit or interval."""
    text = re.sub(r"\[[^\[\]]*\]", lambda match: match.group().replace(" ", _GLUE), text)
    text = re.sub(r"(?<=[\d\u2013]) (?=%|points\b|captions\b|object sets\b|images\b|\[)", _GLUE, text)
    text = re.sub(r"(?<=\d:) (?=[-+\d])", _GLUE, text)
    return re.sub(r"(?<=\d) / (?=\d)", f"{_GLUE}/{_GLUE}", text)


def _name(row: Row) -> str:
    return ", ".join(filter(None, (row.label if row.is_null else "encoder", row.level)))


class _Column(NamedTuple):
    """A column of a table: a position (0-based), or the order bias (None), or the denominators ("n")."""

    title: str
    place: int | str | None
    metric: str

    def write(self, row: Row, cells: _Cells) -> str:
        """The cell of `row`."""
        if self.place == "n":
            return f"{row.captions} / {row.clusters}"
        span = row.bias if self.place is None else row.cells[int(self.place)]
        return _cell(self.metric, span, cells)

    def width(self, panel: Panel, cells: _Cells) -> int:
        """Columns of the terminal that it takes."""
        return max(len(self.title), *(len(self.write(row, cells)) for row in panel.rows))


def _cell(metric: str, span: Estimate | Span | None, cells: _Cells) -> str:
    if span is None:
        return numbers.DASH
    low, high = (numbers.number(metric, x, cells.limit_digits) for x in (span.ci_low, span.ci_high))
    return f"{numbers.number(metric, span.value, cells.digits)} {numbers.bracket(low, high, tight=cells.tight)}"


def _layout(panel: Panel, width: int) -> tuple[_Cells, list[list[_Column]]]:
    """The longest cells that fit in one block of `width` beside the names, else several blocks."""
    columns = [_Column(str(p + 1), p, panel.metric) for p in range(panel.n_objects)]
    if panel.has_bias:
        columns.append(_Column(panel.contrast, None, "order_bias"))
    if not panel.same_denominators:
        columns.append(_Column("captions / sets", "n", panel.metric))
    for cells in _STYLES_OF_CELLS:
        if len(blocks := _blocks(panel, columns, cells, width)) == 1:
            return cells, blocks
    cells = _STYLES_OF_CELLS[1]
    return cells, _blocks(panel, columns, cells, width)


def _blocks(panel: Panel, columns: Sequence[_Column], cells: _Cells, width: int) -> list[list[_Column]]:
    blocks: list[list[_Column]] = [[]]
    used = 0
    for column in columns:
        wide = _GAP + column.width(panel, cells)
        if blocks[-1] and used + wide > width:
            blocks.append([])
            used = 0
        blocks[-1].append(column)
        used += wide
    return blocks


def _caption(panel: Panel, spec: AuditSpec) -> tuple[Head, str]:
    parts = [f" with {100 * spec.level:g} % intervals"]
    if panel.probe == "toc" and spec.protocol == "paper":
        parts.append(f"; {HEADS.get(panel.protocol, panel.protocol)}")
    if panel.has_bias:
        parts.append(f"; {panel.contrast} in points")
    if panel.chance[0] is not None:
        parts.append(f"; chance {100 * panel.chance[0]:.1f} %")
    if panel.same_denominators:
        parts.append(f"; {panel.encoder.captions} captions / {panel.encoder.clusters} {cluster_noun(spec)}")
    title = _TITLES[panel.metric] if panel.contrast == FIRST_LAST else "winner share of the big and the small target"
    return Head(f"{panel.probe.upper()}, {panel.n_objects} objects: {title} by mention position, %", "bold"), "".join(
        parts
    )


def _verdict_line(verdict: VerdictRecord) -> tuple[Head, str]:
    effect = numbers.printable(_EFFECTS.get(verdict.effect, verdict.effect))
    what = f"{verdict.probe.upper()}, {verdict.n_objects} objects, {effect}: "
    return Head(verdict.kind.ljust(_KIND_WIDTH + 2), _STYLES[verdict.kind]), what + verdict.reason


def _attribution_line(attribution: Attribution, clusters: str) -> tuple[Head, str]:
    split = ", ".join(
        f"{name.replace('_', ' ')} {numbers.fixed(share, 1, factor=100)} %" for name, share in attribution.split.items()
    )
    effects = ", ".join(
        f"{c.name}: {numbers.fixed(c.value, 1, signed=True)}"
        f" [{numbers.fixed(c.ci_low, 1, signed=True)}, {numbers.fixed(c.ci_high, 1, signed=True)}]"
        for c in attribution.marginal_effects
    )
    explained = numbers.fixed(attribution.explained, 1, factor=100)
    text = (
        f"{explained} % of deviance explained ({split}); effect of each position in points: {effects};"
        f" {attribution.n:,} captions / {attribution.n_clusters:,} {clusters}"
    )
    if not attribution.converged:
        text += "; the fit did not converge"
    return Head(f"Attribution, {attribution.n_objects} objects: ", "bold"), text
