"""Grounding DINO and MM Grounding DINO: text and image together, a probability for each token of the prompt."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from primacy.corpus.areas.detect.detector import Detections, Prepared, corners, detections, stacked
from primacy.corpus.areas.detect.prompts import Prompt, Prompts

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from primacy.corpus.areas.detect.loading import Loaded

KINDS = ("grounding-dino", "mm-grounding-dino")
THRESHOLD = 0.3
_PROMPTS_KEPT = 4096


class Named(NamedTuple):
    """Of all queries (q,): which are `kept`, their `score`, and the `place` of their category in the prompt."""

    kept: torch.Tensor
    score: torch.Tensor
    place: torch.Tensor


class GroundingDetector:
    """A category is prompted by its name; where the prompt is too long for the text encoder, in several passes.

    A query's box goes to the category whose tokens have the highest mean probability, as in the authors' evaluation on
    COCO (IDEA-Research/GroundingDINO, demo/test_ap_on_coco.py); it is kept where the most probable of these tokens is
    above `threshold` and their mean above `text_threshold`. For names of one token this is the authors' rule for
    phrases (a box above the one threshold, the words above the other); unlike it, it never gives a fragment of a name
    ("hydrant") or a mixture of two.
    """

    prompted = True

    def __init__(self, loaded: Loaded, names: Sequence[str], threshold: float, text_threshold: float) -> None:
        self._loaded, self._threshold, self._text_threshold = loaded, threshold, text_threshold
        limit = int(loaded.model.config.max_text_len)
        prompts = Prompts(loaded.tokenizer, names, limit)
        self._prompts = lru_cache(maxsize=_PROMPTS_KEPT)(prompts.of)
        self.categories = tuple(range(len(names)))
        self.identity: Mapping[str, Any] = {
            **loaded.identity,
            "prompts": [list(prompt.input_ids) for prompt in prompts.of(self.categories)],
            "threshold": threshold,
            "text_threshold": text_threshold,
        }

    def prepare(self, image: Image.Image) -> Prepared:
        """The processor's own transform."""
        return self._loaded.prepare(image)

    def batch_key(self, image: Prepared, asked: tuple[int, ...]) -> Hashable:
        """Of one shape and one prompt: padding of either would be seen by the model."""
        return image.shape, asked

    def detect(self, images: Sequence[Prepared], asked: Sequence[tuple[int, ...]]) -> list[Detections]:
        """One pass for each prompt that `asked`, the same for all images, takes."""
        batch = stacked(images, self._loaded.place.device)
        passes = [self._pass(batch, len(images), prompt) for prompt in self._prompts(asked[0])]
        return [_joined(found) for found in zip(*passes, strict=True)]

    def _pass(self, batch: Mapping[str, torch.Tensor], n: int, prompt: Prompt) -> list[Detections]:
        import torch

        ids = torch.tensor([prompt.input_ids] * n, device=self._loaded.place.device)
        texts = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
        out = self._loaded.forward(**batch, **texts)
        boxes = corners(out.pred_boxes.float())
        found = []
        for i in range(n):
            named = name_queries(out.logits[i].float(), prompt, self._threshold, self._text_threshold)
            categories = torch.tensor(prompt.categories, device=ids.device)[named.place]
            kept = named.kept
            found.append(detections(boxes[i, kept], named.score[kept], categories[kept], self._loaded.source))
        return found


def name_queries(logits: torch.Tensor, prompt: Prompt, threshold: float, text_threshold: float) -> Named:
    """Give each query to a category by its tokens' logits (q, tokens), as `GroundingDetector` says."""
    import torch

    tokens = logits.sigmoid()
    mean = torch.stack([tokens[:, start:stop].mean(dim=1) for start, stop in prompt.spans], dim=1)
    best = torch.stack([tokens[:, start:stop].amax(dim=1) for start, stop in prompt.spans], dim=1)
    average, place = mean.max(dim=1)
    score = best.gather(1, place[:, None])[:, 0]
    return Named((score > threshold) & (average > text_threshold), score, place)


def _joined(found: Sequence[Detections]) -> Detections:
    return Detections(*(np.concatenate(column) for column in zip(*found, strict=True)))
