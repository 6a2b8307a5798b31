"""Running an audit: design -> captions and pictures -> vectors -> probes -> estimates -> run folder."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

import primacy
from primacy import identity
from primacy.encoders.base import CountsTokens, EncoderOptions, EncodesImages, KnowsItsScenes, ReadsFacts
from primacy.encoders.battery import item_texts, null_battery
from primacy.encoders.load import load_encoder
from primacy.errors import UsageError, VocabularyError
from primacy.listener import Listener, Silent
from primacy.report.build import build_report
from primacy.results.record import NullResult, RunResult
from primacy.results.spec import AuditSpec
from primacy.results.store import RunFolder
from primacy.run.cache_room import check_room
from primacy.run.checks import run_checks
from primacy.run.embedding import DEFAULT_MEMORY, check_memory
from primacy.run.estimate import estimate_run
from primacy.run.image.checks import image_checks
from primacy.run.image.estimate import estimate_images
from primacy.run.image.examples import write_examples
from primacy.run.image.plan import ImagePlan, describe_image_plan, image_hash
from primacy.run.image.scoring import score_images
from primacy.run.image.sources import make_image_plan
from primacy.run.known_words import known_words
from primacy.run.plan import Plan, count_words, describe_plan, make_plan, stimuli_hash
from primacy.run.provenance import provenance
from primacy.run.scores import Scores
from primacy.run.scoring import Job, score_all
from primacy.stats.effects import AUDITED


class Outcome(NamedTuple):
    """A finished run; `reused` when it was there already."""

    folder: RunFolder
    result: RunResult
    reused: bool


def audit(
    spec: AuditSpec,
    *,
    out: Path,
    cache: Path | None,
    device: str = "auto",
    memory: float = DEFAULT_MEMORY,
    fresh: bool = False,
    listener: Listener | None = None,
) -> Outcome:
    """Run the audit that `spec` describes, or return it if it was run before.

    Args:
        spec: what to audit and how.
        out: where run folders are kept.
        cache: where vectors are kept; None embeds everything anew.
        device: where encoders run ("auto", "cpu", "cuda", "cuda:1", "mps"); it never enters a result's identity.
        memory: bytes for captions, their keys, tokens and vectors while they are in flight, at least 5e7; the model
            (weights and activations) and the libraries come on top. It sets how many captions are embedded at a time,
            and never enters a result's identity.
        fresh: run again even if the run is complete (cached vectors are still used).
        listener: told of progress, and of a cache that is about to grow by gigabytes.

    Raises:
        PrimacyError: anything that cannot be had; what was embedded until then is kept.
    """
    check_memory(memory)
    options = EncoderOptions(device, spec.precision, spec.allow_activation_mismatch)
    encoder = load_encoder(spec.encoder, options)
    pictures = isinstance(encoder, EncodesImages | ReadsFacts)
    known = encoder.scenes if isinstance(encoder, KnowsItsScenes) else None
    spec = spec.resolved(pictures=pictures, known=known)
    token_counts = encoder.count_tokens if isinstance(encoder, CountsTokens) else count_words
    plan = make_plan(spec, token_counts)
    _refuse_empty_names(token_counts(plan.vocabulary.names), plan)
    image_plan = make_image_plan(spec, listener or Silent())
    stimuli = stimuli_hash(spec, plan)
    if image_plan.groups:
        stimuli = identity.fingerprint([stimuli, image_hash(image_plan)])
    run_id = identity.fingerprint([spec.model_dump(), encoder.fingerprint, stimuli, primacy.__version__])[:10]
    folder = RunFolder.of(out, run_id, spec.encoder, spec.protocol)
    done = None if fresh else folder.result()
    if done is not None:
        return Outcome(folder, done, True)
    with folder.claimed():
        job = Job(spec, plan, encoder, folder, cache, listener or Silent(), memory, ThreadpoolController())
        result = _run(job, image_plan, run_id, stimuli, token_counts(plan.vocabulary.names))
    return Outcome(folder, result, False)


def _run(job: Job, image_plan: ImagePlan, run_id: str, stimuli: str, token_counts: np.ndarray) -> RunResult:
    start = time.perf_counter()
    spec, plan, folder = job.spec, job.plan, job.folder
    folder.reopen()
    folder.write("spec.json", spec.model_dump_json(indent=2) + "\n")
    folder.log("started", run_id=run_id, primacy=primacy.__version__)
    scores = _score_texts(job)
    images = score_images(job, image_plan)
    job.listener.stage("estimates", 0)
    before = time.perf_counter()
    with job.one_blas_thread():
        found = estimate_run(spec, plan, scores, token_counts)
        estimate_images(spec, image_plan, images, found)
    if AUDITED not in found.records:
        told = [*([images.no_attention] if images.no_attention else []), *found.notes]
        raise UsageError(
            f"{spec.encoder} cannot answer {', '.join(spec.probes)} on these pictures", hint=f"{'; '.join(told)}."
        )
    timings = scores.timings | images.timings
    timings["estimates"] = time.perf_counter() - before
    examples = write_examples(job, image_plan, images)
    timings["total"] = time.perf_counter() - start
    design = describe_plan(plan)
    fingerprints = images.fingerprints | scores.fingerprints
    checks = [
        *run_checks(spec, plan, design, job.encoder, scores, found.records.get(AUDITED, ())),
        *image_checks(image_plan, images, found.notes),
        *known_words(job.encoder, spec, plan, image_plan),
    ]
    result = RunResult(
        run_id=run_id,
        spec=spec,
        provenance=provenance(job.encoder, stimuli, timings),
        design=(*design, *describe_image_plan(image_plan)),
        estimates=tuple(found.records[AUDITED]),
        nulls=tuple(
            NullResult(name=name, fingerprint=fingerprints[name], estimates=tuple(records))
            for name, records in found.records.items()
            if name != AUDITED
        ),
        attribution=tuple(found.attribution),
        curves=tuple(found.curves),
        checks=tuple(checks),
        verdicts=tuple(found.settled(spec)),
        examples=tuple(example.record for example in examples),
    )
    _write_skipped(job, image_plan)
    pictures = {example.record.file: example.png for example in examples}
    folder.write("report.html", build_report(result, pictures))
    folder.write("result.json", result.model_dump_json(indent=1) + "\n")
    folder.log("complete", seconds=round(time.perf_counter() - start, 1))
    return result


def _score_texts(job: Job) -> Scores:
    """The probes of texts, on the encoder and its nulls; nothing where none is asked for."""
    plan = job.plan
    if not plan.cells:
        return Scores()
    job.listener.stage("item vectors", len(plan.vocabulary) + 1)
    own = job.embedder(job.encoder)
    items = own.texts(item_texts(plan.vocabulary))
    nulls = null_battery(job.encoder, plan.vocabulary, items, untrained=job.spec.untrained)
    if job.cache is not None:
        twins = [null.build for null in nulls if null.cached]
        message = check_room(job.cache, job.captions, items.shape[1], own.kept, twins)
        if message:
            job.listener.note(message)
    return score_all(job, own, nulls)


def _write_skipped(job: Job, plan: ImagePlan) -> None:
    """List what could not be shown in `skipped.csv`, where there is something."""
    if plan.skipped:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["name", "reason"])
        rows.writerows(plan.skipped)
        job.folder.write("skipped.csv", text.getvalue())


def _refuse_empty_names(token_counts: np.ndarray, plan: Plan) -> None:
    empty = [name for name, count in zip(plan.vocabulary.names, token_counts, strict=True) if count < 1]
    if empty:
        raise VocabularyError(
            f"{len(empty)} names of vocabulary {plan.vocabulary.name!r} have no token in this encoder's tokenizer:"
            f" {', '.join(map(repr, empty[:5]))}",
            hint="Remove or respell them.",
        )
