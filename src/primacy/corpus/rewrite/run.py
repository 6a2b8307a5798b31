"""A copy of a caption corpus in which captions mention their objects in another order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from primacy.corpus.captions.block import tidy
from primacy.corpus.captions.files import CaptionFile
from primacy.corpus.captions.read import BLOCK_ROWS, read_rows
from primacy.corpus.faults import Faults
from primacy.corpus.rewrite.changes import Changes
from primacy.corpus.rewrite.copy_lines import copy_delimited, copy_json_lines, copy_plain
from primacy.corpus.rewrite.copy_tables import copy_official, copy_parquet
from primacy.corpus.rewrite.orders import Ids
from primacy.corpus.rewrite.rewriter import Rewriter, Tally
from primacy.errors import CorpusError, UsageError
from primacy.files import atomic_path, os_errors_as
from primacy.listener import Listener

UNREACHED = "captions that could not be put in the wanted order (left as they were)"


class Target(NamedTuple):
    """A file of captions, as the pieces that it is read in, and where its copy goes."""

    pieces: list[CaptionFile]
    out: Path


def targets(pieces: Sequence[CaptionFile], out: Path, *, overwrite: bool) -> list[Target]:
    """Where the copy of each file goes: one file to `out`, or, where that is a folder or there are more, into it.

    Raises:
        UsageError: a copy would lie on a file that is there (unless `overwrite`) or on one that is read, two would
            have one name, or the name of the copy is of another format.
    """
    files = [list(group) for _, group in groupby(pieces, key=lambda piece: piece.path)]
    into = len(files) > 1 or out.is_dir()
    found = [Target(file, out / file[0].path.name if into else out) for file in files]
    read = [file[0].path.resolve() for file in files]
    for place, (file, copy) in enumerate(found):
        source = file[0].path
        if copy.resolve() in read:
            raise UsageError(f"{copy} is one of the files that are read", hint="Choose another place for the copy.")
        if copy in [other.out for other in found[:place]]:
            raise UsageError(f"two files are called {source.name}", hint="Rewrite them one after the other.")
        if _endings(copy) != _endings(source):
            raise UsageError(
                f"{copy.name} does not end as {source.name} does",
                hint=f"A copy is in the format of its file: give a name that ends in {_endings(source)}.",
            )
        if copy.exists() and not overwrite:
            raise UsageError(f"{copy} is there already", hint="Choose another name, or give --overwrite.")
    return found


def rewrite_corpus(
    found: Sequence[Target], rewriter: Rewriter, *, faults: Faults, strict: bool, listener: Listener
) -> Tally:
    """Write the copies, each as a whole or not at all, and say how many captions have the wanted order.

    Captions that cannot be used are copied as they are.

    Args:
        found: the files and where their copies go.
        rewriter: what makes the captions.
        faults: what is wrong with the corpus is added, and captions whose order could not be reached.
        strict: let any fault be fatal, before the file that has it is copied.
        listener: told of the progress, in captions.

    Raises:
        CorpusError: a file cannot be read or written, or `strict` and there are faults.
    """
    total = Tally()
    listener.stage("rewrite", 0)
    for pieces, out in found:
        work = _Work(rewriter, faults, listener)
        changes = Changes(work.changes(pieces))
        with os_errors_as(CorpusError, f"cannot write {out}"), atomic_path(out) as temporary:
            _COPIERS[pieces[0].format](pieces[0], temporary, changes)
            if strict:
                faults.refuse()
        total = total.plus(work.tally)
    return total


class _Work:
    """Reads one file and makes its new captions; tells and counts."""

    def __init__(self, rewriter: Rewriter, faults: Faults, listener: Listener) -> None:
        self._rewriter, self._faults, self._listener = rewriter, faults, listener
        self.tally = Tally()

    def changes(self, pieces: Sequence[CaptionFile]) -> Iterator[tuple[int, str]]:
        """Numbers of rows and their new texts."""
        for piece in pieces:
            for rows in read_rows(piece, self._faults, rows=BLOCK_ROWS):
                # Rows that cannot be used fall out of a block; their numbers ride along in place of their sources.
                numbered = rows._replace(sources=rows.numbers.cast(pa.string()).cast(pa.binary()))
                block = tidy(numbered, piece.label, self._faults)
                new = self._rewriter.rewrite(Ids(block.caption_ids, block.image_ids), block.texts)
                left = block.caption_ids.take(pa.array(new.left[:3])).to_pylist()
                self._faults.add(UNREACHED, left, count=len(new.left))
                self.tally = self.tally.plus(new.tally)
                self._listener.advance(len(rows.numbers))
                numbers = block.sources.take(pa.array(new.rows)).to_pylist()
                yield from zip(map(int, numbers), new.texts, strict=True)


def _endings(path: Path) -> str:
    """The name's ending that says the format, with the .gz behind it."""
    return "".join(path.suffixes[-2:] if path.suffix.lower() == ".gz" else path.suffixes[-1:]).lower()


_COPIERS: dict[str, Callable[[CaptionFile, Path, Changes], None]] = {
    "coco": copy_official,
    "delimited": copy_delimited,
    "json lines": copy_json_lines,
    "parquet": copy_parquet,
    "plain": copy_plain,
}
