"""From a specification to designs: what will be shown, before any encoder sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from primacy import identity
from primacy.corpus.finder import lexicon_finder
from primacy.design.balance import balance
from primacy.design.orders import orders
from primacy.design.random_sentences import random_sentences
from primacy.design.sets import ObjectSets, all_sets, sample_sets
from primacy.design.size_category import size_category_design
from primacy.design.templates import Template, get_template
from primacy.design.text import TextDesign, TextTrials, gallery_texts
from primacy.design.vocabulary import Vocabulary, load_vocabulary
from primacy.encoders.battery import item_texts
from primacy.results.spec import AuditSpec
from primacy.stimuli.captions import (
    observed_captions,
    published_finder,
    read_coco_captions,
)


class Plan(NamedTuple):
    """The designs of an audit: one TOR cell for each number of objects and template (templates vary fastest), one
    TOC cell for each number of objects."""

    vocabulary: Vocabulary
    tor: tuple[TextTrials, ...]
    toc: tuple[TextTrials, ...]

    @property
    def cells(self) -> tuple[TextTrials, ...]:
        """All cells, TOR's first."""
        return (*self.tor, *self.toc)


def make_plan(spec: AuditSpec, token_counts: Callable[[list[str]], np.ndarray]) -> Plan:
    """Draw the designs; the same spec gives the same designs everywhere.

    Args:
        spec: what is asked for.
        token_counts: tokens of each of some names, by which the size-category design matches its targets.

    Raises:
        PrimacyError: vocabulary, template, orders or numbers cannot be had together.
    """
    vocabulary = load_vocabulary(spec.vocabulary)
    tor = [
        _tor(spec, vocabulary, get_template(name, n), token_counts)
        for n in spec.objects
        for name in spec.templates
        if "tor" in spec.probes
    ]
    toc = [_toc(spec, vocabulary, n) for n in spec.objects if "toc" in spec.probes]
    return Plan(vocabulary, tuple(tor), tuple(toc))


def _tor(
    spec: AuditSpec,
    vocabulary: Vocabulary,
    template: Template,
    token_counts: Callable[[list[str]], np.ndarray],
) -> TextTrials:
    n = template.n
    if spec.design == "captions":
        finder = published_finder if spec.protocol == "paper" else lexicon_finder
        captions = read_coco_captions(Path(spec.captions or ""))
        return observed_captions(captions, vocabulary, template, finder(vocabulary))
    if spec.design == "size-category":
        rng = identity.rng_stream(spec.seed, "size-category", f"n={n}")
        counts = token_counts(vocabulary.names)
        return size_category_design(vocabulary, template, int(spec.sets), counts, rng=rng)
    sets = all_sets(len(vocabulary), n) if spec.sets == "all" else _sample(spec, vocabulary, n, spec.sets)
    return TextDesign(vocabulary, sets, orders(spec.orders, n), template)


def _toc(spec: AuditSpec, vocabulary: Vocabulary, n: int) -> TextTrials:
    if spec.protocol == "paper":
        rng = identity.rng_stream(spec.seed, "published sentences", f"n={n}")
        return random_sentences(vocabulary, n, spec.sentences, get_template("plain-a", n), rng=rng)
    sets = _sample(spec, vocabulary, n, max(3, spec.sentences // n))
    return TextDesign(vocabulary, sets, orders("rotations", n), get_template(spec.templates[0], n))


def _sample(spec: AuditSpec, vocabulary: Vocabulary, n: int, k: int) -> ObjectSets:
    # One stream for both probes: the smaller sample is the beginning of the larger, so captions are shared.
    rng = identity.rng_stream(spec.seed, "sets", f"n={n}")
    return sample_sets(len(vocabulary), n, k, rng=rng, sort=spec.sort_sets)


def describe_plan(plan: Plan) -> list[dict[str, Any]]:
    """What `result.json` says of the designs: counts, an example and the balance of each cell."""
    rows = []
    for cell in plan.cells:
        probe = "tor" if any(cell is own for own in plan.tor) else "toc"
        row = {
            "probe": probe,
            "n_objects": cell.n_objects,
            "template": cell.template.name,
            "captions": len(cell),
            "clusters": cell.n_clusters,
            "example": cell.block(0, 1).texts[0],
        }
        if isinstance(cell, TextDesign):
            counted = balance(cell)
            row |= {"balance": counted.as_dict(), "balance_text": counted.describe()}
        rows.append(row)
    return rows


def stimuli_hash(spec: AuditSpec, plan: Plan) -> str:
    """sha256 over everything that is shown: names, sets, orders, templates, gallery."""
    return identity.fingerprint([plan.vocabulary.names, spec.gallery, [_cell_identity(cell) for cell in plan.cells]])


def _cell_identity(cell: TextTrials) -> list[Any]:
    shown: list[Any] = [cell.n_objects, cell.template.literals, cell.template.articles]
    if isinstance(cell, TextDesign):
        members = cell.sets.members
        return [*shown, "all" if members is None else _array_identity(members), cell.orders.tolist()]
    block = cell.block(0, len(cell))
    return [*shown, _array_identity(block.objects), identity.fingerprint(list(block.texts))]


def _array_identity(ids: np.ndarray) -> str:
    return identity.fingerprint(ids.tolist())


def count_words(names: list[str]) -> np.ndarray:
    """Words of each name, for encoders whose tokenizer cannot be asked; int64 (V,)."""
    return np.array([len(name.split()) for name in names])


def all_texts(spec: AuditSpec, plan: Plan) -> list[str]:
    """Every distinct text that the audit embeds (captions, galleries, single names), in a fixed order."""
    texts = dict.fromkeys(item_texts(plan.vocabulary))
    for cell in plan.tor:
        for row in gallery_texts(spec.gallery, plan.vocabulary, cell.template):
            texts |= dict.fromkeys(row)
    for cell in plan.cells:
        texts |= dict.fromkeys(cell.block(0, len(cell)).texts)
    return list(texts)
