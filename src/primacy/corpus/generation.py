"""Mentions from a language model that is asked to list a caption's objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from primacy.corpus.causal_lm import CausalLM
from primacy.corpus.extract import mentions_frame
from primacy.corpus.lexicon import Lexicon
from primacy.corpus.listing import mentions_of, parse_items
from primacy.corpus.matcher import Matcher
from primacy.errors import UsageError
from primacy.identity import fingerprint

if TYPE_CHECKING:
    from primacy.corpus.captions import CaptionBlock

INSTRUCTION = (
    "List the people, animals and things that the caption below names, in the order in which it names them and in its"
    " own words, with commas between them. Write the list and nothing else; write none if it names none.\n\n"
    "Caption: {caption}\nList:"
)


class GenerationExtractor:
    """Mentions that a causal language model lists, greedily decoded.

    Items that the caption's words do not hold are dropped as invented. Mentions are in the order of the caption, not
    of the list. A list that was stopped at the token limit is marked as censored, and its last item,
    which may be half of one, dropped: what it lacks was not left unmentioned by the caption.

    Attributes:
        name, fingerprint, categories: as `primacy.corpus.extract.Extractor` says.
        invented: items that were dropped so far.
    """

    def __init__(
        self, model: str, lexicon: Lexicon, *, max_new_tokens: int = 64, batch_size: int = 16, device: str = "auto"
    ) -> None:
        """Load a model.

        Args:
            model: of the Hugging Face hub (org/name, org/name@revision), or a local folder.
            lexicon: which words mention which category.
            max_new_tokens: longest list, in tokens.
            batch_size: captions at a time; no result depends on it but for rounding.
            device: auto, cpu, cuda, cuda:1 or mps.

        Raises:
            UsageError: a number below 1, or an unknown device.
            MissingExtraError: transformers is not installed.
            EncoderError: the model cannot be loaded (`primacy.corpus.causal_lm`).
        """
        if max_new_tokens < 1 or batch_size < 1:
            raise UsageError(f"{max_new_tokens} new tokens in batches of {batch_size}, expected at least 1 of each")
        self.name = f"hf:{model}"
        self.categories = lexicon.categories
        self.invented = 0
        self._matcher = Matcher(lexicon)
        self._model = CausalLM(model, max_new_tokens=max_new_tokens, batch_size=batch_size, device=device)
        self.fingerprint = fingerprint(
            {"model": self._model.identity, "instruction": INSTRUCTION, "lexicon": lexicon.fingerprint}
        )

    def extract(self, block: CaptionBlock) -> pl.DataFrame:
        """A row of `tables.MENTIONS` for each caption of `block`, in order."""
        captions = block.texts.to_pylist()
        answers = self._model.ask([INSTRUCTION.format(caption=caption) for caption in captions])
        items = [parse_items(answer.text, cut=not answer.ended) for answer in answers]
        listed = mentions_of(items, block.texts, self._matcher)
        self.invented += listed.invented
        censored = np.array([not answer.ended for answer in answers], dtype=bool)
        return mentions_frame(block, listed.found, self._matcher.lexicon, censored=censored)
