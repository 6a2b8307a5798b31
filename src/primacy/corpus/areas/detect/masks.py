"""Masks of boxes by SAM and SAM 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from primacy.corpus.areas.detect.loading import load, located, read_kind
from primacy.errors import EncoderError, UnknownNameError

if TYPE_CHECKING:
    from PIL import Image

    from primacy.corpus.areas.detect.spec import DetectSpec

_MODELS = {"sam": "SamModel", "sam2": "Sam2Model", "sam2_video": "Sam2Model"}
_PROCESSORS = {"sam": "SamProcessor", "sam2": "Sam2Processor", "sam2_video": "Sam2Processor"}
_PIXELS = 64_000_000  # of masks in memory at a time, four bytes each
_MOST = 32


class Masker:
    """Turns boxes into masks, one mask a box (`multimask_output=False`, as the authors advise for boxes).

    Raises:
        UnknownNameError: an architecture that makes no masks of boxes.
        ModelUnavailableError, EncoderError: as `loading.load`.
    """

    def __init__(self, name: str, spec: DetectSpec) -> None:
        import transformers

        folder, source = located(name, "--masks")
        kind = read_kind(folder)
        if kind not in _MODELS:
            raise UnknownNameError("kind of masks model", kind, _MODELS)
        self._loaded = load(folder, source, getattr(transformers, _MODELS[kind]), spec.device, spec.precision)
        self._processor = getattr(transformers, _PROCESSORS[kind])(self._loaded.processor.inner)
        self.identity: Mapping[str, Any] = self._loaded.identity

    def masks(self, image: Image.Image, boxes: NDArray[np.float64]) -> Iterator[NDArray[np.bool_]]:
        """Masks of `boxes` (k >= 1, 4), fractions of the image, in their order: bool (height, width) each.

        The image is encoded when the first is asked for; few masks stand in memory at a time.

        Raises:
            EncoderError: the model's output is not finite.
        """
        model, device = self._loaded.model, self._loaded.place.device
        pixels = boxes * np.array([image.width, image.height] * 2)
        inputs = self._processor(images=[image], input_boxes=[pixels.tolist()], return_tensors="pt")
        sizes = {name: inputs[name] for name in ("original_sizes", "reshaped_input_sizes") if name in inputs}
        prompts = inputs["input_boxes"].to(device).float()
        with self._loaded.computing():
            seen = model.get_image_embeddings(inputs["pixel_values"].to(device))
        step = int(np.clip(_PIXELS // (image.width * image.height), 1, _MOST))
        for start in range(0, len(boxes), step):
            some = prompts[:, start : start + step]
            out = self._loaded.forward(image_embeddings=seen, input_boxes=some, multimask_output=False)
            logits = out.pred_masks.float().cpu()
            if not logits.isfinite().all():
                raise EncoderError(f"{self._loaded.source}: masks are NaN or infinite", hint="Try --precision fp32.")
            yield from self._processor.post_process_masks(logits, **sizes)[0][:, 0].numpy()
