"""Pictures for transformers models: the folder's own image processor, what it does, and the vision tower's features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primacy.encoders._image_transform import Framing, PatchFraming
from primacy.encoders._quiet import quiet_loading
from primacy.errors import EncoderError, ModelUnavailableError, first_line

if TYPE_CHECKING:
    import torch
    from PIL import Image

PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")
_UNSTABLE = ("transformers_version", "dtype", "_name_or_path")  # they say nothing of what is computed


class ImageProcessor:
    """A folder's image processor, or why there is none: only who asks for a picture is told."""

    def __init__(self, inner: Any, missing: ModelUnavailableError | None) -> None:
        """One of the two is None."""
        self._inner, self._missing = inner, missing

    @property
    def inner(self) -> Any:
        """transformers' object.

        Raises:
            ModelUnavailableError: the folder has none that can be read.
        """
        if self._missing is not None:
            raise self._missing.with_traceback(None)
        return self._inner

    def prepare(self, image: Image.Image) -> torch.Tensor | dict[str, torch.Tensor]:
        """What the tower takes for one RGB picture: pixels float32 (3, h, w), or SigLIP 2's patches with their shape.

        Raises:
            ModelUnavailableError: the folder has no image processor.
        """
        found = {key: value[0] for key, value in self.inner(images=[image], return_tensors="pt").items()}
        return found["pixel_values"] if len(found) == 1 else found

    @property
    def framing(self) -> Framing | PatchFraming:
        """The geometry of the processor.

        Raises:
            ModelUnavailableError: the folder has no image processor.
            EncoderError: it scales, crops or pads in another way than those that `Framing` knows.
        """
        if hasattr(self.inner, "max_num_patches"):
            return PatchFraming(self.inner.patch_size, self.inner.max_num_patches)
        size = _sides(self.inner, "size") if self.inner.do_resize else {}
        crop = _sides(self.inner, "crop_size") if getattr(self.inner, "do_center_crop", None) else {}
        padded = getattr(self.inner, "do_pad", None)
        if not padded and size.keys() == {"height", "width"} and (not crop or crop == size):
            return Framing((size["height"], size["width"]), "squash")
        if not padded and size.keys() == {"shortest_edge"} and crop.keys() == {"height", "width"}:
            return Framing((crop["height"], crop["width"]), floor=True, edge=size["shortest_edge"])
        name = type(self.inner).__name__
        raise EncoderError(
            f"{name} with size {size}, crop {crop}, do_pad {padded}: masks cannot be framed like that",
            hint="Known: a fixed height and width, or a shortest edge and a centre crop.",
        )

    @property
    def identity(self) -> dict[str, Any]:
        """What a fingerprint says of the preprocessing."""
        if self._missing is not None:
            return {"processor": None}
        import PIL

        # which library resizes depends on what is installed
        resizes = {"backend": getattr(self._inner, "backend", "pil"), "pillow": PIL.__version__}
        if resizes["backend"] == "torchvision":
            import torchvision

            resizes["torchvision"] = torchvision.__version__
        settings = json.loads(self._inner.to_json_string())
        return {"processor": {k: v for k, v in settings.items() if k not in _UNSTABLE}, "resizes": resizes}


def read_processor(folder: Path) -> ImageProcessor:
    """The image processor of a folder; a missing or broken one is an error only once it is used."""
    from transformers import AutoImageProcessor

    if not any((folder / name).is_file() for name in PROCESSOR_FILES):
        return _none(folder, f"{folder / PROCESSOR_FILES[0]} does not exist")
    try:
        with quiet_loading():
            return ImageProcessor(AutoImageProcessor.from_pretrained(folder, local_files_only=True), None)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        return _none(
            folder, f"the image processor in {folder / PROCESSOR_FILES[0]} cannot be read ({first_line(error)})"
        )


def _none(folder: Path, why: str) -> ImageProcessor:
    hint = f"Texts can be encoded without it; for pictures, put the model's {PROCESSOR_FILES[0]} into {folder}."
    return ImageProcessor(None, ModelUnavailableError(f"{why}, and pictures cannot be prepared without it", hint=hint))


def image_features(model: Any, batch: torch.Tensor | dict[str, torch.Tensor]) -> torch.Tensor:
    """The vision tower's features (n, dim) in the space of the texts."""
    import torch

    found = model.get_image_features(**(batch if isinstance(batch, dict) else {"pixel_values": batch}))
    if isinstance(found, torch.Tensor):  # transformers 4
        return found
    image_embeds = getattr(found, "image_embeds", None)
    return found.pooler_output if image_embeds is None else image_embeds


def plain_config(config: Any) -> dict[str, Any]:
    """What of a configuration is not its class's default and says what is computed."""
    return {key: value for key, value in config.to_diff_dict().items() if key not in _UNSTABLE}


def _sides(processor: Any, name: str) -> dict[str, int]:
    """The sides that a size of the processor names."""
    found = getattr(processor, name, None) or {}
    pairs = found.items() if hasattr(found, "items") else vars(found).items()
    return {key: int(value) for key, value in pairs if value is not None}
