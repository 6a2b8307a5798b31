"""Per-trial table of the probes that compare pictures with single objects (IOR and I2TOR), written block by block."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from primacy.design.picture_table import PictureTable
from primacy.probes.retrieval import RetrievalScores
from primacy.results.trials import lists

IMAGE_SCHEMA = pa.schema(
    [
        ("encoder", pa.string()),
        ("probe", pa.string()),
        ("stimuli", pa.string()),
        ("scene_id", pa.string()),
        ("set_id", pa.int64()),
        ("n_objects", pa.int32()),
        ("gallery_version", pa.int32()),
        ("objects", pa.list_(pa.string())),
        ("slots", pa.list_(pa.string())),
        ("areas", pa.list_(pa.float64())),
        ("sizes", pa.list_(pa.string())),
        ("winner", pa.string()),
        ("winner_credit", pa.list_(pa.float64())),
        ("top1", pa.string()),
        ("topn_correct", pa.float64()),
        ("cosines", pa.list_(pa.float64())),
        ("ranks", pa.list_(pa.float64())),
    ]
)


def image_table(
    encoder: str,
    probe: str,
    stimuli: str,
    ids: list[str],
    names: list[str],
    table: PictureTable,
    scores: RetrievalScores,
) -> pa.Table:
    """Rows for a block of pictures: one for each picture and version of the gallery, numbered from 1.

    `ids` name the m pictures, `names` the categories. `winner` and `top1` are null where several tie; `winner_credit`
    then says how they share. Areas that were not measured are null.
    """
    m, versions, n = scores.cosines.shape
    labels = np.array(names, dtype=object)
    credit = scores.credit.reshape(-1, n)
    clear = credit.max(axis=1) > 1 - 1e-9
    shown = np.repeat(labels[table.objects], versions, axis=0)
    best = scores.best.ravel()
    return pa.table(
        {
            "encoder": pa.repeat(encoder, m * versions),
            "probe": pa.repeat(probe, m * versions),
            "stimuli": pa.repeat(stimuli, m * versions),
            "scene_id": pa.array(np.repeat(np.array(ids, dtype=object), versions), pa.string()),
            "set_id": np.repeat(table.clusters, versions),
            "n_objects": np.full(m * versions, n, dtype=np.int32),
            "gallery_version": np.tile(np.arange(1, versions + 1), m).astype(np.int32),
            "objects": lists(shown),
            "slots": lists(np.repeat(table.slots.astype(object), versions, axis=0)),
            "areas": lists(np.repeat(table.areas, versions, axis=0)),
            "sizes": lists(np.repeat(table.size_levels.astype(object), versions, axis=0)),
            "winner": pa.array(shown[np.arange(len(shown)), credit.argmax(axis=1)], pa.string(), mask=~clear),
            "winner_credit": lists(credit),
            "top1": pa.array(labels[np.maximum(best, 0)], pa.string(), mask=best < 0),
            "topn_correct": scores.topn_correct.ravel(),
            "cosines": lists(scores.cosines.reshape(-1, n)),
            "ranks": lists(scores.ranks.reshape(-1, n)),
        },
        schema=IMAGE_SCHEMA,
    )
