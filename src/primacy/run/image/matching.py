"""Matching on the pictures of a cell: captions are made, embedded and scored block by block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from primacy.design.matching import MatchingDesign
from primacy.design.matching_block import MatchingBlock
from primacy.design.removal import RemovalDesign
from primacy.probes.matching import MatchingScores, MatchingSums, score_matching
from primacy.probes.removal import RemovalScores
from primacy.run.embedding import Embedder
from primacy.run.image.embedding import PictureEmbedder
from primacy.run.image.plan import ImageCell
from primacy.run.image.scores import CellScores
from primacy.run.scoring import Job

MATCHING_CAPTIONS = 20_000
"""Captions of matching that are embedded at a time."""


def score_cell(job: Job, cell: ImageCell, pictures: PictureEmbedder, texts: Embedder, scores: CellScores) -> None:
    """Score all matching trials of a cell with one encoder."""

    def scored(design: MatchingDesign | RemovalDesign) -> Iterator[tuple[MatchingBlock, MatchingScores]]:
        for block in design.blocks(MATCHING_CAPTIONS):
            shown, told = pictures.pictures_of(cell.source, block.pictures), texts.texts(block.captions)
            with job.one_blas_thread():
                found = score_matching(block, shown, told)
            yield block, found

    for n, design in cell.matching.items():
        sums = scores.matching[n] = MatchingSums.of(design)
        for block, found in scored(design):
            sums.add(block, found)
    for removal in cell.removal.values():
        kept = scores.removal = scores.removal or RemovalScores()
        done = 0
        for block, found in scored(removal):
            kept.add(removal.table.take(np.arange(done, done + len(block.pictures))), found)
            done += len(block.pictures)


def matching_work(cell: ImageCell) -> int:
    """Pictures and captions that one encoder is asked for."""
    designs: list[MatchingDesign | RemovalDesign] = [*cell.matching.values(), *cell.removal.values()]
    return sum(len(design.rows) + design.n_captions for design in designs)
