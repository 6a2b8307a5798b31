"""Mentions of a whole corpus: pieces are done here, by processes or by a Ray cluster, and put together in order."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from primacy.corpus.captions import CaptionFile
from primacy.corpus.duplicates import repeated
from primacy.corpus.extract import ExtractorSpec, keep, load_extractor
from primacy.corpus.faults import Faults
from primacy.corpus.mentions import Mentions
from primacy.corpus.parts import Done, Piece, do_piece, finished, piece_of
from primacy.errors import CorpusError, UnknownNameError, UsageError
from primacy.files import os_errors_as
from primacy.listener import Listener, Silent
from primacy.process_tasks import side_by_side
from primacy.ray_tasks import on_ray

ENGINES = ("local", "ray")
_RETRIES = 3  # of a task whose worker died


class Engine(NamedTuple):
    """Where pieces are done: "local", in `workers` processes (1: in this one), or "ray", on the cluster at `address`.

    `address`: auto, host:port or ray://host:port; None is the one of RAY_ADDRESS, else one on this machine.
    """

    name: str = "local"
    workers: int = 1
    address: str | None = None


def extract_mentions(
    files: Sequence[CaptionFile],
    spec: ExtractorSpec,
    *,
    folder: Path,
    engine: Engine = Engine(),  # noqa: B008
    listener: Listener | None = None,
    faults: Faults,
) -> Mentions:
    """Mentions of a corpus, as far as they are not in `folder` yet; the same whatever the engine.

    Args:
        files: the corpus (`captions.open_captions`).
        spec: which extractor.
        folder: where parts are kept; all machines of a cluster must see it, and `files`, under one path.
        engine: where the work is done.
        listener: told of pieces done, those that were there among them.
        faults: those of the corpus are added, in its order.

    Raises:
        UsageError: an unknown engine, or settings that it does not have.
        MissingExtraError: Ray is not installed.
        CorpusError: a file cannot be read, or the parts not be written; those that were stay.
        RunError: a worker died.
        PrimacyError: the extractor cannot be loaded, or fails.
    """
    _check(engine)
    listener = listener or Silent()
    spec = spec.anywhere()
    extractor = load_extractor(spec)
    keep(spec, extractor)
    with os_errors_as(CorpusError, f"cannot write to {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    folder = folder.absolute()  # Ray's processes are elsewhere
    pieces = [piece_of(replace(file, path=file.path.absolute()), spec, extractor, folder) for file in files]
    found = {piece.key: done for piece in pieces if (done := finished(piece)) is not None}
    listener.stage("mentions", len(pieces))
    listener.advance(len(found))
    with closing(_doing([piece for piece in pieces if piece.key not in found], engine)) as doing:
        for piece, done in doing:
            found[piece.key] = done
            listener.advance(1)
    for piece in pieces:
        for fault in found[piece.key].faults:
            faults.add(fault.kind, fault.examples, count=fault.times)
    count = sum(sum(done.rows) for done in found.values())
    if not count:
        why = "; ".join(f"{fault.times:,} x {fault.kind}" for fault in faults)
        raise CorpusError(
            f"no caption of the corpus can be used ({why or 'its files are empty'})",
            hint="Check that the files, and with --text-column the column, are those of the captions.",
        )
    mentions = Mentions(
        extractor.name,
        extractor.fingerprint,
        extractor.categories,
        tuple(piece.part(k) for piece in pieces for k in range(len(found[piece.key].rows))),
        tuple(piece.record for piece in pieces),
        np.zeros(0, dtype=np.int64),
    )
    if any(file.columns.id for file in files):  # ids that are made of labels and rows differ
        return _without_doubles(mentions, count, folder, faults)
    return mentions


def _check(engine: Engine) -> None:
    if engine.name not in ENGINES:
        raise UnknownNameError("engine", engine.name, ENGINES)
    if engine.workers < 1:
        raise UsageError(f"{engine.workers} workers, expected at least 1")
    if engine.name == "local" and engine.address is not None:
        raise UsageError(f"the local engine has no address {engine.address!r}", hint="Choose the engine ray.")
    if engine.name == "ray" and engine.workers != 1:
        raise UsageError("how many workers there are is up to the Ray cluster", hint="Leave the number out.")


def _doing(pieces: list[Piece], engine: Engine) -> Generator[tuple[Piece, Done], None, None]:
    if engine.name == "ray" and pieces:
        return on_ray(do_piece, pieces, gpus=pieces[0].spec.gpus, address=engine.address, retries=_RETRIES)
    return side_by_side(do_piece, pieces, engine.workers)


def _without_doubles(mentions: Mentions, count: int, folder: Path, faults: Faults) -> Mentions:
    ids = (pl.Series(values=table.column("caption_id")) for table in mentions.tables(["caption_id"]))
    with os_errors_as(CorpusError, f"cannot write to {folder}"):
        again = repeated(ids, count, folder)
    faults.add("caption ids that come again (left out)", mentions.ids(again[:3]), count=len(again))
    return replace(mentions, left_out=again)
