"""What an `hf:` name asks for, resolved to a local folder, the model in it and how its texts are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from primacy.encoders import _hub
from primacy.encoders._names import split_revision
from primacy.encoders._quiet import quiet_loading
from primacy.encoders._weights import check_keys, refused_pickle
from primacy.errors import EncoderError, ModelUnavailableError, first_line

_TEXT_TOWERS = {
    "clip_text_model": "CLIPTextModelWithProjection",
    "siglip_text_model": "SiglipTextModel",
    "siglip2_text_model": "Siglip2TextModel",
}
_UNBOUNDED = 1_000_000  # tokenizers without a limit say 10^30
_OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl")


class HfSpec(NamedTuple):
    """`folder` holds the model's files; `pooling` is "mean", "cls" or, for CLIP and SigLIP, "model"."""

    source: str
    folder: Path
    pooling: str
    siglip: bool
    lower: bool
    context_length: int
    seed: int | None = None


def locate(name: str) -> tuple[Path, str]:
    """The folder of a model and what its source is called.

    Raises:
        ModelUnavailableError: neither a local folder nor a reachable repository.
    """
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser(), "hf:local"
    if name.startswith(("/", ".", "~")):
        raise ModelUnavailableError(
            f"folder {name!r} does not exist", hint="Give a folder with config.json and weights."
        )
    return _hub.fetch(*split_revision(name), _hub.transformers_files), f"hf:{split_revision(name)[0]}"


def unreadable(folder: Path, error: Exception) -> ModelUnavailableError:
    """The error for a folder from which transformers could not load."""
    return ModelUnavailableError(
        f"{folder} holds no model that transformers can load ({first_line(error)})",
        hint="The folder needs config.json, tokenizer.json (or like files) and model.safetensors.",
    )


def read_model(folder: Path, config: Any) -> Any:
    """The model in float32 on the CPU; a text tower alone comes with its projection.

    Raises:
        ModelUnavailableError: transformers cannot load it.
        EncoderError: the weights hold code, or do not fit the architecture.
    """
    import pickle

    import transformers

    kind = getattr(transformers, _TEXT_TOWERS.get(config.model_type, "AutoModel"))
    safe = any(folder.glob("*.safetensors"))
    try:
        with quiet_loading():
            model, info = kind.from_pretrained(
                folder,
                config=config,
                local_files_only=True,
                use_safetensors=safe,
                weights_only=True,
                output_loading_info=True,
            )
    except pickle.UnpicklingError as error:
        raise refused_pickle(folder) from error
    except (OSError, ValueError, RuntimeError) as error:
        if "weights_only" in str(error) or "WeightsUnpickler" in str(error):
            raise refused_pickle(folder) from error
        raise unreadable(folder, error) from error
    # a checkpoint with a task head loads into the bare model; the pooling head is not used by mean or cls
    check_keys([key for key in info["missing_keys"] if not key.startswith("pooler.")], (), str(folder))
    return model.float()


def describe(source: str, folder: Path, pooling: str, model: Any, tokenizer: Any) -> HfSpec:
    """How the model reads texts; `pooling` is for models without a way of their own.

    Raises:
        EncoderError: the configuration leaves open what cannot be guessed.
    """
    config = getattr(model.config, "text_config", None) or model.config
    siglip = model.config.model_type.startswith("siglip")
    lower = model.config.model_type.startswith("siglip2") or (siglip and "gemma" in type(tokenizer).__name__.lower())
    positions = getattr(config, "max_position_embeddings", None) or _UNBOUNDED
    if config.model_type in _OFFSET_POSITIONS:
        positions -= 2  # they number positions from the padding index + 1
    limit = positions if siglip else min(positions, tokenizer.model_max_length)
    own = hasattr(model, "get_text_features") or config.model_type in _TEXT_TOWERS
    if siglip and positions == _UNBOUNDED:
        raise EncoderError(f"{source}: the configuration does not say how many text positions there are")
    return HfSpec(source, folder, "model" if own else pooling, siglip, lower, int(min(limit, _UNBOUNDED)))
