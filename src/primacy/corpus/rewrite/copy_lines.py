"""Copies of text files, plain or gzipped, in which some captions are replaced; all other bytes stay."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from primacy.corpus.captions.delimited import csv_line
from primacy.corpus.captions.files import CaptionFile
from primacy.corpus.rewrite.changes import Changes
from primacy.stimuli.bounded_json import load_bytes

_ENDS = (b"\r\n", b"\n")


def copy_plain(file: CaptionFile, out: Path, changes: Changes) -> None:
    """Copy a file with a caption a line."""
    with writing(out, file.path) as stream:
        for number, line in enumerate(_lines(file.path), 1):
            new = changes.at(number)
            stream.write(line if new is None else new.encode() + _end(line))


def copy_json_lines(file: CaptionFile, out: Path, changes: Changes) -> None:
    """Copy a file with a JSON object a line; those that change are written anew, with their keys in the old order."""
    with writing(out, file.path) as stream:
        for number, line in enumerate(_lines(file.path), 1):
            new = changes.at(number)
            if new is not None:
                entry = load_bytes(line)
                entry[file.columns.text] = new
                # A file that escapes letters may do so for those that UTF-8 cannot hold.
                escaped = line.isascii() or b"\\u" in line
                line = json.dumps(entry, ensure_ascii=escaped).encode("utf-8", "surrogateescape") + _end(line)
            stream.write(line)


def copy_delimited(file: CaptionFile, out: Path, changes: Changes) -> None:
    """Copy a .csv or .tsv table; rows that change are quoted where they need it."""
    delimiter = "\t" if ".tsv" in file.path.name.lower()[-7:] else ","
    held: list[bytes] = []  # lines of the row that is being read
    reader = csv.reader(_held(_lines(file.path), held), delimiter=delimiter)
    with writing(out, file.path) as stream:
        header = next(reader, [])
        place, number = header.index(file.columns.text), 0
        while True:
            stream.writelines(held)
            held.clear()
            number += 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:  # a field beyond the module's limit, which no reader of ours takes either
                continue
            new = changes.at(number)
            if new is not None:
                fields[place] = new
                row = io.StringIO(newline="")
                csv.writer(row, delimiter=delimiter, lineterminator=_end(held[-1]).decode()).writerow(fields)
                held[:] = [row.getvalue().encode("utf-8", "surrogateescape")]


@contextmanager
def writing(out: Path, like: Path) -> Iterator[BinaryIO]:
    """Bytes to `out`, gzipped where the name of `like` ends in .gz (the same bytes at any time)."""
    with out.open("wb") as stream:
        if like.suffix.lower() != ".gz":
            yield stream
            return
        with gzip.GzipFile("", "wb", compresslevel=6, fileobj=stream, mtime=0) as packed:
            yield cast(BinaryIO, packed)


def _lines(path: Path) -> Iterator[bytes]:
    """Lines with their ends, up to where a .gz is damaged (the reader counts that); a mark at the beginning goes."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with cast(BinaryIO, opener(path, "rb")) as stream:
        try:
            for number, line in enumerate(stream):
                yield line if number else line.removeprefix(b"\xef\xbb\xbf")
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return


def _held(lines: Iterator[bytes], held: list[bytes]) -> Iterator[str]:
    for line in lines:
        held.append(line)
        yield csv_line(line)


def _end(line: bytes) -> bytes:
    return next((end for end in _ENDS if line.endswith(end)), b"")
