"""Identity: canonical JSON, content hashes and named random streams.

Two things are the same for Primacy when their canonical JSON has the same sha256; nothing else (paths, batch
sizes, worker counts) may enter an identity.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL import Image


def canonical_json(value: Any) -> str:
    """Serialise `value` to the one JSON text that stands for it: sorted keys, no spaces, no NaN.

    Raises:
        ValueError: `value` holds NaN or an infinity.
        TypeError: `value` holds something that JSON has no form for.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(value: Any) -> str:
    """Hex sha256 (64 characters) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def text_key(text: str) -> bytes:
    """Key of a text in the embedding store: the sha256 (32 bytes) of its UTF-8 form.

    Lone surrogates are hashed as they stand, so that no Python string is without a key.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def image_key(image: Image.Image) -> bytes:
    """Key of a picture in the embedding store: the sha256 (32 bytes) of its size and its decoded RGB pixels.

    The file's name, format and metadata are no part of it.

    Raises:
        ValueError: the picture is not RGB.
    """
    if image.mode != "RGB":
        raise ValueError(f"a picture of mode {image.mode!r}, expected 'RGB'")
    digest = hashlib.sha256(f"RGB {image.width} {image.height}\n".encode())
    digest.update(image.tobytes())
    return digest.digest()


def file_digest(path: Path) -> str:
    """Hex sha256 of a file's bytes, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rng_stream(seed: int, *names: str) -> np.random.Generator:
    """A random stream of its own for each (seed, names): independent, and the same on every machine.

    Streams are keyed by name rather than spawned in sequence, so adding a consumer never shifts the draws of
    another one.
    """
    key = hashlib.sha256("/".join(names).encode()).digest()
    words = np.frombuffer(key[:16], dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(int(w) for w in words)))
