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
    from primacy.encoders.lab.encoder import LabEncoder
    from primacy.encoders.openclip import OpenClipEncoder

    if isinstance(encoder, HfEncoder) and not isinstance(encoder, HfImageTextEncoder):
        return "the model has no image tower"
    if not isinstance(encoder, (OpenClipEncoder, HfImageTextEncoder, LabEncoder)):
        return "the encoder is not of open_clip, transformers or the lab, and has no method image_attention"
    from primacy.encoders.attention.reader import checked_reader
    from primacy.encoders.attention.towers import Tower, lab_tower, open_clip_tower, transformers_tower

    tower: Tower | str
    if isinstance(encoder, LabEncoder):
        tower = lab_tower(encoder.model)
    elif isinstance(encoder, OpenClipEncoder):
        tower = open_clip_tower(encoder.model)
    else:
        tower = transformers_tower(encoder.model)
    return tower if isinstance(tower, str) else checked_reader(tower)
