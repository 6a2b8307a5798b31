"""`open_clip:` encoders: any architecture and checkpoint of open_clip (names: see `_openclip_spec`).

Vectors are float32 and of unit length. Causal towers compute each distinct beginning of captions once (see
`prefix_tree`); others read their full context. Pictures go through open_clip's own evaluation transform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from primacy.encoders import _hub
from primacy.encoders._image_tower import ImageSide, SeesImages
from primacy.encoders._image_transform import Framing
from primacy.encoders._names import require
from primacy.encoders._openclip_spec import OpenClipSpec, resolve
from primacy.encoders._tokenizers import count_without_special, tokenizer_digest
from primacy.encoders._tokens import Tokens
from primacy.encoders._torch import Placement, encode_batches, placement, seeded_weights, unit_pieces
from primacy.encoders._weights import check_keys, read_state_dict, state_digest
from primacy.encoders.base import EncoderOptions, Piece, gather
from primacy.encoders.openclip_image import framing, image_identity, preprocessing
from primacy.encoders.prefix_tree import CHECK_CAPTIONS, CausalTower, TokenSequences, open_clip_tower, stream, trusted
from primacy.errors import EncoderError
from primacy.identity import fingerprint

if TYPE_CHECKING:
    import torch
    from open_clip.transform import PreprocessCfg
    from PIL import Image

_NOT_WEIGHTS = {  # buffers and settings that older versions saved beside the weights
    "attn_mask",
    "text.attn_mask",
    "input_resolution",
    "context_length",
    "vocab_size",
    "text.transformer.embeddings.position_ids",
}


def load(rest: str, options: EncoderOptions) -> OpenClipEncoder:
    """Load `open_clip:<rest>`.

    Raises:
        MissingExtraError: open_clip is not installed.
        UnknownNameError, ActivationMismatchError, ModelUnavailableError: see `_openclip_spec.resolve`.
        EncoderError: the weights hold code, are damaged, or do not fit the architecture.
    """
    require("open_clip", "open_clip_torch", "openclip")
    spec, place = resolve(rest, allow_mismatch=options.allow_activation_mismatch), placement(options)
    tokenizer = load_tokenizer(spec)
    if spec.weights is None:
        return _untrained(spec, tokenizer, place, spec.seed)
    model = build_model(spec)
    load_weights(model, read_state_dict(spec.weights), str(spec.weights))
    return OpenClipEncoder(spec, model, tokenizer, place)


def build_model(spec: OpenClipSpec) -> torch.nn.Module:
    """The architecture in float32 on the CPU with the initial weights that open_clip draws."""
    import open_clip

    config = deepcopy(spec.config)
    text = config["text_cfg"]
    config["vision_cfg"]["timm_model_pretrained"] = False
    if "hf_model_name" in text:
        text["hf_model_pretrained"] = False
        text["hf_model_name"] = str(_folder(text["hf_model_name"], None))
    custom = config.pop("custom_text", False) or "hf_model_name" in text
    kind = (open_clip.CoCa if "multimodal_cfg" in config else open_clip.CustomTextCLIP) if custom else open_clip.CLIP
    return kind(**config)


def load_weights(model: torch.nn.Module, state: dict[str, torch.Tensor], source: str) -> None:
    """Load a state dict, in open_clip's form or one that it can convert, every key accounted for.

    Nothing is resized: an embedding table of another length belongs to another model.

    Raises:
        EncoderError: keys are missing, unexpected or of another shape.
    """
    from open_clip.convert import convert_state_dict
    from open_clip.model import convert_to_custom_text_state_dict

    state = convert_state_dict(model, state)
    if "positional_embedding" in state and not hasattr(model, "positional_embedding"):
        state = convert_to_custom_text_state_dict(state)
    for name in ("logit_scale", "logit_bias"):
        own = getattr(model, name, None)
        if own is None:
            state.pop(name, None)
        elif name in state:
            state[name] = state[name].reshape(own.shape)
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        wrong = [line.strip() for line in str(error).splitlines() if "size mismatch" in line]
        raise EncoderError(
            f"{source}: the weights do not fit the architecture: "
            f"{len(wrong)} of another shape, e.g. {wrong[0] if wrong else error}"
        ) from error
    check_keys(set(missing) - {"logit_bias"}, set(unexpected) - _NOT_WEIGHTS, source)


def load_tokenizer(spec: OpenClipSpec) -> Any:
    """open_clip's tokenizer for the configuration; a hub tokenizer is brought into the cache first."""
    from open_clip.tokenizer import HFTokenizer, SimpleTokenizer

    text = spec.config["text_cfg"]
    settings = {"context_length": text.get("context_length", 77), **(text.get("tokenizer_kwargs") or {})}
    name = text.get("hf_tokenizer_name")
    if not name:
        return SimpleTokenizer(**settings)
    return HFTokenizer(str(_folder(name, spec.folder)), tokenizer_mode=text.get("tokenizer_mode"), **settings)


