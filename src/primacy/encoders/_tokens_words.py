"""Token ids word by word: open_clip's `SimpleTokenizer`, each word encoded once.

Why the ids of a plain text are those of its words one after another. A text is plain when it holds nothing but
printable ASCII without "&" and the white space tab, line feed, form feed and carriage return.

1. Cleaning (`_clean_lower`: ftfy.fix_text, html.unescape twice, white space to single blanks, lower case) does nothing
   to a plain text but lower it and collapse its white space. Entities begin with "&". ftfy's repair of encodings
   leaves ASCII alone; its ligatures, widths, curly quotes, C1 controls, surrogates and NFC concern other characters
   only; terminal escapes and the control characters that it deletes are not plain; of line breaks it turns a carriage
   return into a line feed, white space for white space. (Deleted characters and entities are why a text that is not
   plain cannot be cleaned word by word: "a\\x1cb" is one word.)
2. The pattern that cuts a text into tokens (`_PATTERN`) has no alternative that matches white space and looks neither
   ahead nor behind. So matching begins anew at every word, whatever stands before it.
3. Merging (`bpe`) sees one such token at a time.

Everything else goes to the tokenizer itself, and so does everything when the tokenizer is not the one argued about.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from primacy.encoders._tokens_rows import padded, stacked, without_padding

_PLAIN = re.compile(r"[ -%'-~\t\n\f\r]*")
_PATTERN = (
    r"<start_of_text>|<end_of_text>"
    r"|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
_WORDS = 200_000  # remembered before starting over: tens of megabytes
_LONGEST = 100  # characters of a word worth remembering
_BREAK = "\0"  # stands between texts; as a word of a text it would not be plain
_NOT_PLAIN_TEXT = "&"
_START, _NOT_PLAIN = -1, -2  # no token ids


def is_plain(text: str) -> bool:
    """Whether the ids of `text` are those of its words one after another (see the module's docstring)."""
    return _PLAIN.fullmatch(text) is not None


def reads_word_by_word(tokenizer: Any) -> bool:
    """Whether `tokenizer` is the one that the module's docstring argues about."""
    module = sys.modules.get("open_clip.tokenizer")  # not loaded: nobody can have made one of its tokenizers
    return (
        module is not None
        and type(tokenizer) is module.SimpleTokenizer
        and tokenizer.clean_fn is module.get_clean_fn("lower")
        and tokenizer.reduction_fn is None
        and tokenizer.pat.pattern == _PATTERN
        and bool(tokenizer.context_length)
    )


class Words:
    """Ids of texts from the remembered ids of their words, for a tokenizer that `reads_word_by_word`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.start, self.end, self.context = tokenizer.sot_token_id, tokenizer.eot_token_id, tokenizer.context_length
        self._memo = _Memo(tokenizer.encode, _bytes([self.end, _START]))

    def ids(self, text: str) -> bytes:
        """int32 ids of a plain text without start and end, as bytes."""
        return b"".join(map(self._memo.__getitem__, text.split(" ")))

    def rows(self, texts: list[str]) -> np.ndarray:
        """What the tokenizer gives for `texts` (any, at least one), int32 (n, longest row in use)."""
        self._memo.bound()
        text = _joined(texts)
        if text.count(_BREAK) != len(texts) + 1:
            text = _joined([_NOT_PLAIN_TEXT if _BREAK in text else text for text in texts])
        # All the work per word happens inside split, map and join: end and start of text, then the text's words, ...
        pieces = bytearray().join(map(self._memo.__getitem__, text.split(" ")))
        stream = np.frombuffer(pieces, dtype=np.int32)[1:-1]
        starts = np.flatnonzero(stream == _START)
        hard = np.unique(np.searchsorted(starts, np.flatnonzero(stream == _NOT_PLAIN), side="right") - 1)
        stream[starts] = self.start
        rows = padded(stream, np.diff(starts, append=len(stream)), self.context, self.end)
        return self._with_hard(rows, texts, hard) if len(hard) else rows

    def _with_hard(self, rows: np.ndarray, texts: list[str], hard: np.ndarray) -> np.ndarray:
        """`rows` with those of the texts that are not plain from the tokenizer itself."""
        own = np.asarray(self._tokenizer([texts[row] for row in hard]), dtype=np.int32)
        rows = stacked([rows, own])  # as wide as the context
        rows[hard] = rows[len(texts) :]
        return without_padding(rows[: len(texts)])


class _Memo(dict[str, bytes]):
    """Word -> its int32 ids as bytes. Words are what blanks part: they may hold other white space, or nothing."""

    def __init__(self, encode: Callable[[str], list[int]], between: bytes) -> None:
        super().__init__()
        self._encode, self._between = encode, between
        self[_BREAK] = between

    def __missing__(self, word: str) -> bytes:
        if not is_plain(word):
            return _bytes([_NOT_PLAIN])
        ids = _bytes(self._encode(word))
        if len(word) <= _LONGEST:
            self[word] = ids
        return ids

    def bound(self) -> None:
        """Start over when there are too many words."""
        if len(self) > _WORDS:
            self.clear()
            self[_BREAK] = self._between


def _joined(texts: list[str]) -> str:
    return f" {_BREAK} ".join(["", *texts, ""])


def _bytes(ids: list[int]) -> bytes:
    return np.array(ids, dtype=np.int32).tobytes()
