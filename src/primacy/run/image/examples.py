"""Example pictures of a run: what is shown, what its mask says, and where the encoder's attention falls."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from primacy.design.picture import Picture
from primacy.encoders._image_transform import Framing
from primacy.encoders.attention import AttentionReader, attention_reader
from primacy.encoders.base import Encoder, PreparesImages
from primacy.errors import RunError
from primacy.files import atomic_write_bytes, os_errors_as
from primacy.report.overlay import OBJECT_COLOURS, AttentionView, attention_overlay
from primacy.results.record import Example
from primacy.run.image.plan import ImageCell, ImagePlan
from primacy.run.image.scores import CellScores, ImageScores
from primacy.run.scoring import Job
from primacy.stats.effects import AUDITED
from primacy.stimuli.images.base import PictureSource

PER_CELL = {"scenes": 3, "ladder": 1, "photos": 2, "crops": 1}
_ALONE = 330  # pixels wide, of a picture without attention maps


class Drawn(NamedTuple):
    """An example and its PNG file."""

    record: Example
    png: bytes


def write_examples(job: Job, plan: ImagePlan, scores: ImageScores) -> list[Drawn]:
    """Draw a few pictures of each cell that has masks, spread over its sets, and write them below the run folder.

    Raises:
        RunError: they cannot be written.
    """
    reader = attention_reader(job.encoder) if plan.groups else ""
    found: list[Drawn] = []
    for group, by_encoder in zip(plan.groups, scores.groups, strict=True):
        for cell, own in zip(group.cells, by_encoder[AUDITED].cells, strict=True):
            if cell.probes == ("ioc",):
                continue  # more of the same scenes
            for row in _spread(cell):
                drawn = _draw(job.encoder, cell, row, own, None if isinstance(reader, str) else reader, len(found) + 1)
                if drawn is not None:
                    found.append(drawn)
    for drawn in found:
        path = job.folder.file(drawn.record.file)
        with os_errors_as(RunError, f"cannot write {drawn.record.file}"):
            path.parent.mkdir(exist_ok=True)
            atomic_write_bytes(path, drawn.png, sync=False)
    return found


def _spread(cell: ImageCell) -> list[int]:
    """Rows of the source at even distances, which show no more objects than can be told apart."""
    tables = [table.rows for n, table in cell.tables.items() if n <= len(OBJECT_COLOURS)]
    rows = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *tables]))
    count = min(PER_CELL[cell.kind], len(rows))
    return [int(rows[len(rows) * (2 * k + 1) // (2 * count)]) for k in range(count)]


def _draw(
    encoder: Encoder, cell: ImageCell, row: int, scores: CellScores, reader: AttentionReader | None, number: int
) -> Drawn | None:
    source, picture = cell.source, cell.source.pictures[row]
    mask, image = source.mask(row), source.image(row)
    if mask is None:
        return None
    maps: list[AttentionView] = []
    framing = Framing((image.height, image.width), "squash")
    if reader is not None and isinstance(encoder, PreparesImages) and hasattr(encoder, "image_framing"):
        framing = encoder.image_framing
        read = reader.read([cast(PreparesImages, encoder).prepare_image(image)])
        maps = [
            AttentionView("Attention, last layer", read.weights[0, -1].mean(axis=0)),
            AttentionView("Attention rollout", read.rollout[0]),
        ]
    png = attention_overlay(image, mask, picture.objects, framing, maps, width=900 if maps else _ALONE)
    record = Example(file=f"examples/{number}.png", title=_title(source, picture), caption=_won(cell, row, scores))
    return Drawn(record, png)


def _title(source: PictureSource, picture: Picture) -> str:
    factors = ", ".join(f"{name} {value}" for name, value in picture.factors.items() if name not in _UNTOLD)
    return f"{source.name} {picture.picture_id}" + (f" ({factors})" if factors else "")


_UNTOLD = ("base_area", "photo", "ladder")


def _won(cell: ImageCell, row: int, scores: CellScores) -> str:
    """What the retrieval probes found on this picture, where they kept it."""
    told = []
    for (probe, n), sums in scores.retrieval.items():
        tables = [cell.tables[n]] if n else list(cell.tables.values())
        at = np.flatnonzero(np.concatenate([table.rows for table in tables]) == row)
        credit = sums.credit_of(at[:1])
        if np.isfinite(credit).all() and len(credit):
            names = cell.source.pictures[row].categories
            shares = zip(names, credit[0], strict=False)  # padded where pictures differ in their objects
            parts = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares)
            told.append(f"{probe.upper()} winner shares over the gallery: {parts}.")
    return " ".join(told)
