"""Every encoder of a run on every picture of its plan: pictures -> vectors -> probes -> trial tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import pyarrow.parquet as pq

from primacy import identity
from primacy.design.picture_table import PictureTable
from primacy.encoders.battery import CROSS_MODAL
from primacy.errors import DesignError
from primacy.probes.attention import EVEN
from primacy.probes.crops import CropScores
from primacy.probes.ioc import run_ioc
from primacy.probes.ior import PictureSums
from primacy.probes.retrieval import score, unit
from primacy.probes.toir import toir_sums
from primacy.results.image_trials import IMAGE_SCHEMA, image_table
from primacy.results.trials import table_writer
from primacy.run.embedding import BLOCK
from primacy.run.image.attention import AttentionScores, score_attention
from primacy.run.image.matching import matching_work, score_cell
from primacy.run.image.plan import ImageCell, ImageGroup, ImagePlan
from primacy.run.image.scores import CellScores, GroupScores, ImageScores
from primacy.run.image.subjects import Singles, Subject, subjects
from primacy.run.ioc_methods import ioc_methods
from primacy.run.scoring import Job
from primacy.stats.effects import AUDITED
from primacy.stimuli.images.gallery import Version


def score_images(job: Job, plan: ImagePlan) -> ImageScores:
    """Score the audited encoder and its nulls on all groups; trials are written on the way.

    Raises:
        PrimacyError: an encoder fails, a picture cannot be read, or the cache or the run folder cannot be written.
    """
    scores = ImageScores()
    if not plan.groups:
        return scores
    with _tables(job) as (own_table, null_table):
        for number, group in enumerate(plan.groups):
            found: dict[str, GroupScores] = {}
            scores.groups.append(found)
            for subject in subjects(job, group):
                table = own_table if subject.name == AUDITED else null_table
                found[subject.name] = _score_group(job, group, number, subject, table, scores)
    return scores


@contextmanager
def _tables(job: Job) -> Iterator[tuple[pq.ParquetWriter, pq.ParquetWriter]]:
    with (
        table_writer(job.folder.file("image_trials.parquet"), IMAGE_SCHEMA) as own,
        table_writer(job.folder.file("null_image_trials.parquet"), IMAGE_SCHEMA) as theirs,
    ):
        yield own, theirs


def _score_group(
    job: Job, group: ImageGroup, number: int, subject: Subject, table: pq.ParquetWriter, scores: ImageScores
) -> GroupScores:
    start = time.perf_counter()
    label = job.spec.encoder if subject.name == AUDITED else subject.name
    job.listener.stage(f"{label}, pictures", _work(group, subject.serves))
    scores.add_fingerprint(subject.name, subject.encoder.fingerprint)
    singles = subject.singles
    found = GroupScores([CellScores() for _ in group.cells])
    for cell, own in zip(group.cells, found.cells, strict=True):
        probes = [probe for probe in cell.probes if probe in subject.serves]
        for pictures in cell.tables.values():
            _score_table(job, group, cell, pictures, singles, subject, probes, (label, table), own)
        for n, tables in cell.together.items() if "attention" in probes else ():
            attention = _score_attention(job, cell, (n, tables), subject, singles, own)
            if not isinstance(attention, str):
                own.attention[n] = attention
                scores.fingerprints[EVEN] = identity.fingerprint(EVEN)  # a rule, not an encoder
            elif subject.name == AUDITED:
                scores.no_attention = attention
        if "matching" in probes:
            score_cell(job, cell, subject.pictures, subject.texts, own)
    if "toir" in subject.serves and singles.pictures is not None and group.gallery is not None:
        for captions in group.captions:
            sums = toir_sums(captions.n_clusters, group.gallery.versions, captions.n_objects)
            for block, vectors in subject.texts.trials(captions):
                with job.one_blas_thread():
                    sums.add(block, score(vectors, block.objects, singles.pictures))
            found.toir[captions.n_objects] = sums
    key = f"{subject.name}, pictures" + (f" {number + 1}" if number else "")
    scores.timings[f"embedding {key}"] = subject.seconds
    scores.timings[f"probes {key}"] = time.perf_counter() - start - subject.seconds
    job.folder.log("scored pictures", encoder=subject.name, pictures=subject.pictures.pictures)
    return found


def _score_table(
    job: Job,
    group: ImageGroup,
    cell: ImageCell,
    pictures: PictureTable,
    singles: Singles,
    subject: Subject,
    probes: list[str],
    into: tuple[str, pq.ParquetWriter],
    scores: CellScores,
) -> None:
    """IOR, I2TOR and IOC on the pictures of one table, a block at a time; IOC alone needs all vectors."""
    label, table = into
    galleries = {"ior": singles.pictures, "i2tor": singles.prompts}
    asked = {probe: galleries[probe] for probe in ("ior", "i2tor") if probe in probes}
    adders = {probe: _keeper(group, cell, probe, pictures, scores) for probe in asked if asked[probe] is not None}
    kept = []
    for start in range(0, len(pictures) if adders or "ioc" in probes else 0, BLOCK):
        part = pictures.take(np.arange(start, min(start + BLOCK, len(pictures))))
        vectors = subject.pictures.pictures_of(cell.source, part.rows)
        if "ioc" in probes:
            kept.append(vectors)
        ids = [cell.source.pictures[row].picture_id for row in part.rows]
        for probe, keeper in adders.items():
            with job.one_blas_thread():
                scored = score(vectors, part.objects, cast(np.ndarray, asked[probe]))
            keeper.add(part, scored)
            table.write_table(image_table(label, probe, cell.source.name, ids, group.vocabulary.names, part, scored))
    if kept:
        vectors = np.concatenate(kept)
        for protocol, method in ioc_methods(job.spec.protocol, job.spec.seed).items():
            rng = identity.rng_stream(job.spec.seed, "ioc", f"n={pictures.n_objects}", protocol)
            try:
                with job.one_blas_thread():
                    result = run_ioc(vectors, pictures, len(group.vocabulary), rng=rng, **method)
            except DesignError as error:  # too few sets for a head
                scores.unanswered.append(f"IOC on {cell.source.name}, {pictures.n_objects} objects: {error}")
                continue
            scores.ioc[protocol, pictures.n_objects] = result


def _keeper(
    group: ImageGroup, cell: ImageCell, probe: str, pictures: PictureTable, scores: CellScores
) -> PictureSums | CropScores:
    """What keeps the scores of one probe: photos and crops with different numbers of objects are kept together."""
    if cell.kind == "crops":
        return scores.crops.setdefault(probe, CropScores())
    blank = tuple(Version("", "", float("nan")) for _ in group.prompts)
    versions = group.gallery.versions if probe == "ior" and group.gallery is not None else blank
    names = group.vocabulary.names
    n = 0 if cell.kind == "photos" else pictures.n_objects
    clusters = np.concatenate([table.clusters for table in cell.together[n]])
    return scores.retrieval.setdefault((probe, n), PictureSums(clusters, versions, names))


def _score_attention(
    job: Job,
    cell: ImageCell,
    pictures: tuple[int, list[PictureTable]],
    subject: Subject,
    singles: Singles,
    scores: CellScores,
) -> AttentionScores | str:
    n, tables = pictures
    vectors = singles.pictures if singles.pictures is not None else singles.prompts
    targets = None if vectors is None else unit(vectors.mean(axis=0))
    winners = scores.retrieval.get(("ior", n))
    by_head = subject.name == AUDITED
    return score_attention(subject.encoder, cell.source, tables, targets, winners, job.listener, by_head=by_head)


def _work(group: ImageGroup, serves: frozenset[str]) -> int:
    """Pictures and texts that one encoder is asked for, as the progress bar counts them."""
    total = 0
    if group.gallery is not None and serves & {"ior", "toir"}:
        total += len(np.unique(group.gallery.rows))
    if serves & CROSS_MODAL:
        total += sum(map(len, group.prompts))
    for cell in group.cells:
        probes = serves.intersection(cell.probes)
        if probes & {"ior", "i2tor", "ioc"}:
            total += sum(map(len, cell.tables.values()))
        if "attention" in probes:
            total += sum(map(len, cell.tables.values()))
        if "matching" in probes:
            total += matching_work(cell)
    if "toir" in serves:
        total += sum(map(len, group.captions))
    return total
