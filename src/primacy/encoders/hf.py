"""`hf:` encoders: transformers' CLIP, SigLIP and SigLIP 2, and any AutoModel with mean or CLS pooling.

    hf:org/name[@revision]          from the hub or its cache
    hf:/path/to/folder              from a local folder
    hf:org/name?pooling=cls         a plain text model (BERT, SimCSE, ...); the default pooling is mean

Vectors are float32 and of unit length. SigLIP's towers attend to their padding, so they always get their full
context and no attention mask, as they were trained. CLIP's causal tower computes each distinct beginning of texts once
(see `prefix_tree`); all others are batched by equal length and need no padding. Models with a vision tower take
pictures too, as the image processor in their folder prepares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from primacy.encoders._hf_model import HfSpec, describe, locate, read_model, unreadable
from primacy.encoders._image_tower import ImageSide, SeesImages
from primacy.encoders._image_transform import Framing, PatchFraming
from primacy.encoders._names import require, split_query
from primacy.encoders._quiet import quiet_loading
from primacy.encoders._tokenizers import count_without_special, token_rows, tokenizer_digest
from primacy.encoders._torch import Placement, encode_batches, placement, seeded_weights, unit_pieces
from primacy.encoders._weights import state_digest
from primacy.encoders.base import EncoderOptions, Piece, gather
from primacy.encoders.hf_image import image_features, plain_config, read_processor
from primacy.encoders.prefix_tree import CHECK_CAPTIONS, CausalTower, clip_text_tower, stream, trusted
from primacy.errors import EncoderError, UnknownNameError
from primacy.identity import fingerprint

if TYPE_CHECKING:
    import torch

POOLINGS = ("mean", "cls")


def load(rest: str, options: EncoderOptions) -> HfEncoder:
    """Load `hf:<rest>`.

    Raises:
        MissingExtraError: transformers is not installed.
        ModelUnavailableError: neither a local folder nor a reachable repository.
        UnknownNameError: an unknown setting or pooling.
        EncoderError: the files cannot be read, hold code, or do not fit the architecture.
    """
    transformers = require("transformers", "transformers", "hf")
    name, settings = split_query(rest, ("pooling",))
    pooling = settings.get("pooling", "mean")
    if pooling not in POOLINGS:
        raise UnknownNameError("pooling", pooling, POOLINGS)
    place = placement(options)
    folder, source = locate(name)
    try:
        with quiet_loading():
            config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise unreadable(folder, error) from error
    model = read_model(folder, config)
    spec = describe(source, folder, pooling, model, tokenizer)
    if spec.pooling == "model" and hasattr(model, "get_image_features"):
        return HfImageTextEncoder(spec, model, tokenizer, place)
    return HfEncoder(spec, model, tokenizer, place)


class HfEncoder:
    """Text side of a transformers model."""

    def __init__(self, spec: HfSpec, model: Any, tokenizer: Any, place: Placement) -> None:
        """Take over `model` (float32, on the CPU): it is hashed, then moved to `place`."""
        self.spec, self.tokenizer, self._place = spec, tokenizer, place
        weights = state_digest(model.state_dict().items())
        self.model = model.to(device=place.device, dtype=place.dtype).eval().requires_grad_(False)
        self.identity = _identity(spec, model, tokenizer, weights, place.precision) | self._image_identity()
        self.fingerprint = fingerprint(self.identity)
        self.tower = self._checked_tower()

    @property
    def encoding(self) -> str:
        """How texts are encoded, for the log of a run."""
        if self.tower is not None:
            return "prefix tree"
        return "full context" if self.spec.siglip else "batches of one length"

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """Unit-norm float32 (len(texts), dim).

        Raises:
            EncoderError: a text has no token at all (the tokenizer adds no special ones).
        """
        return gather(self.encode_pieces(texts), len(texts)) if len(texts) else self.encode_text(["a"])[:0]

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        """Unit-norm pieces: in the order of their tokens where the tower is causal, else of their lengths.

        Raises:
            EncoderError: a text has no token at all (the tokenizer adds no special ones).
        """
        ids = self._tokenize(texts)
        lengths = np.array([len(row) for row in ids])
        if not lengths.all():
            raise EncoderError(f"{self.spec.source}: text {texts[int(np.argmin(lengths))]!r} has no token")
        if self.tower is not None:
            return unit_pieces(stream(self.tower, self.tower.sequences(_padded(ids))), self.spec.source)
        return encode_batches(
            lengths, self._place.device, lambda rows: [ids[i] for i in rows], self._encode, self.spec.source
        )

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Tokens without the special ones, not cut to the context: int64 (len(texts),)."""
        return count_without_special(self.tokenizer, map(self._cased, texts))

    def untrained_twin(self, seed: int) -> HfEncoder:
        """The same architecture and tokenizer with weights drawn afresh from `seed`."""
        with seeded_weights(seed):
            model = type(self.model)(self.model.config)
        return type(self)(self.spec._replace(seed=seed), model.float(), self.tokenizer, self._place)

    def _image_identity(self) -> dict[str, Any]:
        return {}

    def _checked_tower(self) -> CausalTower | None:
        import torch

        if self.spec.siglip or self.spec.pooling != "model":
            return None
        ids = self._tokenize(CHECK_CAPTIONS)
        return trusted(
            clip_text_tower(self.model),
            lambda tower: tower.sequences(_padded(ids)),
            lambda: torch.cat([self._encode([row]) for row in ids]),
            self._place.precision,
            (self.spec.source, "texts are batched by length"),
        )

    def _cased(self, text: str) -> str:
        return text.lower() if self.spec.lower else text

    def _tokenize(self, texts: Sequence[str]) -> list[np.ndarray]:
        padding = "max_length" if self.spec.siglip else False
        limit = self.spec.context_length
        cased = map(self._cased, texts)
        return list(token_rows(self.tokenizer, cased, truncation=True, max_length=limit, padding=padding))

    def _encode(self, rows: list[np.ndarray]) -> torch.Tensor:
        import torch

        ids = torch.from_numpy(np.stack(rows).astype(np.int64)).to(self._place.device)
        mask = None if self.spec.siglip else torch.ones_like(ids)
        if self.spec.pooling == "model":
            call = getattr(self.model, "get_text_features", self.model)
            found = call(input_ids=ids, attention_mask=mask)
            if isinstance(found, torch.Tensor):  # transformers 4
                return found
            text_embeds = getattr(found, "text_embeds", None)
            return found.pooler_output if text_embeds is None else text_embeds
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return hidden[:, 0] if self.spec.pooling == "cls" else hidden.float().mean(dim=1)


