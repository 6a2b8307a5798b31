"""Weights: read without running anybody's code, and hashed by content."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primacy.errors import EncoderError, ModelUnavailableError, first_line

if TYPE_CHECKING:
    import torch

_CONVERT = (
    "Load the file once where you trust it and save its state dict with safetensors.torch.save_file, "
    "then give the .safetensors file."
)


def read_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Read a state dict from .safetensors, or from a torch file with `weights_only=True`.

    A training checkpoint's wrapper ({"state_dict": ...} or {"model": ...}) and the "module." prefix of
    DataParallel are taken off.

    Raises:
        ModelUnavailableError: there is no such file.
        EncoderError: the file holds code, is a TorchScript archive, is damaged, or holds no tensors.
    """
    if not path.is_file():
        raise ModelUnavailableError(
            f"weights file {str(path)!r} does not exist", hint="Give the path of a .pt or .safetensors file."
        )
    raw = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    for wrapper in ("state_dict", "model"):
        if isinstance(raw, Mapping) and isinstance(raw.get(wrapper), Mapping):
            raw = raw[wrapper]
    import torch

    tensors = {k: v for k, v in raw.items() if isinstance(v, torch.Tensor)} if isinstance(raw, Mapping) else {}
    if not tensors:
        raise EncoderError(
            f"{path} holds no state dict (no tensors by name)", hint="Save model.state_dict(), not the model."
        )
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    return tensors


def _read_safetensors(path: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path, device="cpu")
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"{path} is not a readable safetensors file ({error})") from error


def _read_torch(path: Path) -> Any:
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise refused_pickle(path) from error
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        raise EncoderError(f"{path} is not a file of plain tensors ({first_line(error)})", hint=_CONVERT) from error


def need_safetensors(folder: Path) -> None:
    """For loaders that read nothing else.

    Raises:
        EncoderError: the folder of a model has none.
    """
    if not any(folder.glob("*.safetensors")):
        raise EncoderError(
            f"{folder} has no .safetensors file, and no other weights are read",
            hint="Choose a repository or revision with safetensors, or convert the weights where you trust them.",
        )


def refused_pickle(path: Path) -> EncoderError:
    """The error for a file that cannot be read without running what is pickled in it."""
    return EncoderError(
        f"{path} holds pickled objects other than tensors; it was refused, none of it was run", hint=_CONVERT
    )


def state_digest(tensors: Iterable[tuple[str, torch.Tensor]]) -> str:
    """Hex sha256 over names, dtypes, shapes and bytes, in the order of the names.

    The same weights give the same digest whatever file they came in, on any device.
    """
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(tensors, key=lambda pair: pair[0]):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def check_keys(missing: Iterable[str], unexpected: Iterable[str], source: str) -> None:
    """Refuse weights that do not fit the architecture.

    Raises:
        EncoderError: naming how many keys are missing or unexpected, and the first few.
    """
    missing, unexpected = sorted(missing), sorted(unexpected)
    parts = [
        f"{len(keys)} {word} ({', '.join(keys[:4])}{', ...' if len(keys) > 4 else ''})"
        for word, keys in (("missing", missing), ("unexpected", unexpected))
        if keys
    ]
    if parts:
        raise EncoderError(
            f"{source}: the weights do not fit the architecture: {', '.join(parts)}",
            hint="Check the architecture's name against the one that the checkpoint was trained with.",
        )
