"""What is kept of a piece of a corpus: its mentions in parts, and a record that is written when all are there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from primacy import __version__
from primacy.corpus.captions import BLOCK_ROWS, CaptionBlock, CaptionFile, read_blocks
from primacy.corpus.extract import Extractor, ExtractorSpec, kept
from primacy.corpus.faults import Fault, Faults
from primacy.corpus.tables import MENTIONS
from primacy.errors import CorpusError
from primacy.files import atomic_path, atomic_write_bytes, os_errors_as
from primacy.identity import fingerprint

_ENDS = 65_536  # bytes of a file's head and tail that are part of its identity

_STRINGS = pa.list_(pa.string())
ARROW = pa.schema(
    [
        ("caption_id", pa.string()), ("image_id", pa.string()), ("source", pa.string()), ("n_words", pa.int32()),
        ("censored", pa.bool_()), ("categories", _STRINGS), ("words", pa.list_(pa.int32())), ("surfaces", _STRINGS),
    ]
)  # fmt: skip
"""`tables.MENTIONS` as it is written to parquet."""

_OFTEN = ["source", "n_words", *(f"{name}.list.element" for name in ("categories", "words", "surfaces"))]


@dataclass(frozen=True)
class Piece:
    """A piece to be done: what it is, by which extractor, and the folder and name of what is kept of it."""

    file: CaptionFile
    spec: ExtractorSpec
    fingerprint: str
    folder: Path
    key: str

    def part(self, number: int) -> Path:
        """Path of one of its parts."""
        return self.folder / f"{self.key}-{number}.parquet"

    @property
    def record(self) -> Path:
        """Path of its record."""
        return self.folder / f"{self.key}.json"


class Done(NamedTuple):
    """A finished piece: rows of each part, and the faults."""

    rows: tuple[int, ...]
    faults: tuple[Fault, ...]


def piece_of(file: CaptionFile, spec: ExtractorSpec, extractor: Extractor, folder: Path) -> Piece:
    """The piece, named by everything that its mentions depend on.

    A file is known by its size, its time of change and its first and last 64 kB; where it lies does not count.

    Raises:
        CorpusError: it cannot be read.
    """
    about = asdict(file) | {"path": None, "columns": list(file.columns), "groups": list(file.groups)}
    with os_errors_as(CorpusError, f"cannot read {file.path}"), file.path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        digest = hashlib.sha256(stream.read(_ENDS))
        stream.seek(max(0, status.st_size - _ENDS))
        digest.update(stream.read(_ENDS))
    identity = {
        "primacy": __version__,
        "file": about,
        "content": [status.st_size, status.st_mtime_ns, digest.hexdigest()],
        "extractor": [extractor.name, extractor.fingerprint, spec.part_rows],
    }
    return Piece(file, spec, extractor.fingerprint, folder, fingerprint(identity)[:32])


def finished(piece: Piece) -> Done | None:
    """What is kept of a finished piece; None where it is not finished, or a part is missing or cut short."""
    try:
        told = json.loads(piece.record.read_text("utf-8"))
        done = Done(tuple(told["rows"]), tuple(Fault(k, n, tuple(e)) for k, n, e in told["faults"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return done if all(_rows(piece.part(k)) == rows for k, rows in enumerate(done.rows)) else None


def do_piece(piece: Piece) -> Done:
    """Extract the mentions of a piece and keep them; parts that are there are not made again.

    Raises:
        CorpusError: a file cannot be read or written.
        PrimacyError: the extractor cannot be loaded, or fails.
    """
    extractor, faults, rows = kept(piece.spec, piece.fingerprint), Faults(), list[int]()
    most = piece.spec.part_rows
    with os_errors_as(CorpusError, f"cannot write to {piece.folder}"):
        numbered = _numbered(read_blocks(piece.file, faults, rows=min(BLOCK_ROWS, most)), most)
        for number, blocks in groupby(numbered, key=lambda one: one[0]):
            known = _rows(piece.part(number))
            if known is None:
                known = _write(piece.part(number), extractor, (block for _, block in blocks))
            rows.append(known)
        done = Done(tuple(rows), tuple(faults))
        atomic_write_bytes(piece.record, json.dumps({"rows": done.rows, "faults": done.faults}).encode(), sync=False)
    return done


def _numbered(blocks: Iterator[CaptionBlock], rows: int) -> Iterator[tuple[int, CaptionBlock]]:
    """Blocks cut where a part of `rows` is full, each with the number of its part."""
    row = 0
    for block in blocks:
        start = 0
        while start < len(block.texts):
            length = min(len(block.texts) - start, rows - row % rows)
            yield row // rows, block.slice(start, length)
            start, row = start + length, row + length


def _write(path: Path, extractor: Extractor, blocks: Iterator[CaptionBlock]) -> int:
    rows = 0
    # What a power cut leaves of a part is seen by its end, or by the checksums of its pages.
    with atomic_path(path, sync=False) as temporary, part_writer(temporary) as writer:
        for block in blocks:
            frame = extractor.extract(block)
            if frame.schema != MENTIONS or len(frame) != len(block.texts):
                raise CorpusError(f"extractor {extractor.name} gives no row of mentions for each caption")
            writer.write_table(frame.to_arrow().cast(ARROW))
            rows += len(frame)
    return rows


def part_writer(path: Path, schema: pa.Schema = ARROW) -> pq.ParquetWriter:
    """A writer of parquet whose pages carry checksums."""
    return pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=_OFTEN, write_page_checksum=True)


def _rows(path: Path) -> int | None:
    """Rows of a part; None where there is none that is whole."""
    try:
        with pq.ParquetFile(path) as file:
            return file.metadata.num_rows if file.schema_arrow.equals(ARROW) else None
    except (OSError, pa.ArrowException):
        return None