class HfImageTextEncoder(SeesImages, HfEncoder):
    """A transformers model with a vision tower, which gets what the folder's image processor makes of a picture."""

    def __init__(self, spec: HfSpec, model: Any, tokenizer: Any, place: Placement) -> None:
        """As `HfEncoder`; the processor is read from the spec's folder."""
        self.processor = read_processor(spec.folder)
        super().__init__(spec, model, tokenizer, place)
        self.images = ImageSide(self.processor.prepare, partial(image_features, self.model), place, spec.source)

    @property
    def image_framing(self) -> Framing | PatchFraming:
        """How the processor frames a picture, for masks.

        Raises:
            EncoderError: in a way that `Framing` does not know.
            ModelUnavailableError: the folder has no image processor.
        """
        return self.processor.framing

    def _image_identity(self) -> dict[str, Any]:
        return {"image": self.processor.identity | {"architecture": plain_config(self.model.config.vision_config)}}


def _padded(ids: list[np.ndarray]) -> np.ndarray:
    """Token ids as int32 (n, longest), filled up with -1, which is no token."""
    lengths = np.array([len(row) for row in ids])
    out = np.full((len(ids), int(lengths.max())), -1, dtype=np.int32)
    out[np.arange(out.shape[1]) < lengths[:, None]] = np.concatenate(ids)
    return out


def _identity(spec: HfSpec, model: Any, tokenizer: Any, weights: str, precision: str) -> dict[str, Any]:
    import transformers

    config = getattr(model.config, "text_config", None) or model.config
    return {
        "source": spec.source,
        "weights": weights if spec.seed is None else f"untrained, seed {spec.seed}: {weights}",
        "architecture": {"class": type(model).__name__, "config": plain_config(config)},
        "activation": getattr(config, "hidden_act", None) or getattr(config, "activation", "unknown"),
        "tokenizer": {
            "class": type(tokenizer).__name__,
            "digest": tokenizer_digest(tokenizer),
            "lower": spec.lower,
        },
        "context_length": spec.context_length,
        "padding": "to the context length, attended to" if spec.siglip else "none",
        "pooling": spec.pooling,
        "precision": precision,
        "normalisation": "l2",
        "library": "transformers",
        "version": transformers.__version__,
    }
