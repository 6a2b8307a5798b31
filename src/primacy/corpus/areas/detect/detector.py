"""What a detector is: it finds categories of a vocabulary in images, as boxes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from primacy.errors import EncoderError

if TYPE_CHECKING:
    import torch
    from PIL import Image


class Detections(NamedTuple):
    """k boxes in one image: `boxes` float64 (k, 4), left, top, right, bottom in fractions of its width and height,
    inside it and not empty; `scores` float64 (k,); `categories` int64 (k,), indices into the vocabulary."""

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    categories: NDArray[np.int64]


class Prepared(NamedTuple):
    """An image as a detector takes it: `tensors` without a batch axis, and its own `width` and `height` in pixels."""

    tensors: Mapping[str, torch.Tensor]
    width: int
    height: int

    @property
    def shape(self) -> Hashable:
        """Equal for images that can be stacked without padding."""
        return tuple((name, tuple(tensor.shape)) for name, tensor in sorted(self.tensors.items()))


class Detector(Protocol):
    """Finds categories in images."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """JSON-able: everything that shapes what is found. Not the device, not the size of batches."""
        ...

    @property
    def categories(self) -> tuple[int, ...]:
        """The categories that it can find, ascending."""
        ...

    @property
    def prompted(self) -> bool:
        """Whether it looks for what it is asked for, so that `asked` matters."""
        ...

    def prepare(self, image: Image.Image) -> Prepared:
        """Its own transform of one RGB image; the aspect ratio is the processor's affair, boxes are fractions. Safe to
        call from several threads.

        Raises:
            DatasetError: the image has a shape that cannot be transformed.
        """
        ...

    def batch_key(self, image: Prepared, asked: tuple[int, ...]) -> Hashable:
        """Images of one key can go through the model together without padding."""
        ...

    def detect(self, images: Sequence[Prepared], asked: Sequence[tuple[int, ...]]) -> list[Detections]:
        """What is in `images`, all of one key; of `asked[i]`, ascending, in image i where it can be asked."""
        ...


def stacked(images: Sequence[Prepared], device: torch.device) -> dict[str, torch.Tensor]:
    """One batch of images of one shape."""
    import torch

    names = images[0].tensors
    return {name: torch.stack([image.tensors[name] for image in images]).to(device) for name in names}


def detections(boxes: torch.Tensor, scores: torch.Tensor, categories: torch.Tensor, source: str) -> Detections:
    """Detections of one image; boxes are cut at its edges, and those that then are empty fall away.

    Args:
        boxes: (k, 4) left, top, right, bottom in fractions of the image, which they may leave.
        scores: (k,).
        categories: (k,).
        source: the detector, for the error.

    Raises:
        EncoderError: a box or score is not finite.
    """
    edges, marks = boxes.cpu().double().numpy(), scores.cpu().double().numpy()
    if not (np.isfinite(edges).all() and np.isfinite(marks).all()):
        raise EncoderError(
            f"{source}: boxes or scores are NaN or infinite", hint="Try --precision fp32; else the weights are broken."
        )
    edges = np.clip(edges, 0.0, 1.0)
    keep = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
    return Detections(edges[keep], marks[keep], categories.cpu().numpy().astype(np.int64)[keep])


def corners(boxes: torch.Tensor) -> torch.Tensor:
    """Left, top, right, bottom (..., 4) of boxes given as centre x, centre y, width, height."""
    import torch

    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([centre - half, centre + half], dim=-1)
