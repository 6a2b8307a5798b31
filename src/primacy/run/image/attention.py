"""Attention of one encoder on one table of pictures, read batch by batch and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np

from primacy.design.picture_table import PictureTable
from primacy.encoders.attention import attention_reader
from primacy.encoders.base import Encoder, PreparesImages
from primacy.listener import Listener
from primacy.probes.attention import AttentionSums, even_maps, on_patches
from primacy.probes.ior import PictureSums
from primacy.stimuli.images.base import PictureSource

BATCH = 16
LEVELS = ("large", "small")


class AttentionScores(NamedTuple):
    """Sums of an encoder, and of a map that is even over the objects, on the same patches: what the grid alone makes
    of small objects (docs/attention.md). `unmasked`: pictures without a mask, which are not scored."""

    own: AttentionSums
    even: AttentionSums
    unmasked: int


def score_attention(
    encoder: Encoder,
    source: PictureSource,
    tables: Sequence[PictureTable],
    targets: np.ndarray | None,
    winners: PictureSums | None,
    listener: Listener,
    *,
    by_head: bool,
) -> AttentionScores | str:
    """Sums of the attention on the objects of pictures, or why this encoder has none.

    Args:
        encoder: the encoder.
        source: of the pictures; it has masks.
        tables: pictures that are estimated together.
        targets: (V, d) vectors of single objects; gradient x attention is that of the cosine between a picture and the
            mean of its objects' vectors. None leaves that view out.
        winners: IOR's sums over the same tables in this order, for the agreement of attention with the winner.
        listener: told of the progress, in pictures.
        by_head: whether to keep the table of heads.
    """
    reader = attention_reader(encoder)
    if isinstance(reader, str):
        return reader
    if not isinstance(encoder, PreparesImages) or not hasattr(encoder, "image_framing"):
        return "the encoder does not say how its transform frames a picture"
    prepare, framing = cast(PreparesImages, encoder).prepare_image, encoder.image_framing
    clusters = np.concatenate([table.clusters for table in tables])
    sums = AttentionSums(reader.layers, reader.heads, clusters, LEVELS, gradient=targets is not None, by_head=by_head)
    even = AttentionSums(("objects",), 1, clusters, LEVELS)
    won = None if winners is None else winners.credit_of(np.arange(len(clusters)))
    start = unmasked = 0
    for batch in (batch for table in tables for batch in _batches(table)):
        masks = [source.mask(row) for row in batch.rows.tolist()]
        known = np.array([mask is not None for mask in masks])
        number, start = start + np.flatnonzero(known), start + len(batch)
        listener.advance(len(batch))
        unmasked += int((~known).sum())
        if not known.any():
            continue
        part, n = batch.take(known), batch.n_objects
        rows = part.rows.tolist()
        wanted = None if targets is None else targets[part.objects].mean(axis=1)
        maps = reader.read([prepare(source.image(row)) for row in rows], wanted)
        covered = np.stack([framing.frame_mask(mask, n) for mask in masks if mask is not None])
        coverage, levels = on_patches(covered, reader.grid), _levels(part)
        credit = None if won is None else won[number, :n]
        sums.add(maps, coverage, part.clusters, levels, credit)
        even.add(even_maps(coverage), coverage, part.clusters, levels)
    return AttentionScores(sums, even, unmasked)


def _batches(table: PictureTable) -> Iterator[PictureTable]:
    for start in range(0, len(table), BATCH):
        yield table.take(np.arange(start, min(start + BATCH, len(table))))


def _levels(pictures: PictureTable) -> np.ndarray:
    """Size levels (m, n); without a design the largest object by area is "large", the others are "small"."""
    if (pictures.size_levels != "").all():
        return pictures.size_levels
    return np.where(pictures.size_ranks == 1, "large", "small")
