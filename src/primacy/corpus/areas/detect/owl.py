"""OWL-ViT and OWLv2: a score for each box and prompt, prompts independent of each other."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from primacy.corpus.areas.detect.detector import Detections, Prepared, corners, detections, stacked
from primacy.errors import DatasetError, UsageError
from primacy.stimuli.images.decode import MAX_PIXELS

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from primacy.corpus.areas.detect.loading import Loaded

KINDS = ("owlvit", "owlv2")
THRESHOLD = 0.1


class OwlDetector:
    """Prompts are encoded once; images of any size share a batch, as the processor makes squares of them.

    A box goes to the category with the highest score among those asked for, and is kept above `threshold`, as
    transformers does. OWLv2's boxes are fractions of the image padded to a square at its right or bottom, and are
    scaled back to the image; OWL-ViT squashes, and its boxes are fractions of the image.
    """

    prompted = True

    def __init__(self, loaded: Loaded, prompts: Sequence[str], threshold: float) -> None:
        self._loaded, self._threshold = loaded, threshold
        self._padded = loaded.kind == "owlv2" and bool(getattr(loaded.processor.inner, "do_pad", True))
        self._ids = _tokens(loaded, prompts)
        self._texts: torch.Tensor | None = None
        self.categories = tuple(range(len(prompts)))
        self.identity: Mapping[str, Any] = {
            **loaded.identity, "prompts": list(prompts), "threshold": threshold
        }  # fmt: skip

    def prepare(self, image: Image.Image) -> Prepared:
        """The processor's own transform.

        Raises:
            DatasetError: the square that the image is padded to would be too large.
        """
        if self._padded and max(image.size) ** 2 > MAX_PIXELS:
            raise DatasetError(f"{image.width} x {image.height} pixels would be padded to a square of the longer side")
        return self._loaded.prepare(image)

    def batch_key(self, image: Prepared, asked: tuple[int, ...]) -> Hashable:
        """What is asked for does not matter: each image is asked on its own."""
        return image.shape

    def detect(self, images: Sequence[Prepared], asked: Sequence[tuple[int, ...]]) -> list[Detections]:
        """One pass of the image encoder; the rest is a product with the prompts' vectors."""
        import torch

        model, pixels = self._loaded.model, stacked(images, self._loaded.place.device)["pixel_values"]
        with self._loaded.computing():
            if self._texts is None:
                self._texts = self._encoded(pixels[:1])
            grid = model.image_embedder(pixel_values=pixels)[0]
            features = grid.flatten(1, 2)
            logits = model.class_predictor(features, self._texts.expand(len(images), -1, -1))[0].float()
            boxes = corners(model.box_predictor(features, grid).float())
        found = []
        for i, (image, wanted) in enumerate(zip(images, asked, strict=True)):
            categories = torch.tensor(wanted, device=logits.device)
            best, place = logits[i][:, categories].max(dim=1)  # before the sigmoid, which makes ties near 1
            score = best.sigmoid()
            kept = score > self._threshold
            scaled = boxes[i] * self._scale(image, boxes)
            found.append(detections(scaled[kept], score[kept], categories[place][kept], self._loaded.source))
        return found

    def _scale(self, image: Prepared, like: torch.Tensor) -> torch.Tensor:
        """From fractions of what the model sees to fractions of the image."""
        import torch

        if not self._padded:
            return torch.ones(4, device=like.device)
        side = max(image.width, image.height)
        return torch.tensor([side / image.width, side / image.height] * 2, device=like.device)

    def _encoded(self, pixels: torch.Tensor) -> torch.Tensor:
        """Vectors of the prompts, (1, prompts, dim), as the model's own forward pass makes them."""
        import torch

        ids = torch.tensor(self._ids["input_ids"], device=pixels.device)
        mask = torch.tensor(self._ids["attention_mask"], device=pixels.device)
        texts = self._loaded.model.image_text_embedder(input_ids=ids, pixel_values=pixels, attention_mask=mask)[0]
        return texts[None]


def _tokens(loaded: Loaded, prompts: Sequence[str]) -> Mapping[str, Any]:
    limit = int(loaded.model.config.text_config.max_position_embeddings)
    for prompt in prompts:
        length = len(loaded.tokenizer(prompt)["input_ids"])
        if length > limit:
            raise UsageError(f"prompt {prompt!r} has {length} tokens, {loaded.source} takes {limit} at most")
    return loaded.tokenizer(list(prompts), padding="max_length", max_length=limit)