def _folder(name: str, beside: Path | None) -> Path:
    if beside is not None and any(beside.glob("tokenizer*")):
        return beside
    return Path(name) if Path(name).is_dir() else _hub.fetch(name, None, _hub.tokenizer_files)


def _untrained(spec: OpenClipSpec, tokenizer: Any, place: Placement, seed: int) -> OpenClipEncoder:
    with seeded_weights(seed):
        model = build_model(spec)
    return OpenClipEncoder(spec._replace(weights=None, seed=seed), model, tokenizer, place)


class OpenClipEncoder(SeesImages):
    """An open_clip model; `tower`, of its text side, is None where the full context is encoded."""

    def __init__(self, spec: OpenClipSpec, model: Any, tokenizer: Any, place: Placement) -> None:
        """Take over `model` (float32, on the CPU): it is hashed, then moved to `place`."""
        self.spec, self.tokenizer, self._place = spec, tokenizer, place
        weights = state_digest(model.state_dict().items())
        self.model = model.to(device=place.device, dtype=place.dtype).eval().requires_grad_(False)
        self.preprocessing = preprocessing(spec, self.model)
        self.identity = _identity(spec, self.model, self.tokenizer, weights, place.precision)
        self.identity["image"] = image_identity(self.preprocessing)
        self.fingerprint = fingerprint(self.identity)
        self.images = ImageSide(_transform(self.preprocessing), self.model.encode_image, place, spec.source)
        self._tokens = Tokens(tokenizer)
        self.tower = trusted(
            open_clip_tower(self.model),
            lambda tower: self._sequences(tower, CHECK_CAPTIONS),
            lambda: self.model.encode_text(self._full_context(CHECK_CAPTIONS)),
            place.precision,
            (spec.source, "every text takes the full context"),
        )

    @property
    def image_framing(self) -> Framing:
        """How the transform frames a picture, for masks."""
        return framing(self.preprocessing)

    @property
    def encoding(self) -> str:
        """How texts are encoded, for the log of a run."""
        return "full context" if self.tower is None else "prefix tree"

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """Unit-norm float32 (len(texts), dim)."""
        return gather(self.encode_pieces(texts), len(texts)) if len(texts) else self.encode_text(["a"])[:0]

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        """Unit-norm pieces, in the order of their tokens where the tower is causal."""
        if self.tower is not None:
            return unit_pieces(stream(self.tower, self._sequences(self.tower, texts)), self.spec.source)
        tokens = self._full_context(texts)
        lengths = np.full(len(tokens), tokens.shape[1])
        return encode_batches(
            lengths, self._place.device, lambda rows: tokens[rows], self.model.encode_text, self.spec.source
        )

    def _sequences(self, tower: CausalTower, texts: Sequence[str]) -> TokenSequences:
        if tower.pooling == "last":  # padding is read, so it belongs to the sequence
            return tower.sequences(self._full_context(texts).numpy(force=True))
        return tower.sequences(self._tokens(texts))

    def _full_context(self, texts: Sequence[str]) -> torch.Tensor:
        return self.tokenizer(list(texts)).to(self._place.device)

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Tokens without the special ones, not cut to the context: int64 (len(texts),)."""
        inner = getattr(self.tokenizer, "tokenizer", None)
        if inner is not None:
            return count_without_special(inner, [self.tokenizer.clean_fn(text) for text in texts])
        return np.array([len(self.tokenizer.encode(text)) for text in texts], dtype=np.int64)

    def untrained_twin(self, seed: int) -> OpenClipEncoder:
        """The same architecture and tokenizer with weights drawn afresh from `seed`."""
        return _untrained(self.spec, self.tokenizer, self._place, seed)


def _transform(cfg: PreprocessCfg) -> Callable[[Image.Image], torch.Tensor]:
    from open_clip.transform import image_transform_v2

    return image_transform_v2(cfg, is_train=False)


def _identity(spec: OpenClipSpec, model: Any, tokenizer: Any, weights: str, precision: str) -> dict[str, Any]:
    import open_clip

    inner = getattr(tokenizer, "tokenizer", None)
    vocabulary = getattr(tokenizer, "encoder", {})
    text = getattr(model, "text", None)
    return {
        "source": spec.source,
        "weights": weights if spec.weights else f"untrained, seed {spec.seed}: {weights}",
        "architecture": spec.config,
        "activation": "quick_gelu" if spec.config["quick_gelu"] else "gelu",
        "activation_known_from": spec.activation_from,
        "tokenizer": {
            "class": type(tokenizer).__name__,
            "digest": fingerprint(list(vocabulary)) if inner is None else tokenizer_digest(inner),
            "settings": spec.config["text_cfg"].get("tokenizer_kwargs") or {},
        },
        "context_length": tokenizer.context_length,
        "pooling": getattr(model, "text_pool_type", None) or getattr(text, "pool_type", type(text).__name__),
        "precision": precision,
        "normalisation": "l2",
        "library": "open_clip",
        "version": open_clip.__version__,
    }
