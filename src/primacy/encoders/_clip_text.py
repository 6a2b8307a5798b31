"""Causal CLIP text towers without their padding.

A causal tower's output is read at one position (the end-of-text token), and no position sees a later one:
whatever stands behind it cannot change the vector. Captions of 10 tokens are therefore encoded with 10
positions, not 77. Towers that look both ways (SigLIP, CLIPA, RoBERTa) or pool elsewhere are left alone: there
padding is part of the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch

TOLERANCE = {"fp32": 1e-5, "fp16": 5e-3, "bf16": 3e-2}


class CausalTower(NamedTuple):
    """The parts of an open_clip causal text tower that pools at the end-of-text token."""

    token_embedding: torch.nn.Module
    positional_embedding: torch.Tensor
    transformer: Any
    attn_mask: torch.Tensor
    ln_final: torch.nn.Module
    projection: torch.Tensor | torch.nn.Module | None
    pool_type: str
    eos_id: int


def causal_tower(model: Any) -> CausalTower | None:
    """The causal tower of an open_clip model, or None where padding may matter."""
    from open_clip import CLIP, CustomTextCLIP
    from open_clip.transformer import TextTransformer

    if type(model) is CLIP:
        tower, pool_type, eos_id = model, model.text_pool_type, model.text_eos_id
    elif type(model) is CustomTextCLIP and isinstance(model.text, TextTransformer):
        tower, pool_type, eos_id = model.text, model.text.pool_type, model.text.eos_id
    else:
        return None
    if tower.attn_mask is None or pool_type not in ("argmax", "eos") or getattr(tower, "cls_emb", None) is not None:
        return None
    return CausalTower(
        tower.token_embedding,
        tower.positional_embedding,
        tower.transformer,
        tower.attn_mask,
        tower.ln_final,
        tower.text_projection,
        pool_type,
        eos_id,
    )


def used_lengths(tower: CausalTower, tokens: torch.Tensor) -> torch.Tensor:
    """Positions up to and with the pooled one, int64 (n,), of `tokens` int64 (n, context)."""
    if tower.pool_type == "argmax":
        return tokens.argmax(dim=-1) + 1
    return (tokens == tower.eos_id).int().argmax(dim=-1) + 1


def encode_cut(tower: CausalTower, tokens: torch.Tensor) -> torch.Tensor:
    """Vectors (rows, dim) of tokens int64 (rows, length) whose pooled position is the last one."""
    import torch

    length = tokens.shape[1]
    dtype = tower.transformer.get_cast_dtype()
    x = tower.token_embedding(tokens).to(dtype) + tower.positional_embedding[:length].to(dtype)
    x = tower.transformer(x, attn_mask=tower.attn_mask[:length, :length])
    x = tower.ln_final(x[:, -1])
    if isinstance(tower.projection, torch.nn.Module):
        return tower.projection(x)
    return x if tower.projection is None else x @ tower.projection


def agrees_with_full(tower: CausalTower, model: Any, tokens: torch.Tensor, precision: str) -> bool:
    """Whether cutting `tokens` (n, context) gives the model's own full-context vectors, within rounding."""
    import torch

    with torch.inference_mode():
        full = model.encode_text(tokens).float()
        lengths = used_lengths(tower, tokens).tolist()
        cut = torch.cat([encode_cut(tower, row[None, :length]) for row, length in zip(tokens, lengths, strict=True)])
    error = (cut.float() - full).norm(dim=-1) / full.norm(dim=-1)
    return bool((error <= TOLERANCE[precision]).all())
