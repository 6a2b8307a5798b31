"""Matching on the pictures of a cell: captions are made and embedded block by block, scores kept by cluster or object."""

from __future__ import annotations

from collections.abc import Iterator

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
                yield block, score_matching(block, shown, told)

    for n, design in cell.matching.items():
        scores.matching[n] = MatchingSums.of(design)
        for block, found in scored(design):
            scores.matching[n].add(block, found)
    if cell.removal:
        scores.removal = RemovalScores()
    for removal in cell.removal.values():
        for block, found in scored(removal):
            scores.removal.add(removal.table_of(block), found)


def work(cell: ImageCell) -> int:
    """Pictures and captions that one encoder is asked for."""
    designs: list[MatchingDesign | RemovalDesign] = [*cell.matching.values(), *cell.removal.values()]
    return sum(len(design.rows) + design.n_captions for design in designs)
