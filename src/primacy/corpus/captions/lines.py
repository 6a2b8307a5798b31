"""Lines of text files, plain or gzipped, read in pieces of bounded size."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from primacy.corpus.faults import Faults
from primacy.errors import CorpusError
from primacy.files import os_errors_as

MAX_LINE = 16_000_000
"""Bytes of a line that are kept; what follows up to its end is passed over."""

_PIECE = 2_000_000
_READ = 250_000
_MARK = b"\xef\xbb\xbf"  # some editors begin a file with it
_NO_TEXT = {
    b"\x1f\x8b": ("packed by gzip", "End its name in .gz."),
    b"PK\x03\x04": ("a .zip file", "Unpack it."),
    b"PAR1\x15": ("a parquet file", "End its name in .parquet."),
    b"\xff\xfe": ("UTF-16", "Write it anew in UTF-8: iconv -f UTF-16 -t UTF-8."),
    b"\xfe\xff": ("UTF-16", "Write it anew in UTF-8: iconv -f UTF-16 -t UTF-8."),
}
"""First bytes of files that are taken for text by their names alone, what they are, and what to do."""


def line_lists(path: Path, faults: Faults) -> Iterator[list[bytes]]:
    """All lines without their ends, as lists of about 2 MB; a .gz that is cut short or damaged ends at its last line.

    Args:
        path: the file; it is unpacked where its name ends in .gz.
        faults: a cut or damaged file is added.

    Raises:
        CorpusError: it cannot be read, or is no text.
    """
    rest, passing = b"", False  # the line that no end was seen of, and whether it is already too long
    whole = True
    for number, piece in enumerate(_pieces(path)):
        if piece is None:
            faults.add(".gz files that are cut short or damaged (used up to there)", [path.name])
            whole = False
            break
        if number == 0:
            _check_text(path, piece)
            piece = piece.removeprefix(_MARK)
        lines = piece.split(b"\n")
        if len(lines) == 1 and passing:
            continue
        lines[0] = rest if passing else rest + lines[0]
        rest = lines.pop()
        passing = len(rest) > MAX_LINE
        if lines:
            yield lines
    if whole and rest:
        yield [rest]


def first_line(path: Path) -> bytes:
    """The first line; empty where there is none.

    Raises:
        CorpusError: the file cannot be read.
    """
    for lines in line_lists(path, Faults()):
        return lines[0]
    return b""


def _check_text(path: Path, begin: bytes) -> None:
    for mark, (what, hint) in _NO_TEXT.items():
        if begin.startswith(mark):
            raise CorpusError(f"{path.name} is {what}, expected text in UTF-8", hint=hint)


def _pieces(path: Path) -> Iterator[bytes | None]:
    """Bytes in pieces of about `_PIECE`; a None at the end says that the file was cut."""
    with os_errors_as(CorpusError, f"cannot read {path}"):
        opener = gzip.open if path.suffix.lower() == ".gz" else open
        with cast(io.BufferedReader, opener(path, "rb")) as stream:
            held = bytearray()
            started = False
            try:
                # read1, since what is unpacked before a cut would be lost in a read of more.
                while data := stream.read1(_READ):
                    held += data
                    if len(held) >= _PIECE:
                        yield bytes(held)
                        held.clear()
                        started = True
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                if isinstance(error, OSError) and not started and not held:
                    raise  # no .gz at all
                yield bytes(held)
                yield None
                return
            yield bytes(held)
