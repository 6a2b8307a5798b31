"""Running an audit: design -> captions -> vectors -> probes -> estimates -> run folder."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

import primacy
from primacy import identity
from primacy.design.size_category import SizeCategoryDesign
from primacy.design.text import gallery_texts
from primacy.encoders.base import CountsTokens, Encoder, EncoderOptions
from primacy.encoders.battery import Null, item_texts, null_battery
from primacy.encoders.load import load_encoder
from primacy.errors import VocabularyError
from primacy.probes.retrieval import score, unit
from primacy.probes.size_category import SizeCategorySums
from primacy.probes.toc import run_toc
from primacy.probes.tor import TorSums
from primacy.report.build import build_report
from primacy.results.record import NullResult, RunResult
from primacy.results.spec import AuditSpec
from primacy.results.store import RunFolder
from primacy.results.trials import TOC_SCHEMA, TOR_SCHEMA, table_writer, toc_table, tor_table
from primacy.run.checks import run_checks
from primacy.run.embedding import Embedder, Listener, Silent
from primacy.run.estimate import estimate_run
from primacy.run.plan import Plan, count_words, describe_plan, make_plan, stimuli_hash
from primacy.run.provenance import provenance
from primacy.run.scores import EncoderScores, Scores
from primacy.run.toc_methods import toc_methods
from primacy.stats.effects import AUDITED


class Outcome(NamedTuple):
    """A finished run; `reused` when it was there already."""

    folder: RunFolder
    result: RunResult
    reused: bool


@dataclass(frozen=True)
class _Tables:
    trials: pq.ParquetWriter
    nulls: pq.ParquetWriter
    toc: pq.ParquetWriter | None


@dataclass(frozen=True)
class _Job:
    """Everything that the stages of one run share."""

    spec: AuditSpec
    plan: Plan
    encoder: Encoder
    folder: RunFolder
    cache: Path | None
    listener: Listener


def audit(
    spec: AuditSpec,
    *,
    out: Path,
    cache: Path | None,
    device: str = "auto",
    fresh: bool = False,
    listener: Listener | None = None,
) -> Outcome:
    """Run the audit that `spec` describes, or return it if it was run before.

    Args:
        spec: what to audit and how.
        out: where run folders are kept.
        cache: where vectors are kept; None embeds everything anew.
        device: where encoders run ("auto", "cpu", "cuda", "cuda:1", "mps"); it never enters a result's identity.
        fresh: run again even if the run is complete (cached vectors are still used).
        listener: told of progress.

    Raises:
        PrimacyError: anything that cannot be had; what was embedded until then is kept.
    """
    options = EncoderOptions(device, spec.precision, spec.allow_activation_mismatch)
    encoder = load_encoder(spec.encoder, options)
    token_counts = encoder.count_tokens if isinstance(encoder, CountsTokens) else count_words
    plan = make_plan(spec, token_counts)
    _refuse_empty_names(token_counts(plan.vocabulary.names), plan)
    stimuli = stimuli_hash(spec, plan)
    run_id = identity.fingerprint([spec.model_dump(), encoder.fingerprint, stimuli, primacy.__version__])[:10]
    folder = RunFolder.of(out, run_id, spec.encoder, spec.protocol)
    done = None if fresh else folder.result()
    if done is not None:
        return Outcome(folder, done, True)
    # One BLAS thread: the probes multiply small matrices, so a second one gains little, loses much on a busy machine
    # and could change the last bits. Encoders have thread pools of their own.
    with folder.claimed(), threadpool_limits(limits=1, user_api="blas"):
        job = _Job(spec, plan, encoder, folder, cache, listener or Silent())
        result = _run(job, run_id, stimuli, token_counts(plan.vocabulary.names))
    return Outcome(folder, result, False)


def _run(job: _Job, run_id: str, stimuli: str, token_counts: np.ndarray) -> RunResult:
    start = time.perf_counter()
    spec, plan, folder = job.spec, job.plan, job.folder
    folder.reopen()
    folder.write("spec.json", spec.model_dump_json(indent=2) + "\n")
    folder.log("started", run_id=run_id, primacy=primacy.__version__)
    job.listener.stage("item vectors", len(plan.vocabulary) + 1)
    own = Embedder(job.encoder, job.cache, job.listener)
    items = own.texts(item_texts(plan.vocabulary))
    scores = _score_all(job, own, null_battery(job.encoder, plan.vocabulary, items, untrained=spec.untrained))
    job.listener.stage("estimates", 0)
    before = time.perf_counter()
    found = estimate_run(spec, plan, scores, token_counts)
    scores.timings["estimates"] = time.perf_counter() - before
    scores.timings["total"] = time.perf_counter() - start
    design = describe_plan(plan)
    result = RunResult(
        run_id=run_id,
        spec=spec,
        provenance=provenance(job.encoder, stimuli, scores.timings),
        design=tuple(design),
        estimates=tuple(found.records[AUDITED]),
        nulls=tuple(
            NullResult(name=name, fingerprint=scores.fingerprints[name], estimates=tuple(records))
            for name, records in found.records.items()
            if name != AUDITED
        ),
        attribution=tuple(found.attribution),
        curves=tuple(found.curves),
        checks=tuple(run_checks(spec, plan, design, job.encoder, scores, found.records[AUDITED])),
        verdicts=tuple(found.verdicts),
    )
    folder.write("report.html", build_report(result))
    folder.write("result.json", result.model_dump_json(indent=1) + "\n")
    folder.log("complete", seconds=round(time.perf_counter() - start, 1))
    return result


def _score_all(job: _Job, own: Embedder, nulls: Sequence[Null]) -> Scores:
    scores = Scores()
    captions = sum(map(len, job.plan.cells)) + sum(
        len(row) for cell in job.plan.tor for row in gallery_texts(job.spec.gallery, job.plan.vocabulary, cell.template)
    )
    with _tables(job.folder, job.plan) as tables:
        for name, embedder in _embedders(job, own, nulls):
            before, earlier = time.perf_counter(), embedder.seconds
            label = job.spec.encoder if name == AUDITED else name
            job.listener.stage(label, captions)
            scores.fingerprints[name] = embedder.encoder.fingerprint
            _score_tor(job, label, embedder, tables.trials if name == AUDITED else tables.nulls, scores.of(name))
            _score_toc(job, label, embedder, tables.toc, scores.of(name))
            scores.timings[f"embedding {name}"] = embedder.seconds
            scores.timings[f"probes {name}"] = time.perf_counter() - before - (embedder.seconds - earlier)
            job.folder.log("scored", encoder=name, captions=embedder.captions, seconds=round(embedder.seconds, 2))
    return scores


def _embedders(job: _Job, own: Embedder, nulls: Sequence[Null]) -> Iterator[tuple[str, Embedder]]:
    """The audited encoder's embedder, then those of the nulls, each built when its turn comes."""
    yield AUDITED, own
    for null in nulls:
        yield null.name, Embedder(null.build(), job.cache if null.cached else None, job.listener)


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


