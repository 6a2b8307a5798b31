"""Copies of COCO caption files and parquet files in which some captions are replaced; all else stays."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from primacy.corpus.captions.files import CaptionFile
from primacy.corpus.captions.read import BLOCK_ROWS
from primacy.corpus.rewrite.changes import Changes
from primacy.corpus.rewrite.copy_lines import writing
from primacy.stimuli.bounded_json import read_json


def copy_official(file: CaptionFile, out: Path, changes: Changes) -> None:
    """Copy a file of COCO's captions format, which is read whole."""
    content = read_json(file.path, bad_bytes=True)
    for number, entry in enumerate(content["annotations"], 1):
        new = changes.at(number)
        if new is not None:
            entry[file.columns.text] = new
    with writing(out, file.path) as stream:
        for piece in json.JSONEncoder().iterencode(content):
            stream.write(piece.encode())


def copy_parquet(file: CaptionFile, out: Path, changes: Changes) -> None:
    """Copy a parquet file, in row groups of 65,536 rows; schema, metadata and compression stay."""
    with pq.ParquetFile(file.path) as source:
        schema, number = source.schema_arrow, 1
        place = schema.get_field_index(file.columns.text)
        with pq.ParquetWriter(out, schema, compression=_compression(source.metadata)) as writer:
            for batch in source.iter_batches(BLOCK_ROWS, use_threads=False):
                new = [changes.at(row) for row in range(number, number + len(batch))]
                number += len(batch)
                writer.write_batch(batch.set_column(place, schema.field(place), _replaced(batch.column(place), new)))


def _replaced(values: pa.Array, new: list[str | None]) -> pa.Array:
    """`values` (text of any Arrow type) with those in their place that are not None."""
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    kind = plain.type
    wide = pa.large_binary()
    mask = pa.array([text is not None for text in new])
    texts = pa.array([text.encode() for text in new if text is not None], wide)
    replaced = pc.replace_with_mask(plain.cast(wide), mask, texts)
    replaced = replaced.cast(options=pc.CastOptions(kind, allow_invalid_utf8=True))
    return replaced.dictionary_encode().cast(values.type) if kind != values.type else replaced


def _compression(metadata: pq.FileMetaData) -> str:
    used = metadata.row_group(0).column(0).compression if metadata.num_row_groups else "SNAPPY"
    return "none" if used == "UNCOMPRESSED" else used.lower()
