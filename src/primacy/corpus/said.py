"""What a corpus says: mentions that were extracted just now, or that a file holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from primacy.corpus.captions import CaptionFile
from primacy.corpus.gather import USED
from primacy.corpus.mentions import Mentions
from primacy.corpus.parts import ARROW
from primacy.design.vocabulary import load_vocabulary
from primacy.errors import CorpusError, first_line
from primacy.files import os_errors_as

_HINT = "Write one with `primacy corpus mentions`."
_SAID_OF_IT = ("vocabulary", "extractor", "extractor_fingerprint")


class Said(NamedTuple):
    """Mentions of a corpus, and what found them.

    `tables`: gives their rows, columns `gather.USED`, bit by bit; `files`: that were read; `categories` of the
    `vocabulary`; `extractor` and its `fingerprint`.
    """

    tables: Callable[[], Iterator[pa.Table]]
    files: tuple[Path, ...]
    vocabulary: str
    categories: tuple[str, ...]
    extractor: str
    fingerprint: str


def said_by(mentions: Mentions, files: list[CaptionFile], vocabulary: str) -> Said:
    """Mentions of the categories of `vocabulary` that were just extracted from `files`."""
    paths = tuple(dict.fromkeys(file.path for file in files))
    tables = partial(mentions.tables, USED)
    return Said(tables, paths, vocabulary, mentions.categories, mentions.extractor, mentions.fingerprint)


def said_in(path: Path) -> Said:
    """Mentions of a file that `primacy corpus mentions` wrote.

    Raises:
        CorpusError: it is no such file.
        PrimacyError: its vocabulary is not known here.
    """
    about = _about(path)
    categories = tuple(load_vocabulary(about["vocabulary"]).names)
    tables = partial(_tables, path)
    return Said(tables, (path,), about["vocabulary"], categories, about["extractor"], about["extractor_fingerprint"])


def _tables(path: Path) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(columns=list(USED), use_threads=False):
                table = pa.Table.from_batches([batch])
                table.validate(full=True)
                _check_rows(path, pl.DataFrame(table))
                yield table
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise CorpusError(f"{path.name} is damaged: {first_line(error)}", hint=_HINT) from error


def _check_rows(path: Path, rows: pl.DataFrame) -> None:
    lists = rows.get_column("categories")
    wrong = rows.filter(
        pl.any_horizontal(pl.all().is_null())
        | (lists.list.n_unique() != lists.list.len())
        | lists.list.eval(pl.element().is_null()).list.any()
    )
    if len(wrong):
        raise CorpusError(
            f"{path.name} has a row of mentions that cannot be: {str(wrong.row(0))[:120]}",
            hint=f"Nothing may be null, and a category is listed once. {_HINT}",
        )


def _about(path: Path) -> dict[str, str]:
    """What the file says of its mentions, once its columns are what they should be."""
    try:
        with os_errors_as(CorpusError, f"cannot read {path}"), pq.ParquetFile(path) as file:
            schema = file.schema_arrow
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise CorpusError(f"{path.name} cannot be read as parquet: {first_line(error)}", hint=_HINT) from error
    for name in USED:
        if name not in schema.names or schema.field(name).type != ARROW.field(name).type:
            raise CorpusError(f"{path.name} is no file of mentions: it has no column {name!r} of its kind", hint=_HINT)
    try:
        about = json.loads((schema.metadata or {}).get(b"primacy", b""))
    except ValueError:
        about = None
    if not isinstance(about, dict) or not all(isinstance(about.get(key), str) for key in _SAID_OF_IT):
        raise CorpusError(f"{path.name} is no file of mentions: it does not say what found them", hint=_HINT)
    return about
