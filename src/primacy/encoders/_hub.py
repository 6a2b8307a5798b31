"""Files of a Hugging Face repository, from the local cache or the network, failing within seconds.

Every adapter first brings the files it needs into the cache with `fetch` and then loads from that folder with
no network at all. `HF_HUB_OFFLINE=1` is respected; a machine without network is noticed by one request with a
short time limit, not by the library's retries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from primacy.encoders._names import require
from primacy.errors import ModelUnavailableError, first_line

PROBE_SECONDS = 5.0
Chooser = Callable[[Sequence[str]], list[str]]

_TEXT_SUFFIXES = (".json", ".txt", ".model", ".jinja")
_OPEN_CLIP_WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
)


def transformers_files(names: Sequence[str]) -> list[str]:
    """Configuration, tokenizer and weights; of weights the safetensors wherever a folder has them."""
    safe = {PurePosixPath(name).parent for name in names if name.endswith(".safetensors")}

    def wanted(name: str) -> bool:
        path = PurePosixPath(name)
        if any(part in ("onnx", "openvino") for part in path.parts):
            return False
        if path.name.startswith("open_clip_"):
            return False
        pickle = path.suffix == ".bin" and path.parent not in safe
        return path.suffix in _TEXT_SUFFIXES or path.suffix == ".safetensors" or pickle

    return [name for name in names if wanted(name)]


def tokenizer_files(names: Sequence[str]) -> list[str]:
    """Configuration and tokenizer files of the top folder."""
    return [name for name in names if "/" not in name and name.endswith(_TEXT_SUFFIXES)]


def open_clip_files(names: Sequence[str]) -> list[str]:
    """open_clip's configuration, its preferred weights file and the tokenizer."""
    weights = [name for name in _OPEN_CLIP_WEIGHTS if name in names][:1]
    return weights + [name for name in tokenizer_files(names) if name not in weights]


def one_file(filename: str) -> Chooser:
    """The safetensors sibling of `filename` where there is one, else the file itself."""

    def choose(names: Sequence[str]) -> list[str]:
        safe = str(PurePosixPath(filename).with_suffix(".safetensors"))
        return [safe] if safe in names else [filename]

    return choose


def fetch(repo: str, revision: str | None, choose: Chooser) -> Path:
    """Bring the chosen files of `repo` into the local cache and return their folder.

    Args:
        repo: "org/name".
        revision: branch, tag or commit; None for the default branch.
        choose: picks file names from the repository's listing.

    Raises:
        ModelUnavailableError: not in the cache, and not reachable or not existing.
    """
    hub = require("huggingface_hub", "huggingface_hub", "hf")
    reason = "HF_HUB_OFFLINE is set"
    constants = require("huggingface_hub.constants", "huggingface_hub", "hf")  # not loaded by the package itself
    if not constants.HF_HUB_OFFLINE:
        try:
            info = hub.HfApi().model_info(repo, revision=revision, timeout=PROBE_SECONDS)
            names = choose([sibling.rfilename for sibling in info.siblings or []])
            return Path(hub.snapshot_download(repo, revision=revision, allow_patterns=names))
        except Exception as error:  # refusals and transport errors alike: their types differ between versions
            reason = first_line(error)
    try:
        return Path(hub.snapshot_download(repo, revision=revision, local_files_only=True))
    except Exception as error:
        raise _unavailable(repo, revision, reason) from error


def _unavailable(repo: str, revision: str | None, reason: str) -> ModelUnavailableError:
    name = f"{repo}@{revision}" if revision else repo
    return ModelUnavailableError(
        f"model {name!r} is not in the local Hugging Face cache and could not be fetched ({reason})",
        hint="Check the name and the network, or give a local copy in its place: hf:/path/to/folder, "
        "sbert:/path/to/folder, open_clip:local-dir:/path/to/folder or open_clip:ARCH//path/to/weights.pt",
    )
