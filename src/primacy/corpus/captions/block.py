"""Blocks of captions, and how the rows of a file become one: what is missing, too long or badly encoded is counted."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from primacy.corpus.faults import Faults

MAX_BYTES = 100_000
"""Longest caption that is used; longer ones are pages or dumps, and nothing in them is a caption's order."""

OVERLONG = f"captions over {MAX_BYTES:,} bytes (left out)"
"""The kind of fault that they are."""

_UNTIDY = r"[^\S ]|\s\s|^\s|\s$"


class CaptionBlock(NamedTuple):
    """Captions as Arrow strings of equal length, without nulls; white space of a text is single spaces within it."""

    caption_ids: pa.Array
    image_ids: pa.Array
    texts: pa.Array
    sources: pa.Array

    def slice(self, start: int, length: int) -> CaptionBlock:
        """`length` captions from `start` on."""
        return CaptionBlock(*(column.slice(start, length) for column in self))


class Rows(NamedTuple):
    """Rows as a file has them: `numbers` int64, from 1; the others binary, null where the file has nothing.

    A column that the file does not have at all is None. The order of columns is that of `columns.Columns`.
    """

    numbers: pa.Array
    texts: pa.Array
    image_ids: pa.Array | None = None
    caption_ids: pa.Array | None = None
    sources: pa.Array | None = None


def tidy(rows: Rows, label: str, faults: Faults) -> CaptionBlock:
    """The captions among `rows` that can be used.

    A caption's id is the file's, else `label`, a colon and the row's number; its image the file's, else its own id;
    its source the file's, else `label`. What is empty is not there. Bytes that are not UTF-8 become U+FFFD.

    Args:
        rows: as read.
        label: the file's name.
        faults: null, empty, overlong, badly encoded captions and those without an image id are added.
    """
    length = pc.fill_null(pc.binary_length(rows.texts), -1)
    missing, overlong = pc.less(length, 0), pc.greater(length, MAX_BYTES)
    _count(faults, "null captions (left out)", missing, rows, label)
    _count(faults, OVERLONG, overlong, rows, label)
    rows = _where(rows, pc.invert(pc.or_(missing, overlong)))
    texts, bad = decoded(rows.texts)
    if bad is not None:
        _count(faults, "captions that are not UTF-8 (bad bytes replaced)", bad, rows, label)
    texts = _single_spaces(texts)
    empty = pc.equal(texts, "")
    _count(faults, "empty captions (left out)", empty, rows, label)
    filled = pc.invert(empty)
    rows, texts = _where(rows, filled), _chosen(texts, filled)
    ids = _ids(rows, label)
    images, sources = ids, pa.repeat(label, len(ids))
    if rows.image_ids is not None:
        given = _given(rows.image_ids)
        _count(faults, "captions without an image id (their own stands in)", pc.is_null(given), rows, label)
        images = pc.coalesce(given, ids)
    if rows.sources is not None:
        sources = pc.fill_null(_given(rows.sources), label)
    return CaptionBlock(ids, images, texts, sources)


def decoded(values: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Strings of binary `values`, and where bytes were replaced, bool; None where none were."""
    try:
        return values.cast(pa.string()), None
    except pa.ArrowInvalid:
        texts = pa.array([None if v is None else v.decode("utf-8", "replace") for v in values.to_pylist()], pa.string())
        return texts, pc.fill_null(pc.not_equal(texts.cast(pa.binary()), values), False)


def _ids(rows: Rows, label: str) -> pa.Array:
    made = pc.binary_join_element_wise(f"{label}:", rows.numbers.cast(pa.string()), "")
    return made if rows.caption_ids is None else pc.coalesce(_given(rows.caption_ids), made)


def _given(values: pa.Array) -> pa.Array:
    """Strings of binary `values`; null where there are none, as in an empty field of a .csv."""
    texts = decoded(values)[0]
    empty = pc.fill_null(pc.equal(texts, ""), False)
    return pc.if_else(empty, pa.scalar(None, pa.string()), texts) if empty.true_count else texts


def _count(faults: Faults, kind: str, mask: pa.Array, rows: Rows, label: str) -> None:
    if mask.true_count:
        first = pc.indices_nonzero(mask)[:3]
        some = Rows(*(None if column is None else column.take(first) for column in rows))
        faults.add(kind, _ids(some, label).to_pylist(), count=mask.true_count)


def _where(rows: Rows, mask: pa.Array) -> Rows:
    return Rows(*(None if column is None else _chosen(column, mask) for column in rows))


def _chosen(column: pa.Array, mask: pa.Array) -> pa.Array:
    return column if mask.true_count == len(mask) else column.filter(mask)


def _single_spaces(texts: pa.Array) -> pa.Array:
    series = pl.Series(values=texts, dtype=pl.String)
    untidy = series.str.contains(_UNTIDY)
    if not untidy.any():
        return texts
    mended = series.filter(untidy).str.replace_all(r"\s+", " ").str.strip_chars(" ")
    return pc.replace_with_mask(texts, untidy.to_arrow(), mended.to_arrow().cast(pa.string()))
