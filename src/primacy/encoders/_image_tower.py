"""The image side that the torch adapters share: prepared pictures in batches through the tower."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from primacy.encoders._torch import Placement, unit_rows
from primacy.encoders._workers import default_workers, side_by_side
from primacy.encoders.base import checked_vectors
from primacy.errors import EncoderError, first_line

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from primacy.encoders._image_transform import Framing, PatchFraming

Tower = Callable[[Any], "torch.Tensor"]


class ImagePace(NamedTuple):
    """How an image encoder is fed best; never part of a result beyond rounding.

    `batch` pictures a call, `towers` threads that may call it at once (0: the caller's alone), `preparers` threads that
    decode and prepare.
    """

    batch: int = 32
    towers: int = 0
    preparers: int = 2


def image_pace(device: torch.device) -> ImagePace:
    """The pace for `device`: small batches side by side on a CPU; on an accelerator large ones, and two threads, of
    which one stacks and copies while the other computes."""
    if device.type == "cpu":
        return ImagePace(16, default_workers(device), 2)
    return ImagePace(256, 2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2)


class ImageSide:
    """Pictures to unit-norm vectors with one tower.

    `prepare` turns one RGB picture into a tensor, or a dictionary of tensors, without a batch axis, and is safe to call
    from several threads. `tower` takes a batch of them and gives (n, dim).
    """

    def __init__(self, prepare: Callable[[Image.Image], Any], tower: Tower, place: Placement, source: str) -> None:
        self.prepare, self._tower, self._place, self._source = prepare, tower, place, source
        self.pace = image_pace(place.device)

    def encode(self, images: Sequence[Image.Image]) -> np.ndarray:
        """float32 (len(images), dim); a few batches of prepared pictures stand in memory at a time."""
        return self._encode(len(images), lambda at: [self.prepare(image) for image in images[at]])

    def encode_prepared(self, prepared: Sequence[Any]) -> np.ndarray:
        """float32 (len(prepared), dim)."""
        return self._encode(len(prepared), lambda at: prepared[at])

    def batch(self, prepared: Sequence[Any]) -> Any:
        """Prepared pictures stacked, on the tower's device and in its precision."""
        import torch

        if isinstance(prepared[0], dict):
            return {key: self._placed(torch.stack([one[key] for one in prepared])) for key in prepared[0]}
        return self._placed(torch.stack(list(prepared)))

    def _encode(self, n: int, prepared: Callable[[slice], Sequence[Any]]) -> np.ndarray:
        if n == 0:
            from PIL import Image

            return self.encode([Image.new("RGB", (8, 8))])[:0]
        size = self.pace.batch
        batches: Iterator[Sequence[Any]] = (prepared(slice(at, at + size)) for at in range(0, n, size))
        if n <= size:  # in the caller's thread, which may be one of several that do the same
            return self._run(next(batches))
        return np.concatenate(list(side_by_side(self._run, batches, max(self.pace.towers, 1))))

    def _run(self, prepared: Sequence[Any]) -> np.ndarray:
        import torch

        try:
            with torch.inference_mode():
                found = self._tower(self.batch(prepared)).float().cpu().numpy()
        except (RuntimeError, ValueError, AssertionError) as error:  # timm asserts
            raise EncoderError(
                f"{self._source}: the image tower refuses {len(prepared)} pictures ({first_line(error)})",
                hint="Does the preprocessing belong to this model, and does the batch fit into the device's memory?",
            ) from error
        return unit_rows(checked_vectors(found, len(prepared), self._source, "pictures"), self._source)

    def _placed(self, stacked: torch.Tensor) -> torch.Tensor:
        device = self._place.device
        if device.type == "cuda":  # the copy from pinned memory does not wait for what the tower is at
            stacked = stacked.pin_memory()
        dtype = self._place.dtype if stacked.is_floating_point() else stacked.dtype
        return stacked.to(device, non_blocking=device.type == "cuda").to(dtype)


class SeesImages(ABC):
    """The public image methods of an adapter; `images` does the work."""

    images: ImageSide

    @property
    def image_pace(self) -> ImagePace:
        """How `encode_prepared` is fed best."""
        return self.images.pace

    @property
    @abstractmethod
    def image_framing(self) -> Framing | PatchFraming:
        """How the transform frames a picture, for masks.

        Raises:
            EncoderError: it does something that has no such description.
        """

    def prepare_image(self, image: Image.Image) -> Any:
        """The encoder's own transform of one RGB picture; safe to call from several threads."""
        return self.images.prepare(image)

    def encode_prepared(self, prepared: Sequence[Any]) -> np.ndarray:
        """Unit-norm float32 (len(prepared), dim) of what `prepare_image` gave."""
        return self.images.encode_prepared(prepared)

    def encode_image(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Unit-norm float32 (len(images), dim) of RGB pictures of any size."""
        return self.images.encode(images)
