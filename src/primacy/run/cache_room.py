"""Before a long run: is there room for the vectors that it will leave in the cache, and does the user know?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from primacy.encoders.base import Encoder
from primacy.encoders.store import EmbeddingStore
from primacy.errors import StoreError

LARGE = 2 * 10**9
"""Bytes; a smaller part of the cache is not worth a word."""


def check_room(cache: Path, captions: int, dim: int, kept: int, twins: Sequence[Callable[[], Encoder]]) -> str | None:
    """Compare what a run will write with what is free.

    Args:
        cache: the cache folder, which need not exist.
        captions: of the whole design.
        dim: numbers a vector, of float32.
        kept: vectors of the audited encoder that are in the cache already.
        twins: build the other encoders whose vectors are cached; only called where room is short, to see what the
            cache holds of them.

    Returns:
        What to tell the user, or None where it is less than `LARGE`.

    Raises:
        StoreError: it does not fit.
    """
    one = 4 * dim * captions
    coming = (1 + len(twins)) * one - 4 * dim * min(kept, captions)
    if coming <= LARGE:
        return None
    existing = next(folder for folder in (cache.absolute(), *cache.absolute().parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if coming > free:
        theirs = (len(EmbeddingStore.for_encoder(cache, build())) for build in twins)
        coming -= 4 * dim * sum(min(count, captions) for count in theirs)
    encoders = f"{1 + len(twins)} encoder{'s' if twins else ''}"
    counted = f"{captions:,} captions x {dim} x 4 bytes x {encoders}, less what is there already"
    if coming > free:
        raise StoreError(
            f"the vectors of this run take up to {_gigabytes(coming)} in {cache}, which has {_gigabytes(free)} free"
            f" ({counted})",
            hint="Free some disk space, choose another folder with --cache, lower --untrained, or give --no-cache.",
        )
    return (
        f"The vectors of this run take up to {_gigabytes(coming)} in {cache} ({counted})."
        " --no-cache keeps none, but then an interrupted run starts anew."
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
