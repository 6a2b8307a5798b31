"""Attention of one encoder on one table of pictures, read batch by batch and dropped."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from primacy.design.picture_table import PictureTable
from primacy.encoders.attention import attention_reader
from primacy.encoders.base import Encoder, PreparesImages
from primacy.errors import DatasetError
from primacy.listener import Listener
from primacy.probes.attention import AttentionSums, even_maps, on_patches
from primacy.probes.ior import PictureSums
from primacy.stimuli.images.base import PictureSource

BATCH = 16
LEVELS = ("large", "small")


class AttentionScores(NamedTuple):
    """Sums of an encoder, and of a map that is even over the objects, on the same patches: what the grid alone makes
    of small objects (docs/attention.md)."""

    own: AttentionSums
    even: AttentionSums


def score_attention(
    encoder: Encoder,
    source: PictureSource,
    pictures: PictureTable,
    targets: np.ndarray | None,
    winners: PictureSums | None,
    listener: Listener,
    *,
    by_head: bool,
) -> AttentionScores | str:
    """Sums of the attention on the objects of `pictures`, or why this encoder has none.

    Args:
        encoder: the encoder.
        source: of the pictures; it has masks.
        pictures: the table.
        targets: (V, d) vectors of single objects; gradient x attention is that of the cosine between a picture and the
            mean of its objects' vectors. None leaves that view out.
        winners: IOR's sums over the same table, for the agreement of attention with the winner.
        listener: told of the progress, in pictures.
        by_head: whether to keep the table of heads.
    """
    reader = attention_reader(encoder)
    if isinstance(reader, str):
        return reader
    if not isinstance(encoder, PreparesImages) or not hasattr(encoder, "image_framing"):
        return "the encoder does not say how its transform frames a picture"
    framing = encoder.image_framing
    levels = pictures.size_levels if (pictures.size_levels != "").all() else _by_rank(pictures)
    credit = None if winners is None else winners.choice_data().credit
    sums = AttentionSums(
        reader.layers, reader.heads, pictures.clusters, LEVELS, gradient=targets is not None, by_head=by_head
    )
    even = AttentionSums(("objects",), 1, pictures.clusters, LEVELS)
    for start in range(0, len(pictures), BATCH):
        at = np.arange(start, min(start + BATCH, len(pictures)))
        part = pictures.take(at)
        prepared = [cast(PreparesImages, encoder).prepare_image(source.image(row)) for row in part.rows.tolist()]
        wanted = None if targets is None else targets[part.objects].mean(axis=1)
        maps = reader.read(prepared, wanted)
        covered = np.stack([framing.frame_mask(_mask(source, row), part.n_objects) for row in part.rows.tolist()])
        own = None if credit is None else _credit(credit, at, part.n_objects)
        coverage = on_patches(covered, reader.grid)
        sums.add(maps, coverage, part.clusters, levels[at], own)
        even.add(even_maps(coverage), coverage, part.clusters, levels[at])
        listener.advance(len(at))
    return AttentionScores(sums, even)


def _mask(source: PictureSource, row: int) -> np.ndarray:
    mask = source.mask(row)
    if mask is None:
        raise DatasetError(f"{source.pictures[row].picture_id} has no mask, others of {source.name} do")
    return mask


def _by_rank(pictures: PictureTable) -> np.ndarray:
    """Size levels of pictures without a design: the largest object by area is "large", the others are "small"."""
    return np.where(pictures.size_ranks == 1, "large", "small")


def _credit(credit: np.ndarray, at: np.ndarray, n: int) -> np.ndarray:
    """Credit (m, n) of the pictures `at`; NaN for those beyond what the probe has kept."""
    found = np.full((len(at), n), np.nan)
    kept = at < len(credit)
    found[kept] = credit[at[kept], :n]
    return found
