"""`lab:` encoders: the small CLIPs of `primacy lab train` (names: see `names`).

Vectors are float32 and of unit length. A causal tower that is read at the end token computes each distinct beginning of
captions once (see `prefix_tree`); others take batches of texts of one length. Pictures are stretched to the tower's
square. To words that were not in the captions of its training a model is blind: all of them are one and the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

import primacy
from primacy.encoders._image_tower import ImageSide, SeesImages
from primacy.encoders._image_transform import Framing
from primacy.encoders._names import require
from primacy.encoders._torch import Placement, encode_batches, placement, seeded_weights, unit_pieces
from primacy.encoders._weights import state_digest
from primacy.encoders.base import EncoderOptions, Piece, SceneRange, gather
from primacy.encoders.lab.names import resolve
from primacy.encoders.prefix_tree import CHECK_CAPTIONS, lab_tower, stream, trusted
from primacy.identity import fingerprint

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from primacy.encoders.lab.files import LabModel
    from primacy.encoders.lab.model import LabConfig
    from primacy.encoders.lab.words import Words

_log = logging.getLogger(__name__)
_SHOWN = 8


def load(rest: str, options: EncoderOptions) -> LabEncoder:
    """Load `lab:<rest>`.

    Raises:
        UnknownNameError, UsageError, ModelUnavailableError: see `names.resolve`; or there is no such file.
        MissingExtraError: torch or safetensors is not installed.
        EncoderError: the file is not a lab model, or is damaged.
    """
    name = resolve(rest)
    for module in ("torch", "safetensors"):
        require(module, module, "lab")
    from primacy.encoders.lab.files import read_model

    place, found = placement(options), read_model(name.path)
    if name.seed is None:
        return LabEncoder(f"lab:{rest}", found, place)
    return _untrained(f"lab:{rest}", found.model.config, found.words, found.recipe, place, name.seed)


def _untrained(
    source: str, config: LabConfig, words: Words, recipe: dict[str, Any], place: Placement, seed: int
) -> LabEncoder:
    from primacy.encoders.lab.files import LabModel
    from primacy.encoders.lab.model import LabClip

    with seeded_weights(seed):
        model = LabClip(config, len(words))
    return LabEncoder(source, LabModel(model, words, recipe, 0), place, seed=seed)


class LabEncoder(SeesImages):
    """A lab model; `tower`, of its text side, is None where texts go in batches.

    Attributes:
        model: the towers, without gradients.
        words: its word list.
    """

    def __init__(self, source: str, found: LabModel, place: Placement, *, seed: int | None = None) -> None:
        """Take over `found` (float32, on the CPU): it is hashed, then moved to `place`. `seed`: of weights that are
        untrained."""
        self.words, self._source, self._place, self._recipe = found.words, source, place, found.recipe
        weights = state_digest(found.model.state_dict().items())
        self.model = found.model.to(device=place.device, dtype=place.dtype).eval().requires_grad_(False)
        self._config = self.model.config
        self.identity = _identity(self._config, self.words, place.precision)
        self.identity["weights"] = weights if seed is None else f"untrained, seed {seed}: {weights}"
        self.fingerprint = fingerprint(self.identity)
        self.images = ImageSide(self._prepare, self.model.image, place, source)
        texts = (*CHECK_CAPTIONS, *_own_words(self.words))
        self.tower = trusted(
            lab_tower(self.model),
            lambda tower: tower.sequences(self._rows(texts)),
            lambda: self.model.text(self._ids(texts)),
            place.precision,
            (source, "texts go in batches of one length"),
        )
        self._told = False

    @property
    def image_framing(self) -> Framing:
        """How the transform frames a picture, for masks."""
        return Framing((self._config.side, self._config.side), "squash")

    @property
    def scenes(self) -> SceneRange | None:
        """What its recipe says that it was trained on; None where it has none that this version can read."""
        from primacy.lab.spec import LabSpec

        try:
            scenes = LabSpec.model_validate(self._recipe or None).scenes
        except ValidationError:
            return None
        return SceneRange(scenes.library, scenes.categories, scenes.areas)

    @property
    def encoding(self) -> str:
        """How texts are encoded, for the log of a run."""
        return "batches of one length" if self.tower is None else "prefix tree"

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """Unit-norm float32 (len(texts), dim)."""
        return gather(self.encode_pieces(texts), len(texts)) if len(texts) else self.encode_text(["a"])[:0]

    def encode_pieces(self, texts: Sequence[str]) -> Iterator[Piece]:
        """Unit-norm pieces, in the order of their words, or of their lengths."""
        rows = self._rows(texts)
        self._tell(rows, texts)
        if self.tower is not None:
            return unit_pieces(stream(self.tower, self.tower.sequences(rows)), self._source)
        lengths = _lengths(rows)

        def prepare(batch: np.ndarray) -> torch.Tensor:
            return self._placed(rows[batch, : lengths[batch[0]]])

        return encode_batches(lengths, self._place.device, prepare, self.model.text, self._source)

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Words and punctuation marks, not cut to the context: int64 (len(texts),)."""
        return np.array([len(self.words.ids(text)) for text in texts], dtype=np.int64)

    def unknown_words(self, texts: Iterable[str]) -> list[str]:
        """The words of `texts` that the model does not know, each once, sorted."""
        return self.words.unknown(texts)

    def untrained_twin(self, seed: int) -> LabEncoder:
        """The same shape and words with weights drawn afresh from `seed`."""
        twin = _untrained(self._source, self._config, self.words, self._recipe, self._place, seed)
        twin._told = True  # its original says what both do not know
        return twin

    def _rows(self, texts: Sequence[str]) -> np.ndarray:
        return self.words.rows(texts, self._config.context)

    def _ids(self, texts: Sequence[str]) -> torch.Tensor:
        return self._placed(self._rows(texts))

    def _placed(self, rows: np.ndarray) -> torch.Tensor:
        import torch

        return torch.from_numpy(rows).to(self._place.device)

    def _prepare(self, image: Image.Image) -> torch.Tensor:
        """float32 (3, side, side) in 0..1; a picture of the tower's own size is taken as it is."""
        import torch
        from PIL import Image

        square = image.convert("RGB").resize((self._config.side,) * 2, Image.Resampling.BICUBIC)
        return torch.from_numpy(np.array(square)).permute(2, 0, 1).float() / 255

    def _tell(self, rows: np.ndarray, texts: Sequence[str]) -> None:
        """Log unknown words, the first time that there are any."""
        from primacy.encoders.lab.model import UNKNOWN

        if self._told or not (rows == UNKNOWN).any():
            return
        self._told = True
        found = self.unknown_words(texts)
        shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        _log.warning("%s reads all words that it does not know as one and the same: %s", self._source, shown)


def _lengths(rows: np.ndarray) -> np.ndarray:
    """Tokens up to the end token of each row, int64 (n,)."""
    from primacy.encoders.lab.model import END

    return (rows == END).argmax(axis=1) + 1


def _own_words(words: Words) -> tuple[str, str]:
    """Captions of known words for the check of the prefix tree: two orders of the same."""
    some = words.words[:10]
    return " ".join(some), " ".join(some[::-1])


def _identity(config: LabConfig, words: Words, precision: str) -> dict[str, Any]:
    import PIL

    return {
        "source": "lab",  # paths and names of files are no part of it: the weights are
        "architecture": config.model_dump(mode="json"),
        "activation": "gelu_tanh",
        "tokenizer": {"class": "Words", "digest": fingerprint(list(words.words))},
        "context_length": config.context,
        "pooling": config.pooling,
        "precision": precision,
        "normalisation": "l2",
        "library": "primacy",
        "version": primacy.__version__,
        "image": {
            "size": [config.side, config.side],
            "resize_mode": "squash",
            "interpolation": "bicubic",
            "range": [0, 1],
            "pillow": PIL.__version__,
        },
    }
