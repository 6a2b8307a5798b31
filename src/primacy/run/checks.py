"""Methodological checks of a finished run: what a careful reader would ask before believing a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from primacy.encoders.base import CountsTokens, Described, Encoder
from primacy.probes.toc import TocResult
from primacy.probes.tor import TorSums
from primacy.results.record import Check, Estimate
from primacy.results.spec import AuditSpec
from primacy.run.plan import Plan
from primacy.run.scores import Scores
from primacy.stats.effects import AUDITED
from primacy.stimuli.captions import ObservedCaptions

_FEW_CLUSTERS = 20
_FEW_TRIALS = 100
_COUNTED = 1000
_SPECIAL_TOKENS = 2  # start and end; a tokenizer with one of them (SigLIP) is warned of one token early


def run_checks(
    spec: AuditSpec,
    plan: Plan,
    design: Sequence[Mapping[str, Any]],
    encoder: Encoder,
    scores: Scores,
    estimates: Sequence[Estimate],
) -> list[Check]:
    """All checks, the ones that found nothing included; `design` is `describe_plan(plan)`."""
    if not plan.cells:
        return []
    own = scores.of(AUDITED)
    checks = [
        _balanced(plan, design),
        _gallery(spec),
        _clusters(plan),
        _context(plan, encoder),
        _ties(own.tor),
        _denominators(estimates),
        _converged([result for results in own.toc.values() for result in results]),
        _untrained(scores.encoders),
    ]
    return [check for check in checks if check is not None]


def _balanced(plan: Plan, design: Sequence[Mapping[str, Any]]) -> Check | None:
    if any(isinstance(cell, ObservedCaptions) for cell in plan.tor):
        return Check(
            name="counter-balance",
            status="warning",
            message="These captions are observed, not designed: position and item are confounded. Read the attribution,"
            " which holds the category fixed, not the raw shares.",
        )
    counted = [row for row in design if row["probe"] == "tor" and "balance" in row]
    crooked = [row["balance_text"] for row in counted if not row["balance"]["position_exact"]]
    if not crooked:
        return Check(
            name="counter-balance",
            status="ok",
            message="Every object set stands in every position equally often: an order-invariant encoder gives 1/n.",
        )
    return Check(
        name="counter-balance",
        status="warning",
        message="Objects keep their place in the list, so position and item are confounded; winner shares of this"
        f" design say nothing about order by themselves. {crooked[0]}",
    )


def _gallery(spec: AuditSpec) -> Check | None:
    if "tor" not in spec.probes:
        return None
    if spec.gallery == "balanced":
        return Check(
            name="gallery balance",
            status="ok",
            message="Gallery prompts hold their object at every position equally often.",
        )
    return Check(
        name="gallery balance",
        status="warning",
        message=f"The '{spec.gallery}' gallery holds its object at one position, which favours captions that mention it"
        " there" + (": an untrained tower can look strongly first-biased." if spec.gallery == "bare" else "."),
    )


def _clusters(plan: Plan) -> Check:
    smallest = min(plan.cells, key=lambda cell: cell.n_clusters)
    observed = isinstance(smallest, ObservedCaptions)
    what, remedy = ("images", "Give more captions.") if observed else ("object sets", "Raise --sets.")
    low = smallest.n_clusters < _FEW_CLUSTERS
    return Check(
        name="number of clusters",
        status="warning" if low else "ok",
        message=f"The smallest cell has {smallest.n_clusters:,} {what}"
        + (f"; below {_FEW_CLUSTERS} intervals are unreliable. {remedy}" if low else "."),
    )


def _context(plan: Plan, encoder: Encoder) -> Check | None:
    """Whether captions fit the context; counted on the first captions of each cell, where the encoder can be asked."""
    context = encoder.identity.get("context_length") if isinstance(encoder, Described) else None
    if not isinstance(context, int) or not isinstance(encoder, CountsTokens):
        return None
    texts = [text for cell in plan.cells for text in cell.block(0, _COUNTED).texts]
    lengths = encoder.count_tokens(texts) + _SPECIAL_TOKENS
    cut = int((lengths > context).sum())
    return Check(
        name="context length",
        status="warning" if cut else "ok",
        message=f"{cut:,} of {len(texts):,} captions counted are longer than the context of {context} tokens"
        f" (longest: {int(lengths.max())})" + ("; what is cut off cannot win." if cut else "."),
    )


def _ties(sums: Sequence[TorSums]) -> Check | None:
    if not sums:
        return None
    share = max(part.tie_share for part in sums)
    return Check(
        name="ties",
        status="warning" if share > 0.01 else "ok",
        message=f"{100 * share:.2f} % of winners were ties (shared equally).",
    )


def _denominators(estimates: Sequence[Estimate]) -> Check | None:
    paper = [e for e in estimates if e.metric == "paper_share" and e.level == "1" and e.template == "*"]
    if not paper:
        return None
    smallest = min(paper, key=lambda e: e.n)
    total = next(
        e.n for e in estimates if e.metric == "winner_share" and e.template == "*" and e.n_objects == smallest.n_objects
    )
    few = smallest.n < _FEW_TRIALS
    return Check(
        name="published share's denominator",
        status="warning" if few else "ok",
        message=f"With {smallest.n_objects} objects the published (conditional) share rests on {smallest.n:,.0f} of"
        f" {total:,.0f} captions, those whose top-{smallest.n_objects} set is exactly right."
        + (" That is too few to compare encoders by." if few else ""),
    )


def _converged(results: Sequence[TocResult]) -> Check | None:
    if not results:
        return None
    done = all(result.converged.all() for result in results)
    worst = max(float(result.residual.max()) for result in results)
    return Check(
        name="TOC heads converged",
        status="ok" if done else "warning",
        message=f"Linear heads were run to their optimum (largest relative gradient {worst:.1e})."
        if done
        else f"A linear head did not converge (relative gradient {worst:.1e}); its accuracy measures the optimiser.",
    )


def _untrained(names: Iterable[str]) -> Check:
    twins = sum(name.startswith("untrained") for name in names)
    if twins:
        message = f"{twins} untrained twins of the encoder are among the nulls."
        return Check(name="untrained twin", status="ok", message=message)
    return Check(
        name="untrained twin",
        status="note",
        message="No untrained twin was scored, so nothing here tells training from architecture.",
    )
