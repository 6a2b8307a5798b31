"""Grounding DINO's prompts: "cat. dog. fire hydrant.", cut to what its text encoder takes, tokens known by category."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from primacy.errors import EncoderError, UsageError

_CLS, _SEP, _DOT = 101, 102, 1012
"""The ids of [CLS], [SEP] and "." that transformers' model separates phrases by, whatever the tokenizer says."""


class Prompt(NamedTuple):
    """`input_ids` of one prompt; `spans[i]`: first and last + 1 of the tokens that name `categories[i]`."""

    input_ids: tuple[int, ...]
    categories: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


class Prompts:
    """Prompts of the categories of a vocabulary, with no model: names in lower case, a full stop after each.

    Args:
        tokenizer: the model's own.
        names: of all categories.
        limit: tokens that a prompt may have, all told (Grounding DINO: 256).

    Raises:
        EncoderError: the tokenizer is not the one whose full stops the model knows.
        UsageError: a name has no token, or too many.
    """

    def __init__(self, tokenizer: Any, names: Sequence[str], limit: int) -> None:
        found = tuple(tokenizer.convert_tokens_to_ids(["[CLS]", "[SEP]", "."]))
        if found != (_CLS, _SEP, _DOT):
            raise EncoderError(
                f"the tokenizer has ids {found} for [CLS], [SEP] and '.', the model separates prompts by"
                f" {(_CLS, _SEP, _DOT)}",
                hint="Take the tokenizer files from the model's own repository (BERT, uncased).",
            )
        self._limit = limit
        self._tokens = [tuple(tokenizer(prompt_name(name), add_special_tokens=False)["input_ids"]) for name in names]
        for name, tokens in zip(names, self._tokens, strict=True):
            if not 1 <= len(tokens) <= limit - 3:
                raise UsageError(f"category {name!r} has {len(tokens)} tokens, a prompt takes 1 to {limit - 3}")

    def of(self, categories: Sequence[int]) -> list[Prompt]:
        """As few prompts as hold `categories` in their order."""
        groups: list[list[int]] = []
        room = 0
        for category in categories:
            need = len(self._tokens[category]) + 1
            if need > room:
                groups.append([])
                room = self._limit - 2
            groups[-1].append(category)
            room -= need
        return [self._prompt(group) for group in groups]

    def _prompt(self, categories: Sequence[int]) -> Prompt:
        ids, spans = [_CLS], []
        for category in categories:
            spans.append((len(ids), len(ids) + len(self._tokens[category])))
            ids += [*self._tokens[category], _DOT]
        return Prompt((*ids, _SEP), tuple(categories), tuple(spans))


def prompt_name(name: str) -> str:
    """A name as it stands in a prompt: lower case, without the signs (. and ?) that end a phrase."""
    return " ".join(re.sub(r"[.?]", " ", name.lower()).split())
