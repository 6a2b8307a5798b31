"""Public contract tests: run them on an encoder of your own.

    from primacy.testing import check_encoder
    report = check_encoder(my_encoder)

A violated contract raises `EncoderContractError`, which is an `AssertionError` as well, so that a test runner
shows it as a failed test; `violations` lists everything found, not only the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from primacy.encoders._contract import Side, check_side, compare, encoded
from primacy.encoders.base import CountsTokens, Described, EncodesImages, PreparesImages
from primacy.errors import EncoderError, ModelUnavailableError, UsageError
from primacy.identity import canonical_json

if TYPE_CHECKING:
    from PIL import Image

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
    `batch_error` is the largest difference between a text (or picture) encoded alone and among others, relative to the
    vector's length. `pictures` says whether it takes pictures as well.
    """

    dimension: int
    unit_norm: bool
    batch_error: float
    pictures: bool


def check_encoder(encoder: Any, *, texts: Sequence[str] | None = None, tolerance: float = TOLERANCE) -> EncoderReport:
    """Check an encoder against the contract of `primacy.encoders.base.Encoder`.

    Shape (n, dim), dtype float32, finite values; the same texts twice give identical arrays; a text's vector
    does not depend on its batch, on the order or on duplicates; an empty list gives (0, dim); the fingerprint
    is a non-empty string that does not change; the input list is left alone; `identity` and `count_tokens`,
    where they exist, have their form. The same is asked of `encode_image`, where it exists, with small pictures of many
    shapes; vectors of both sides have one dimension, and `encode_prepared` gives those of `encode_image`. An encoder
    whose image side says that files are missing (`ModelUnavailableError`) is checked as one of texts.

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
    side = Side(getattr(encoder, "encode_text", _absent), "encode_text", "texts", chosen, [_short(t) for t in chosen])
    base, error = check_side(side, tolerance, found)
    found += _optional_violations(encoder, chosen)
    pictures = isinstance(encoder, EncodesImages) and _takes_pictures(encoder)
    if pictures:
        error = max(error, _picture_violations(encoder, base, tolerance, found))
    if getattr(encoder, "fingerprint", None) != first_fingerprint:
        found.append("fingerprint: differs from one reading to the next")
    if found or base is None:
        raise EncoderContractError(found)
    norms = np.linalg.norm(base.astype(np.float64), axis=1)
    return EncoderReport(base.shape[1], bool(np.abs(norms - 1).max() < 1e-4), error, pictures)


def hostile_pictures() -> list[Image.Image]:
    """Small RGB pictures of many shapes: noise, plain black and white, one pixel, tall and wide ones."""
    from PIL import Image

    rng = np.random.default_rng(0)
    shapes = [(32, 32), (48, 64), (64, 40), (9, 70), (60, 7), (300, 200), (1, 1)]
    noise = [Image.fromarray(rng.integers(0, 256, (*shape, 3), dtype=np.uint8)) for shape in shapes]
    return [*noise, Image.new("RGB", (50, 50)), Image.new("RGB", (33, 50), "white")]


def _takes_pictures(encoder: EncodesImages) -> bool:
    try:
        encoder.encode_image(hostile_pictures()[:1])
    except ModelUnavailableError:
        return False
    except Exception:  # said in full by the check itself
        return True
    return True


def _picture_violations(encoder: Any, texts: np.ndarray | None, tolerance: float, found: list[str]) -> float:
    inputs = hostile_pictures()
    names = [f"picture {i} of {image.width} x {image.height}" for i, image in enumerate(inputs)]
    side = Side(encoder.encode_image, "encode_image", "pictures", inputs, names)
    base, error = check_side(side, tolerance, found)
    if base is None:
        return 0.0
    if texts is not None and texts.shape[1] != base.shape[1]:
        found.append(f"encode_image: dimension {base.shape[1]}, encode_text gives {texts.shape[1]}")
    if isinstance(encoder, PreparesImages):
        prepared = side._replace(
            call=lambda images: encoder.encode_prepared([encoder.prepare_image(i) for i in images])
        )
        apart = encoded(prepared, "encode_prepared", found)
        if apart is not None:
            compare(apart, base, names, tolerance, "encode_prepared and encode_image", found)
    return error


def _absent(texts: list[str]) -> Any:
    raise AttributeError("there is no such method")


def _fingerprint_violations(encoder: Any) -> list[str]:
    own = getattr(encoder, "fingerprint", None)
    if not isinstance(own, str) or not own:
        return [f"fingerprint: {own!r}, expected a non-empty string"]
    return []


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
