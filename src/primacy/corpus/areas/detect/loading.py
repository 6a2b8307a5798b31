"""From a detector's name to a detector: files of the hub or a folder, weights from safetensors alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primacy.corpus.areas.detect import closed, grounding, owl
from primacy.corpus.areas.detect.detector import Detector, Prepared
from primacy.encoders._hf_model import locate, unreadable
from primacy.encoders._names import require
from primacy.encoders._quiet import quiet_loading
from primacy.encoders._tokenizers import tokenizer_digest
from primacy.encoders._torch import Placement, placement
from primacy.encoders._weights import check_keys, need_safetensors, state_digest
from primacy.encoders.base import EncoderOptions
from primacy.encoders.hf_image import ImageProcessor, plain_config, read_processor
from primacy.errors import DatasetError, EncoderError, MissingExtraError, UnknownNameError, UsageError, first_line

if TYPE_CHECKING:
    from PIL import Image

    from primacy.corpus.areas.detect.spec import DetectSpec

PREFIX = "hf:"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model with what goes before it. `kind` is transformers' name of its architecture; `tokenizer` is None for one
    that takes no text."""

    source: str
    kind: str
    model: Any
    processor: ImageProcessor
    tokenizer: Any
    place: Placement
    identity: Mapping[str, Any]

    def prepare(self, image: Image.Image) -> Prepared:
        """The processor's own transform of one RGB image.

        Raises:
            DatasetError: it cannot be done, most often as one side is hundreds of times the other.
        """
        try:
            found = self.processor.inner(images=[image], return_tensors="pt")
        except (ValueError, RuntimeError, ZeroDivisionError) as error:
            raise DatasetError(
                f"{image.width} x {image.height} pixels: nothing that {self.source} takes ({first_line(error)})"
            ) from error
        return Prepared({name: values[0] for name, values in found.items()}, image.width, image.height)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Within it the model computes in the chosen precision, and keeps nothing for gradients.

        Raises:
            EncoderError: the device's memory is full.
        """
        import torch

        half = self.place.precision != "fp32"
        try:
            with torch.inference_mode(), torch.autocast(self.place.device.type, self.place.dtype, enabled=half):
                yield
        except torch.OutOfMemoryError as error:
            raise EncoderError(
                f"{self.source} needs more memory than {self.place.device} has",
                hint="Give a smaller --batch; what was found is kept, and the same command goes on from there.",
            ) from error

    def forward(self, **inputs: Any) -> Any:
        """The model's output."""
        with self.computing():
            return self.model(**inputs)


def load_detector(spec: DetectSpec) -> Detector:
    """The detector that `spec` names.

    Raises:
        UnknownNameError: a name without "hf:", or an architecture that detects nothing.
        ModelUnavailableError: its files are neither on disk nor reachable.
        EncoderError: its weights are not safetensors, or do not fit the architecture.
        MissingExtraError: transformers is not installed.
    """
    transformers = require("transformers", "transformers", "hf")
    folder, source = located(spec.detector, "--detector")
    kind = read_kind(folder)
    prompted = kind in grounding.KINDS or kind in owl.KINDS
    if prompted:
        head = transformers.AutoModelForZeroShotObjectDetection
    elif kind in transformers.models.auto.modeling_auto.MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES:
        head = transformers.AutoModelForObjectDetection
    else:
        raise UnknownNameError("kind of detector", kind, (*grounding.KINDS, *owl.KINDS, "detr", "rt_detr", "yolos"))
    loaded = load(folder, source, head, spec.device, spec.precision, tokenizer=prompted)
    if kind in grounding.KINDS:
        threshold = grounding.THRESHOLD if spec.threshold is None else spec.threshold
        return grounding.GroundingDetector(loaded, spec.vocabulary.names, threshold, spec.text_threshold)
    if kind in owl.KINDS:
        prompts = [f"a photo of {category.with_article}" for category in spec.vocabulary.categories]
        return owl.OwlDetector(loaded, prompts, owl.THRESHOLD if spec.threshold is None else spec.threshold)
    threshold = closed.THRESHOLD if spec.threshold is None else spec.threshold
    return closed.ClosedDetector(loaded, spec.vocabulary, threshold)


def located(name: str, option: str) -> tuple[Path, str]:
    """The folder and the source of "hf:<repository or folder>[@revision]".

    Raises:
        UsageError: it has no such form.
        ModelUnavailableError: there are no such files, here or on the hub.
    """
    if not name.startswith(PREFIX) or name == PREFIX:
        raise UsageError(
            f"{option} is {name!r}, expected hf:<repository or folder>",
            hint="For instance hf:IDEA-Research/grounding-dino-tiny, or hf:/path/to/folder.",
        )
    return locate(name.removeprefix(PREFIX))


def read_kind(folder: Path) -> str:
    """transformers' name of the architecture of a folder.

    Raises:
        ModelUnavailableError: it has no configuration that transformers knows.
    """
    from transformers import AutoConfig

    try:
        with quiet_loading():
            return str(AutoConfig.from_pretrained(folder, local_files_only=True).model_type)
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(folder, error) from error


def load(folder: Path, source: str, head: Any, device: str, precision: str, *, tokenizer: bool = False) -> Loaded:
    """The model of a folder by transformers' class `head`, in evaluation mode on its device.

    Raises:
        ModelUnavailableError: transformers cannot load it.
        EncoderError: its weights are not safetensors, or do not fit the architecture.
        MissingExtraError: the backbone needs a package that is not installed.
    """
    import torch
    import transformers
    from safetensors import SafetensorError

    need_safetensors(folder)
    place = placement(EncoderOptions(device=device, precision=precision))
    processor = read_processor(folder)
    _ = processor.inner  # a missing one is an error here, not at the first image
    try:
        with quiet_loading():
            model, info = head.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
            reader = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True) if tokenizer else None
    except ImportError as error:
        if "timm" in str(error):
            raise MissingExtraError("timm", "hf") from error
        raise unreadable(folder, error) from error
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise unreadable(folder, error) from error
    check_keys(info["missing_keys"], (), str(folder))
    identity = {
        "weights": state_digest(model.state_dict().items()),
        "config": plain_config(model.config),
        "image": processor.identity,
        "tokenizer": None if reader is None else tokenizer_digest(reader),
        "precision": precision,
        "library": {"transformers": transformers.__version__, "torch": torch.__version__},
    }
    return Loaded(source, model.config.model_type, model.eval().to(place.device), processor, reader, place, identity)
