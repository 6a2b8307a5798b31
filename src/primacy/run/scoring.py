"""Every encoder of a run on every caption of its design: captions -> vectors -> probes -> trial tables."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from threadpoolctl import ThreadpoolController

from primacy import identity
from primacy.design.size_category import SizeCategoryDesign
from primacy.design.text import gallery_texts
from primacy.encoders.base import Encoder
from primacy.encoders.battery import Null
from primacy.listener import Listener
from primacy.probes.retrieval import score, unit
from primacy.probes.size_category import SizeCategorySums
from primacy.probes.toc import run_toc
from primacy.probes.tor import TorSums
from primacy.results.spec import AuditSpec
from primacy.results.store import RunFolder
from primacy.results.trials import TOC_SCHEMA, TOR_SCHEMA, table_writer, toc_table, tor_table
from primacy.run.embedding import Embedder
from primacy.run.plan import Plan
from primacy.run.scores import EncoderScores, Scores
from primacy.run.toc_methods import toc_methods
from primacy.stats.effects import AUDITED


@dataclass(frozen=True)
class _Tables:
    trials: pq.ParquetWriter
    nulls: pq.ParquetWriter
    toc: pq.ParquetWriter | None


@dataclass(frozen=True)
class Job:
    """Everything that the stages of one run share."""

    spec: AuditSpec
    plan: Plan
    encoder: Encoder
    folder: RunFolder
    cache: Path | None
    listener: Listener
    memory: float
    threads: ThreadpoolController

    def embedder(self, encoder: Encoder, *, cached: bool = True) -> Embedder:
        """What embeds with `encoder` under the run's cache, budget and listener."""
        return Embedder(encoder, self.cache if cached else None, self.listener, self.memory)

    def one_blas_thread(self) -> AbstractContextManager[object]:
        """For probes and estimates, which multiply small matrices: a second thread gains little, loses much on a busy
        machine and could change the last bits. Encoders are left alone: one written in numpy would run on one core."""
        return self.threads.limit(limits=1, user_api="blas")

    @property
    def captions(self) -> int:
        """Captions and gallery prompts of the whole design."""
        plan = self.plan
        galleries = (gallery_texts(self.spec.gallery, plan.vocabulary, cell.template) for cell in plan.tor)
        return sum(map(len, plan.cells)) + sum(len(row) for gallery in galleries for row in gallery)


def score_all(job: Job, own: Embedder, nulls: Sequence[Null]) -> Scores:
    """Score the audited encoder, whose embedder is `own`, and every null; trials are written on the way.

    Raises:
        PrimacyError: an encoder fails, or the cache or the run folder cannot be written.
    """
    scores = Scores()
    with _tables(job.folder, job.plan) as tables:
        for name, embedder in _embedders(job, own, nulls):
            before, earlier = time.perf_counter(), embedder.seconds
            label = job.spec.encoder if name == AUDITED else name
            job.listener.stage(label, job.captions)
            scores.fingerprints[name] = embedder.encoder.fingerprint
            _score_tor(job, label, embedder, tables.trials if name == AUDITED else tables.nulls, scores.of(name))
            _score_toc(job, label, embedder, tables.toc, scores.of(name))
            scores.timings[f"embedding {name}"] = embedder.seconds
            scores.timings[f"probes {name}"] = time.perf_counter() - before - (embedder.seconds - earlier)
            how = getattr(embedder.encoder, "encoding", None)
            seconds = round(embedder.seconds, 2)
            job.folder.log("scored", encoder=name, captions=embedder.captions, seconds=seconds, encoding=how)
            embedder.close()
    return scores


def _embedders(job: Job, own: Embedder, nulls: Sequence[Null]) -> Iterator[tuple[str, Embedder]]:
    """The audited encoder's embedder, then those of the nulls, each built when its turn comes."""
    yield AUDITED, own
    for null in nulls:
        yield null.name, job.embedder(null.build(), cached=null.cached)


@contextmanager
def _tables(folder: RunFolder, plan: Plan) -> Iterator[_Tables]:
    with (
        table_writer(folder.file("trials.parquet"), TOR_SCHEMA) as own,
        table_writer(folder.file("null_trials.parquet"), TOR_SCHEMA) as theirs,
    ):
        if not plan.toc:
            yield _Tables(own, theirs, None)
            return
        with table_writer(folder.file("toc_trials.parquet"), TOC_SCHEMA) as toc:
            yield _Tables(own, theirs, toc)


def _score_tor(job: Job, label: str, embedder: Embedder, table: pq.ParquetWriter, scores: EncoderScores) -> None:
    first_id = 0
    for cell in job.plan.tor:
        rows = gallery_texts(job.spec.gallery, job.plan.vocabulary, cell.template)
        gallery = unit(np.stack([embedder.texts(row) for row in rows]))
        sums = TorSums(cell.n_clusters, len(rows), cell.n_objects)
        by_size = SizeCategorySums(cell) if isinstance(cell, SizeCategoryDesign) else None
        for block, vectors in embedder.trials(cell):
            with job.one_blas_thread():
                scored = score(vectors, block.objects, gallery)
            sums.add(block, scored)
            if by_size is not None:
                by_size.add(block, scored)
                scores.by_size[cell.n_objects] = by_size
            table.write_table(tor_table(label, cell, block, scored, first_id))
        scores.tor.append(sums)
        first_id += len(cell)


def _score_toc(job: Job, label: str, embedder: Embedder, table: pq.ParquetWriter | None, scores: EncoderScores) -> None:
    first_id = sum(map(len, job.plan.tor))
    names = job.plan.vocabulary.names
    for cell in job.plan.toc:
        whole = cell.block(0, len(cell))
        vectors = embedder.texts(whole.texts)
        for protocol, method in toc_methods(job.spec.protocol, job.spec.seed).items():
            rng = identity.rng_stream(job.spec.seed, "toc", f"n={cell.n_objects}", protocol)
            with job.one_blas_thread():
                result = run_toc(vectors, whole.objects, whole.clusters, len(names), rng=rng, **method)
            scores.toc.setdefault(protocol, []).append(result)
            if table is not None:
                rows = toc_table(label, protocol, names, whole, result.test_rows, result.correct, first_id)
                table.write_table(rows)
        first_id += len(cell)
