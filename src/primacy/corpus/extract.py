"""Extractors: what turns captions into mentions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from primacy.corpus.captions import CaptionBlock
from primacy.corpus.lexicon import Lexicon, load_lexicon
from primacy.corpus.matcher import Found, Matcher
from primacy.corpus.tables import MENTIONS
from primacy.design.vocabulary import BUILTIN, load_vocabulary
from primacy.errors import CorpusError, UnknownNameError, UsageError

_KNOWN = ("lexicon", "spacy:MODEL", "hf:MODEL")
_PART_ROWS = {"lexicon": 262_144, "spacy": 16_384, "hf": 1_024}


class Extractor(Protocol):
    """Finds mentions of `categories`; those with equal `fingerprint` find the same. No base class is needed."""

    name: str
    fingerprint: str
    categories: tuple[str, ...]

    def extract(self, block: CaptionBlock) -> pl.DataFrame:
        """A row of `tables.MENTIONS` for each caption of `block`, in order; the same however captions are blocked."""
        ...


@dataclass(frozen=True)
class ExtractorSpec:
    """Which extractor; it can be sent to a worker.

    `name`: lexicon, spacy:MODEL or hf:MODEL. `vocabulary`: a name, or a file. `additions`: the user's own words
    (docs/corpus.md). The others are of hf: models: the longest answer in tokens, captions at a time, the device.
    """

    name: str = "lexicon"
    vocabulary: str = "coco80"
    additions: Path | None = None
    max_new_tokens: int = 64
    batch_size: int = 16
    device: str = "auto"

    @property
    def kind(self) -> str:
        """lexicon, spacy or hf."""
        return self.name.partition(":")[0]

    @property
    def part_rows(self) -> int:
        """Captions that are written down at a time: some seconds of work of a lexicon, minutes of a model."""
        return _PART_ROWS[self.kind]

    def anywhere(self) -> ExtractorSpec:
        """The same for processes that work in other folders."""
        return replace(
            self,
            vocabulary=self.vocabulary if self.vocabulary in BUILTIN else str(Path(self.vocabulary).absolute()),
            additions=None if self.additions is None else self.additions.absolute(),
        )

    @property
    def gpus(self) -> int:
        """GPUs that it takes."""
        return int(self.kind == "hf" and self.device.startswith("cuda"))


def load_extractor(spec: ExtractorSpec) -> Extractor:
    """The extractor of `spec`.

    Raises:
        UnknownNameError: no such extractor or vocabulary.
        UsageError: a model's name is missing.
        PrimacyError: the lexicon or the model cannot be loaded.
    """
    kind, colon, model = spec.name.partition(":")
    if kind not in _PART_ROWS or (kind == "lexicon" and colon):
        raise UnknownNameError("extractor", spec.name, _KNOWN)
    if kind != "lexicon" and not model:
        example = {"spacy": "spacy:en_core_web_sm", "hf": "hf:Qwen/Qwen2.5-0.5B-Instruct"}[kind]
        raise UsageError(f"extractor {spec.name!r} names no model", hint=f"Give one, e.g. {example}.")
    lexicon = load_lexicon(load_vocabulary(spec.vocabulary), spec.additions)
    if kind == "spacy":
        from primacy.corpus.chunks import SpacyExtractor

        return SpacyExtractor(model, lexicon)
    if kind == "hf":
        from primacy.corpus.generation import GenerationExtractor

        return GenerationExtractor(
            model, lexicon, max_new_tokens=spec.max_new_tokens, batch_size=spec.batch_size, device=spec.device
        )
    return LexiconExtractor(lexicon)


_kept: dict[tuple[ExtractorSpec, str], Extractor] = {}


def keep(spec: ExtractorSpec, extractor: Extractor) -> None:
    """Have `kept` give this one in this process, instead of the one before."""
    _kept.clear()
    _kept[spec, extractor.fingerprint] = extractor


def kept(spec: ExtractorSpec, fingerprint: str) -> Extractor:
    """The extractor of `spec`, loaded once in this process, since models take long.

    Raises:
        CorpusError: it is not the one of `fingerprint`: another machine has other files under the same names.
        PrimacyError: as `load_extractor`.
    """
    if (spec, fingerprint) not in _kept:
        made = load_extractor(spec)
        if made.fingerprint != fingerprint:
            raise CorpusError(
                f"extractor {spec.name} is another one on this machine than where the command was given",
                hint="All machines need the same version of Primacy, of the model and of the vocabulary's files.",
            )
        keep(spec, made)
    return _kept[spec, fingerprint]


class LexiconExtractor:
    """Every category that a word of the lexicon names; it does not cut lists short, so nothing is censored."""

    name = "lexicon"

    def __init__(self, lexicon: Lexicon) -> None:
        self.fingerprint = lexicon.fingerprint
        self.categories = lexicon.categories
        self._matcher = Matcher(lexicon)

    def extract(self, block: CaptionBlock) -> pl.DataFrame:
        """A row of `tables.MENTIONS` for each caption of `block`, in order."""
        return mentions_frame(block, self._matcher.find(block.texts), self._matcher.lexicon)


def mentions_frame(
    block: CaptionBlock, found: Found, lexicon: Lexicon, *, censored: NDArray[np.bool_] | None = None
) -> pl.DataFrame:
    """Rows of `tables.MENTIONS`, one for each caption of `block`.

    Args:
        block: N captions.
        found: mentions in them; of each category the first counts.
        lexicon: what the mentions are of.
        censored: whose list is cut short, (N,); None is nobody's.
    """
    found = found.first()
    count = len(block.texts)
    ends = np.cumsum(np.bincount(found.caption, minlength=count))
    offsets = pa.array(np.concatenate([[0], ends]), pa.int64())

    def lists(values: pa.Array) -> pa.Array:
        return pa.LargeListArray.from_arrays(offsets, values)

    names = pa.array(lexicon.categories, pa.large_string())
    forms = pa.array([form.words for form in lexicon.forms], pa.large_string())
    columns = {
        "caption_id": block.caption_ids,
        "image_id": block.image_ids,
        "source": block.sources,
        "n_words": pa.array(found.n_words, pa.int32()),
        "censored": pa.array(np.zeros(count, dtype=bool) if censored is None else censored),
        "categories": lists(names.take(pa.array(found.category))),
        "words": lists(pa.array(found.word, pa.int32())),
        "surfaces": lists(forms.take(pa.array(found.form))),
    }
    return pl.DataFrame(pa.table(columns), schema=MENTIONS)
