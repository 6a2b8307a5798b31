"""Hugging Face tokenizers: identity and counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from primacy.identity import fingerprint

_SLAB = 4096


def tokenizer_digest(tokenizer: Any) -> str:
    """Hex sha256 of what a transformers tokenizer does: its rules and vocabulary, not its current padding.

    The padding and truncation kept in a fast tokenizer are whatever the last call used, so they are left out.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    rules: Any = {"vocabulary": tokenizer.get_vocab()} if backend is None else json.loads(backend.to_str())
    rules.pop("padding", None)
    rules.pop("truncation", None)
    special = {key: str(value) for key, value in tokenizer.special_tokens_map.items()}
    return fingerprint(
        {
            "class": type(tokenizer).__name__,
            "rules": rules,
            "special": special,
            "side": tokenizer.padding_side,
        }
    )


def token_rows(tokenizer: Any, texts: Iterable[str], **settings: Any) -> Iterator[np.ndarray]:
    """Token ids of each text, int32; a slab of texts at a time, as a tokenizer's answer takes kilobytes a text."""
    strings = iter(texts)
    while slab := list(islice(strings, _SLAB)):
        for row in tokenizer(slab, verbose=False, **settings)["input_ids"]:
            yield np.asarray(row, dtype=np.int32)


def count_without_special(tokenizer: Any, texts: Iterable[str]) -> np.ndarray:
    """Tokens of each text, special tokens not counted and nothing cut: int64 (len(texts),)."""
    rows = token_rows(tokenizer, texts, add_special_tokens=False, truncation=False, padding=False)
    return np.fromiter((len(row) for row in rows), dtype=np.int64)
