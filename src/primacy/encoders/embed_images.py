"""From pictures to vectors: each is decoded once and encoded once, and none is held longer than its turn takes.

Threads decode and prepare pictures while the tower computes. What waits between the two is bounded, so that memory does
not grow with the number of pictures beyond their vectors and some 200 bytes each.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from primacy.encoders._image_tower import ImagePace
from primacy.encoders._output import Output, Progress, check_store, no_progress
from primacy.encoders._workers import side_by_side
from primacy.encoders.base import Encoder, EncodesImages, PreparesImages, ReadsFacts, checked_vectors
from primacy.encoders.store import EmbeddingStore
from primacy.errors import DatasetError, EncoderError, PrimacyError, UsageError
from primacy.identity import image_key

if TYPE_CHECKING:
    from primacy.stimuli.images.base import PictureSource

FACTS_AT_A_TIME = 1024
"""Pictures a call of an encoder that is told what they show."""

_NOT_YET = object()
Item = TypeVar("Item")


def embed_images(
    encoder: Encoder,
    source: PictureSource,
    rows: Sequence[int] | np.ndarray,
    *,
    store: EmbeddingStore | None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Embed pictures of `source`, asking the encoder only for distinct ones that `store` does not hold.

    A picture is known by its decoded pixels (`primacy.identity.image_key`), not by its name. New vectors are put into
    the store a shard at a time as they come (see `_output`), and also when the encoder fails or the user interrupts, so
    that a second call goes on from there. Encoders that are told facts (`ReadsFacts`) get these, no pixels, and no
    store. Threads and batches change vectors by rounding at most; which pictures share a batch depends on `rows` and on
    what is kept, not on timing.

    Args:
        encoder: with `encode_image`, better with `prepare_image` and `encode_prepared`, or with `encode_pictures`.
        source: the pictures; its `image` is called from several threads.
        rows: which ones, in any order; repeated ones are decoded once.
        store: where vectors are kept (modality "image"); None encodes everything anew.
        progress: called with (distinct rows done, distinct rows in all).

    Returns:
        float32 (len(rows), dim). Without any row, dim is the store's, or 0 where that is not known.

    Raises:
        UsageError: a row is not a picture of `source`.
        EncoderError: the encoder takes no pictures, or returned something that is no embedding of them.
        DatasetError: a picture cannot be read.
        StoreError: the store is another encoder's, or cannot be read or written.
    """
    distinct, places = _distinct(rows, len(source.pictures))
    report = progress or no_progress
    if isinstance(encoder, ReadsFacts):
        return _told(encoder, source, distinct, report)[places]
    if not isinstance(encoder, EncodesImages):
        raise EncoderError(
            f"encoder {type(encoder).__name__} takes no pictures", hint="Image probes need one with encode_image."
        )
    if store is not None:
        check_store(store, encoder, "image")
    vectors = _Work(encoder, source, distinct, store, report).run()
    return vectors if len(distinct) == len(places) else vectors[places]


class _Looked(NamedTuple):
    """A picture that was decoded: its place among those asked for, its key, and what the tower takes of it."""

    place: int
    key: bytes
    prepared: Any