def _score_tor(job: _Job, label: str, embedder: Embedder, table: pq.ParquetWriter, scores: EncoderScores) -> None:
    first_id = 0
    for cell in job.plan.tor:
        rows = gallery_texts(job.spec.gallery, job.plan.vocabulary, cell.template)
        gallery = unit(np.stack([embedder.texts(row) for row in rows]))
        sums = TorSums(cell.n_clusters, len(rows), cell.n_objects)
        by_size = SizeCategorySums(cell) if isinstance(cell, SizeCategoryDesign) else None
        for block, vectors in embedder.trials(cell):
            scored = score(vectors, block.objects, gallery)
            sums.add(block, scored)
            if by_size is not None:
                by_size.add(block, scored)
                scores.by_size[cell.n_objects] = by_size
            table.write_table(tor_table(label, cell, block, scored, first_id))
        scores.tor.append(sums)
        first_id += len(cell)


def _score_toc(
    job: _Job, label: str, embedder: Embedder, table: pq.ParquetWriter | None, scores: EncoderScores
) -> None:
    first_id = sum(map(len, job.plan.tor))
    names = job.plan.vocabulary.names
    for cell in job.plan.toc:
        whole = cell.block(0, len(cell))
        vectors = embedder.texts(whole.texts)
        for protocol, method in toc_methods(job.spec.protocol, job.spec.seed).items():
            rng = identity.rng_stream(job.spec.seed, "toc", f"n={cell.n_objects}", protocol)
            result = run_toc(vectors, whole.objects, whole.clusters, len(names), rng=rng, **method)
            scores.toc.setdefault(protocol, []).append(result)
            if table is not None:
                rows = toc_table(label, protocol, names, whole, result.test_rows, result.correct, first_id)
                table.write_table(rows)
        first_id += len(cell)


def _refuse_empty_names(token_counts: np.ndarray, plan: Plan) -> None:
    empty = [name for name, count in zip(plan.vocabulary.names, token_counts, strict=True) if count < 1]
    if empty:
        raise VocabularyError(
            f"{len(empty)} names of vocabulary {plan.vocabulary.name!r} have no token in this encoder's tokenizer:"
            f" {', '.join(map(repr, empty[:5]))}",
            hint="Remove or respell them.",
        )
