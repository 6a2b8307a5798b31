"""Whether an encoder's attention can be read, and by what."""

from __future__ import annotations

from primacy.encoders.attention.base import AttentionReader, GivesAttention
from primacy.encoders.base import Encoder


def attention_reader(encoder: Encoder) -> AttentionReader | str:
    """The reader of an encoder's attention on patches, or, as a string, why there is none.

    A tower is accepted only after a check that attention computed step by step gives its own embedding of a test
    picture. An encoder of the user's own says itself how it is read (`GivesAttention`).
    """
    if isinstance(encoder, GivesAttention):
        return encoder.image_attention()
    from primacy.encoders.hf import HfEncoder, HfImageTextEncoder
    from primacy.encoders.openclip import OpenClipEncoder

    if isinstance(encoder, HfEncoder) and not isinstance(encoder, HfImageTextEncoder):
        return "the model has no image tower"
    if not isinstance(encoder, (OpenClipEncoder, HfImageTextEncoder)):
        return "the encoder is neither of open_clip nor of transformers, and has no method image_attention"
    from primacy.encoders.attention.reader import checked_reader
    from primacy.encoders.attention.towers import open_clip_tower, transformers_tower

    find = open_clip_tower if isinstance(encoder, OpenClipEncoder) else transformers_tower
    tower = find(encoder.model)
    return tower if isinstance(tower, str) else checked_reader(tower)
