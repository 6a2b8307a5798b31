"""Detectors with labels of their own (DETR, Conditional and Deformable DETR, RT-DETR, YOLOS, ...)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from primacy.corpus.areas.detect.detector import Detections, Prepared, detections, stacked
from primacy.corpus.areas.names import KnownNames
from primacy.corpus.faults import Faults
from primacy.errors import UsageError

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from primacy.corpus.areas.detect.loading import Loaded
    from primacy.design.vocabulary import Vocabulary

THRESHOLD = 0.5


class ClosedDetector:
    """What a box shows and how sure the model is of it is transformers' own post-processing of the family; labels
    become categories by name, and boxes of other labels fall away.

    Raises:
        UsageError: none of the labels is a category.
    """

    prompted = False

    def __init__(self, loaded: Loaded, vocabulary: Vocabulary, threshold: float) -> None:
        self._loaded, self._threshold = loaded, threshold
        self.labels = label_categories(loaded.model.config.id2label, vocabulary)
        if not self.labels:
            known = ", ".join(list(loaded.model.config.id2label.values())[:8])
            raise UsageError(
                f"{loaded.source} has no label that names a category of {vocabulary.name} (it has {known}, ...)",
                hint="Choose a detector of these categories, or one that is prompted (Grounding DINO, OWLv2).",
            )
        self.categories = tuple(sorted(set(self.labels.values())))
        self.identity: Mapping[str, Any] = {
            **loaded.identity,
            "labels": {str(label): vocabulary.names[category] for label, category in self.labels.items()},
            "threshold": threshold,
        }

    def prepare(self, image: Image.Image) -> Prepared:
        """The processor's own transform."""
        return self._loaded.prepare(image)

    def batch_key(self, image: Prepared, asked: tuple[int, ...]) -> Hashable:
        """Of one shape: what a smaller image is padded with would be seen by the model."""
        return image.shape

    def detect(self, images: Sequence[Prepared], asked: Sequence[tuple[int, ...]]) -> list[Detections]:
        """All its labels, whatever is asked."""
        out = self._loaded.forward(**stacked(images, self._loaded.place.device))
        out.logits, out.pred_boxes = out.logits.float(), out.pred_boxes.float()
        found = self._loaded.processor.inner.post_process_object_detection(out, threshold=self._threshold)
        return [self._of(one["boxes"], one["scores"], one["labels"]) for one in found]

    def _of(self, boxes: torch.Tensor, scores: torch.Tensor, labels: torch.Tensor) -> Detections:
        import torch

        categories = torch.tensor([self.labels.get(label, -1) for label in labels.tolist()], dtype=torch.int64)
        kept = categories >= 0
        return detections(boxes.cpu()[kept], scores.cpu()[kept], categories[kept], self._loaded.source)


def label_categories(labels: Mapping[int, str], vocabulary: Vocabulary) -> dict[int, int]:
    """Categories of the labels that name one: by its name, else its plural or a synonym ("sofa"), as `KnownNames`
    reads names ("Potted_Plant")."""
    forms: dict[str, int] = {}
    for ways in ([(c.name,) for c in vocabulary.categories], [(c.plural, *c.synonyms) for c in vocabulary.categories]):
        for index, names in enumerate(ways):
            for name in filter(None, names):
                forms.setdefault(name, index)
    known, categories = KnownNames(tuple(forms), Faults()), list(forms.values())
    found = {int(label): known.index(name) for label, name in labels.items()}
    return {label: categories[form] for label, form in found.items() if form is not None}
