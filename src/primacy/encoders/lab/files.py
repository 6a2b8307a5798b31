"""Files of lab models: weights in half precision, and in their header all else that makes the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import ValidationError

from primacy.encoders._weights import check_keys, read_state_dict
from primacy.encoders.lab.model import LabClip, LabConfig
from primacy.encoders.lab.words import Words
from primacy.errors import EncoderError, ModelUnavailableError
from primacy.files import atomic_write_bytes

FORMAT = "primacy-lab-1"


class LabModel(NamedTuple):
    """A model with its words. `recipe`: the specification that it was trained by, as JSON; `samples`: scenes seen."""

    model: LabClip
    words: Words
    recipe: dict[str, Any]
    samples: int


def write_model(path: Path, found: LabModel) -> None:
    """Write a model as one .safetensors file, weights rounded to half precision.

    Raises:
        OSError: as the operating system says; a former file is untouched.
    """
    from safetensors.torch import save

    state = {name: tensor.detach().half().cpu().contiguous() for name, tensor in found.model.state_dict().items()}
    header = {
        "format": FORMAT,
        "config": found.model.config.model_dump_json(),
        "words": json.dumps(found.words.words),
        "recipe": json.dumps(found.recipe),
        "samples": str(found.samples),
    }
    # The library's own writing to files hides the errors of the operating system.
    atomic_write_bytes(path, _ordered(save(state, metadata=header)))


def _ordered(data: bytes) -> bytes:
    """A .safetensors file with its metadata sorted by name: the library writes them in an order of chance, and files of
    the same model are to be the same bytes."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def read_model(path: Path) -> LabModel:
    """Read a model, in float32 on the CPU.

    Raises:
        ModelUnavailableError: there is no such file.
        EncoderError: it is not the file of a lab model, or is damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ModelUnavailableError(f"there is no lab model {str(path)!r}", hint="Train one: primacy lab train --help")
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"{path} is not a readable safetensors file ({error})") from error
    if header.get("format") != FORMAT:
        raise EncoderError(f"{path} is not a lab model (format {header.get('format')!r}, expected {FORMAT!r})")
    try:
        config = LabConfig.model_validate_json(header["config"])
        words = Words([str(word) for word in json.loads(header["words"])])
        recipe, samples = dict(json.loads(header["recipe"])), int(header["samples"])
    except (KeyError, TypeError, ValueError, RecursionError, ValidationError) as error:
        raise EncoderError(f"the header of {path} is damaged ({type(error).__name__})") from error
    with torch.device("meta"):
        model = LabClip(config, len(words))
    state = {name: tensor.float() for name, tensor in read_state_dict(path).items()}
    try:
        missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    except RuntimeError as error:
        raise EncoderError(f"{path}: the weights do not fit the model that its header describes") from error
    check_keys(set(missing), set(unexpected), str(path))
    return LabModel(model.eval(), words, recipe, samples)
