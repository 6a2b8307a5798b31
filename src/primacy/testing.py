"""Public contract tests: run them on an encoder of your own.

    from primacy.testing import check_encoder
    report = check_encoder(my_encoder)

A violated contract raises `EncoderContractError`, which is an `AssertionError` as well, so that a test runner
shows it as a failed test; `violations` lists everything found, not only the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from primacy.encoders.base import CountsTokens, Described
from primacy.errors import EncoderError, UsageError
from primacy.identity import canonical_json

TOLERANCE = 1e-5
HOSTILE_TEXTS = (
    "a dog",
    "a dog and a cat",
    "a cat and a dog",
    "dog",
    "DOG",
    "",
    "   ",
    "naïve café, 日本語 und Ελληνικά",
    "a \U0001f436 and a \U0001f468‍\U0001f469‍\U0001f467",
    "combining: e\u0301, right to left: \u05e9\u05dc\u05d5\u05dd",
    "<|endoftext|> a dog <end_of_text> </s> [SEP] a cat",
    "line\nbreak\ttab",
    "a horse and a bicycle and a bowl of soup " * 40,
)


class EncoderContractError(EncoderError, AssertionError):
    """An encoder breaks its contract; `violations` says how, one line each."""

    def __init__(self, violations: Sequence[str]) -> None:
        """Keep `violations` and put them into the message."""
        self.violations = tuple(violations)
        listed = "; ".join(self.violations)
        super().__init__(
            f"the encoder breaks its contract in {len(self.violations)} ways: {listed}",
            hint="The contract is stated in primacy.encoders.base.Encoder.",
        )


class EncoderReport(NamedTuple):
    """What `check_encoder` saw of an encoder that keeps the contract.

    `unit_norm` states whether all vectors have length 1 (within 1e-4); that is allowed either way.
    `batch_error` is the largest difference between a text encoded alone and among others, relative to the
    vector's length.
    """

    dimension: int
    unit_norm: bool
    batch_error: float


def check_encoder(encoder: Any, *, texts: Sequence[str] | None = None, tolerance: float = TOLERANCE) -> EncoderReport:
    """Check an encoder against the contract of `primacy.encoders.base.Encoder`.

    Shape (n, dim), dtype float32, finite values; the same texts twice give identical arrays; a text's vector
    does not depend on its batch, on the order or on duplicates; an empty list gives (0, dim); the fingerprint
    is a non-empty string that does not change; the input list is left alone; `identity` and `count_tokens`,
    where they exist, have their form.

    Args:
        encoder: the object to check.
        texts: what to encode, at least two different ones; by default a list with empty, long, multilingual
            and token-like texts. Give your own for an encoder that knows only certain texts.
        tolerance: largest allowed difference between batches, relative to the vector's length. 1e-5 suits
            fp32; 16-bit precisions need about 1e-2.

    Raises:
        EncoderContractError: listing every violation found.
        UsageError: `texts` holds fewer than two different ones.
    """
    chosen = list(HOSTILE_TEXTS if texts is None else texts)
    if len(set(chosen)) < 2:
        raise UsageError("check_encoder needs at least two different texts")
    first_fingerprint = getattr(encoder, "fingerprint", None)
    found = _fingerprint_violations(encoder)
    base = _encoded(encoder, chosen, "encode_text", found)
    error = 0.0
    if base is not None:
        error = _batch_violations(encoder, chosen, base, tolerance, found)
        _edge_violations(encoder, chosen, base, tolerance, found)
    found += _optional_violations(encoder, chosen)
    if getattr(encoder, "fingerprint", None) != first_fingerprint:
        found.append("fingerprint: differs from one reading to the next")
    if found or base is None:
        raise EncoderContractError(found)
    norms = np.linalg.norm(base.astype(np.float64), axis=1)
    return EncoderReport(base.shape[1], bool(np.abs(norms - 1).max() < 1e-4), error)


def _fingerprint_violations(encoder: Any) -> list[str]:
    own = getattr(encoder, "fingerprint", None)
    if not isinstance(own, str) or not own:
        return [f"fingerprint: {own!r}, expected a non-empty string"]
    return []


def _encoded(encoder: Any, texts: list[str], what: str, found: list[str]) -> np.ndarray | None:
    """The array for `texts`, or None after adding what is wrong with it to `found`."""
    given = list(texts)
    try:
        array = encoder.encode_text(given)
    except Exception as error:
        found.append(f"{what}: raises {type(error).__name__}: {error}")
        return None
    if given != texts:
        found.append(f"{what}: changes the list that it is given")
    if not isinstance(array, np.ndarray):
        found.append(f"{what}: returns {type(array).__name__}, expected a numpy array")
    elif array.ndim != 2 or len(array) != len(texts) or array.shape[1] == 0:
        found.append(f"{what}: shape {array.shape} for {len(texts)} texts, expected ({len(texts)}, dim)")
    elif array.dtype != np.float32:
        found.append(f"{what}: dtype {array.dtype}, expected float32")
    elif not np.isfinite(array).all():
        bad = texts[int(np.argmin(np.isfinite(array).all(axis=1)))]
        found.append(f"{what}: NaN or infinity, first for {_short(bad)}")
    else:
        return array.copy()
    return None


def _batch_violations(encoder: Any, texts: list[str], base: np.ndarray, tolerance: float, found: list[str]) -> float:
    again = _encoded(encoder, texts, "second call", found)
    if again is not None and not np.array_equal(again, base):
        found.append("determinism: the same texts twice give different arrays")
    rows = [_encoded(encoder, [text], f"{_short(text)} alone", found) for text in texts]
    alone = [row for row in rows if row is not None]
    error = 0.0
    if len(alone) == len(texts):
        error = _compare(np.concatenate(alone), base, texts, tolerance, "batch size: alone and among others", found)
    turned = _encoded(encoder, texts[::-1], "reversed order", found)
    if turned is not None:
        _compare(turned[::-1], base, texts, tolerance, "order: reversed", found)
    return error


def _edge_violations(encoder: Any, texts: list[str], base: np.ndarray, tolerance: float, found: list[str]) -> None:
    empty = _encoded(encoder, [], "empty list", found)
    if empty is not None and empty.shape != (0, base.shape[1]):
        found.append(f"empty list: shape {empty.shape}, expected (0, {base.shape[1]})")
    order = [0, len(texts) - 1, 0, 0]
    doubled = [texts[i] for i in order]
    twice = _encoded(encoder, doubled, "duplicates", found)
    if twice is not None:
        _compare(twice, base[order], doubled, tolerance, "duplicates", found)


def _compare(
    seen: np.ndarray, expected: np.ndarray, texts: list[str], tolerance: float, what: str, found: list[str]
) -> float:
    if seen.shape != expected.shape:
        found.append(f"{what}: dimension {seen.shape[1:]} instead of {expected.shape[1:]}")
        return float("nan")
    length = np.maximum(np.linalg.norm(expected, axis=1), np.finfo(np.float32).tiny)
    error = np.linalg.norm(seen - expected, axis=1) / length
    worst = int(error.argmax())
    if error[worst] > tolerance:
        found.append(
            f"{what}: vectors differ by {error[worst]:.1e} (allowed {tolerance:.0e}), most for {_short(texts[worst])}"
        )
    return float(error[worst])


def _optional_violations(encoder: Any, texts: list[str]) -> list[str]:
    found = []
    if isinstance(encoder, Described):
        try:
            canonical_json(dict(encoder.identity))
        except (TypeError, ValueError) as error:
            found.append(f"identity: not JSON-able ({error})")
    if isinstance(encoder, CountsTokens):
        counts = np.asarray(encoder.count_tokens(texts))
        if counts.shape != (len(texts),) or counts.dtype != np.int64 or (counts < 0).any():
            found.append(f"count_tokens: {counts.dtype} {counts.shape}, expected int64 ({len(texts)},), none negative")
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
