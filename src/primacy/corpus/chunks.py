"""Mentions from noun chunks: a spaCy pipeline says which words are the heads of names."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from primacy.corpus.extract import mentions_frame
from primacy.corpus.lexicon import Lexicon
from primacy.corpus.matcher import Found, Matcher
from primacy.encoders._names import require
from primacy.errors import EncoderError, ModelUnavailableError, first_line
from primacy.identity import file_digest, fingerprint

if TYPE_CHECKING:
    from primacy.corpus.captions import CaptionBlock

_UNUSED = ("ner", "lemmatizer", "trainable_lemmatizer", "textcat", "textcat_multilabel", "entity_linker", "senter")
_BATCH = 256
_PARSER_HINT = "Give one with a tagger and a parser, e.g. en_core_web_sm (python -m spacy download en_core_web_sm)."


class SpacyExtractor:
    """The lexicon's mentions that hold the root of a noun chunk.

    So "a man in an orange shirt" mentions no orange. As parsers err, and a possessor ("a man's hat") is no root, some
    that the lexicon alone finds are lost. Captions longer than the pipeline takes (a million characters) are marked as
    censored.
    """

    def __init__(self, model: str, lexicon: Lexicon) -> None:
        """Load a pipeline.

        Args:
            model: an installed spaCy package, or a folder.
            lexicon: which words mention which category.

        Raises:
            MissingExtraError: spaCy is not installed.
            ModelUnavailableError: the pipeline is not installed, or cannot be read.
            EncoderError: it finds no noun chunks.
        """
        spacy = require("spacy", "spacy", "spacy")
        self.name = f"spacy:{model}"
        self.categories = lexicon.categories
        self._matcher = Matcher(lexicon)
        self._pipeline = _loaded(spacy, model)
        self.fingerprint = fingerprint(
            {
                "pipeline": {key: self._pipeline.meta.get(key) for key in ("lang", "name", "version")},
                "files": _digest(self._pipeline.path),
                "library": f"spacy {spacy.__version__}",
                "unused": _UNUSED,
                "lexicon": lexicon.fingerprint,
            }
        )

    def extract(self, block: CaptionBlock) -> pl.DataFrame:
        """A row of `tables.MENTIONS` for each caption of `block`, in order."""
        texts = block.texts.to_pylist()
        long = np.array([len(text) > self._pipeline.max_length for text in texts], dtype=bool)
        read = ["" if skip else text for text, skip in zip(texts, long, strict=True)]
        roots = [_roots(doc) for doc in self._pipeline.pipe(read, batch_size=_BATCH)]
        found = self._matcher.find(block.texts)
        found = found.where(_holds_root(found, roots))
        return mentions_frame(block, found, self._matcher.lexicon, censored=long)


def _holds_root(found: Found, roots: list[list[tuple[int, int]]]) -> NDArray[np.bool_]:
    """Whether each mention holds a root; `roots`: of each caption, first byte and the one after the last."""
    spans = (found.caption.tolist(), found.start.tolist(), found.stop.tolist())
    held = (
        any(start <= a and b <= stop for a, b in roots[caption]) for caption, start, stop in zip(*spans, strict=True)
    )
    return np.fromiter(held, dtype=bool, count=len(found.caption))


def _roots(doc: Any) -> list[tuple[int, int]]:
    """Bytes of the roots of the noun chunks."""
    text = doc.text
    spans = [(chunk.root.idx, chunk.root.idx + len(chunk.root)) for chunk in doc.noun_chunks]
    if text.isascii():
        return spans
    return [(len(text[:start].encode()), len(text[:stop].encode())) for start, stop in spans]


def _loaded(spacy: Any, model: str) -> Any:
    try:
        pipeline = spacy.load(model, exclude=_UNUSED)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ModelUnavailableError(
            f"spaCy cannot load the pipeline {model!r} ({first_line(error)})",
            hint=f"Install it (python -m spacy download {model}), or give the folder of one.",
        ) from error
    try:
        list(pipeline("A dog sits on a chair.").noun_chunks)
    except (ValueError, NotImplementedError) as error:  # E029, E894
        raise EncoderError(
            f"the spaCy pipeline {model!r} finds no noun chunks: no parser", hint=_PARSER_HINT
        ) from error
    return pipeline


def _digest(folder: Path) -> str:
    """Hex sha256 over the names and bytes of a pipeline's files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    names = "\n".join(f"{path.relative_to(folder).as_posix()} {file_digest(path)}" for path in files)
    return hashlib.sha256(names.encode()).hexdigest()
