"""From an encoder's name to the encoder: the part before the colon says where it comes from."""

from __future__ import annotations

from primacy.encoders.base import Encoder, EncoderOptions
from primacy.errors import UsageError
from primacy.registry import Registry

ENCODERS = Registry(
    "encoder source",
    "primacy.encoders",
    {
        "open_clip": "primacy.encoders.openclip:load",
        "hf": "primacy.encoders.hf:load",
        "sbert": "primacy.encoders.sbert:load",
        "lab": "primacy.encoders.lab.encoder:load",
        "vectors": "primacy.encoders.vectors:load",
        "python": "primacy.encoders.python_object:load",
        "null": "primacy.encoders.null:load",
    },
)


def load_encoder(name: str, options: EncoderOptions | None = None) -> Encoder:
    """Load the encoder that `name` ("source:rest") stands for.

    Raises:
        UsageError: the name has no source before a colon.
        UnknownNameError: the source is not known.
        EncoderError: the source cannot deliver it (each subclass says why).
    """
    source, colon, rest = name.partition(":")
    if not colon or not rest:
        raise UsageError(
            f"encoder {name!r} does not say its source",
            hint=f"Write SOURCE:NAME, with SOURCE one of {', '.join(ENCODERS.names())}; e.g. lab:natural",
        )
    return ENCODERS.load(source)(rest, options or EncoderOptions())
