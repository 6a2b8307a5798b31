"""The lexicon's mentions in the captions of an audit (`primacy.stimuli.captions`)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from primacy.corpus.lexicon import load_lexicon
from primacy.corpus.matcher import Matcher
from primacy.design.vocabulary import Vocabulary
from primacy.stimuli.captions import Finder


def lexicon_finder(vocabulary: Vocabulary) -> Finder:
    """Whole words, longest match first, plurals, synonyms and blocked compounds (docs/corpus-mentions.md)."""
    matcher = Matcher(load_lexicon(vocabulary))

    def find(texts: list[str]) -> list[list[int]]:
        # Lone surrogates, which JSON may hold, have no UTF-8.
        found = matcher.find(
            pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())
        ).first()
        ends = np.cumsum(np.bincount(found.caption, minlength=len(texts)))
        return [own.tolist() for own in np.split(found.category, ends)[:-1]]

    return find
