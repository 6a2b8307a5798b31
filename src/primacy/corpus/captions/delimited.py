"""Captions in .csv and .tsv tables, whose first line names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from primacy.corpus.captions.block import OVERLONG, Rows
from primacy.corpus.captions.columns import Chosen, Columns, choose
from primacy.corpus.captions.lines import first_line, line_lists
from primacy.corpus.faults import Faults
from primacy.errors import UsageError

LEFT_OPEN = "rows that a quotation mark makes too long, as one left open does (left out with all their lines)"
"""The kind of fault that they are."""


def open_delimited(path: Path, columns: Columns) -> Chosen:
    """Columns by the first line.

    Raises:
        CorpusError: the file cannot be read.
        UsageError: a column is not there or in doubt.
    """
    header = _header(path)
    if not header:
        raise UsageError(f"the first line of {path.name} is empty, expected the names of its columns")
    return choose(path.name, header, columns)


def read_delimited(path: Path, columns: Chosen, faults: Faults, rows: int) -> Iterator[Rows]:
    """Its rows, at most `rows` at a time.

    Args:
        path: the file.
        columns: its columns.
        faults: rows with more or fewer fields than there are columns, and what `line_lists` adds.
        rows: most rows at a time.

    Raises:
        CorpusError: the file cannot be read.
    """
    header = _header(path)
    places = [header.index(name) if name else None for name in columns]
    reader = csv.reader(_text(path, faults), delimiter=_delimiter(path))
    next(reader, None)
    numbers: list[int] = []
    held: list[list[str]] = []
    row = 0
    while True:
        row, lines = row + 1, reader.line_num
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error:  # the module's own limit, 131,072 letters, is above ours
            several = reader.line_num - lines > 1
            faults.add(LEFT_OPEN if several else OVERLONG, [_place(path, row, lines + 1, reader.line_num)])
            continue
        if len(fields) == len(header):
            numbers.append(row)
            held.append(fields)
        elif fields:
            faults.add(
                "rows with another number of fields than columns (left out)",
                [_place(path, row, lines + 1, reader.line_num)],
            )
        if len(held) == rows:
            yield _rows(numbers, held, places)
            numbers, held = [], []
    if held:
        yield _rows(numbers, held, places)


def _rows(numbers: list[int], held: list[list[str]], places: list[int | None]) -> Rows:
    def column(place: int | None) -> pa.Array | None:
        if place is None:
            return None
        return pa.array([fields[place].encode("utf-8", "surrogateescape") for fields in held], pa.binary())

    return Rows(pa.array(numbers, pa.int64()), *map(column, places))


def _header(path: Path) -> list[str]:
    line = first_line(path).decode("utf-8", "replace").rstrip("\r")
    try:
        return next(csv.reader([line], delimiter=_delimiter(path)), [])
    except csv.Error as error:  # too long, or lines that end in a carriage return alone
        raise UsageError(
            f"the first line of {path.name} cannot be read: {str(error).split(' - ')[0]}",
            hint="Expected are the names of the columns; a line ends with \\n, or \\r\\n.",
        ) from error


def _text(path: Path, faults: Faults) -> Iterator[str]:
    # Line ends stay, since a field in quotes may go over several lines.
    for lines in line_lists(path, faults):
        yield from map(csv_line, lines)


def csv_line(line: bytes) -> str:
    """A line as the csv module takes it: a carriage return within it is white space."""
    return line.decode("utf-8", "surrogateescape").rstrip("\r\n").replace("\r", " ") + "\n"


def _place(path: Path, row: int, first: int, last: int) -> str:
    return f"{path.name}, row {row}" + (f" (lines {first:,} to {last:,})" if last > first else "")


def _delimiter(path: Path) -> str:
    return "\t" if ".tsv" in path.name.lower()[-7:] else ","
