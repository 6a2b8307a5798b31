"""How an encoder's transform frames a picture: which part of it reaches the tower, and where each pixel goes.

The transforms themselves are the libraries' own. What is here says the same geometry once more for masks, which must
land on the tower's pixels exactly where the picture does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from primacy.errors import EncoderError

FramingMode = Literal["shortest", "squash", "longest"]


@dataclass(frozen=True)
class Framing:
    """Geometry of a transform.

    `size` is (height, width) of what the tower gets, in pixels. `mode` is open_clip's word for the way there:
    "shortest" scales until the picture just covers the size and crops the middle, "longest" scales until it just fits
    and pads around it, "squash" stretches each side by itself. `edge`, for "shortest", is the scaled length of the
    shorter side, where that is not what just covers the size. `floor` crops from the rounded-down offset, as
    transformers does; torchvision rounds half to even.
    """

    size: tuple[int, int]
    mode: FramingMode = "shortest"
    floor: bool = False
    edge: int | None = None

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) to which a picture is scaled before it is cropped or padded."""
        tall, wide = self.size
        if self.mode == "squash":
            return self.size
        edge = self.edge or (tall if tall == wide else None)
        if self.mode == "shortest" and edge is not None:  # Resize of one number rounds down, in both libraries
            return (int(edge * height / width), edge) if width <= height else (edge, int(edge * width / height))
        ratio = (max if self.mode == "longest" else min)(height / tall, width / wide)
        return round(height / ratio), round(width / ratio)

    def frame_mask(self, mask: np.ndarray, n: int) -> np.ndarray:
        """How much of each of the tower's pixels each object takes.

        Args:
            mask: uint8 (H, W), 0 ground, k the seen pixels of object k, from 1.
            n: number of objects.

        Returns:
            float32 (n, h, w) in [0, 1]: the share of the pixel's square, carried back onto the picture, that object
            k + 1 covers; 0 where the transform has padded.

        Raises:
            EncoderError: the mask is not two-dimensional, or empty.
        """
        if mask.ndim != 2 or not mask.size:
            raise EncoderError(f"a mask of shape {mask.shape}, expected (height, width)")
        rows, columns = (self._overlaps(mask.shape, axis) for axis in (0, 1))
        objects = (mask[None] == np.arange(1, n + 1)[:, None, None]).astype(np.float32)
        return np.clip(rows @ objects @ columns.T, 0, 1)

    def _overlaps(self, shape: tuple[int, ...], axis: int) -> np.ndarray:
        """Share of each of the tower's lines along `axis` that lies on each line of the picture, float32 (out, in)."""
        lines, scaled, kept = shape[axis], self.resized(shape[0], shape[1])[axis], self.size[axis]
        places = self._offset(scaled, kept) + np.arange(kept)
        edges = np.arange(scaled + 1) * (lines / scaled)
        out = np.zeros((kept, lines), dtype=np.float32)
        inside = (places >= 0) & (places < scaled)
        low, high = edges[places[inside], None], edges[places[inside] + 1, None]
        pixel = np.arange(lines)
        overlap = np.minimum(high, pixel + 1) - np.maximum(low, pixel)
        out[inside] = np.clip(overlap, 0, None) / (high - low)
        return out

    def _offset(self, scaled: int, kept: int) -> int:
        """First scaled line that is kept; negative where lines are padded before it."""
        if scaled < kept:
            return -((kept - scaled) // 2)
        half = (scaled - kept) / 2
        return int(half) if self.floor else round(half)


@dataclass(frozen=True)
class PatchFraming:
    """Geometry of SigLIP 2's transform for any shape (NaFlex): each picture keeps its shape, roughly, and is stretched
    to whole patches, at most `patches` squares of `side` pixels."""

    side: int
    patches: int

    def framing(self, height: int, width: int) -> Framing:
        """That of a picture of this size."""
        from transformers.models.siglip2 import image_processing_siglip2 as siglip2

        tall, wide = siglip2.get_image_size_for_max_num_patches(height, width, self.side, self.patches)
        return Framing((tall, wide), "squash")

    def frame_mask(self, mask: np.ndarray, n: int) -> np.ndarray:
        """As `Framing.frame_mask`, float32 (n, h, w) with h and w as the picture's shape gives them."""
        return self.framing(mask.shape[0], mask.shape[1]).frame_mask(mask, n)
