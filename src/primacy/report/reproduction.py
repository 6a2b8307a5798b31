"""A reproduced table for the terminal or as Markdown: printed figures first, ours below them with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from primacy.report import numbers
from primacy.run.reproduce import Cell, OurRow, Reproduction

_WIDE = 112
_NAMES = (16, 36)


def render_reproduction(reproduction: Reproduction, console: Console | None = None) -> None:
    """Print the table: one block for the published rows, one for each encoder with a line an arm."""
    console = console or Console()
    table = reproduction.table
    console.print(table.title, style="bold", markup=False, highlight=False)
    wide = console.width >= _WIDE
    digits, room = (1, _NAMES[1]) if wide else (0, _NAMES[0])
    if table.published:
        rows = [[row.model, *(f"{value:.2f}" for value in row.values), row.denominator] for row in table.published]
        _block(console, "published", room, table.columns, rows)
    for encoder in dict.fromkeys(row.encoder for row in reproduction.rows):
        own = [row for row in reproduction.rows if row.encoder == encoder]
        rows = [[row.arm, *(_with_interval(cell, digits) for cell in row.cells), _denominator(row)] for row in own]
        _block(console, encoder, room, table.columns, rows)
    console.print()
    console.print(" ".join(table.note.split()), markup=False, highlight=False)


def render_markdown(reproduction: Reproduction) -> str:
    """A row an encoder, a column an arm: values in percent by level, the arm's contrast of them with its interval (in
    points if it is one of shares), and the denominator (trials/clusters). Published rows stand first."""
    table = reproduction.table
    arms = [arm.name for arm in table.arms]
    header = ["encoder", *(["published"] if table.published else []), *arms]
    lines = [_markdown(header), _markdown(["---"] * len(header))]
    for row in table.published:
        values = "/".join(f"{value:.2f}" for value in row.values)
        lines.append(_markdown([row.model, f"{values}; n {row.denominator}", *([""] * len(arms))]))
    blank = [""] if table.published else []
    for encoder in dict.fromkeys(row.encoder for row in reproduction.rows):
        own = {row.arm: row for row in reproduction.rows if row.encoder == encoder}
        cells = (_markdown_cell(own[arm.name], arm.bias.metric) for arm in table.arms)
        lines.append(_markdown([f"`{encoder}`", *blank, *cells]))
    return "\n".join(lines)


def _markdown_cell(row: OurRow, contrast: str) -> str:
    values = "/".join(numbers.number(row.metric, cell.value, 0) for cell in row.cells)
    value, low, high = (numbers.number(contrast, x) for x in (row.bias.value, row.bias.ci_low, row.bias.ci_high))
    return f"{values}; {value} {numbers.bracket(low, high)}; n {_denominator(row)}"


def _block(console: Console, title: str, room: int, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    console.print()
    block = Table(box=None, show_edge=False, pad_edge=False, title_justify="left")
    block.add_column(numbers.shortened(numbers.printable(title), room), width=room, no_wrap=True)
    for column in columns:
        block.add_column(column, justify="right", no_wrap=True, min_width=8)
    block.add_column("n/clusters", justify="right", no_wrap=True)
    for row in rows:
        block.add_row(*row)
    console.print(block, markup=False, highlight=False)


def _markdown(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _with_interval(cell: Cell, digits: int) -> str:
    low, high = (numbers.fixed(limit, digits, factor=100) for limit in (cell.ci_low, cell.ci_high))
    return f"{numbers.fixed(cell.value, digits, factor=100)} {numbers.bracket(low, high, tight=True)}"


def _denominator(row: OurRow) -> str:
    cell = row.cells[0]
    return f"{cell.n:,.0f}/{cell.n_clusters:,}" if cell.n >= 1 else f"{cell.n:.1g}/{cell.n_clusters:,}"
