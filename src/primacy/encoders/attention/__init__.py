"""What an image tower attends to: its pooled query's attention on patches, rollout, and gradient x attention.

`attention_reader(encoder)` gives a reader, or says in a few words why there is none (docs/attention.md).
"""

from __future__ import annotations

from primacy.encoders.attention.base import AttentionMaps, AttentionReader, GivesAttention
from primacy.encoders.attention.find import attention_reader

__all__ = ["AttentionMaps", "AttentionReader", "GivesAttention", "attention_reader"]
