"""Per-trial tables as parquet, written block by block so that a design of millions needs no memory.

Row groups follow the design's blocks; a file appears only when it is whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from primacy.design.text import TextTrials, TrialBlock
from primacy.errors import RunError
from primacy.files import atomic_path, os_errors_as
from primacy.probes.retrieval import RetrievalScores

TOR_SCHEMA = pa.schema(
    [
        ("encoder", pa.string()),
        ("trial_id", pa.int64()),
        ("set_id", pa.int64()),
        ("n_objects", pa.int32()),
        ("template", pa.string()),
        ("gallery_position", pa.int32()),
        ("text", pa.string()),
        ("objects", pa.list_(pa.string())),
        ("winner_position", pa.int32()),
        ("winner_credit", pa.list_(pa.float64())),
        ("top1", pa.string()),
        ("topn_correct", pa.float64()),
        ("cosines", pa.list_(pa.float64())),
        ("ranks", pa.list_(pa.float64())),
    ]
)
TOC_SCHEMA = pa.schema(
    [
        ("encoder", pa.string()),
        ("protocol", pa.string()),
        ("trial_id", pa.int64()),
        ("set_id", pa.int64()),
        ("n_objects", pa.int32()),
        ("text", pa.string()),
        ("objects", pa.list_(pa.string())),
        ("correct", pa.list_(pa.float64())),
    ]
)


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A parquet writer whose file gets its name only when the block ends without an error.

    Raises:
        RunError: the file cannot be written (disk full, folder forbidden).
    """
    with (
        os_errors_as(RunError, f"cannot write {path.name}"),
        atomic_path(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        yield writer


def tor_table(encoder: str, trials: TextTrials, block: TrialBlock, scores: RetrievalScores, first_id: int) -> pa.Table:
    """Rows for a block of TOR trials: one for each caption and gallery position (0 where the gallery has no
    positions). `winner_position` and `top1` are null where several tie; `winner_credit` then says how they share."""
    m, galleries, n = scores.cosines.shape
    names = np.array(trials.vocabulary.names, dtype=object)
    credit = scores.credit.reshape(-1, n)
    clear = credit.max(axis=1) > 1 - 1e-9
    best = scores.best.ravel()
    return pa.table(
        {
            "encoder": pa.repeat(encoder, m * galleries),
            "trial_id": np.repeat(block.trial_ids + first_id, galleries),
            "set_id": np.repeat(block.clusters, galleries),
            "n_objects": np.full(m * galleries, n, dtype=np.int32),
            "template": pa.repeat(trials.template.name, m * galleries),
            "gallery_position": np.tile(np.arange(galleries) + (galleries > 1), m).astype(np.int32),
            "text": pa.array(np.repeat(np.array(list(block.texts), dtype=object), galleries), pa.string()),
            "objects": lists(np.repeat(names[block.objects], galleries, axis=0)),
            "winner_position": pa.array((credit.argmax(axis=1) + 1).astype(np.int32), mask=~clear),
            "winner_credit": lists(credit),
            "top1": pa.array(names[np.maximum(best, 0)], pa.string(), mask=best < 0),
            "topn_correct": scores.topn_correct.ravel(),
            "cosines": lists(scores.cosines.reshape(-1, n)),
            "ranks": lists(scores.ranks.reshape(-1, n)),
        },
        schema=TOR_SCHEMA,
    )


def toc_table(
    encoder: str,
    protocol: str,
    names: list[str],
    block: TrialBlock,
    rows: np.ndarray,
    correct: np.ndarray,
    first_id: int,
) -> pa.Table:
    """Rows for the test sentences of TOC: whether the head of each position read its object (null: not scored)."""
    objects = np.array(names, dtype=object)[block.objects[rows]]
    return pa.table(
        {
            "encoder": pa.repeat(encoder, len(rows)),
            "protocol": pa.repeat(protocol, len(rows)),
            "trial_id": block.trial_ids[rows] + first_id,
            "set_id": block.clusters[rows],
            "n_objects": np.full(len(rows), objects.shape[1], dtype=np.int32),
            "text": pa.array([block.texts[row] for row in rows], pa.string()),
            "objects": lists(objects),
            "correct": lists(correct),
        },
        schema=TOC_SCHEMA,
    )


def lists(rows: np.ndarray) -> pa.ListArray:
    """Rows (m, n) as a column of lists; strings where the dtype is object, else numbers with NaN as null."""
    m, n = rows.shape
    flat = rows.ravel()
    values = pa.array(flat, pa.string()) if rows.dtype == object else pa.array(flat, mask=np.isnan(flat))
    return pa.ListArray.from_arrays(np.arange(0, m * n + 1, n, dtype=np.int32), values)