class _Work:
    """One call's way from rows to vectors. `look` and `complete` run in threads, all else in the caller's."""

    def __init__(
        self,
        encoder: EncodesImages,
        source: PictureSource,
        rows: np.ndarray,
        store: EmbeddingStore | None,
        report: Progress,
    ) -> None:
        self._source, self._rows, self._store, self._report = source, rows, store, report
        self._name = type(encoder).__name__
        self._prepare: Callable[[Any], Any] = encoder.prepare_image if isinstance(encoder, PreparesImages) else _as_is
        self._encode = encoder.encode_prepared if isinstance(encoder, PreparesImages) else encoder.encode_image
        self._pace: ImagePace = getattr(encoder, "image_pace", ImagePace())
        self._keys = np.zeros((len(rows), 32), dtype=np.uint8)
        self._out = Output(len(rows), self._keys, store)
        self._first: dict[bytes, int] = {}  # the first place of each content
        self._origin = np.arange(len(rows))
        self._expect_kept = store is not None and len(store) > 0
        self._done = self._dim = 0

    def run(self) -> np.ndarray:
        """float32 (len(rows), dim)."""
        pace = self._pace
        self._report(0, len(self._rows))
        with ExitStack() as stack:  # closes from the tower back to the files, whatever ends it
            looked = stack.enter_context(
                closing(side_by_side(self.look, range(len(self._rows)), pace.preparers, ahead=pace.batch))
            )
            missing = stack.enter_context(closing(self._missing(looked)))
            ready = stack.enter_context(closing(side_by_side(self.complete, missing, pace.preparers, ahead=pace.batch)))
            full = stack.enter_context(closing(_chunks(ready, pace.batch)))
            stack.callback(self._out.keep)
            for places, vectors in stack.enter_context(closing(self._encoded(full))):
                self._take(places, vectors)
        return self._out.copied(np.flatnonzero(self._origin != np.arange(len(self._rows))), self._origin)

    def _encoded(self, batches: Iterable[list[_Looked]]) -> Generator[tuple[np.ndarray, np.ndarray]]:
        towers = self._pace.towers
        if towers:  # one batch waits while each thread has one
            return side_by_side(self.encode, batches, towers, ahead=towers)
        return (self.encode(batch) for batch in batches)

    def look(self, place: int) -> _Looked:
        """Decode a picture; prepare it unless its vector seems to be known."""
        image, key = self._decoded(place)
        known = self._expect_kept or key in self._first
        return _Looked(place, key, _NOT_YET if known else self._prepared(place, image))

    def complete(self, looked: _Looked) -> _Looked:
        """Prepare what was taken for kept and is not."""
        if looked.prepared is not _NOT_YET:
            return looked
        image, key = self._decoded(looked.place)
        if key != looked.key:
            raise DatasetError(f"{self._named(looked.place)} has changed while it was read")
        return looked._replace(prepared=self._prepared(looked.place, image))

    def encode(self, batch: Sequence[_Looked]) -> tuple[np.ndarray, np.ndarray]:
        """Places and checked vectors of a batch."""
        vectors = checked_vectors(self._encode([one.prepared for one in batch]), len(batch), self._name, "pictures")
        return np.array([one.place for one in batch]), vectors

    def _missing(self, looked: Iterable[_Looked]) -> Generator[_Looked]:
        """Those that are the first of their content and not kept; the vectors of kept ones are filled in."""
        prepared_store = self._store is None
        for chunk in _chunks(looked, self._pace.batch):
            new = [one for one in chunk if self._is_first(one)]
            found = self._out.fetch(np.array([one.place for one in new], dtype=np.int64))
            if len(new) and self._store is not None:
                self._expect_kept = bool(found.all())
            self._advance(len(chunk) - int((~found).sum()))
            if not prepared_store and not found.all():
                self._store.prepare()  # type: ignore[union-attr]  # a store there is
                prepared_store = True
            yield from (one for one, kept in zip(new, found, strict=True) if not kept)

    def _is_first(self, one: _Looked) -> bool:
        self._keys[one.place] = np.frombuffer(one.key, dtype=np.uint8)
        self._origin[one.place] = self._first.setdefault(one.key, one.place)
        return self._origin[one.place] == one.place

    def _take(self, places: np.ndarray, vectors: np.ndarray) -> None:
        if self._dim not in (0, vectors.shape[1]):
            raise EncoderError(f"{self._name} returned vectors of dimension {self._dim}, then {vectors.shape[1]}")
        self._dim = vectors.shape[1]
        self._out.add(places, vectors)
        self._advance(len(places))

    def _advance(self, pictures: int) -> None:
        self._done += pictures
        self._report(self._done, len(self._rows))

    def _decoded(self, place: int) -> tuple[Any, bytes]:
        image = self._source.image(int(self._rows[place]))
        try:
            return image, image_key(image)
        except (OSError, ValueError, SyntaxError) as error:  # Pillow decodes only now what was opened lazily
            raise DatasetError(f"{self._named(place)} cannot be decoded ({error})") from error

    def _prepared(self, place: int, image: Any) -> Any:
        try:
            return self._prepare(image)
        except PrimacyError:
            raise
        except Exception as error:
            raise EncoderError(
                f"{self._name} cannot prepare {self._named(place)} of {image.width} x {image.height} pixels "
                f"({type(error).__name__}: {error})"
            ) from error

    def _named(self, place: int) -> str:
        return f"picture {self._source.pictures[int(self._rows[place])].picture_id!r} of {self._source.name!r}"


def _told(encoder: ReadsFacts, source: PictureSource, rows: np.ndarray, report: Progress) -> np.ndarray:
    """Vectors from facts alone, float32 (len(rows), dim)."""
    parts = []
    for start in range(0, len(rows), FACTS_AT_A_TIME):
        chunk = [source.pictures[row] for row in rows[start : start + FACTS_AT_A_TIME].tolist()]
        parts.append(checked_vectors(encoder.encode_pictures(chunk), len(chunk), type(encoder).__name__, "pictures"))
        report(start + len(chunk), len(rows))
    return np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)


def _distinct(rows: Sequence[int] | np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows in order of first occurrence, and for each row its place among these, both int64."""
    array = np.asarray(rows)
    if array.ndim != 1 or (len(array) and not np.issubdtype(array.dtype, np.integer)):
        raise UsageError(f"rows are {array.dtype} {array.shape}, expected integers (m,)")
    outside = (array < 0) | (array >= n)
    if outside.any():
        raise UsageError(f"row {array[np.argmax(outside)]} is not among the {n} pictures of the source")
    values, first, place = np.unique(array, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return values[order].astype(np.int64), rank[place]


def _chunks(items: Iterable[Item], size: int) -> Generator[list[Item]]:
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


def _as_is(image: Any) -> Any:
    return image
