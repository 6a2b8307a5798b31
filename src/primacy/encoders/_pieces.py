"""The vectors of many texts from any encoder, piece by piece, each checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from primacy.encoders.base import Encoder, EncodesInPieces, Piece, checked_vectors
from primacy.errors import EncoderError

CHUNK = 1024
"""Texts a call of an encoder that has no more than `encode_text`; such a chunk is encoded and kept as a whole."""


def pieces(encoder: Encoder, texts: Sequence[str]) -> Generator[Piece]:
    """Encode `texts`: all at once where the encoder works in pieces, else `CHUNK` texts at a time in their order.

    Args:
        encoder: anything with `encode_text`; `encode_pieces` is preferred.
        texts: n strings.

    Yields:
        Pieces of checked float32 vectors of one dimension, which together hold each row 0..n-1 once.

    Raises:
        EncoderError: a piece names rows that do not exist, that were given before or twice, or another number of
            rows than of vectors; vectors are not floating point, not finite or of several dimensions; or the pieces
            end before every row was given.
    """
    name = type(encoder).__name__
    given = np.zeros(len(texts), dtype=bool)
    dim = 0
    with closing(_raw(encoder, texts)) as stream:  # so that what an encoder started (threads) ends with us
        for number, piece in enumerate(stream):
            where = f"{name}, piece {number}"
            given_rows, given_vectors = _pair(piece, where)
            rows = _checked_rows(given_rows, given, where)
            vectors = checked_vectors(given_vectors, len(rows), name)
            if dim not in (0, vectors.shape[1]):
                raise EncoderError(f"{name} returned vectors of dimension {dim}, then {vectors.shape[1]}")
            dim = vectors.shape[1]
            given[rows] = True
            yield Piece(rows, vectors)
    if not given.all():
        raise EncoderError(
            f"{name}: the pieces end without {int((~given).sum())} of {len(texts)} texts"
            f" (first: text {int(np.argmin(given))}), expected each text once"
        )


def _raw(encoder: Encoder, texts: Sequence[str]) -> Generator[Piece]:
    if isinstance(encoder, EncodesInPieces):
        yield from encoder.encode_pieces(texts)
        return
    for start in range(0, len(texts), CHUNK):
        chunk = list(texts[start : start + CHUNK])
        yield Piece(np.arange(start, start + len(chunk)), encoder.encode_text(chunk))


def _pair(piece: Any, where: str) -> tuple[Any, Any]:
    try:
        rows, vectors = piece
    except (TypeError, ValueError):
        raise EncoderError(f"{where}: got {type(piece).__name__}, expected a pair (rows, vectors)") from None
    return rows, vectors


def _checked_rows(rows: Any, given: np.ndarray, where: str) -> np.ndarray:
    array = np.asarray(rows)
    if array.ndim != 1 or (len(array) and not np.issubdtype(array.dtype, np.integer)):
        raise EncoderError(f"{where}: rows are {array.dtype} {array.shape}, expected int64 (m,)")
    array = array.astype(np.int64, copy=False)
    outside = (array < 0) | (array >= len(given))
    if outside.any():
        raise EncoderError(f"{where}: row {array[np.argmax(outside)]} is not among the {len(given)} texts asked for")
    sorted_rows = np.sort(array)
    repeated = np.concatenate([array[given[array]], sorted_rows[1:][sorted_rows[1:] == sorted_rows[:-1]]])
    if len(repeated):
        raise EncoderError(f"{where}: row {repeated[0]} is given twice, expected each text once")
    return array
