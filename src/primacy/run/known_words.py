"""Whether the encoder knows the words that a run shows it, where it can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from primacy.design.captions import TemplatedCaptions
from primacy.design.matching import MatchingDesign
from primacy.design.matching_block import captions_of
from primacy.design.removal import RemovalDesign
from primacy.design.text import TextTrials, gallery_texts
from primacy.encoders.base import Encoder, KnowsItsWords
from primacy.encoders.battery import CROSS_MODAL, item_texts
from primacy.results.record import Check
from primacy.results.spec import AuditSpec
from primacy.run.image.plan import ImageGroup, ImagePlan
from primacy.run.plan import Plan

_SHOWN = 12


def known_words(encoder: Encoder, spec: AuditSpec, plan: Plan, images: ImagePlan) -> list[Check]:
    """One check; none of an encoder that has no list of words, or of a run that shows it no text."""
    if not isinstance(encoder, KnowsItsWords):
        return []
    texts = [*_of_texts(spec, plan), *chain.from_iterable(map(_of_pictures, images.groups))]
    if not texts:
        return []
    unknown = sorted(encoder.unknown_words(chain.from_iterable(texts)), key=lambda word: (not word.isalpha(), word))
    if not unknown:
        return [Check(name="known words", status="ok", message="The encoder knows every word that it was shown.")]
    shown = ", ".join(unknown[:_SHOWN]) + (", ..." if len(unknown) > _SHOWN else "")
    message = f"{len(unknown):,} words are not known to the encoder, which cannot tell them apart: {shown}."
    return [Check(name="known words", status="warning", message=message)]


def _of_texts(spec: AuditSpec, plan: Plan) -> Iterator[Sequence[str]]:
    """Texts that hold all words of the probes of texts."""
    if plan.cells:
        yield item_texts(plan.vocabulary)
    for cell in plan.tor:
        yield from gallery_texts(spec.gallery, plan.vocabulary, cell.template)
    yield from map(_wording, plan.cells)


def _of_pictures(group: ImageGroup) -> Iterator[Sequence[str]]:
    """Texts that hold all words of the probes of pictures and texts together."""
    if group.probes & CROSS_MODAL:
        yield from group.prompts
    yield from map(_wording, group.captions)
    for cell in group.cells:
        designs: list[MatchingDesign | RemovalDesign] = [*cell.matching.values(), *cell.removal.values()]
        for design in designs:
            yield _wording(captions_of(design.vocabulary, design.template))


def _wording(trials: TextTrials) -> Sequence[str]:
    """Texts that hold all words of some captions: of templated ones, of which there may be millions, one a category."""
    first = trials.block(0, 1).texts
    if not isinstance(first, TemplatedCaptions):
        return trials.block(0, len(trials)).texts
    slots, categories = len(first.surfaces), len(first.surfaces[0])
    return TemplatedCaptions(first.literals, first.surfaces, np.tile(np.arange(categories)[:, None], slots))
