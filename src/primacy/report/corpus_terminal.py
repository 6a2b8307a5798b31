"""A corpus analysis in the terminal: verdicts, what was read, then a table for each question."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console

from primacy.report import corpus_pair_tables as pair_tables
from primacy.report import corpus_tables as tables
from primacy.report import corpus_words as words
from primacy.report import numbers
from primacy.report.corpus_answer import answer, conclusion
from primacy.report.corpus_cells import Cell, Row, Table
from primacy.report.corpus_coverage import coverage_sentences, fault_sentence
from primacy.report.printer import GAP, Head, Line, Printer, in_blocks
from primacy.results.corpus import CorpusResult, CorpusVerdict

_STYLES = {"pressure": "bold red", "equivalent": "bold green", "inconclusive": "bold"}
_KIND_WIDTH = max(map(len, _STYLES))
_WRITTEN = ((0, False), (0, True), (1, True))
"""How cells get shorter: decimals left out, and whether brackets are tight."""
_LEAST_NAME, _NAME_WIDTH, _WIDEST_CELL = 6, 26, 24
_CATEGORY_WIDTH = 12
_SHOWN_PAIRS = 10


def render_corpus(result: CorpusResult, console: Console) -> None:
    """Print a corpus analysis: verdicts, coverage and faults, tables, notes.

    Args:
        result: the analysis.
        console: its width decides how long the cells are; numbers are never wrapped.
    """
    out = Printer(console)
    out.line(Head(words.files(result.spec), "bold"), "")
    out.line(Head(f"{words.QUESTION} ", ""), answer(result))
    for verdict in result.verdicts:
        out.line(*_verdict(verdict), indent=_KIND_WIDTH + 2)
    for sentence in conclusion(result):
        out.line(Head("- ", ""), sentence, indent=2)
    out.blank()
    for sentence in coverage_sentences(result.coverage, typical=result.spec.typical):
        out.line(Head("", ""), sentence, indent=2)
    for fault in result.faults:
        out.line(Head("fault: ", "bold yellow"), fault_sentence(fault), indent=2)
    intervals = f"{words.level(result.spec)} % intervals"
    for table in _tables(result):
        _print(out, table, intervals)
    if result.notes:
        out.blank()
    for note in result.notes:
        out.line(Head("note: ", "bold"), note, indent=2)


def corpus_verdict_line(verdict: CorpusVerdict) -> str:
    """A verdict in one line of ASCII, however long: kind, question, reason."""
    head, body = _verdict(verdict)
    return numbers.ascii_only(numbers.printable(head.text + body))


def _verdict(verdict: CorpusVerdict) -> tuple[Head, str]:
    return Head(verdict.kind.ljust(_KIND_WIDTH + 2), _STYLES[verdict.kind]), f"{verdict.question}: {verdict.reason}"


def _tables(result: CorpusResult) -> list[Table]:
    pairs = pair_tables.pair_table(result)
    shown = pairs.rows[:_SHOWN_PAIRS]
    found = [
        tables.count_table(result, _CATEGORY_WIDTH),
        pair_tables.split_table(result, _CATEGORY_WIDTH),
        pair_tables.odds_table(result, _CATEGORY_WIDTH),
        pair_tables.permutation_table(result, _CATEGORY_WIDTH),
        pairs._replace(title=f"The {len(shown)} commonest category pairs", rows=shown),
        tables.drift_table(result),
        tables.agreement_table(result),
    ]
    return [table for table in found if table is not None and table.rows]


def _print(out: Printer, table: Table, intervals: str) -> None:
    """The table in as many blocks of columns as the width asks for, names repeated, its caption above the first."""
    out.blank()
    out.line(Head(f"{table.title}: ", "bold"), f"{table.caption}; {intervals}")
    most = max(_LEAST_NAME, min(_NAME_WIDTH, (out.width - _WIDEST_CELL) // len(table.names)))
    names = [_names(row, most, shown=span > 0) for row, span in zip(table.rows, table.spans, strict=True)]
    head = [numbers.printable(name) for name in table.names]
    taken = sum(GAP + max(map(cell_len, column)) for column in zip(head, *names, strict=True)) - GAP
    texts, blocks = _layout(table, out.width - taken)
    for number, block in enumerate(blocks):
        if number:
            out.blank()
        lines = [Line([*name, *(row[k] for k in block)]) for name, row in zip(names, texts, strict=True)]
        out.table([*head, *(table.columns[k] for k in block)], lines, names=len(head))


def _names(row: Row, most: int, *, shown: bool) -> list[str]:
    """The names of a row in at most `most` columns each, the first where it is not that of the row before."""
    texts = [_fitted(numbers.printable(name), most) for name in row.names]
    return texts if shown else ["", *texts[1:]]


def _fitted(name: str, most: int) -> str:
    """`name` with its middle left out, so that it takes at most `most` columns; a letter may take two."""
    text = numbers.shortened(name, most)
    while cell_len(text) > most:
        text = numbers.shortened(name, len(text) - 1)
    return text


def _layout(table: Table, room: int) -> tuple[list[list[str]], list[list[int]]]:
    """The cells and blocks of the fewest blocks that fit `room`, the cells as long as that allows."""
    found = []
    for fewer, tight in _WRITTEN:
        texts = [[_cell(cell, fewer, tight=tight) for cell in row.cells] for row in table.rows]
        titles = [max(map(len, title.split("\n"))) for title in table.columns]
        widths = [max(title, *map(len, column)) for title, column in zip(titles, zip(*texts, strict=True), strict=True)]
        found.append((texts, in_blocks(widths, room)))
    return min(found, key=lambda layout: len(layout[1]))


def _cell(cell: Cell, fewer: int, *, tight: bool) -> str:
    return f"{cell.text(fewer)} {cell.interval(fewer, tight=tight)}".rstrip()
