"""The parts of a causal text tower, taken from the models that have one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from primacy.encoders.prefix_tree.kernels import LayerKernels
from primacy.encoders.prefix_tree.sequences import TokenSequences

if TYPE_CHECKING:
    import torch

    from primacy.encoders.lab.model import LabClip

POOLINGS = ("argmax", "eos", "last", "first")


class Layer(NamedTuple):
    """One pre-norm transformer block: x + scale_1(attention(norm_1(x))), then x + scale_2(mlp(norm_2(x))).

    `qkv_weight` (3 width, width) and `qkv_bias` (3 width,) project to queries, keys and values, in this order; the MLP
    is fc_out(activation(fc_in(x))); the scales are None where there are none.
    """

    norm_1: torch.nn.Module
    qkv_weight: torch.Tensor
    qkv_bias: torch.Tensor | None
    heads: int
    out: torch.nn.Linear
    scale_1: torch.nn.Module | None
    norm_2: torch.nn.Module
    fc_in: torch.nn.Linear
    activation: torch.nn.Module
    fc_out: torch.nn.Linear
    scale_2: torch.nn.Module | None


@dataclass(frozen=True, eq=False)
class CausalTower:
    """A text tower whose positions see themselves and what stands before them, and no other.

    Attributes:
        token_embedding: maps ids to vectors of the tower's width.
        positional_embedding: (context length, width).
        layers: the blocks; their weights are read when the tower first runs.
        final_norm: applied to the pooled state.
        projection: to the embedding: a matrix (width, dim), a module, or None.
        pooling: which position is pooled: "argmax" (the first of the largest ids), "eos" (the first `eos_id`), "last",
            "first".
        eos_id: the end-of-text token that "eos" looks for.
    """

    token_embedding: torch.nn.Module
    positional_embedding: torch.Tensor
    layers: tuple[Layer, ...]
    final_norm: torch.nn.Module
    projection: torch.Tensor | torch.nn.Module | None
    pooling: str
    eos_id: int | None

    @cached_property
    def kernels(self) -> tuple[LayerKernels, ...]:
        """The matrix products of each layer, made ready for the device."""
        return tuple(LayerKernels(layer) for layer in self.layers)

    @property
    def weight(self) -> torch.Tensor:
        """A weight, for its dtype and device."""
        return self.layers[0].qkv_weight

    def sequences(self, ids: np.ndarray) -> TokenSequences:
        """Where each row of `ids`, integer (n, L), is pooled.

        A row without an end-of-text token is pooled at its first position, as open_clip and transformers do. For the
        pooling "last", L is the context length.
        """
        n, length = ids.shape
        if self.pooling == "argmax":
            return TokenSequences(ids, ids.argmax(axis=1) + 1)
        if self.pooling == "eos":
            return TokenSequences(ids, (ids == self.eos_id).argmax(axis=1) + 1)
        return TokenSequences(ids, np.full(n, length if self.pooling == "last" else 1))


def open_clip_tower(model: Any) -> CausalTower | None:
    """The tower of an open_clip model, or None where it is not causal or has a part that is not known here.

    None: towers that look both ways (SigLIP, CLIPA, MobileCLIP-S), that append a class token (CoCa), that transformers
    provides (RoBERTa, mT5), or whose blocks are not open_clip's standard ones.
    """
    from open_clip import CLIP, CustomTextCLIP
    from open_clip.transformer import TextTransformer

    if type(model) is CLIP:
        tower, pooling, eos_id = model, model.text_pool_type, model.text_eos_id
    elif type(model) is CustomTextCLIP and isinstance(model.text, TextTransformer):
        tower, pooling, eos_id = model.text, model.text.pool_type, model.text.eos_id
    else:
        return None
    layers = [_open_clip_layer(block) for block in tower.transformer.resblocks]
    known = pooling in POOLINGS and getattr(tower, "cls_emb", None) is None and tower.attn_mask is not None
    if not known or None in layers:
        return None
    return CausalTower(
        tower.token_embedding,
        tower.positional_embedding,
        tuple(layer for layer in layers if layer is not None),
        tower.ln_final,
        tower.text_projection,
        pooling,
        eos_id,
    )


def _open_clip_layer(block: Any) -> Layer | None:
    import torch
    from open_clip.transformer import ResidualAttentionBlock

    if type(block) is not ResidualAttentionBlock:
        return None
    attention, mlp = block.attn, block.mlp
    weight = attention.in_proj_weight
    if weight is None or attention.bias_k is not None or attention.add_zero_attn:
        return None

    def scale(module: torch.nn.Module) -> torch.nn.Module | None:
        return None if isinstance(module, torch.nn.Identity) else module

    return Layer(
        block.ln_1,
        weight,
        attention.in_proj_bias,
        attention.num_heads,
        attention.out_proj,
        scale(block.ls_1),
        block.ln_2,
        mlp.c_fc,
        mlp.gelu,
        mlp.c_proj,
        scale(block.ls_2),
    )


def clip_text_tower(model: Any) -> CausalTower | None:
    """The text tower of a transformers CLIP (`CLIPModel`, `CLIPTextModelWithProjection`, MetaCLIP 2, CLIPSeg, ...).

    Known by its parts, so that models built from CLIP's are served as well; None where a part is missing. Whether the
    tower is causal cannot be seen from its parts: compare a few vectors with the model's own.
    """
    inner = getattr(model, "text_model", model)
    try:
        embeddings, config = inner.embeddings, inner.config
        layers = tuple(_transformers_layer(block) for block in inner.encoder.layers)
        return CausalTower(
            embeddings.token_embedding,
            embeddings.position_embedding.weight,
            layers,
            inner.final_layer_norm,
            getattr(model, "text_projection", None),
            # older configurations name token 2 for an end of text that is in truth the largest id
            "argmax" if config.eos_token_id == 2 else "eos",
            config.eos_token_id,
        )
    except AttributeError:
        return None


def _transformers_layer(block: Any) -> Layer:
    import torch

    attention, mlp = block.self_attn, block.mlp
    parts = (attention.q_proj, attention.k_proj, attention.v_proj)
    biases = [part.bias for part in parts]
    return Layer(
        block.layer_norm1,
        torch.cat([part.weight for part in parts]),
        None if any(bias is None for bias in biases) else torch.cat(biases),
        attention.num_heads,
        attention.out_proj,
        None,
        block.layer_norm2,
        mlp.fc1,
        mlp.activation_fn,
        mlp.fc2,
        None,
    )


def lab_tower(model: LabClip) -> CausalTower | None:
    """The text tower of a lab model, or None where it looks both ways or takes the mean of its states."""
    from primacy.encoders.lab.model import END

    if model.config.attention != "causal" or model.config.pooling != "end":
        return None
    text = model.text
    layers = tuple(_lab_layer(block) for block in text.blocks)
    return CausalTower(text.embedding, text.positions, layers, text.norm, text.projection, "eos", END)


def _lab_layer(block: Any) -> Layer:
    return Layer(
        block.norm_1,
        block.qkv.weight,
        block.qkv.bias,
        block.heads,
        block.out,
        None,
        block.norm_2,
        block.fc_in,
        block.activation,
        block.fc_out,
        None,
    )
